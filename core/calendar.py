"""Working days: the State Council's holidays and make-up days, and what is provisional where a year is missing."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from pathlib import Path

from core.terms import Term

NOTICES = Path(__file__).parent / "data" / "calendar_cn.csv"
SATURDAY = 5


class DayKind(Term):
    """What a calendar day is for work."""

    WORK = "work", "工作日", "Working day"
    REST = "rest", "周末", "Weekend"
    HOLIDAY = "holiday", "节假日", "Public holiday"
    MAKEUP = "makeup", "调休上班", "Make-up working day"


@dataclass(frozen=True)
class Day:
    """One day with the reason why it counts or not."""

    on: date
    kind: DayKind
    occasion: str = ""
    notice: str = ""
    is_provisional: bool = False
    """The year's notice is not loaded: Monday to Friday count until it is."""

    @property
    def counts(self) -> bool:
        """Say whether people work on it."""
        return self.kind in (DayKind.WORK, DayKind.MAKEUP)


@cache
def seed() -> dict[date, Day]:
    """Read the notices that come with the house."""
    kinds = {kind.value: kind for kind in DayKind}
    with NOTICES.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    found = (Day(date.fromisoformat(r["date"]), kinds[r["kind"]], r["occasion"], r["notice"]) for r in rows)
    return {day.on: day for day in found}


@dataclass(frozen=True)
class Notices:
    """The days that the notices set apart, and which edition of them this is."""

    days: Mapping[date, Day]
    version: int
    loaded: frozenset[int] | None = None
    """The years whose notice is loaded; None: those of the days."""

    @cached_property
    def years(self) -> frozenset[int]:
        """The years whose notice is loaded."""
        return frozenset(on.year for on in self.days) if self.loaded is None else self.loaded

    def day(self, on: date) -> Day:
        """Say what a day is; in a year without a notice Monday to Friday count, provisionally."""
        return self.days.get(on) or plain(on, is_provisional=on.year not in self.years)


def plain(on: date, *, is_provisional: bool = False) -> Day:
    """Return what the week alone says of a day."""
    kind = DayKind.REST if on.weekday() >= SATURDAY else DayKind.WORK
    return Day(on, kind, is_provisional=is_provisional)


_in_use: Notices | None = None


def use(notices: Notices | None) -> None:
    """Make these notices the ones that count; None for those that come with the house."""
    global _in_use
    _in_use = notices


def notices() -> Notices:
    """Return the notices in use."""
    return _in_use or _of_the_house()


@cache
def _of_the_house() -> Notices:
    return Notices(seed(), 1)


def version() -> int:
    """Return the edition of the notices in use; a deadline is explained with it."""
    return notices().version


def known_years() -> frozenset[int]:
    """Name the years whose notice is loaded."""
    return notices().years


def day(on: date) -> Day:
    """Say what a day is; in a year without a notice Monday to Friday count, provisionally."""
    return notices().day(on)


def working_days_after(start: date, count: int) -> list[Day]:
    """List every day after `start` up to the count-th working day, counted and skipped alike."""
    if count < 1:
        raise ValueError("a limit is at least one working day")
    days: list[Day] = []
    left = count
    on = start
    while left:
        on += timedelta(days=1)
        days.append(day(on))
        left -= days[-1].counts
    return days


def after_working_days(start: date, count: int) -> Day:
    """Return the count-th working day after `start`; the day after it is day 1."""
    days = working_days_after(start, count)
    end = days[-1]
    if any(d.is_provisional for d in days) and not end.is_provisional:
        return Day(end.on, end.kind, end.occasion, end.notice, is_provisional=True)
    return end
