"""The field's figures: the wall, the progress and the rates over released numbers."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.db import Database, transaction
from core.phone import NumberKind
from survey import progress, wall
from survey.cases import Case, CaseState
from survey.field_rates import Breakdown, Selection, tabulate
from survey.frame import Stratum
from survey.interviewing import start
from survey.methods.rates import Eligibility
from survey.outcomes import Outcome, record_outcome
from survey.rate_words import RATES
from telephony.manual import Outcome as Heard
from tests.survey.field import NOON, a_field, dialled

GOLDEN = {"1.1": 4, "1.2": 2, "2.112": 1, "2.20": 1, "2.32": 1, "3.13": 1, "3.21": 1, "4.31": 1}
"""I 4, P 2, R 1, NC 1, O 1, UH 1, UO 1, NE 1: the published example of the calculator."""


def outcomes(session, codes: dict[str, int]) -> list[Case]:  # type: ignore[no-untyped-def]
    cases = list(session.scalars(sa.select(Case).order_by(Case.id)))
    told = [code for code, n in codes.items() for _ in range(n)]
    assert len(cases) == len(told)
    for case, code in zip(cases, told, strict=True):
        case.disposition = code
    session.flush()
    return cases


def test_the_golden_example(database: Database) -> None:
    with transaction() as session:
        field = a_field(session, each=3)  # four townships: twelve numbers
        outcomes(session, GOLDEN)
        whole, groups = tabulate(session, field.wave, Selection(), Breakdown.FRAME)
        assert whole.numbers == 12
        one, e = (whole.rates(x, weighted=False) for x in (Eligibility.ALL, Eligibility.CALCULATOR))
        assert e.e == pytest.approx(0.9)
        assert (one.rr1, one.rr2, one.rr5) == pytest.approx((4 / 11, 6 / 11, 4 / 9))
        assert e.rr3 == pytest.approx(4 / (9 + 0.9 * 2))
        assert (one.coop1, one.coop3) == pytest.approx((4 / 8, 4 / 7))
        assert (one.ref1, one.con1) == pytest.approx((1 / 11, 8 / 11))
        assert [g.label for g in groups] == ["移动"]
        assert groups[0].rates(Eligibility.BY_FRAME, weighted=True) == whole.rates(
            Eligibility.BY_FRAME, weighted=True
        )


def test_base_weights_are_those_of_the_wave_whatever_is_selected(database: Database) -> None:
    with transaction() as session:
        field = a_field(session, each=3)
        cases = outcomes(session, GOLDEN)
        first = session.get_one(Stratum, cases[0].stratum_id)
        first.size = 300  # a hundred times its numbers
        session.flush()
        done = [c for c in cases if c.disposition == "1.1"]
        inside = sum(c.stratum_id == first.id for c in done)
        here = sum(c.county_id == first.county_id for c in done)
        assert inside > 0
        whole, _ = tabulate(session, field.wave, Selection())
        assert whole.total(weighted=True).complete == pytest.approx(100 * inside + len(done) - inside)
        county, _ = tabulate(session, field.wave, Selection(county_id=first.county_id))
        assert county.total(weighted=True).complete == pytest.approx(100 * inside + here - inside)
        assert county.numbers == 6
        nobody, groups = tabulate(session, field.wave, Selection(kind=NumberKind.LANDLINE), Breakdown.COUNTY)
        assert groups == []
        assert all(
            getattr(nobody.rates(e, weighted=w), r.key) is None
            for e in Eligibility for w in (False, True) for r in RATES
        )  # fmt: skip


def test_groups_add_up_to_the_whole(database: Database) -> None:
    with transaction() as session:
        field = a_field(session)
        attempt = dialled(session, field.anna, NOON, Heard.ANSWERED)
        record_outcome(session, attempt, Outcome("2.112"), by=field.anna, at=NOON)
        for by in Breakdown:
            whole, groups = tabulate(session, field.wave, Selection(), by)
            assert sum(g.numbers for g in groups) == whole.numbers == 24
        _, people = tabulate(session, field.wave, Selection(), Breakdown.INTERVIEWER)
        assert [(g.label, g.numbers) for g in people] == [(field.anna.name, 1), ("尚未拨打", 23)]
        mine, _ = tabulate(session, field.wave, Selection(staff_id=field.anna.id))
        assert mine.total().refusal == mine.numbers == 1
        day = NOON.date()
        outside, _ = tabulate(session, field.wave, Selection(ends_on=day - timedelta(days=1)))
        assert outside.numbers == 0


def test_the_wall_sees_who_is_talking_and_what_the_day_brought(database: Database) -> None:
    with transaction() as session:
        field = a_field(session)
        first = dialled(session, field.ben, NOON, Heard.NO_ANSWER)
        record_outcome(session, first, Outcome("3.13"), by=field.ben, at=NOON)
        talk = dialled(session, field.anna, NOON, Heard.ANSWERED)
        seen = {p.id: p for p in wall.people(session, field.wave, NOON, can_listen=True)}
        assert seen[field.anna.id].doing is wall.Doing.TALKING
        assert not seen[field.anna.id].may_listen  # nobody has agreed to anything yet
        assert seen[field.ben.id].doing is wall.Doing.IDLE
        assert seen[field.ben.id].dials == 1
        start(session, talk.case, by=field.anna, at=NOON).consented_at = NOON
        session.flush()
        again = {p.id: p for p in wall.people(session, field.wave, NOON, can_listen=True)}
        assert again[field.anna.id].may_listen
        deaf = {p.id: p for p in wall.people(session, field.wave, NOON, can_listen=False)}
        assert not deaf[field.anna.id].may_listen
        gone = {p.id: p for p in wall.people(session, field.wave, NOON + timedelta(hours=1), can_listen=True)}
        assert gone[field.ben.id].doing is wall.Doing.AWAY
        day = wall.today(session, field.wave, NOON)
        assert (day.dials, day.counts.unknown_household, day.rates.coop1) == (1, 1, None)
        assert wall.today(session, field.wave, NOON + timedelta(days=1)).dials == 0


def test_progress_counts_shortfall_states_and_promises(database: Database) -> None:
    with transaction() as session:
        field = a_field(session, target=4)
        talk = dialled(session, field.anna, NOON, Heard.ANSWERED)
        soon = NOON + timedelta(minutes=50)
        record_outcome(session, talk, Outcome("3.21", appointment_at=soon), by=field.anna, at=NOON)
        assert [c.short for c in progress.by_county(session, field.wave)] == [8, 8]
        states = dict(progress.by_state(session, field.wave))
        assert (states[CaseState.APPOINTED], states[CaseState.WAITING]) == (1, 23)
        slots = progress.promised(session, field.wave, NOON)
        assert [(s.opens_at.strftime("%H:%M"), s.promised) for s in slots] == [("11:15", 1)]
        overdue = progress.promised(session, field.wave, NOON + timedelta(hours=3))
        assert [s.opens_at.strftime("%H:%M") for s in overdue] == ["13:30"]
        rows = progress.replicates(session, field.wave)
        assert [(r.size, r.untried, r.is_released) for r in rows] == [(24, 23, True)]
