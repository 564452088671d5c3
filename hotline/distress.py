"""Distress: an operator calls for a supervisor, and the call climbs until somebody says they have it."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff
from core.terms import Term, coded
from hotline.lines import LineKind

CLIMBS_AFTER = timedelta(seconds=60)


class DistressKind(Term):
    """Why a supervisor is called."""

    PANIC = "panic", "接线员求助", "An operator asks for help"
    LIMIT = "limit", "重点来电达到上限", "The limit of key calls is reached"
    NOBODY_ON_CALL = "nobody_on_call", "无人值守", "Nobody is on call"


class Rung(Term):
    """Who is told, and who next."""

    ON_DUTY = "on_duty", "当班组长和值守督导", "The lead on duty and the supervisor on call"
    PRESENT = "present", "在岗组长和线路负责人", "Leads at work and the owner of the line"
    EVERYBODY = "everybody", "全部督导", "Every supervisor"


RUNGS = list(Rung)


class Distress(Base):
    """One call for help; it names the operator and the line, never the caller."""

    __tablename__ = "distress"
    __table_args__ = (
        sa.CheckConstraint("(taken_at IS NULL) = (taken_by IS NULL)", name="taker_has_time"),
        sa.CheckConstraint("(taken_at IS NULL) = (climbs_at IS NOT NULL)", name="open_climbs"),
        sa.Index("ix_distress_climbs_at", "climbs_at"),
        sa.Index("ix_distress_raised_at", "raised_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[DistressKind] = mapped_column(coded(DistressKind))
    line: Mapped[LineKind] = mapped_column(coded(LineKind))
    about_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    """The operator who needs somebody."""
    contact_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    raised_at: Mapped[datetime]
    rung: Mapped[Rung] = mapped_column(coded(Rung), default=Rung.ON_DUTY)
    climbs_at: Mapped[datetime | None]
    taken_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    taken_at: Mapped[datetime | None]

    about: Mapped[Staff | None] = relationship(foreign_keys=about_id)
    taker: Mapped[Staff | None] = relationship(foreign_keys=taken_by)
    told: Mapped[list[DistressTold]] = relationship(back_populates="distress", order_by="DistressTold.id")

    @property
    def is_open(self) -> bool:
        """Whether nobody has said yet that they have it."""
        return self.taken_at is None


class DistressTold(Base):
    """That a call for help reached a supervisor's screen."""

    __tablename__ = "distress_told"
    __table_args__ = (sa.UniqueConstraint("distress_id", "staff_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    distress_id: Mapped[int] = mapped_column(sa.ForeignKey("distress.id"))
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    rung: Mapped[Rung] = mapped_column(coded(Rung))
    told_at: Mapped[datetime]
    shown_at: Mapped[datetime | None]
    """When their screen first showed it."""

    distress: Mapped[Distress] = relationship(back_populates="told")
    staff: Mapped[Staff] = relationship()
