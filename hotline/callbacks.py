"""Call-backs: whoever called and was not talked to is called back, soon, at different hours, by a named owner."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import clock
from core.db import Base, Id
from core.terms import Term, code_list, coded
from hotline.contacts import Contact

FIRST_WITHIN = timedelta(minutes=15)
LEFT_TO_SPEAKERS = timedelta(minutes=10)
"""So long a call-back in another language is left to those who speak it, while one of them is at the line."""
LEFT_TO_WRITER = timedelta(minutes=5)
"""So long a talk that broke off, and was rung again in vain, is left to who had it: they may ring once more."""
TRIES = 3
LEASE = timedelta(minutes=10)
AGAIN_AFTER = timedelta(hours=2)
EARLIEST, LATEST, EVENING = 9, 21, 19
"""Hours between which nobody minds the telephone, and one at which people are at home."""


class CallBackReason(Term):
    """Why somebody is called back."""

    ABANDONED = "abandoned", "排队时挂断", "Hung up while waiting"
    ASKED = "asked", "请求回拨", "Asked to be called back"
    MESSAGE = "message", "留言", "Left a message"
    RECONCILED = "reconciled", "系统中断时来电", "Called while we were down"
    BROKEN_OFF = "broken_off", "通话中断", "The talk broke off"


class CallBackState(Term):
    """Where a call-back stands."""

    DUE = "due", "待回拨", "To be called"
    HELD = "held", "回拨中", "Being called"
    DONE = "done", "已回拨", "Called back"
    GIVEN_UP = "given_up", "多次未接", "Not reached"
    IMPOSSIBLE = "impossible", "号码未显示", "No number to call"


class CallBackResult(Term):
    """What came of trying to call somebody back."""

    TALKED = "talked", "已通话", "Talked"
    NO_ANSWER = "no_answer", "无人接听", "No answer"
    MACHINE = "machine", "语音信箱", "Answering machine"
    ANOTHER = "another", "不是本人", "Somebody else answered"
    DECLINED = "declined", "不愿再通话", "Does not want to talk"


S = CallBackState


class CallBack(Base):
    """One promise to call back; a row with a time, claimed by whoever is free, never a timer in memory."""

    __tablename__ = "call_back"
    __table_args__ = (
        sa.CheckConstraint(f"(state IN {code_list(S.HELD)}) = (held_by IS NOT NULL)", name="held_has_holder"),
        sa.CheckConstraint(
            f"(state IN {code_list(S.DUE, S.HELD)}) = (closed_at IS NULL)", name="closed_has_time"
        ),
        sa.Index("ix_call_back_state_due_at", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"), unique=True)
    reason: Mapped[CallBackReason] = mapped_column(coded(CallBackReason))
    state: Mapped[CallBackState] = mapped_column(coded(CallBackState), default=S.DUE)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    last_try_at: Mapped[datetime | None]
    held_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    lease_until: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    contact: Mapped[Contact] = relationship()


def next_try(tries: int, at: datetime) -> datetime:
    """Return when to try again: some hours later, then in the evening or another morning; pure but for the zone."""
    local = clock.local(at)
    if tries <= 1:
        later = local + AGAIN_AFTER
        if EARLIEST <= later.hour < LATEST and later.date() == local.date():
            return later.astimezone(at.tzinfo)
    evening = local.replace(hour=EVENING, minute=0, second=0, microsecond=0)
    if local.hour < EVENING - 2:
        return evening.astimezone(at.tzinfo)
    morning = evening.replace(hour=EARLIEST + 1) + timedelta(days=1)
    return morning.astimezone(at.tzinfo)
