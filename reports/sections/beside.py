"""Counts beside what was to be expected of them: the like periods before, a year ago, and what may be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from core import clock
from reports.blocks import Cell, Column, Text
from reports.context import Context
from reports.expected import expected, shared_scatter, verdicts
from reports.periods import Period, PeriodKind

WEEKS = 4
Sums = tuple[int, list[int], int | None]
"""Now, in each whole period before, a year ago; None where nothing was kept then."""


def like_periods(period: Period) -> list[Period]:
    """Return the four periods before; of a day, its weekday in the four weeks before."""
    found: list[Period] = []
    for _ in range(WEEKS):
        step = found[-1] if found else period
        found.append(_week_before(step) if step.kind is PeriodKind.DAY else step.previous)
    return found


def kept_since(c: Context, moment: InstrumentedAttribute[Any], *only: sa.ColumnElement[bool]) -> date | None:
    """Return the day of the first of its kind ever: a period before it was not empty, but not kept."""
    first = c.session.scalar(sa.select(sa.func.min(moment)).where(*only))
    return None if first is None else clock.local(first).date()


def kept_beside(c: Context, first: date | None) -> tuple[list[Period], Period | None]:
    """Return the like periods that were kept whole since a day, and last year's.

    Of a period that is not over there are none: what came by Monday morning is not less than a week's.
    """
    if first is None or not c.is_over:
        return [], None
    year = c.period.last_year
    return [
        p for p in like_periods(c.period) if p.starts_on >= first
    ], year if year.starts_on >= first else None


def _week_before(day: Period) -> Period:
    """A Sunday is like Sundays, not like the Saturday before."""
    return Period.with_day(PeriodKind.DAY, day.starts_on - timedelta(weeks=1))


def columns(kind: PeriodKind) -> tuple[Column, ...]:
    """Return the columns of such counts."""
    is_day = kind is PeriodKind.DAY
    mean = (
        Text("前四周同日均值", "Mean of its weekday") if is_day else Text("前四期均值", "Mean of four before")
    )
    return (
        Column("now", Text("本期", "This period"), "count"),
        Column("mean", mean, "number"),
        Column("low", Text("可能范围下限", "Expected, low"), "number"),
        Column("high", Text("可能范围上限", "Expected, high"), "number"),
        Column("change", Text("比均值", "On the mean")),
        Column("year", Text("上年同期", "Last year"), "count"),
    )


def judged(sums: Sequence[Sums]) -> list[tuple[Cell, ...]]:
    """Set counts beside what was to be expected of them, judged together; None where nothing was kept."""
    scatter = shared_scatter([before for _, before, _ in sums])
    found = [expected(now, before, scatter) for now, before, _ in sums]
    return [
        (now, e.mean, e.low, e.high, Text(v.zh, v.en), year)
        for (now, _, year), e, v in zip(sums, found, verdicts(found), strict=True)
    ]
