"""Forecasting: the coming week is foreseen before it begins, kept as it was, and judged when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import calendar, clock
from core.sweeps import sweep
from hotline.forecast import HourForecast, Profile
from hotline.forecast_error import ForecastError, Judged, error_of
from hotline.forecast_kept import KeptForecast
from hotline.forecast_learning import learn
from hotline.lines import LineKind, line_of
from hotline.past_calls import counts_by_hour, monday_of

DAYS = 7
WEEK = timedelta(days=DAYS)
AHEAD_FROM = timedelta(hours=30)
"""How long before its Monday a week is foreseen: on Saturday evening, with nearly all of the week before known."""


def profile_of(session: Session, line: LineKind, *, at: datetime) -> Profile | None:
    """Learn a line's profile from the whole days before today; None where it has no past."""
    today = clock.today(at)
    history = counts_by_hour(session, line, until=midnight(today))
    return learn(history, lambda on: calendar.day(on).kind, until=today) if history else None


def midnight(day: date) -> datetime:
    """Return when a day begins by the city's clock."""
    return datetime.combine(day, time(), clock.zone())


def foresee(session: Session, line: LineKind, monday: date, *, at: datetime) -> int:
    """Keep the forecast of a week's hours that are still ahead, once; return how many hours were written."""
    period = (
        KeptForecast.line == line,
        KeptForecast.day_on >= monday,
        KeptForecast.day_on < monday + WEEK,
    )
    if session.scalar(sa.select(sa.func.count()).select_from(KeptForecast).where(*period)):
        return 0
    profile = profile_of(session, line, at=at)
    if profile is None:
        return 0
    now = clock.local(at)
    rows = [
        KeptForecast(line=line, day_on=f.on, hour=f.hour, expected=f.mean, low=f.low, high=f.high, made_at=at)
        for n in range(DAYS)
        for f in profile.day(monday + timedelta(days=n))
        if (f.on, f.hour) > (now.date(), now.hour)
    ]
    session.add_all(rows)
    session.flush()
    return len(rows)


def day_ahead(session: Session, line: LineKind, day: date, *, at: datetime) -> list[HourForecast]:
    """Return a day's 24 hours: as they were foreseen where that is kept, else by what is known today."""
    query = sa.select(KeptForecast).where(KeptForecast.line == line, KeptForecast.day_on == day)
    kept = {
        row.hour: HourForecast(day, row.hour, row.expected, row.low, row.high)
        for row in session.scalars(query)
    }
    if len(kept) < 24:
        profile = profile_of(session, line, at=at)
        if profile is None:
            return []
        kept = {f.hour: f for f in profile.day(day)} | kept
    return [kept[hour] for hour in range(24)]


def error_of_week(session: Session, line: LineKind, monday: date, *, at: datetime) -> ForecastError:
    """Judge the kept forecast of a week by the calls that came, over the hours that are past."""
    until = min(midnight(monday + WEEK), at)
    came = {(h.on, h.hour): h.calls for h in counts_by_hour(session, line, until=until, back=2 * WEEK)}
    query = sa.select(KeptForecast).where(
        KeptForecast.line == line,
        KeptForecast.day_on >= monday,
        KeptForecast.day_on < monday + WEEK,
    )
    return error_of(
        Judged(row.expected, row.low, row.high, came[row.day_on, row.hour], _week_before(came, row))
        for row in session.scalars(query)
        if (row.day_on, row.hour) in came
    )


def _week_before(came: Mapping[tuple[date, int], int], row: KeptForecast) -> int | None:
    return came.get((row.day_on - WEEK, row.hour))


def foresee_weeks(session: Session, *, at: datetime) -> int:
    """Foresee this week for every line, and the next once it is near."""
    monday = monday_of(clock.today(at))
    weeks = [monday]
    if midnight(monday + WEEK) - at <= AHEAD_FROM:
        weeks.append(monday + WEEK)
    lines = [kind for kind in LineKind if line_of(session, kind)]
    return sum(foresee(session, line, week, at=at) for line in lines for week in weeks)


@sweep("hotline.forecast", every=timedelta(hours=1))
def _foresee(session: Session, now: datetime) -> int:
    return foresee_weeks(session, at=now)
