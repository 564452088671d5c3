"""Seats: who sits at the line now, what they are doing, and whether their screen still answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.flow import Flow
from core.people import Staff
from core.terms import Term, Words, coded
from hotline.lines import LineKind

HEARTBEAT_S = 10
LOST_AFTER = timedelta(seconds=30)
STANDS_UP_AFTER = timedelta(minutes=5)
"""How long a lost screen keeps its seat; a reload or a lift without a network is shorter."""


class SeatState(Term):
    """What an operator is doing."""

    OFF = "off", "离席", "Off"
    AVAILABLE = "available", "可接听", "Available"
    TALKING = "talking", "通话中", "Talking"
    WRAPPING = "wrapping", "话后整理", "Wrap-up"
    BREAK = "break", "休息", "Break"


class SeatAction(Term):
    """What changes it."""

    SIT = "sit", "就座", "Sit down"
    TAKE = "take", "接起", "Take a caller"
    END = "end", "通话结束", "End the talk"
    FREE = "free", "恢复接听", "Become available"
    REST = "rest", "休息", "Take a break"
    LEAVE = "leave", "离席", "Leave"


S, A = SeatState, SeatAction

SEAT_FLOW = Flow(
    "seat",
    Words("坐席", "Seat"),
    S.OFF,
    {
        (S.OFF, A.SIT): S.AVAILABLE,
        (S.OFF, A.REST): S.BREAK,
        (S.AVAILABLE, A.TAKE): S.TALKING,
        (S.AVAILABLE, A.REST): S.BREAK,
        (S.AVAILABLE, A.LEAVE): S.OFF,
        (S.TALKING, A.END): S.WRAPPING,
        (S.TALKING, A.FREE): S.AVAILABLE,
        (S.WRAPPING, A.FREE): S.AVAILABLE,
        (S.WRAPPING, A.REST): S.BREAK,
        (S.WRAPPING, A.TAKE): S.TALKING,
        (S.WRAPPING, A.LEAVE): S.OFF,
        (S.BREAK, A.FREE): S.AVAILABLE,
        (S.BREAK, A.TAKE): S.TALKING,
        (S.BREAK, A.LEAVE): S.OFF,
    },
)


class Seat(Base):
    """An operator at the line; one row a person, made when they first sit down or a lead notes what they speak."""

    __tablename__ = "seat"
    __table_args__ = (
        sa.CheckConstraint("state <> 'talking' OR contact_id IS NOT NULL", name="talking_has_contact"),
        sa.UniqueConstraint("staff_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    state: Mapped[SeatState] = mapped_column(coded(SeatState), default=S.OFF)
    since: Mapped[datetime]
    heartbeat_at: Mapped[datetime]
    serves: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    """Codes of the lines this operator answers now."""
    speaks: Mapped[list[int]] = mapped_column(sa.JSON, default=list)
    """The languages this operator speaks beside Mandarin, as a shift lead noted them."""
    contact_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contact.id"))
    rest_until: Mapped[datetime | None]
    """After a key call nobody is rung before then, unless they say so themselves."""

    staff: Mapped[Staff] = relationship()

    def is_lost(self, now: datetime) -> bool:
        """Whether the screen has not been heard of for too long."""
        return now - self.heartbeat_at > LOST_AFTER


WORKING = sa.and_(
    Seat.state.in_((S.AVAILABLE, S.TALKING, S.WRAPPING)), Seat.heartbeat_at >= sa.bindparam("heard_from")
)
"""Says in a query of seats who answers callers now: on a break nobody does."""
_SEAT = sa.select(Seat).where(Seat.staff_id == sa.bindparam("staff"))
_LOCKED = _SEAT.with_for_update(of=Seat)


def seat_of(session: Session, staff: Staff, *, locks: bool = False) -> Seat | None:
    """Return where somebody sits, if they ever sat down."""
    return session.scalars(_LOCKED if locks else _SEAT, {"staff": staff.id}).first()


def free_seats(session: Session, line: LineKind, *, now: datetime) -> Sequence[Seat]:
    """Return who could be rung for a line's caller, longest idle first."""
    query = (
        sa.select(Seat)
        .where(
            Seat.state == S.AVAILABLE,
            Seat.heartbeat_at >= now - LOST_AFTER,
            sa.or_(Seat.rest_until.is_(None), Seat.rest_until <= now),
        )
        .order_by(Seat.since, Seat.id)
    )
    return [seat for seat in session.scalars(query) if line.value in seat.serves]
