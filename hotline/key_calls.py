"""Key calls: after one, an operator rests and is asked to talk it over; nobody carries too many in a shift."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff
from hotline.shifts import Shift

REST = timedelta(minutes=15)
DEBRIEF_WITHIN = timedelta(hours=2)


class KeyCall(Base):
    """That an operator talked with a caller in danger: what it cost them, not what was said."""

    __tablename__ = "key_call"
    __table_args__ = (
        sa.CheckConstraint(
            "(debriefed_at IS NULL) = (debriefed_with IS NULL)", name="debriefed_with_someone"
        ),
        sa.CheckConstraint("debriefed_with IS NULL OR debriefed_with <> staff_id", name="with_another"),
        sa.CheckConstraint("(released_at IS NULL) = (released_by IS NULL)", name="releaser_has_time"),
        sa.Index("ix_key_call_staff_id_at", "staff_id", "at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"), unique=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    shift_id: Mapped[int | None] = mapped_column(sa.ForeignKey("shift.id"), index=True)
    at: Mapped[datetime]
    rest_until: Mapped[datetime]
    debriefed_at: Mapped[datetime | None]
    debriefed_with: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    released_at: Mapped[datetime | None]
    released_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    """The lead who let somebody go on before the rest was over, or beyond the limit."""

    staff: Mapped[Staff] = relationship(foreign_keys=staff_id)
    shift: Mapped[Shift | None] = relationship()


def key_calls_in(session: Session, staff_id: int, *, since: datetime) -> int:
    """Count somebody's key calls since a moment."""
    query = sa.select(sa.func.count()).where(KeyCall.staff_id == staff_id, KeyCall.at >= since)
    return session.scalar(query) or 0
