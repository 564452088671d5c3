"""Carrier days: the calls that the carrier lists for a day, beside how many of them have their record."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock
from core.db import Base, Id, reading, transaction
from core.sweeps import sweep
from core.terms import coded
from hotline.lines import HelpLine, LineKind
from hotline.reconciling import GRACE, with_contact
from telephony.line import LineTrouble, line
from telephony.rounds import outside

log = logging.getLogger("tingmin.hotline")

DAY = timedelta(days=1)
SETTLED_AFTER = timedelta(minutes=15)
"""So long after midnight the last calls of a day have their record, or were lost."""


class CarrierDay(Base):
    """One line's day as last counted: calls of the carrier, and records of ours; they must be equal."""

    __tablename__ = "carrier_day"
    __table_args__ = (
        sa.UniqueConstraint("line", "day_on"),
        sa.CheckConstraint("recorded BETWEEN 0 AND reported", name="records_of_calls"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    line: Mapped[LineKind] = mapped_column(coded(LineKind))
    day_on: Mapped[date]
    reported: Mapped[int]
    recorded: Mapped[int]
    counted_at: Mapped[datetime]

    @property
    def missing(self) -> int:
        """Calls of the carrier without a record: none, or callers were lost."""
        return self.reported - self.recorded


def days_of(session: Session, lines: Collection[LineKind], day: date) -> Sequence[CarrierDay]:
    """Return how a day of these lines was last counted."""
    query = sa.select(CarrierDay).where(CarrierDay.line.in_(lines), CarrierDay.day_on == day)
    return session.scalars(query.order_by(CarrierDay.line)).all()


def count_days(now: datetime | None = None) -> int:
    """Count each line's calls of today in the carrier's own list, and once more those of the day before when it is over.

    Return how many lines could be counted.
    """
    at = now or clock.now()
    midnight = clock.local(at).replace(hour=0, minute=0, second=0, microsecond=0)
    with reading() as session:
        lines = [
            (row.kind, row.number, _is_open(session, row.kind, midnight))
            for row in session.scalars(sa.select(HelpLine))
        ]
    counted = 0
    for kind, number, is_open in lines:
        days = [midnight - DAY, midnight] if is_open else [midnight]
        try:
            rung = line().calls_to(number, days[0].astimezone(at.tzinfo))
        except LineTrouble as trouble:
            log.warning("the carrier's list could not be read: %s", trouble.code)
            continue
        for day in days:
            legs = [one.leg for one in rung if day <= one.began_at < day + DAY and one.began_at <= at - GRACE]
            with transaction() as session:
                _note(session, kind, day.date(), len(legs), len(with_contact(legs)), at)
        counted += 1
    return counted


def _is_open(session: Session, kind: LineKind, midnight: datetime) -> bool:
    """Say whether the day before was last counted before its last calls could have their record."""
    query = sa.select(CarrierDay.id).where(
        CarrierDay.line == kind,
        CarrierDay.day_on == (midnight - DAY).date(),
        CarrierDay.counted_at < midnight + SETTLED_AFTER,
    )
    return session.scalar(query) is not None


def _note(session: Session, kind: LineKind, day: date, reported: int, recorded: int, at: datetime) -> None:
    query = sa.select(CarrierDay).where(CarrierDay.line == kind, CarrierDay.day_on == day)
    row = session.scalars(query.with_for_update()).first()
    if row is None:
        row = CarrierDay(line=kind, day_on=day)
        session.add(row)
    row.reported, row.recorded, row.counted_at = reported, recorded, at


def _round() -> None:
    count_days()


@sweep("carrier.days", every=timedelta(minutes=5))
def look(_session: Session, _now: datetime) -> None:
    """Count the day, after the sweep's own transaction is over."""
    outside(_round)
