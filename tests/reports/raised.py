"""Matters to count: registered through the house's own door, then set to the day and the place of a test."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from core import clock
from core.places import Place
from matters.attributes import IdentityClass, MatterKind, Origin
from matters.matter import Matter
from matters.registration import Statement, register
from matters.states import MatterState


def a_matter(
    session: Session,
    place: Place,
    topic: str,
    on: date,
    *,
    origin: Origin = Origin.CITIZEN_LINE,
    number: str | None = None,
    closed_on: date | None = None,
) -> Matter:
    """Register a matter at noon of a day; with `closed_on`, closed as solved at noon of that day."""
    statement = Statement(
        narrative="路灯不亮",
        kind=MatterKind.HELP,
        topic=topic,
        place=place,
        consent_read=True,
        identity=IdentityClass.PROTECTED if number else IdentityClass.ANONYMOUS,
        number=number,
    )
    matter = register(session, statement, origin=origin, by=None, at=noon(on)).matter
    if closed_on is not None:
        matter.state, matter.ended_at = MatterState.CLOSED_SOLVED, noon(closed_on)
    session.flush()
    return matter


def noon(on: date) -> datetime:
    """Return noon of a day where residents live."""
    return datetime.combine(on, time(12), tzinfo=clock.zone())


def days_before(last: date, n: int) -> date:
    """Return the day so many days before the last one."""
    return last - timedelta(days=n)
