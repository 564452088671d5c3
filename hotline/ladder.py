"""The ladder of follow-up: when someone is called again after a talk, how often it is tried, at which hours."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.terms import Term, Words
from hotline.risk import RiskLevel


class DayPart(Term):
    """Hours at which someone would like to be called."""

    MORNING = "morning", "上午（9–12 点）", "Morning (9–12)"
    NOON = "noon", "中午（12–14 点）", "Midday (12–14)"
    AFTERNOON = "afternoon", "下午（14–18 点）", "Afternoon (14–18)"
    EVENING = "evening", "晚上（18–21 点）", "Evening (18–21)"


HOURS: dict[DayPart, tuple[int, int]] = {
    DayPart.MORNING: (9, 12),
    DayPart.NOON: (12, 14),
    DayPart.AFTERNOON: (14, 18),
    DayPart.EVENING: (18, 21),
}


class Rung(Term):
    """Which follow-up it is."""

    DAY = "day", "24 小时内", "Within 24 hours"
    THREE_DAYS = "three_days", "72 小时内", "Within 72 hours"
    WEEK = "week", "1 周", "After a week"
    MONTH = "month", "1 个月", "After a month"
    QUARTER = "quarter", "3 个月", "After three months"
    YEAR = "year", "12 个月", "After twelve months"


@dataclass(frozen=True)
class Step:
    """One follow-up: from when it may be tried, and by when the first try must have been made."""

    rung: Rung
    from_at: datetime
    due_at: datetime


LADDERS: dict[RiskLevel, tuple[Rung, ...]] = {
    RiskLevel.KEY: (Rung.DAY, Rung.WEEK, Rung.MONTH, Rung.QUARTER, Rung.YEAR),
    RiskLevel.ATTENTION: (Rung.THREE_DAYS, Rung.MONTH),
    RiskLevel.GENERAL: (),
}
OPT_IN = (Rung.WEEK,)
"""What someone of the general level gets when they ask for it."""
TRIES: dict[RiskLevel, int] = {RiskLevel.KEY: 5, RiskLevel.ATTENTION: 4, RiskLevel.GENERAL: 3}
PATIENCE: dict[Rung, timedelta] = {
    Rung.DAY: timedelta(hours=20),
    Rung.THREE_DAYS: timedelta(hours=48),
    Rung.WEEK: timedelta(days=1),
    Rung.MONTH: timedelta(days=3),
    Rung.QUARTER: timedelta(days=5),
    Rung.YEAR: timedelta(days=7),
}
"""How long before it is due a follow-up may already be tried."""
APART = timedelta(hours=3)
_MONTHS = {Rung.MONTH: 1, Rung.QUARTER: 3, Rung.YEAR: 12}
_PLAIN = {Rung.DAY: timedelta(hours=24), Rung.THREE_DAYS: timedelta(hours=72), Rung.WEEK: timedelta(days=7)}


def _months_later(day: date, months: int) -> date:
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def due_at(rung: Rung, talked_at: datetime, zone: ZoneInfo) -> datetime:
    """Say when a follow-up is due; months are calendar months on the wall clock, 31 January + 1 is the last of February."""
    if rung in _PLAIN:
        return talked_at + _PLAIN[rung]
    local = talked_at.astimezone(zone)
    day = _months_later(local.date(), _MONTHS[rung])
    return datetime.combine(day, local.time(), zone).astimezone(talked_at.tzinfo)


def ladder(level: RiskLevel, talked_at: datetime, zone: ZoneInfo, *, asks: bool = False) -> list[Step]:
    """Return the follow-ups of a level, nearest first; the general level has one only when the caller asks for it."""
    rungs = LADDERS[level] or (OPT_IN if asks else ())
    return [
        Step(rung, due - PATIENCE[rung], due) for rung in rungs for due in (due_at(rung, talked_at, zone),)
    ]


def part_of(moment: datetime, zone: ZoneInfo) -> DayPart | None:
    """Return the part of the day that a moment lies in; None at night."""
    hour = moment.astimezone(zone).hour
    return next((part for part, (first, last) in HOURS.items() if first <= hour < last), None)


def next_try(
    after: datetime,
    tried: Sequence[datetime],
    zone: ZoneInfo,
    *,
    wanted: Collection[DayPart] = (),
    by: datetime | None = None,
) -> datetime:
    """Say when it is tried next: in the hours wanted, at a part of the day tried least often, never by night.

    The first try is as soon as the hours allow; later ones are at least three hours after the last. Where the hours
    wanted begin only after `by`, the promise goes before the wish and any daytime hour will do.
    """
    found = _next_slot(after, tried, zone, [part for part in DayPart if not wanted or part in wanted])
    if by is not None and found > by and not tried and wanted:
        found = min(found, _next_slot(after, tried, zone, list(DayPart)))
    return found


def _next_slot(
    after: datetime, tried: Sequence[datetime], zone: ZoneInfo, parts: Sequence[DayPart]
) -> datetime:
    often = {part: sum(part_of(t, zone) is part for t in tried) for part in parts}
    least = min(often.values())
    earliest = max(after, max(tried) + APART) if tried else after
    local = earliest.astimezone(zone)
    slots = []
    for days in range(3):
        day = local.date() + timedelta(days=days)
        for part in (part for part in parts if often[part] == least):
            first, last = (datetime.combine(day, time(hour), zone) for hour in HOURS[part])
            if last > local:
                slots.append(max(first, local))
    return min(slots).astimezone(after.tzinfo)


ALARM_EVERY = timedelta(minutes=10)
ALARM_ROUNDS = 3


def alarm_round(since: datetime, *, at: datetime) -> int:
    """Say how many people must have been told by now when nobody has answered: one at once, one more each ten minutes."""
    if at < since:
        return 0
    return min(ALARM_ROUNDS, 1 + (at - since) // ALARM_EVERY)


CONSENT = Words(
    "我们想过几天再给您打个电话，问问您好不好。可以不同意，也可以随时改变主意。打过来的电话不会说出是哪里打的，除非是您本人接。",
    "We would like to call you again in a few days to hear how you are. You may say no, or change your mind at any time. "
    "Whoever answers is not told who is calling, unless it is you.",
)
"""What is read out before a follow-up is planned."""
