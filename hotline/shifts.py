"""Shifts: from when to when a line is staffed, with how many seats, who is on which, who leads and who is on call."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff, StaffRole
from core.permissions import OPENS, Permission, Role
from core.problems import Missing
from core.terms import coded
from hotline.contacts import OPEN, Contact
from hotline.lines import LineKind
from hotline.ownership import ask_roster
from hotline.seats import LOST_AFTER, Seat, SeatState

KEY_CALL_LIMIT = 3
CITIZEN_ROLES = tuple(role for role in Role if Permission.HOTLINE_CITIZEN in OPENS[role])


class Shift(Base):
    """One stretch of one line's day; it counts once it is published, and then somebody is always on call."""

    __tablename__ = "shift"
    __table_args__ = (
        sa.CheckConstraint("ends_at > begins_at", name="ends_after_it_begins"),
        sa.CheckConstraint("seats BETWEEN 1 AND 500", name="seats"),
        sa.CheckConstraint("key_call_limit BETWEEN 1 AND 20", name="key_call_limit"),
        sa.CheckConstraint("(published_at IS NULL) = (published_by IS NULL)", name="publisher_has_time"),
        sa.CheckConstraint("published_at IS NULL OR supervisor_id IS NOT NULL", name="published_is_on_call"),
        sa.UniqueConstraint("line", "begins_at"),
        sa.Index("ix_shift_line_ends_at", "line", "ends_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    line: Mapped[LineKind] = mapped_column(coded(LineKind))
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    seats: Mapped[int]
    lead_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    """Who leads at the line, takes the handover and is the first to hear an alarm."""
    supervisor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    """Who is on call, at the line or at home."""
    key_call_limit: Mapped[int] = mapped_column(default=KEY_CALL_LIMIT)
    created_at: Mapped[datetime]
    created_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    published_at: Mapped[datetime | None]
    published_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))

    lead: Mapped[Staff | None] = relationship(foreign_keys=lead_id)
    supervisor: Mapped[Staff | None] = relationship(foreign_keys=supervisor_id)
    duties: Mapped[list[Duty]] = relationship(
        back_populates="shift", cascade="all, delete-orphan", order_by="Duty.seat_no"
    )

    @property
    def is_published(self) -> bool:
        """Whether people have been told."""
        return self.published_at is not None

    @property
    def short(self) -> int:
        """Seats without a person."""
        return max(0, self.seats - len(self.duties))

    def is_on(self, at: datetime) -> bool:
        """Whether a moment lies within."""
        return self.begins_at <= at < self.ends_at


class Duty(Base):
    """One person on one seat of a shift."""

    __tablename__ = "duty"
    __table_args__ = (
        sa.UniqueConstraint("shift_id", "staff_id"),
        sa.UniqueConstraint("shift_id", "seat_no"),
        sa.CheckConstraint("seat_no >= 1", name="seat_no"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    shift_id: Mapped[int] = mapped_column(sa.ForeignKey("shift.id"))
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    seat_no: Mapped[int]

    shift: Mapped[Shift] = relationship(back_populates="duties")
    staff: Mapped[Staff] = relationship()


def shift_numbered(session: Session, shift_id: int, *, locks: bool = False) -> Shift:
    """Return a shift of an address."""
    found = session.get(Shift, shift_id, with_for_update={"of": Shift} if locks else None)
    if found is None:
        raise Missing
    return found


_NOW = (
    sa.select(Shift)
    .where(
        Shift.line == sa.bindparam("line"), Shift.published_at.is_not(None),
        Shift.begins_at <= sa.bindparam("at"), Shift.ends_at > sa.bindparam("at"),
    )
    .order_by(Shift.begins_at.desc())
)  # fmt: skip


def shift_now(session: Session, line: LineKind, at: datetime) -> Shift | None:
    """Return the published shift that a line stands in."""
    return session.scalars(_NOW, {"line": line, "at": at}).first()


def shift_of(session: Session, staff: Staff, at: datetime) -> Shift | None:
    """Return the published shift in which somebody has a seat now."""
    query = (
        sa.select(Shift)
        .join(Duty, Duty.shift_id == Shift.id)
        .where(
            Duty.staff_id == staff.id,
            Shift.published_at.is_not(None),
            Shift.begins_at <= at,
            Shift.ends_at > at,
        )
    )
    return session.scalars(query.order_by(Shift.begins_at.desc())).first()


_lead, _supervisor = aliased(Staff), aliased(Staff)
_ON_CALL = (
    _NOW.with_only_columns(sa.func.coalesce(_lead.id, _supervisor.id))
    .select_from(Shift)
    .outerjoin(_lead, sa.and_(_lead.id == Shift.lead_id, _lead.is_active))
    .outerjoin(_supervisor, sa.and_(_supervisor.id == Shift.supervisor_id, _supervisor.is_active))
)
_SITS = sa.exists().where(
    Seat.staff_id == Staff.id, Seat.state != SeatState.OFF, Seat.heartbeat_at >= sa.bindparam("heard_from")
)
_ROSTERED = sa.exists().where(Duty.staff_id == Staff.id, Duty.shift_id == sa.bindparam("shift"))
_OWNED = (
    sa.select(Contact.owner_id, sa.func.count().label("number"))
    .where(Contact.line == LineKind.CITIZEN, Contact.state.in_(OPEN))
    .group_by(Contact.owner_id)
    .subquery()
)
_ANSWERING = (
    sa.select(Staff.id)
    .outerjoin(_OWNED, _OWNED.c.owner_id == Staff.id)
    .where(
        Staff.is_active, sa.or_(_SITS, _ROSTERED),
        Staff.id.in_(sa.select(StaffRole.staff_id).where(StaffRole.role.in_(CITIZEN_ROLES))),
    )
    .order_by(_SITS.desc(), sa.func.coalesce(_OWNED.c.number, 0), _ROSTERED.desc(), Staff.id)
    .limit(1)
)  # fmt: skip


@ask_roster
def on_call(session: Session, line: LineKind, at: datetime) -> int | None:
    """Say who answers for a line at a moment: the shift's lead, else the supervisor on call, if they still work here.

    A lead of both lines may not answer citizens, so on that line it is the operator at a seat, or else on the
    shift, who has the fewest open contacts to answer for.
    """
    if line is LineKind.CITIZEN:
        shift = session.scalars(_NOW.with_only_columns(Shift.id), {"line": line, "at": at}).first()
        found = session.scalars(_ANSWERING, {"shift": shift or 0, "heard_from": at - LOST_AFTER}).first()
        if found is not None:
            return found
    return session.scalars(_ON_CALL, {"line": line, "at": at}).first()
