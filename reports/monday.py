"""Mondays: last week's bulletin lies drafted when the editors come, and is late when it is not out at noon."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.problems import Refused
from core.sweeps import sweep
from matters.matter import Matter
from reports.assembling import assemble
from reports.bulletins import PUBLIC, Bulletin, BulletinKind
from reports.periods import Period, PeriodKind
from survey.interviews import Interview

MORNING = 6
"""The hour of Monday from which last week is drafted."""
OUT_BY = 12
"""The hour of Monday by which the weekly bulletin is out."""


def last_week(now: datetime) -> Period:
    """Return the week before the running one."""
    return Period.with_day(PeriodKind.WEEK, clock.local(now).date() - timedelta(days=7))


def is_late(session: Session, now: datetime) -> bool:
    """Say whether last week's bulletin should be out and is not: from Monday noon on, where there is anything to tell."""
    local, week = clock.local(now), last_week(now)
    if local.weekday() == 0 and local.hour < OUT_BY:
        return False
    return not _known(session, week, Bulletin.state.in_(PUBLIC)) and _has_news(session, week)


@sweep("reports.monday", every=timedelta(minutes=15))
def draft_due(session: Session, now: datetime) -> int:
    """Draft last week's bulletin from Monday morning on, once, also where the worker slept till noon; return how many."""
    local, week = clock.local(now), last_week(now)
    if local.weekday() == 0 and local.hour < MORNING:
        return 0
    if _known(session, week, sa.true()) or not _has_news(session, week):
        return 0  # whoever discarded a draft makes the next one
    try:
        assemble(session, BulletinKind.WEEKLY, week.starts_on, by=None, at=now)
    except Refused:
        return 0
    return 1


def _known(session: Session, week: Period, where: sa.ColumnElement[bool]) -> bool:
    query = sa.select(Bulletin.id).where(
        Bulletin.kind == BulletinKind.WEEKLY,
        Bulletin.year == week.year,
        Bulletin.number == week.number,
        where,
    )
    return session.scalar(query.limit(1)) is not None


def _has_news(session: Session, week: Period) -> bool:
    """Say whether anything came in or was asked in a week: an empty house has no bulletin."""
    first, after = clock.midnight(week.starts_on), clock.midnight(week.ends_on + timedelta(days=1))
    for moment in (Matter.registered_at, Interview.ended_at):
        if session.scalar(sa.select(sa.literal(1)).where(moment >= first, moment < after).limit(1)):
            return True
    return False
