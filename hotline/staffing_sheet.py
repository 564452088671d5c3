"""The staffing page: each hour of a day with its calls, the seats it needs and has, and what one more would save."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from hotline.forecast import HourForecast
from hotline.forecast_error import ForecastError
from hotline.forecasting import day_ahead, error_of_week, midnight
from hotline.lines import LineKind
from hotline.past_calls import handling_of, monday_of, patience_on
from hotline.roster import shifts_between
from hotline.roster_rules import Span
from hotline.shifts import Shift
from hotline.staffing import PROMISE, standing
from hotline.staffing_plan import HourAhead, HourPlan, plan
from hotline.staffing_waiting import Waiting

HOUR = timedelta(hours=1)
WORTH_SAYING = 0.05
"""Callers an hour fewer who hang up, from which one more seat is worth a sentence."""


@dataclass(frozen=True)
class HourRow:
    """One hour of the table."""

    begins_at: datetime
    forecast: HourForecast
    plan: HourPlan
    meets: Waiting  # what callers meet with the seats of the roster


@dataclass(frozen=True)
class StaffingDay:
    """One day of one line."""

    line: LineKind
    day: date
    rows: list[HourRow]
    patience: float
    last_week: ForecastError
    this_week: ForecastError

    @property
    def best(self) -> HourRow | None:
        """The hour in which one more seat keeps most callers from hanging up."""
        row = max(self.rows, key=lambda r: r.plan.saving.abandonments, default=None)
        return row if row is not None and row.plan.saving.abandonments >= WORTH_SAYING else None

    @property
    def short(self) -> list[HourRow]:
        """The hours with fewer seats than the promise needs."""
        return [row for row in self.rows if row.plan.short]


def seats_at(shifts: Sequence[Shift], hour: Span) -> int:
    """Return the fewest people on the roster at any moment of an hour, published or not."""
    edges = {hour.begins_at, *(s.begins_at for s in shifts), *(s.ends_at for s in shifts)}
    inside = [moment for moment in edges if hour.begins_at <= moment < hour.ends_at]
    return min(sum(len(s.duties) for s in shifts if s.is_on(moment)) for moment in inside)


def staffing_day(session: Session, line: LineKind, day: date, *, at: datetime) -> StaffingDay:
    """Work out a day's table; without a past there are no rows."""
    forecasts = day_ahead(session, line, day, at=at)
    handling = handling_of(session, line, until=at)
    patience = patience_on(session, line, until=at)
    begins = midnight(day)
    shifts = shifts_between(session, line, Span(begins, begins + 24 * HOUR))
    ahead = [
        HourAhead(
            calls=f.mean,
            low=f.low,
            high=f.high,
            handling=handling[f.hour].mean,
            seats=seats_at(shifts, Span(begins + f.hour * HOUR, begins + (f.hour + 1) * HOUR)),
        )
        for f in forecasts
    ]
    plans = plan(ahead, patience)
    monday = monday_of(day)
    return StaffingDay(
        line=line,
        day=day,
        rows=[
            HourRow(begins + f.hour * HOUR, f, p, standing(p.load, p.ahead.seats, patience, PROMISE))
            for f, p in zip(forecasts, plans, strict=True)
        ],
        patience=patience,
        last_week=error_of_week(session, line, monday - timedelta(days=7), at=at),
        this_week=error_of_week(session, line, monday, at=at),
    )
