"""Which weight set stands for a period: one that asks what is wanted, the published one of its wave, else the newest; never one made too early."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from survey.editions import Edition
from survey.waves import Wave
from survey.weighting import WeightSet


def end_of(ends_on: date) -> datetime:
    """Return the first moment after a period."""
    return clock.midnight(ends_on + timedelta(days=1))


def is_whole(made: WeightSet) -> bool:
    """Say whether a set was made when its period was over; an earlier one is provisional."""
    return made.as_of >= end_of(made.ends_on)


def chosen(sets: Iterable[WeightSet], *, at: datetime) -> list[WeightSet]:
    """Choose one set of each wave and period, newest period first.

    The published one, else the newest: who weighs again does so because something was put right. Once a period is
    over only a set that knows all of it counts, published or not; before its last day there is none.
    """
    ranked = sorted(sets, key=lambda s: (s.ends_on, s.starts_on, s.is_published, s.id), reverse=True)
    found: dict[tuple[int, date, date], WeightSet] = {}
    for made in ranked:
        is_last_day = made.ends_on <= clock.today(at) and at < end_of(made.ends_on)
        if is_whole(made) or is_last_day:
            found.setdefault((made.wave_id, made.starts_on, made.ends_on), made)
    return list(found.values())


def asked_by(session: Session, waves: Iterable[int], questions: Collection[str]) -> dict[int, int]:
    """Count by wave how many of some questions its edition asks; a poll that asks none is left out."""
    query = sa.select(Wave.id, Edition.definition).join(Edition, Edition.id == Wave.edition_id)
    found: dict[int, int] = {}
    for wave_id, form in session.execute(query.where(Wave.id.in_(set(waves)))):
        n = sum(1 for question in form["questions"] if question["name"] in questions)
        if n:
            found[wave_id] = n
    return found


def by_period(
    session: Session, sets: Iterable[WeightSet], questions: Collection[str], *, at: datetime
) -> dict[tuple[date, date], WeightSet]:
    """Choose one set of each period for figures made of some questions.

    Several waves run at once, some of them polls with another questionnaire: of those that ask the questions, the one
    that asks the most of them, then a published one, then the one with the most interviews.
    """
    held = chosen(sets, at=at)
    asked = asked_by(session, {s.wave_id for s in held}, questions)
    found: dict[tuple[date, date], WeightSet] = {}
    for made in sorted(
        (s for s in held if s.wave_id in asked),
        key=lambda s: (asked[s.wave_id], s.is_published, s.interviews, s.id),
    ):
        found[made.starts_on, made.ends_on] = made
    return found


def standing(
    session: Session, starts_on: date, ends_on: date, questions: Collection[str], *, as_of: datetime
) -> WeightSet | None:
    """Return the set that stands for a period as it was known at a data cut, for figures made of some questions.

    While the period runs, only one of that very moment: what comes in later belongs to it too.
    """
    query = sa.select(WeightSet).where(
        WeightSet.starts_on == starts_on, WeightSet.ends_on == ends_on, WeightSet.as_of <= as_of
    )
    is_over = as_of >= end_of(ends_on)
    if is_over:
        return by_period(session, session.scalars(query), questions, at=as_of).get((starts_on, ends_on))
    held = session.scalars(query.where(WeightSet.as_of == as_of)).all()
    asked = asked_by(session, {s.wave_id for s in held}, questions)
    return max(
        (s for s in held if s.wave_id in asked),
        key=lambda s: (asked[s.wave_id], s.interviews, s.id),
        default=None,
    )
