"""Making a weight set: kept whole with its provenance, refused in words, made once a night."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from core.db import Database, transaction
from core.journal import Entry
from survey.interviews import Answer, Interview, InterviewState
from survey.margins import Margin, MarginCell
from survey.weight_making import CannotWeigh, TooFew, make_nightly, make_weight_set
from survey.weighting import IndexFigure, Weight, WeightSet
from tests.survey.field import NOON, Field
from tests.survey.weighed import ADULTS, a_worked_wave

DAY = NOON.date()
CUT = NOON + timedelta(days=1)


def made(session, field: Field) -> WeightSet:  # type: ignore[no-untyped-def]
    return make_weight_set(session, field.wave, starts_on=DAY, ends_on=DAY, as_of=CUT, by=None, at=CUT)


def test_a_set_keeps_weights_figures_and_where_they_come_from(database: Database) -> None:
    with transaction() as session:
        field = a_worked_wave(session)
        found = made(session, field)
        weights = session.scalars(sa.select(Weight).where(Weight.weight_set_id == found.id)).all()
        assert len(weights) == found.interviews == 120
        assert sum(w.final for w in weights) == pytest.approx(ADULTS)
        assert all(w.base > 0 and w.nonresponse > 0 for w in weights)
        assert found.provenance["margins"]["area"] == {
            "source": "Yearbook (invented)", "as_of": "2025-12-31",
        }  # fmt: skip
        assert found.provenance["edition"][1] == 1
        assert json.loads(json.dumps(found.provenance)) == found.provenance
        figures = {(f.index, f.domain): f for f in session.scalars(sa.select(IndexFigure))}
        assert figures["safety", "city"].n <= 120
        assert len({d for i, d in figures if i == "enforcement"}) == 3
        assert session.scalars(sa.select(Entry).where(Entry.action == "weight_set.make")).one()


def test_too_few_interviews_are_refused_and_nothing_is_written(sqlite: Database) -> None:
    with transaction() as session:
        field = a_worked_wave(session, interviews=49)
        with pytest.raises(TooFew, match="49"):
            made(session, field)
        assert session.scalar(sa.select(sa.func.count()).select_from(WeightSet)) == 0


def test_without_margins_the_refusal_says_so(sqlite: Database) -> None:
    with transaction() as session:
        field = a_worked_wave(session)
        session.execute(sa.delete(MarginCell))
        session.execute(sa.delete(Margin))
        session.expire_all()
        with pytest.raises(CannotWeigh, match="no margins"):
            made(session, field)


def test_interviews_after_the_cut_and_replaced_ones_are_out(sqlite: Database) -> None:
    with transaction() as session:
        field = a_worked_wave(session)
        ids = session.scalars(sa.select(Interview.id).order_by(Interview.id)).all()
        session.get_one(Interview, ids[0]).state = InterviewState.REPLACED
        session.get_one(Interview, ids[1]).ended_at = CUT + timedelta(hours=1)
        session.flush()
        found = made(session, field)
        kept = set(session.scalars(sa.select(Weight.interview_id)))
        assert found.interviews == 118
        assert not {ids[0], ids[1]} & kept
        assert sum(session.scalars(sa.select(Weight.final))) == pytest.approx(ADULTS)


def test_a_withheld_figure_is_stored_with_its_reason_first(sqlite: Database) -> None:
    with transaction() as session:
        field = a_worked_wave(session)
        told = session.scalars(
            sa.select(Answer).where(Answer.question == "e3_court").order_by(Answer.id)
        ).all()
        for answer in told[10:]:
            answer.value = "DONT_KNOW"
        session.flush()
        made(session, field)
        figure = session.get_one(IndexFigure, (1, "e3_court", "city"))
        assert figure.is_suppressed
        assert (figure.reason or "").split(",")[0] == "too_few"
        published = session.get_one(IndexFigure, (1, "safety", "city"))
        assert not published.is_suppressed
        assert published.reason is None


def test_the_night_makes_each_period_once(sqlite: Database) -> None:
    with transaction() as session:
        a_worked_wave(session)
        assert make_nightly(session, NOON + timedelta(hours=13)) == 0  # 23:30: yesterday has no interview
        night = NOON + timedelta(hours=20)  # 06:30 the next morning
        assert make_nightly(session, night) == 2
        assert make_nightly(session, night + timedelta(minutes=30)) == 0
        periods = session.execute(sa.select(WeightSet.starts_on, WeightSet.ends_on)).all()
        assert set(periods) == {(date(2026, 11, 16), DAY), (DAY - timedelta(days=27), DAY)}
