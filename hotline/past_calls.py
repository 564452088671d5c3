"""Past calls: what the lines' own calls say of hours, handling times and patience."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from hotline.contacts import Contact, WayOut
from hotline.credibility import Believed
from hotline.forecast import HourCount
from hotline.forecast_handling import Wait, handling_by_hour, patience_of
from hotline.lines import LineKind
from hotline.moments import utc_hour
from hotline.service_levels import RANG
from hotline.turns import seat_seconds

LOOK_BACK = timedelta(weeks=26)
TIMES_FROM = timedelta(weeks=8)
NEWEST = 5_000
"""So many of the newest calls are enough for handling times and patience."""
USUAL = {LineKind.COUNSELLING: 1800.0, LineKind.CITIZEN: 360.0}
"""Seconds a call keeps a seat busy, before there are calls to learn from."""
LONGEST = 4 * 3600.0
"""A talk of half a night says nothing about handling."""


def counts_by_hour(
    session: Session, line: LineKind, *, until: datetime, back: timedelta = LOOK_BACK
) -> list[HourCount]:
    """Return every whole hour before `until`, by the city's clock, from the first call within `back` on.

    Hours without a call count as 0. Zones that are not whole hours from UTC count by the nearest earlier hour.
    """
    query = (
        sa.select(utc_hour(Contact.rung_at), sa.func.count())
        .where(
            Contact.line == line, Contact.rung_at >= until - back, Contact.rung_at < until,
            Contact.source.in_(RANG),
        )
        .group_by(utc_hour(Contact.rung_at))
    )  # fmt: skip
    found = {
        datetime.strptime(hour, "%Y-%m-%d %H").replace(tzinfo=UTC): count
        for hour, count in session.execute(query)
    }
    if not found:
        return []
    hour, rows = min(found), []
    while hour + timedelta(hours=1) <= until:
        local = clock.local(hour)
        rows.append(HourCount(local.date(), local.hour, found.get(hour, 0)))
        hour += timedelta(hours=1)
    return rows


def handling_of(session: Session, line: LineKind, *, until: datetime) -> dict[int, Believed]:
    """Return the mean handling time of each hour of the day, from a person's first word until the seat is free."""
    query = (
        sa.select(Contact.talking_at, Contact.ended_at, Contact.closed_at)
        .where(
            Contact.line == line, Contact.talking_at.is_not(None), Contact.ended_at.is_not(None),
            Contact.talking_at >= until - TIMES_FROM, Contact.talking_at < until,
        )
        .order_by(Contact.talking_at.desc())
        .limit(NEWEST)
    )  # fmt: skip
    seconds: dict[int, list[float]] = defaultdict(list)
    for began_at, ended_at, closed_at in session.execute(query):
        if began_at is not None and ended_at is not None:
            took = seat_seconds(began_at, ended_at, closed_at, until)
            if 0 < took <= LONGEST:
                seconds[clock.local(began_at).hour].append(took)
    return handling_by_hour(seconds, USUAL[line])


def patience_on(session: Session, line: LineKind, *, until: datetime) -> float:
    """Return how many seconds callers of a line are willing to wait, on average."""
    query = (
        sa.select(Contact.first_wait_s, Contact.way_out)
        .where(
            Contact.line == line, Contact.source.in_(RANG), Contact.way_out.is_not(None),
            Contact.rung_at >= until - TIMES_FROM, Contact.rung_at < until,
        )
        .order_by(Contact.rung_at.desc())
        .limit(NEWEST)
    )  # fmt: skip
    return patience_of(Wait(s or 0.0, way is WayOut.ABANDONED) for s, way in session.execute(query))


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())
