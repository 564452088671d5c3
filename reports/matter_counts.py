"""Counts of matters by topic, township and day: what the scan and the recurrences are made from, and nobody in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from core import clock
from core.places import Level, Place
from hotline.moments import utc_hour
from matters.attributes import Conflict
from matters.matter import Matter
from matters.states import CLOSED, MatterState
from matters.topics import TOPICS
from reports.scan_statistic import IntArray

S = MatterState
NO_CAUSE = ("other.praise",)
CAUSES: tuple[str, ...] = tuple(t.code for t in TOPICS if t.code not in NO_CAUSE)
"""Topics that can have a cause, in the order of the list; retired ones stay, for the matters that bear them."""
COUNTED = sa.and_(
    Matter.state.not_in([S.DRAFT, S.WITHDRAWN, S.NOT_ACCEPTED]), Matter.conflict == Conflict.NONE
)
"""Complaints about staff, a unit or the centre are left out: a place and a topic would tell who is meant."""


@dataclass(frozen=True, eq=False)
class Counted:
    """Counts (causes, townships, days) with what their rows and columns are."""

    townships: tuple[Place, ...]
    first_on: date
    counts: IntArray

    @property
    def days(self) -> int:
        """How many days are counted."""
        return int(self.counts.shape[2])


def township_of() -> sa.ColumnElement[int]:
    """Return the township of a matter's place, in a query that has joined the place."""
    # Spelled out, not bound: PostgreSQL takes two bound ones for two different groups.
    village: sa.ColumnClause[str] = sa.literal_column(f"'{Level.VILLAGE.value}'")
    return sa.case((Place.level == village, Place.parent_id), else_=Place.id)


def all_townships(session: Session) -> list[Place]:
    """Return every township in the order of their codes, those of yesterday too: matters may lie there."""
    return list(session.scalars(sa.select(Place).where(Place.level == Level.TOWNSHIP).order_by(Place.code)))


def raised(session: Session, towns: Sequence[Place], first_on: date, last_on: date) -> Counted:
    """Count matters by the day of their registration, in one query."""
    return _counted(session, towns, first_on, last_on, Matter.registered_at, COUNTED)


def closed(session: Session, towns: Sequence[Place], first_on: date, last_on: date) -> Counted:
    """Count matters by the day on which the centre closed them, in one query."""
    ended = sa.and_(Matter.state.in_(CLOSED), Matter.conflict == Conflict.NONE)
    return _counted(session, towns, first_on, last_on, Matter.ended_at, ended)


def bounds(first_on: date, last_on: date) -> tuple[datetime, datetime]:
    """Return the first moment of a span of days and the first after it."""
    return _midnight(first_on), _midnight(last_on + timedelta(days=1))


def _counted(
    session: Session,
    towns: Sequence[Place],
    first_on: date,
    last_on: date,
    moment: InstrumentedAttribute[datetime | None],
    which: sa.ColumnElement[bool],
) -> Counted:
    first, after = bounds(first_on, last_on)
    query = (
        sa.select(Matter.topic, township_of(), utc_hour(moment), sa.func.count())
        .join(Place, Place.id == Matter.place_id)
        .where(which, Matter.topic.in_(CAUSES), moment >= first, moment < after)
        .group_by(Matter.topic, township_of(), utc_hour(moment))
    )
    cause = {code: n for n, code in enumerate(CAUSES)}
    place = {town.id: n for n, town in enumerate(towns)}
    counts = np.zeros((len(CAUSES), len(towns), (last_on - first_on).days + 1), dtype=np.int64)
    # Days are local, and a zone may change its hour: the database tells the hour, and the house its day.
    day: dict[str, int] = {}
    for code, town, told, many in session.execute(query):
        hour = str(told)
        if hour not in day:
            day[hour] = (clock.today(datetime.fromisoformat(f"{hour}:00+00:00")) - first_on).days
        if town in place:
            counts[cause[str(code)], place[town], day[hour]] += many
    return Counted(tuple(towns), first_on, counts)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=clock.zone())
