"""How wrong the forecast was: published each week beside the next one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Judged:
    """One hour that is over: what was expected, what came, and what came in the same hour a week before."""

    mean: float
    low: int
    high: int
    calls: int
    week_before: int | None = None


@dataclass(frozen=True)
class ForecastError:
    """Shares; None where the week gives no number."""

    hours: int
    calls: int
    wape: float | None  # Σ|expected - came| / Σ came
    mape: float | None  # mean of |expected - came| / came, over hours with a call
    bias: float | None  # Σ(expected - came) / Σ came; above 0: too many were expected
    coverage: float | None  # hours whose count lay within the interval
    naive_wape: float | None  # the same as WAPE for "as in this hour a week ago"


def error_of(judged: Iterable[Judged]) -> ForecastError:
    """Judge the hours of a week.

    WAPE weighs every caller alike and stands when nights are empty, MAPE leaves hours without a call out.
    Source: Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.8; Kolassa & Schütz 2007.
    """
    hours = list(judged)
    calls = sum(h.calls for h in hours)
    off = [abs(h.mean - h.calls) / h.calls for h in hours if h.calls]
    naive = [(h.week_before, h.calls) for h in hours if h.week_before is not None]
    came_again = sum(calls for _, calls in naive)
    return ForecastError(
        hours=len(hours),
        calls=calls,
        wape=sum(abs(h.mean - h.calls) for h in hours) / calls if calls else None,
        mape=sum(off) / len(off) if off else None,
        bias=sum(h.mean - h.calls for h in hours) / calls if calls else None,
        coverage=sum(h.low <= h.calls <= h.high for h in hours) / len(hours) if hours else None,
        naive_wape=sum(abs(b - c) for b, c in naive) / came_again if came_again else None,
    )
