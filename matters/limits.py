"""Limits: how long each step may take, by urgency, as a versioned policy; clock hours, days and working days."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import cache

from core import calendar
from core.terms import Term
from matters.attributes import Urgency

DAY_ENDS = time(18)
"""A limit of working days ends when the offices close."""
DAY_BEGINS = time(0)


class Limit(Term):
    """A step that has its time."""

    SAVE = "save", "补登", "Completing a draft"
    DECIDE = "decide", "不受理或答复", "Declining or answering"
    SUBMIT = "submit", "提交分派", "Submitting"
    ASSIGN = "assign", "交办", "Assigning"
    SIGN = "sign", "签收", "Signing for"
    ASK_RETURN = "ask_return", "申请退回", "Asking return"
    RULE_RETURN = "rule_return", "退回裁定", "Ruling on a return"
    FIRST_CONTACT = "first_contact", "首次联系", "First contact"
    PAUSE = "pause", "待补充", "Waiting for the caller"
    EXTENSION = "extension", "延期", "Extension"
    RESULT = "result", "办理", "The result"
    CHECK = "check", "审核", "Checking the result"
    FIRST_TELL = "first_tell", "首次反馈", "First try to tell"
    TELL_ALL = "tell_all", "全部反馈", "Telling every caller"
    REVISIT_FROM = "revisit_from", "回访不早于", "Revisit not before"
    REVISIT_BY = "revisit_by", "回访不晚于", "Revisit by"
    PANEL = "panel", "合议", "The panel"
    UNREACHED = "unreached", "回访未联系上", "Giving a revisit up"
    SUSPENSION = "suspension", "挂账复核", "Review of a suspension"
    REOPEN = "reopen", "可重办", "Reopening"
    REVIEW = "review", "复查", "Review"
    MERGE = "merge", "可并案", "Merging"
    LEVEL_UP = "level_up", "超期上报督查室", "Overdue: to the supervision office"
    NOTICE_LIST = "notice_list", "超期列入通报", "Overdue: the notice list"
    ACKNOWLEDGE = "acknowledge", "突发确认", "Acknowledging an incident"
    INCIDENT_PHONE = "incident_phone", "突发电话报告", "Incident: by telephone"
    INCIDENT_WRITTEN = "incident_written", "突发书面报告", "Incident: in writing"
    INCIDENT_CITY = "incident_city", "突发报市", "Incident: to the city"
    IDENTITY = "identity", "身份开启", "Opening an identity"


class Unit(StrEnum):
    """What a span is counted in."""

    MINUTES = "m"
    HOURS = "h"
    DAYS = "d"
    WORKING_DAYS = "wd"


@dataclass(frozen=True)
class Span:
    """An amount of time: minutes, clock hours, calendar days or working days."""

    amount: int
    unit: Unit

    @classmethod
    def of(cls, text: str) -> Span:
        """Read "15m", "4h", "90d" or "5wd"."""
        found = re.fullmatch(r"(\d{1,4})(m|h|d|wd)", text)
        if found is None or int(found[1]) < 1:
            raise ValueError(f"{text!r} is no span: 15m, 4h, 90d or 5wd, at least 1")
        return cls(int(found[1]), Unit(found[2]))

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"

    @property
    def is_working(self) -> bool:
        """Say whether working days are counted."""
        return self.unit is Unit.WORKING_DAYS

    @property
    def clock_time(self) -> timedelta:
        """The time on the clock; a span of working days has none."""
        if self.is_working:
            raise ValueError("working days need a calendar")
        minutes = {Unit.MINUTES: 1, Unit.HOURS: 60, Unit.DAYS: 1440}[self.unit]
        return timedelta(minutes=self.amount * minutes)


ANY = "any"
Limits = Mapping[str, Mapping[str, str]]

FIRST_LIMITS: Limits = {
    Limit.SAVE: {ANY: "10m"},
    Limit.DECIDE: {ANY: "1wd"},
    Limit.SUBMIT: {"u1": "15m", "u2": "1h", ANY: "4h"},
    Limit.ASSIGN: {"u1": "1h", "u2": "2h", ANY: "24h"},
    Limit.SIGN: {"u1": "15m", "u2": "30m", ANY: "1wd"},
    Limit.ASK_RETURN: {"u4": "2wd", ANY: "1wd"},
    Limit.RULE_RETURN: {"u1": "4h", "u2": "4h", ANY: "1wd"},
    Limit.FIRST_CONTACT: {"u1": "2h", "u2": "24h", ANY: "1wd"},
    Limit.PAUSE: {ANY: "3wd"},
    Limit.EXTENSION: {ANY: "10wd"},
    Limit.RESULT: {"u1": "2h", "u2": "24h", "u3": "5wd", "u4": "15wd"},
    Limit.CHECK: {ANY: "1wd"},
    Limit.FIRST_TELL: {ANY: "1wd"},
    Limit.TELL_ALL: {ANY: "5wd"},
    Limit.REVISIT_FROM: {"u1": "1d", "u2": "1d", ANY: "3wd"},
    Limit.REVISIT_BY: {"u1": "2d", "u2": "2d", ANY: "5wd"},
    Limit.PANEL: {ANY: "3wd"},
    Limit.UNREACHED: {ANY: "10wd"},
    Limit.SUSPENSION: {ANY: "90d"},
    Limit.REOPEN: {ANY: "30d"},
    Limit.REVIEW: {ANY: "2wd"},
    Limit.MERGE: {ANY: "30d"},
    Limit.LEVEL_UP: {ANY: "2wd"},
    Limit.NOTICE_LIST: {ANY: "5wd"},
    Limit.ACKNOWLEDGE: {ANY: "15m"},
    Limit.INCIDENT_PHONE: {ANY: "20m"},
    Limit.INCIDENT_WRITTEN: {ANY: "40m"},
    Limit.INCIDENT_CITY: {ANY: "2h"},
    Limit.IDENTITY: {ANY: "2h"},
}
"""The limits that a centre starts with; later ones are rows of the policy table with the day they hold from."""


@dataclass(frozen=True)
class Policy:
    """One version of the limits; a matter keeps the one it was born under."""

    id: int
    valid_from: date
    limits: Limits

    def span(self, limit: Limit, urgency: Urgency) -> Span:
        """Return how long a step may take."""
        row = self.limits[limit.value]
        return _span(row.get(urgency.value) or row[ANY])


_span = cache(Span.of)


@dataclass(frozen=True)
class End:
    """When a limit ends, when the clock turns yellow, and what was counted."""

    due_at: datetime
    yellow_at: datetime
    is_provisional: bool = False
    """It runs into a year whose notice is not loaded yet."""


def end_of(start: datetime, span: Span, zone: tzinfo, *, more_days: int = 0, more: timedelta = timedelta()) -> End:  # fmt: skip
    """Say when a limit that began at `start` ends; pauses add working days, or time on the clock.

    Day 1 is the day after the start; a limit of working days ends at 18:00 of its last one. The clock turns
    yellow when 75 % of a limit on the clock is gone, or with the working day in which 75 % is passed.
    """
    if not span.is_working:
        length = span.clock_time
        return End(start + length + more, start + length * 0.75 + more)
    first = start.astimezone(zone).date()
    return _working_end(first, span.amount + more_days, zone, start.tzinfo or zone, calendar.version())


@cache
def _working_end(first: date, count: int, zone: tzinfo, told_in: tzinfo, _version: int) -> End:
    """Say when a limit of working days ends; many matters begin on one day, so each answer is kept."""
    last = calendar.after_working_days(first, count)
    warned = calendar.after_working_days(first, count * 3 // 4 + 1 if count > 1 else 1)
    return End(
        datetime.combine(last.on, DAY_ENDS, zone).astimezone(told_in),
        datetime.combine(warned.on, DAY_BEGINS, zone).astimezone(told_in),
        last.is_provisional,
    )


def working_days_between(start: datetime, end: datetime, zone: tzinfo) -> int:
    """Count the working days after the day of `start` up to the day of `end`."""
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    return sum(calendar.day(on).counts for on in days)
