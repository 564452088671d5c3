"""Call rules: when a number may be called, when the next try is due after an outcome, and when a case is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from enum import IntFlag
from typing import Any

from core.phone import NumberKind

WEEKEND_FROM = 5
LOOK_AHEAD_DAYS = 15


class DayPart(IntFlag):
    """The occasions on which people are at home or not; kept as bits of those already tried."""

    NONE = 0
    DAY = 1
    EVENING = 2
    WEEKEND = 4
    ALL = 7


@dataclass(frozen=True)
class Window:
    """A stretch of the day in which calls may be made, by the residents' wall clock."""

    opens: time
    closes: time


@dataclass(frozen=True)
class Rules:
    """The call rules of a wave; durations in minutes unless the name says otherwise."""

    hours: tuple[Window, ...] = (Window(time(9), time(12)), Window(time(14, 30), time(21)))
    evening_from: time = time(18)
    busy_first: int = 15
    busy_second: int = 30
    no_answer: int = 240
    inconvenient: int = 120
    avoid_clock: int = 120
    """A no-answer is not tried again within this distance of the clock time that failed."""
    least_attempts: int = 6
    least_occasions: int = 3
    cap_mobile: int = 8
    cap_landline: int = 15
    soft_refusal_days: int = 7
    out_of_service_days: int = 3
    rest_days: int = 30
    """Days before another wave may call the same number."""
    lease: int = 15
    personal: int = 10
    """An appointment belongs to its interviewer for this long, then to anyone."""
    appointment_lead: int = 1
    in_flight_yield: float = 0.25
    """What an open claim counts towards its township's target, so that a crowd spreads out."""
    partial_share: float = 0.5
    """A break-off with at least this share of the questions answered is a partial interview."""
    wrap_up_seconds: int = 25
    ring_seconds: int = 25
    fatigue: int = 90
    cool_down: int = 10

    @classmethod
    def from_wave(cls, overrides: Mapping[str, Any]) -> Rules:
        """Read a wave's own rules over the defaults; an unknown name is a mistake."""
        known = {f.name for f in fields(cls)}
        strange = set(overrides) - known - {"hand"}  # the allocation's own table lies beside the call rules
        if strange:
            raise ValueError(f"unknown call rules: {', '.join(sorted(strange))}")
        values = {name: value for name, value in overrides.items() if name != "hand"}
        if "hours" in values:
            values["hours"] = tuple(
                Window(time.fromisoformat(a), time.fromisoformat(b)) for a, b in values["hours"]
            )
        if "evening_from" in values:
            values["evening_from"] = time.fromisoformat(values["evening_from"])
        return cls(**values)

    def cap(self, kind: NumberKind) -> int:
        """Return how often a number of this kind may be tried at most."""
        return self.cap_mobile if kind == NumberKind.MOBILE else self.cap_landline


def day_part(local: datetime, rules: Rules) -> DayPart:
    """Say which occasion a local moment is."""
    if local.weekday() >= WEEKEND_FROM:
        return DayPart.WEEKEND
    return DayPart.EVENING if local.time() >= rules.evening_from else DayPart.DAY


def within_hours(local: datetime, rules: Rules) -> bool:
    """Say whether calls may be made at a local moment."""
    return any(w.opens <= local.time() < w.closes for w in rules.hours)


def open_from(local: datetime, rules: Rules) -> datetime:
    """Return the first moment from `local` on at which calls may be made."""
    for opens, closes in windows(local.date(), local, rules):
        if local < closes:
            return max(local, opens)
    raise ValueError("the wave has no calling hours")


def windows(day: date, like: datetime, rules: Rules) -> list[tuple[datetime, datetime]]:
    """List the calling windows of the days from `day` on, in the zone of `like`."""
    zone = like.tzinfo
    return [
        (datetime.combine(on, w.opens, zone), datetime.combine(on, w.closes, zone))
        for on in (day + timedelta(days=n) for n in range(LOOK_AHEAD_DAYS))
        for w in rules.hours
    ]


def after_busy(local: datetime, busy_before: int, rules: Rules) -> datetime | None:
    """Return when a busy number is tried again: soon, a little later, then as a no-answer (None)."""
    waits = (rules.busy_first, rules.busy_second)
    if busy_before >= len(waits):
        return None
    return open_from(local + timedelta(minutes=waits[busy_before]), rules)


def after_no_answer(
    local: datetime, tried: DayPart, attempts: int, rules: Rules, *, earliest: datetime | None = None
) -> datetime:
    """Return when a number that nobody answered is tried again (not before `earliest`, where one is given).

    Later by at least `no_answer`, on another occasion than the failed one, away from the clock time that failed;
    and on one not tried yet once only as many tries are left as there are occasions missing.
    """
    failed = day_part(local, rules)
    tried |= failed
    missing = (DayPart.ALL & ~tried).bit_count()
    is_urgent = missing > 0 and attempts + missing >= rules.least_attempts
    refused = tried if is_urgent else failed
    earliest = max(earliest or local, local + timedelta(minutes=rules.no_answer))
    for opens, closes in windows(local.date(), local, rules):
        for start, end in _away_from(local.time(), opens, closes, rules):
            moment = _first_of_another_part(max(start, earliest), end, refused, rules)
            if moment is not None:
                return moment
    return open_from(earliest, rules)


def _away_from(
    failed: time, opens: datetime, closes: datetime, rules: Rules
) -> Sequence[tuple[datetime, datetime]]:
    middle = datetime.combine(opens.date(), failed, opens.tzinfo)
    gap = timedelta(minutes=rules.avoid_clock)
    parts = ((opens, min(closes, middle - gap)), (max(opens, middle + gap), closes))
    return [(a, b) for a, b in parts if a < b]


def _first_of_another_part(start: datetime, end: datetime, refused: DayPart, rules: Rules) -> datetime | None:
    evening = datetime.combine(start.date(), rules.evening_from, start.tzinfo)
    for moment in (start, max(start, evening)):
        if moment < end and not day_part(moment, rules) & refused:
            return moment
    return None


def after_soft_refusal(local: datetime, rules: Rules) -> datetime:
    """Return when another interviewer may ask once more."""
    return open_from(local + timedelta(days=rules.soft_refusal_days), rules)


def is_exhausted(attempts: int, tried: DayPart, kind: NumberKind, rules: Rules) -> bool:
    """Say whether a number that was never reached has been tried enough to be left."""
    if attempts >= rules.cap(kind):
        return True
    occasions = (tried & DayPart.ALL).bit_count()
    return attempts >= rules.least_attempts and occasions >= rules.least_occasions
