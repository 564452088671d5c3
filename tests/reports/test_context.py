"""What a bulletin's figures rest on: the whole period, one wave, and never what lies before a break."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Database, transaction
from core.permissions import Role
from reports.assembling import assemble, renew, snapshot
from reports.blocks import Figure, Prose, Snapshot, Table
from reports.bulletins import BulletinKind
from reports.checks import checks
from reports.definitions import in_force, reweigh
from reports.estimating import make
from reports.periods import Period, PeriodKind
from survey.cases import Case
from survey.frame import Frame
from survey.interviews import Interview, InterviewState
from survey.waves import Wave
from survey.weight_making import make_weight_set
from survey.weighting import WeightSet
from tests.factories import a_staff, a_wave
from tests.reports.issues import CUT, WEEK, a_city_at_work
from tests.survey.field import NOON, Field
from tests.survey.weighed import an_interview, some_answers

PERIOD = Period.with_day(PeriodKind.WEEK, WEEK)
WEDNESDAY = NOON + timedelta(hours=8)


def _n(content: Snapshot) -> int:
    figure = content.block("index.safety")
    assert isinstance(figure, Figure)
    return figure.n


def _one_more(session: Session, day: int, *, wave: Wave | None = None) -> None:
    """Interview somebody else a few days on, for the wave at work or for another."""
    case = session.scalars(sa.select(Case).where(Case.disposition != "1.1").order_by(Case.id)).first()
    made = session.scalars(sa.select(Wave).order_by(Wave.id)).first()
    assert case is not None
    assert made is not None
    frame = session.get_one(Frame, made.frame_id)
    anna = a_staff(session, Role.INTERVIEWER)
    random = np.random.default_rng(day)
    field = Field(made, [], frame, anna, anna)
    if wave is None:
        case.disposition = "1.1"
    given = some_answers(random, unknown=0.0)
    interview = an_interview(session, field, case, given, at=NOON + timedelta(days=day))
    if wave is not None:
        interview.wave_id = wave.id
    session.flush()


def test_a_draft_made_mid_week_does_not_freeze_the_week(sqlite: Database) -> None:
    with transaction() as session:
        a_city_at_work(session)
        draft = assemble(session, BulletinKind.WEEKLY, WEEK, by=None, at=WEDNESDAY)
        early = _n(draft.content)
        assert not checks(session, draft)[0].is_met
        _one_more(session, 2)
        renew(session, draft, by=a_staff(session, Role.EDITOR), at=CUT)
        assert _n(draft.content) == early + 1
        assert checks(session, draft)[0].is_met


def test_a_week_weighed_again_without_a_fake_is_what_a_correction_reads(sqlite: Database) -> None:
    with transaction() as session:
        a_city_at_work(session)
        before = snapshot(session, BulletinKind.WEEKLY, PERIOD, as_of=CUT)
        faked = session.scalars(sa.select(Interview).order_by(Interview.id)).first()
        assert faked is not None
        faked.state = InterviewState.REPLACED
        wave = session.get_one(Wave, faked.wave_id)
        ends = {"starts_on": PERIOD.starts_on, "ends_on": PERIOD.ends_on}
        made = make_weight_set(session, wave, **ends, as_of=CUT, by=None, at=CUT)
        after = snapshot(session, BulletinKind.WEEKLY, PERIOD, as_of=CUT)
        largest = session.scalar(sa.select(sa.func.max(WeightSet.interviews)))
    assert largest == made.interviews + 1
    assert made.id in after.weight_sets
    assert made.id not in before.weight_sets


def test_a_later_version_does_not_compare_across_an_earlier_break(sqlite: Database) -> None:
    weights = dict.fromkeys(("police", "traffic", "court", "procuratorate", "justice"), 1.0)
    with transaction() as session:
        a_city_at_work(session)
        by = a_staff(session, Role.DESIGNER)
        starts_on = PERIOD.starts_on
        reweigh(session, weights, valid_from=starts_on, reason="量表", breaks_series=True, by=by, at=CUT)
        weights["police"] = 2.0
        reweigh(session, weights, valid_from=starts_on, reason="权重", by=by, at=CUT)
        case = session.scalars(sa.select(Case)).first()
        assert case is not None
        made = make_weight_set(
            session, session.get_one(Wave, case.wave_id), starts_on=PERIOD.starts_on, ends_on=PERIOD.ends_on,
            as_of=CUT, by=None, at=CUT,
        )  # fmt: skip
        make(session, made, in_force(session, starts_on), at=CUT)
        step = timedelta(days=7)
        made.starts_on, made.ends_on, made.as_of = starts_on - step, PERIOD.ends_on - step, CUT - step
        content = snapshot(session, BulletinKind.WEEKLY, PERIOD, as_of=CUT)
    assert content.definition_version == 3
    assert made.id not in content.weight_sets
    assert {c.verdict for f in content.figures() for c in f.comparisons} == {"unknown"}


def test_an_issue_says_which_wave_it_counts(sqlite: Database) -> None:
    with transaction() as session:
        a_city_at_work(session)
        first = session.scalars(sa.select(Wave)).one()
        other = a_wave(session, session.get_one(Frame, first.frame_id), starts_on=date(2026, 11, 2))
        _one_more(session, 1, wave=other)
        content = snapshot(session, BulletinKind.WEEKLY, PERIOD, as_of=CUT)
    table = content.block("fieldwork")
    assert isinstance(table, Table)
    assert table.rows[0][table.column("completes")] == 200
    said = [b.text.zh for s in content.sections for b in s.blocks if isinstance(b, Prose)]
    assert any(first.name in text and other.name in text and "不合并" in text for text in said)
