"""Periods that are reported on, and what each is compared with."""

from __future__ import annotations

from datetime import date

import pytest

from reports.periods import Period, PeriodKind

K = PeriodKind
DAY = date(2026, 11, 18)


@pytest.mark.parametrize(
    ("kind", "first", "last", "before", "year_ago", "number"),
    [
        (K.DAY, "2026-11-18", "2026-11-18", "2026-11-17", "2025-11-19", 322),
        (K.WEEK, "2026-11-16", "2026-11-22", "2026-11-09", "2025-11-17", 47),
        (K.FOUR_WEEKS, "2026-10-26", "2026-11-22", "2026-09-28", "2025-10-27", 47),
        (K.MONTH, "2026-11-01", "2026-11-30", "2026-10-01", "2025-11-01", 11),
        (K.QUARTER, "2026-10-01", "2026-12-31", "2026-07-01", "2025-10-01", 4),
        (K.HALF_YEAR, "2026-07-01", "2026-12-31", "2026-01-01", "2025-07-01", 2),
        (K.YEAR, "2026-01-01", "2026-12-31", "2025-01-01", "2025-01-01", 1),
    ],
)
def test_a_period_knows_its_days_and_its_neighbours(
    kind: PeriodKind, first: str, last: str, before: str, year_ago: str, number: int
) -> None:
    period = Period.with_day(kind, DAY)
    assert (period.starts_on.isoformat(), period.ends_on.isoformat()) == (first, last)
    assert period.previous.starts_on.isoformat() == before
    assert period.previous.ends_on < period.starts_on
    assert period.last_year.starts_on.isoformat() == year_ago
    assert period.number == number


def test_a_week_is_compared_with_the_same_days_of_the_week() -> None:
    week = Period.with_day(K.WEEK, date(2027, 1, 2))
    assert (week.year, week.number) == (2026, 53)
    assert week.last_year.starts_on.weekday() == week.starts_on.weekday() == 0
    assert week.last_year.days == week.days == 7


def test_a_half_year_that_runs_is_compared_with_as_many_days() -> None:
    running = Period(K.HALF_YEAR, date(2026, 7, 1), date(2026, 8, 2))
    assert running.previous == Period(K.HALF_YEAR, date(2026, 1, 1), date(2026, 2, 2))
    assert running.last_year == Period(K.HALF_YEAR, date(2025, 7, 1), date(2025, 8, 2))
    assert running.previous_words.zh == "上半年度的同样天数"
    whole = Period.with_day(K.HALF_YEAR, date(2026, 8, 2))
    assert (whole.previous.days, whole.last_year.days, whole.previous_words.zh) == (181, 184, "上半年度")
