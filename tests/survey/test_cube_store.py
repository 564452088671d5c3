"""The stored cube: kept interview by interview it is what counting anew gives, whatever came and went."""

# ruff: noqa: F811  (fixtures are taken by name)
from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from core.db import Database, transaction
from core.journal import Entry
from core.permissions import Role
from core.phone import NumberKind
from core.problems import Refused
from survey.attempts import Attempt
from survey.cases import Case
from survey.cube_cells import KEY, CubeCell
from survey.cube_recount import keep_in_step, out_of_step, recount
from survey.cube_store import enter, leave
from survey.interviewing import start
from survey.interviews import Answer, Interview, InterviewState
from survey.outcomes import Outcome, record_outcome
from survey.reviews import Purpose, Verdict, judge, open_interview
from survey.sampling import Replicate, ReplicateState
from survey.undoing import undo_outcome
from telephony.manual import Outcome as Heard
from tests.factories import a_staff
from tests.survey.field import NOON, Field, a_field, dialled
from tests.survey.weighed import a_worked_wave, some_answers
from tests.web.conftest import app  # noqa: F401

Kept = dict[tuple[object, ...], tuple[int, float, float]]


def kept(session: Session) -> Kept:
    """Read the stored cube."""
    session.expire_all()
    cells = session.execute(sa.select(CubeCell.__table__))
    return {tuple(c._mapping[k] for k in KEY): (c.n, c.weight, c.square) for c in cells}


def same(one: Kept, other: Kept) -> None:
    """Hold two cubes equal: the same cells, whole numbers exactly, sums to rounding."""
    assert one.keys() == other.keys()
    for key, (n, weight, square) in one.items():
        assert other[key][0] == n
        assert other[key][1:] == pytest.approx((weight, square), rel=1e-12)


def several_days(session: Session, field: Field, random: np.random.Generator) -> None:
    """Spread the released numbers over three days, and let some be landlines of households."""
    first = session.scalars(sa.select(Replicate)).one()
    days = [first]
    for n in (2, 3):
        day = Replicate(
            sample_id=first.sample_id, number=n, size=1, state=ReplicateState.RELEASED,
            released_at=NOON + timedelta(days=n - 1),
        )  # fmt: skip
        session.add(day)
        days.append(day)
    session.flush()
    for case in session.scalars(sa.select(Case).order_by(Case.id)):
        case.replicate_id = days[int(random.integers(3))].id
        if case.kind is NumberKind.LANDLINE:
            case.frame_number.adults = int(random.integers(1, 8))
    session.flush()


@pytest.mark.parametrize("seed", range(4))
def test_kept_one_by_one_it_is_what_counting_anew_gives(database: Database, seed: int) -> None:
    random = np.random.default_rng(seed)
    with transaction() as session:
        field = a_worked_wave(session, each=30, interviews=60, seed=seed)
        several_days(session, field, random)
        interviews = list(session.scalars(sa.select(Interview).order_by(Interview.id)))
        # A few answer alike, so that cells hold more than one.
        for one in interviews[:8]:
            case = session.get_one(Case, one.case_id)
            case.stratum_id = session.get_one(Case, interviews[0].case_id).stratum_id
            for answer in session.scalars(sa.select(Answer).where(Answer.interview_id == one.id)):
                answer.value = "2"
        session.flush()
        inside: list[Interview] = []
        outside = [interviews[i] for i in random.permutation(len(interviews))]
        for one in outside:
            one.state = InterviewState.REPLACED
        session.flush()
        for _ in range(150):
            if outside and (not inside or random.random() < 0.65):
                one = outside.pop()
                one.state = InterviewState.COMPLETE
                session.flush()
                assert one.ended_at is not None
                case = session.get_one(Case, one.case_id)
                enter(session, case, at=one.ended_at)
                inside.append(one)
            else:
                one = inside.pop(int(random.integers(len(inside))))
                one.state = InterviewState.REPLACED
                session.flush()
                leave(session, one)
                outside.append(one)
        found = kept(session)
        assert sum(n for n, _, _ in found.values()) == len(inside) > 10
        assert recount(session, field.wave) == len(inside)
        same(found, kept(session))
        assert {key[1] for key in found} == {NOON.date() + timedelta(days=n) for n in range(3)}
        assert 0 < recount(session, field.wave, [NOON.date()]) < len(inside)
        same(found, kept(session))
        for one in inside:
            one.state = InterviewState.REPLACED
            session.flush()
            leave(session, one)
        assert kept(session) == {}


def a_complete(session: Session, field: Field) -> tuple[Attempt, Interview]:
    """Let Anna complete an interview of the next case through the operations themselves."""
    attempt = dialled(session, field.anna, NOON, Heard.ANSWERED)
    interview = start(session, attempt.case, by=field.anna, at=NOON)
    for name, value in some_answers(np.random.default_rng(attempt.case_id)).items():
        session.add(
            Answer(interview_id=interview.id, question=name, value=value, at=NOON, token=f"{interview.id}-{name}"[:36])
        )  # fmt: skip
    interview.state, interview.ended_at = InterviewState.COMPLETE, NOON
    session.flush()
    record_outcome(session, attempt, Outcome("1.1"), by=field.anna, at=NOON)
    return attempt, interview


def test_operations_keep_it(database: Database) -> None:
    with transaction() as session:
        field = a_field(session)
        attempt, interview = a_complete(session, field)
        one = kept(session)
        assert [n for n, _, _ in one.values()] == [1]
        a_complete(session, field)
        both = kept(session)
        assert sum(n for n, _, _ in both.values()) == 2
        # What was said yes to is not undone by a slip of the finger, and is not counted twice.
        with pytest.raises(Refused):
            undo_outcome(session, attempt, by=field.anna, at=NOON)
        enter(session, attempt.case, at=NOON + timedelta(seconds=5))
        same(both, kept(session))
        refused = dialled(session, field.anna, NOON, Heard.ANSWERED)
        record_outcome(session, refused, Outcome("2.112"), by=field.anna, at=NOON)
        undo_outcome(session, refused, by=field.anna, at=NOON)
        same(both, kept(session))
        boss = a_staff(session, Role.SUPERVISOR)
        review = open_interview(session, interview, Purpose.SIGNS, by=boss, at=NOON)
        judge(session, review, Verdict.FABRICATED, "从未接通", by=boss, at=NOON)
        left = kept(session)
        assert sum(n for n, _, _ in left.values()) == 1
        recount(session, field.wave)
        same(left, kept(session))


def test_where_a_cell_holds_nobody_its_day_is_recounted(sqlite: Database) -> None:
    with transaction() as session:
        field = a_worked_wave(session, interviews=20)
        one = session.scalars(sa.select(Interview).order_by(Interview.id)).first()
        assert one is not None
        one.state = InterviewState.REPLACED
        session.flush()
        assert kept(session) == {}
        leave(session, one)  # as after an upgrade: the cube had never seen it
        assert sum(n for n, _, _ in kept(session).values()) == 19
        assert not out_of_step(session, field.wave)


def test_the_sweep_puts_it_in_step_once(sqlite: Database) -> None:
    with transaction() as session:
        field = a_worked_wave(session, interviews=20)
        assert out_of_step(session, field.wave)
        assert keep_in_step(session, NOON) == 1
        assert keep_in_step(session, NOON) == 0
        assert sum(n for n, _, _ in kept(session).values()) == 20
        entry = session.scalars(sa.select(Entry).where(Entry.action == "cube.recount")).one()
        assert entry.details == {"interviews": 20}


def test_the_command_counts_every_wave_anew(app: Flask) -> None:
    with transaction() as session:
        wave = a_worked_wave(session, interviews=20).wave.id
    run = app.test_cli_runner()
    told = run.invoke(args=["survey", "rebuild-cube"])
    assert (told.exit_code, told.output) == (0, f"wave {wave}: 20 interviews\n")
    with transaction() as session:
        assert sum(n for n, _, _ in kept(session).values()) == 20
    assert run.invoke(args=["survey", "rebuild-cube", "--wave", str(wave)]).output == told.output
    unknown = run.invoke(args=["survey", "rebuild-cube", "--wave", str(wave + 1)])
    assert unknown.exit_code == 1
    assert "There is no wave" in unknown.output
