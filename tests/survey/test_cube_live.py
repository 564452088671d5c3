"""Live figures: from the stored cube they are those of the row path, to rounding, and say when there are none."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Database, transaction
from survey import categories
from survey.cube_live import Live, live, windows
from survey.cube_recount import recount
from survey.interviews import Answer, Interview
from survey.margins import Margin, MarginCell
from survey.weight_making import make_weight_set
from survey.weight_publishing import publish_weight_set
from survey.weighting import IndexFigure, Weight
from tests.factories import a_staff
from tests.survey.field import NOON, Field
from tests.survey.test_cube_store import several_days
from tests.survey.weighed import a_worked_wave

DAY = NOON.date()
CUT = NOON + timedelta(days=3)
UNTOLD = ("DONT_KNOW",)


def tell(session: Session, told: dict[str, str]) -> int:
    """Let those who did not tell their category have told this one; return how many answers that are."""
    count = 0
    for answer in session.scalars(sa.select(Answer).where(Answer.question.in_(list(told)))):
        if answer.value in UNTOLD:
            answer.value, count = told[answer.question], count + 1
    session.flush()
    return count


def published(session: Session, field: Field, first: date, last: date) -> list[IndexFigure]:
    """Make the window's weight set the row by row way and publish it."""
    made = make_weight_set(session, field.wave, starts_on=first, ends_on=last, as_of=CUT, by=None, at=CUT)
    publish_weight_set(session, made, by=a_staff(session), at=CUT)
    return list(session.scalars(sa.select(IndexFigure).where(IndexFigure.weight_set_id == made.id)))


def same(found: Live, kept: list[IndexFigure]) -> None:
    """Hold that the live figures are the kept ones to 1e-10, with error, interval, sizes and reason."""
    kept = [f for f in kept if (f.index, "city") in found.figures]
    assert len(found.figures) == len(kept) > 15
    for f in kept:
        one = found.figures[f.index, f.domain]
        assert (one.n, float(one.df), one.is_published) == (f.n, f.df, not f.is_suppressed)
        for name in ("estimate", "standard_error", "low", "high", "effective_n", "deff"):
            assert getattr(one, name) == pytest.approx(getattr(f, name), rel=1e-10, abs=1e-10), (
                name,
                f.domain,
            )


@pytest.mark.parametrize(("first", "last"), [(0, 0), (0, 2), (1, 2)])
def test_when_everybody_told_live_is_what_is_published(database: Database, first: int, last: int) -> None:
    with transaction() as session:
        field = a_worked_wave(session, each=60, interviews=330, seed=first + last)
        several_days(session, field, np.random.default_rng(first))
        tell(session, {"sex": "2", "age": "44", "area": "1", "education": "3"})
        recount(session, field.wave)
        starts_on, ends_on = DAY + timedelta(days=first), DAY + timedelta(days=last)
        found = live(session, field.wave, starts_on, ends_on, with_items=True)
        assert found.trouble is None
        kept = published(session, field, starts_on, ends_on)
        same(found, kept)
        assert {d for _, d in found.figures} >= {"city"}


def test_whoever_did_not_tell_takes_the_usual_category(sqlite: Database) -> None:
    with transaction() as session:
        field = a_worked_wave(session, each=60, interviews=300)
        recount(session, field.wave)
        found = live(session, field.wave, DAY, DAY, with_items=True)
        told = session.execute(sa.select(Answer.question, Answer.value)).all()
        assert sum(q == "education" and v in UNTOLD for q, v in told) > 3
        drawn = published(session, field, DAY, DAY)
        by_chance = {(f.index, f.domain): f for f in drawn}
        gaps = [
            abs((e.estimate or 0) - (by_chance[key].estimate or 0))
            for key, e in found.figures.items()
            if key[1] == "city"
        ]
        assert 0 < max(gaps) < 0.02  # the set draws their category, the live figures do not
        session.rollback()

    with transaction() as session:
        field = a_worked_wave(session, each=60, interviews=300)
        for question in ("sex", "age", "area"):
            tell(session, {question: "40" if question == "age" else "1"})
        recount(session, field.wave)
        found = live(session, field.wave, DAY, DAY, with_items=True)
        usual = usual_education(session, field)
        assert tell(session, {"education": usual}) > 3
        same(found, published(session, field, DAY, DAY))


def usual_education(session: Session, field: Field) -> str:
    """Find the answer that most people gave, by weight before raking, of a set made of the interviews."""
    made = make_weight_set(session, field.wave, starts_on=DAY, ends_on=DAY, as_of=CUT, by=None, at=CUT)
    query = (
        sa.select(Answer.value, sa.func.sum(Weight.nonresponse))
        .join(Interview, Interview.id == Answer.interview_id)
        .join(Weight, Weight.interview_id == Interview.id)
        .where(Answer.question == "education", Weight.weight_set_id == made.id, Answer.value.not_in(UNTOLD))
        .group_by(Answer.value)
    )
    sums: dict[str, float] = {}
    for value, weight in session.execute(query):
        name = categories.EDUCATION[value or ""]
        sums[name] = sums.get(name, 0.0) + weight
    best = max(sums, key=lambda name: sums[name])
    return next(code for code, name in categories.EDUCATION.items() if name == best)


def test_without_enough_there_is_a_reason_and_no_figure(sqlite: Database) -> None:
    with transaction() as session:
        field = a_worked_wave(session, interviews=80)
        nothing = live(session, field.wave, DAY, DAY)
        assert (nothing.interviews, nothing.wanted, nothing.figures) == (0, 50, {})
        recount(session, field.wave)
        assert live(session, field.wave, DAY + timedelta(days=1), DAY + timedelta(days=7)).interviews == 0
        enough = live(session, field.wave, DAY, DAY)
        assert enough.wanted == 0
        assert enough.figures
        # A category that nobody lives in can't be raked to: the method's own words are kept.
        cell = session.scalars(sa.select(MarginCell).where(MarginCell.category == "urban")).one()
        cell.population = 0
        session.flush()
        broken = live(session, field.wave, DAY, DAY)
        assert broken.figures == {}
        assert "urban" in (broken.trouble or "") or "area" in (broken.trouble or "")
        session.execute(sa.delete(MarginCell))
        session.execute(sa.delete(Margin))
        session.expire_all()
        assert live(session, field.wave, DAY, DAY).is_without_margins


def test_windows_are_the_week_so_far_and_four_weeks() -> None:
    week, month = windows(date(2026, 11, 22))
    assert week == (date(2026, 11, 16), date(2026, 11, 22))
    assert month == (date(2026, 10, 26), date(2026, 11, 22))
