"""Alarms: a call for a supervisor that climbs from one to the next until somebody says they have it."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff
from core.terms import Term, coded
from hotline.lines import LineKind

CLIMBS_AFTER = timedelta(seconds=60)


class AlarmKind(Term):
    """Why a supervisor is called."""

    PANIC = "panic", "接线员求助", "An operator asks for help"
    KEY_CALL = "key_call", "重点来电", "A key call"
    LIMIT = "limit", "重点来电达到上限", "The limit of key calls is reached"
    NOBODY_ON_CALL = "nobody_on_call", "无人值守", "Nobody is on call"


class Rung(Term):
    """Who is told, and who next."""

    ON_DUTY = "on_duty", "当班组长和值守督导", "The lead on duty and the supervisor on call"
    PRESENT = "present", "在岗组长和线路负责人", "Leads at work and the owner of the line"
    EVERYBODY = "everybody", "全部督导", "Every supervisor"


RUNGS = list(Rung)


class Alarm(Base):
    """One call for help; it names the operator and the line, never the caller."""

    __tablename__ = "alarm"
    __table_args__ = (
        sa.CheckConstraint("(taken_at IS NULL) = (taken_by IS NULL)", name="taker_has_time"),
        sa.CheckConstraint("(taken_at IS NULL) = (climbs_at IS NOT NULL)", name="open_climbs"),
        sa.Index("ix_alarm_climbs_at", "climbs_at"),
        sa.Index("ix_alarm_raised_at", "raised_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[AlarmKind] = mapped_column(coded(AlarmKind))
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
    told: Mapped[list[AlarmTold]] = relationship(back_populates="alarm", order_by="AlarmTold.id")

    @property
    def is_open(self) -> bool:
        """Whether nobody has said yet that they have it."""
        return self.taken_at is None


class AlarmTold(Base):
    """That an alarm reached a supervisor's screen."""

    __tablename__ = "alarm_told"
    __table_args__ = (sa.UniqueConstraint("alarm_id", "staff_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    alarm_id: Mapped[int] = mapped_column(sa.ForeignKey("alarm.id"))
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    rung: Mapped[Rung] = mapped_column(coded(Rung))
    told_at: Mapped[datetime]
    shown_at: Mapped[datetime | None]
    """When their screen first showed it."""

    alarm: Mapped[Alarm] = relationship(back_populates="told")
    staff: Mapped[Staff] = relationship()
