"""Attempts: every try at a case, why it was handed out, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff
from core.secrets import SealedText
from core.terms import Term, coded
from survey.cases import Case


class HandOutRule(Term):
    """Which rule of the queue gave the case."""

    LEASE = "lease", "继续未完成的个案", "Your open case"
    APPOINTMENT = "appointment", "约访到期", "Appointment due"
    CALLBACK = "callback", "再访到期", "Call-back due"
    FRESH = "fresh", "新个案", "Fresh case"
    INBOUND = "inbound", "受访者回电", "The resident called back"


class HandOut(Base):
    """One case given to one interviewer, with the reason: the log can be replayed."""

    __tablename__ = "hand_out"
    __table_args__ = (sa.Index("ix_hand_out_staff_id_at", "staff_id", "at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("case.id"), index=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    at: Mapped[datetime]
    rule: Mapped[HandOutRule] = mapped_column(coded(HandOutRule))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the rule saw: county shortfall, tries before, day-parts, rank of need."""

    case: Mapped[Case] = relationship()
    staff: Mapped[Staff] = relationship()


class Attempt(Base):
    """One try at a case: one dial, or a hand-out given back without one."""

    __tablename__ = "attempt"
    __table_args__ = (
        sa.UniqueConstraint("case_id", "number"),
        sa.Index("ix_attempt_staff_id_started_at", "staff_id", "started_at"),
        sa.CheckConstraint("(ended_at IS NULL) = (disposition IS NULL)", "ended_has_disposition"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("case.id"))
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    call_id: Mapped[int | None] = mapped_column(sa.ForeignKey("call.id"), index=True)
    number: Mapped[int]
    """1 for the first try of the case."""
    started_at: Mapped[datetime]
    connected_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    disposition: Mapped[str | None] = mapped_column(sa.String(6))
    suggested: Mapped[str | None] = mapped_column(sa.String(6))
    """What the line's own result maps to, before a person confirms it."""
    note: Mapped[str | None] = mapped_column(SealedText("note"))
    is_recorded: Mapped[bool] = mapped_column(default=False)
    has_seat: Mapped[bool] = mapped_column(default=False)
    """Quota seats are reserved for it until it ends."""
    before: Mapped[dict[str, Any] | None]
    """How the case stood before the outcome, so that a slip of the finger can be undone."""
    wrapped_up_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()
    staff: Mapped[Staff] = relationship()


class Appointment(Base):
    """A promised time: personal for ten minutes, then anyone's."""

    __tablename__ = "appointment"
    __table_args__ = (sa.Index("ix_appointment_open", "is_open", "at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("case.id"), index=True)
    at: Mapped[datetime]
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    """Whose appointment it is; null when anyone may call."""
    made_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    made_at: Mapped[datetime]
    is_open: Mapped[bool] = mapped_column(default=True)
    kept_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()
