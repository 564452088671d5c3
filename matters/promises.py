"""Promises: what is read out before a matter is registered, and what the caller is promised after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from core import calendar, clock
from core.terms import Words
from matters.attributes import IdentityClass, Urgency
from matters.limits import Limit, end_of
from matters.matter import Matter
from matters.policies import policy_on

CONSENT = {
    IdentityClass.PROTECTED: Words(
        "“您反映的事我们会转给承办单位；他们只看到事情，看不到您是谁。这样可以吗？”",
        "“We pass on what you raised; the unit sees the problem, not who you are. Is that all right?”",
    ),
    IdentityClass.OPEN: Words(
        "“承办单位可能需要直接联系您，我们可以把您的电话告诉他们吗？”",
        "“The unit may need to speak to you directly. May we give them your number?”",
    ),
    IdentityClass.ANONYMOUS: Words(
        "“我们不留您的电话和姓名；您凭编号和密码查询结果。这样可以吗？”",
        "“We keep neither number nor name; you follow it up with the receipt and PIN. Is that all right?”",
    ),
}
"""The line that is read out before a matter is registered, by identity class."""

_PROMISE = {
    IdentityClass.PROTECTED: Words(
        "承办单位只看到事情，看不到您是谁。", "The unit sees the problem, not who you are."
    ),
    IdentityClass.OPEN: Words("承办单位会直接联系您。", "The unit will contact you directly."),
    IdentityClass.ANONYMOUS: Words(
        "我们没有留您的电话，请凭编号和密码查询。", "We kept no number; please ask with receipt and PIN."
    ),
}


@dataclass(frozen=True)
class Registered:
    """A new matter with what is told to the resident; the PIN is nowhere else."""

    matter: Matter
    pin: str
    is_provisional: bool

    @property
    def read_aloud(self) -> Words:
        """Return the sentence to read out."""
        on = self.matter.promised_on or self.matter.raised_at.date()
        return Words(
            "“您反映的事我们登记了，编号 {receipt}，查询密码 {pin}，最晚 {month} 月 {day} 日前给您答复。{promise}”",
            "“What you raised is registered under {receipt}, PIN {pin}; you get an answer by {on}. {promise}”",
        ).filled(
            receipt=self.matter.receipt,
            pin=self.pin,
            month=on.month,
            day=on.day,
            on=f"{on:%-d %B}",
            promise=_PROMISE[self.matter.identity],
        )


def promise(session: Session, urgency: Urgency, *, at: datetime) -> calendar.Day:
    """Return the day by which the caller is promised an answer.

    It is when the result is due, plus the time for checking it and for the first try to tell the caller: a date
    that the house keeps by keeping its own limits.
    """
    policy = policy_on(session, clock.today(at), at=at)
    moment, is_provisional = at, False
    for limit in (Limit.RESULT, Limit.CHECK, Limit.FIRST_TELL):
        end = end_of(moment, policy.span(limit, urgency), clock.zone())
        moment, is_provisional = end.due_at, is_provisional or end.is_provisional
    return replace(calendar.day(clock.today(moment)), is_provisional=is_provisional)
