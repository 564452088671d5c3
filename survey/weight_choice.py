"""Which weight set stands for a period: the published one of its wave, else the newest; never one made too early."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
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


def by_period(sets: Iterable[WeightSet], *, at: datetime) -> dict[tuple[date, date], WeightSet]:
    """Choose one set of each period: of several waves, that of the wave with the most interviews."""
    found: dict[tuple[date, date], WeightSet] = {}
    for made in sorted(chosen(sets, at=at), key=lambda s: (s.interviews, s.id)):
        found[made.starts_on, made.ends_on] = made
    return found


def standing(session: Session, starts_on: date, ends_on: date, *, as_of: datetime) -> WeightSet | None:
    """Return the set that stands for a period as it was known at a data cut.

    While the period runs, only one of that very moment: what comes in later belongs to it too.
    """
    query = sa.select(WeightSet).where(
        WeightSet.starts_on == starts_on, WeightSet.ends_on == ends_on, WeightSet.as_of <= as_of
    )
    is_over = as_of >= end_of(ends_on)
    if not is_over:
        query = query.where(WeightSet.as_of == as_of).order_by(
            WeightSet.interviews.desc(), WeightSet.id.desc()
        )
        return session.scalars(query.limit(1)).first()
    return by_period(session.scalars(query), at=as_of).get((starts_on, ends_on))
