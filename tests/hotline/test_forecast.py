"""The forecast: hours of the week come out right, holidays apart, and the interval holds as often as it says."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from math import sin

import numpy as np
import pytest

from core.calendar import DayKind
from hotline.credibility import believe
from hotline.forecast import HourCount, HourForecast, interval
from hotline.forecast_error import Judged, error_of
from hotline.forecast_handling import Wait, handling_by_hour, patience_of
from hotline.forecast_learning import learn, scatter_within

MONDAY = date(2026, 3, 2)


def plain_kind(on: date) -> DayKind:
    """Say what a day is where there are no holidays."""
    return DayKind.REST if on.weekday() >= 5 else DayKind.WORK


def true_rate(on: date, hour: int) -> float:
    """Invent a hotline's week: quiet before dawn, full in the evening, a little more at weekends."""
    return (2.5 + 2.0 * sin((hour - 15) / 24 * 6.2832)) * (1.3 if on.weekday() >= 5 else 1.0)


def weeks(
    count: int,
    *,
    seed: int,
    scatter: float = 0.0,
    level: Callable[[date], float] = lambda _: 1.0,
    start: date = MONDAY,
) -> list[HourCount]:
    """Draw so many weeks of hours: Poisson, or negative binomial with this scatter."""
    chance = np.random.default_rng(seed)
    found = []
    for n in range(count * 7):
        on = start + timedelta(days=n)
        for hour in range(24):
            rate = true_rate(on, hour) * level(on)
            if scatter:
                rate *= chance.gamma(1 / scatter, scatter)
            found.append(HourCount(on, hour, int(chance.poisson(rate))))
    return found


def forecast_week(history: list[HourCount], first: date) -> list[HourForecast]:
    """Forecast the seven days from `first` by what came before."""
    profile = learn(history, plain_kind, until=first)
    return [hour for n in range(7) for hour in profile.day(first + timedelta(days=n))]


def test_the_hours_of_the_week_are_found_again() -> None:
    """After ten weeks the mean of every hour is near the truth, quiet and full ones alike."""
    first = MONDAY + timedelta(weeks=10)
    off = [abs(h.mean - true_rate(h.on, h.hour)) for h in forecast_week(weeks(10, seed=1), first)]
    assert sum(off) / len(off) < 0.3
    assert max(off) < 1.6


def test_drawing_hours_together_beats_each_hour_alone() -> None:
    """With four weeks the drawn-together means are nearer the truth than the plain mean of four counts."""
    history, first = weeks(4, seed=2), MONDAY + timedelta(weeks=4)
    ours = forecast_week(history, first)
    alone = {
        (d, h): np.mean([c.calls for c in history if (c.on.weekday(), c.hour) == (d, h)])
        for d in range(7)
        for h in range(24)
    }
    error = sum((f.mean - true_rate(f.on, f.hour)) ** 2 for f in ours)
    naive = sum((alone[f.on.weekday(), f.hour] - true_rate(f.on, f.hour)) ** 2 for f in ours)
    assert error < 0.5 * naive


@pytest.mark.parametrize(("scatter", "drift"), [(0.0, 0.0), (0.3, 0.0), (0.2, 0.15)])
def test_the_interval_holds_as_often_as_it_says(scatter: float, drift: float) -> None:
    """Over 30 played weeks 95 % intervals hold 94 to 99 of 100 hours, also when weeks differ in level.

    Counts are whole numbers, so an interval that is sure of 95 % holds a little more.
    """
    held = hours = 0
    for seed in range(30):
        levels = random.Random(seed)
        of_week = [levels.gauss(1, drift) for _ in range(11)]
        history = weeks(
            11,
            seed=100 + seed,
            scatter=scatter,
            level=lambda on, w=of_week: w[(on - MONDAY).days // 7],  # type: ignore[misc]
        )
        first = MONDAY + timedelta(weeks=10)
        came = {(h.on, h.hour): h.calls for h in history}
        for ahead in forecast_week(history, first):
            hours += 1
            held += ahead.low <= came[ahead.on, ahead.hour] <= ahead.high
    assert 0.94 <= held / hours <= 0.99


def test_the_interval_widens_with_what_is_unknown() -> None:
    """Scatter beyond chance widens the interval; chance alone gives Poisson's quantiles."""
    assert interval(4.0, 0.0, 0.95) == (1, 8)
    low, high = interval(4.0, 8.0, 0.95)
    assert low == 0
    assert high > 11
    assert interval(0.0, 0.0, 0.95) == (0, 0)


def test_scatter_is_measured_beyond_chance() -> None:
    """Poisson hours scatter by nothing more than chance; a gamma of variance 0.3 is found again."""

    def slots(scatter: float) -> list[list[HourCount]]:
        rows = weeks(40, seed=7, scatter=scatter)
        return [[r for r in rows if (r.on.weekday(), r.hour) == (d, h)] for d in range(7) for h in range(24)]

    assert scatter_within(slots(0.0)) < 0.03
    assert scatter_within(slots(0.3)) == pytest.approx(0.3, abs=0.06)


def test_the_level_of_the_last_weeks_moves_the_forecast() -> None:
    """When two weeks bring half as many again, the next week is expected higher, though not all of it."""
    turn, first = MONDAY + timedelta(weeks=8), MONDAY + timedelta(weeks=10)
    risen = weeks(10, seed=4, level=lambda on: 1.5 if on >= turn else 1.0)

    def sum_of(history: list[HourCount]) -> float:
        return sum(h.mean for h in forecast_week(history, first))

    steady = sum_of(weeks(10, seed=4))
    assert 1.2 * steady < sum_of(risen) < 1.55 * steady


def test_holidays_are_a_kind_of_their_own() -> None:
    """A week of holidays leaves the ordinary weekday alone, and a holiday is forecast like days of rest."""
    closed = {MONDAY + timedelta(weeks=6, days=n) for n in range(5)}
    coming = MONDAY + timedelta(weeks=10, days=2)

    def kind(on: date) -> DayKind:
        return DayKind.HOLIDAY if on in closed or on == coming else plain_kind(on)

    history = weeks(10, seed=5, level=lambda on: 3.0 if on in closed else 1.0)
    first = MONDAY + timedelta(weeks=10)
    known, unknown = learn(history, kind, until=first), learn(history, plain_kind, until=first)
    wednesday = first + timedelta(days=2)
    assert known.rate(wednesday, 20).mean > 1.5 * known.rate(wednesday + timedelta(days=1), 20).mean
    assert known.rate(wednesday - timedelta(days=1), 20).mean < unknown.rate(wednesday, 20).mean


def test_a_make_up_saturday_without_a_past_is_forecast_as_a_working_day() -> None:
    """Its slot has never been seen, so the working days' hour stands in."""
    saturday = MONDAY + timedelta(weeks=10, days=5)
    kind = lambda on: DayKind.MAKEUP if on == saturday else plain_kind(on)  # noqa: E731
    profile = learn(weeks(10, seed=6), kind, until=MONDAY + timedelta(weeks=10))
    working = np.mean([profile.rate(saturday - timedelta(days=n), 20).mean for n in range(1, 6)])
    assert profile.rate(saturday, 20).mean == pytest.approx(working, rel=0.08)
    assert profile.rate(saturday, 20).mean < profile.rate(saturday + timedelta(days=1), 20).mean


def test_nothing_after_the_day_is_used() -> None:
    """What comes later does not change a forecast: last week's error is an honest one."""
    history, first = weeks(6, seed=8), MONDAY + timedelta(weeks=5)
    later = [HourCount(h.on, h.hour, h.calls * 50) if h.on >= first else h for h in history]
    assert forecast_week(history, first) == forecast_week(later, first)


def test_a_line_without_a_past_or_without_calls() -> None:
    """No hours: refused. Hours without a call: none expected, and the interval is nothing."""
    with pytest.raises(ValueError):
        learn([], plain_kind, until=MONDAY)
    silent = [HourCount(h.on, h.hour, 0) for h in weeks(2, seed=1)]
    assert {(h.mean, h.low, h.high) for h in forecast_week(silent, MONDAY + timedelta(weeks=2))} == {
        (0, 0, 0)
    }


def test_three_days_are_enough_to_begin() -> None:
    """A new line gets a forecast for every hour, with room for what it has not seen."""
    history = [h for h in weeks(1, seed=9) if h.on < MONDAY + timedelta(days=3)]
    hours = forecast_week(history, MONDAY + timedelta(days=3))
    weekdays = [h for h in hours if h.on.weekday() < 5]
    assert all(h.mean > 0 and h.high >= h.mean > h.low - 1 for h in weekdays)


def test_the_error_of_a_week_by_hand() -> None:
    """Four hours, worked by hand."""
    found = error_of(
        [
            Judged(mean=4, low=1, high=8, calls=5, week_before=3),
            Judged(mean=2, low=0, high=5, calls=0, week_before=1),
            Judged(mean=1, low=0, high=3, calls=4, week_before=4),
            Judged(mean=3, low=1, high=6, calls=3),
        ]
    )
    assert (found.hours, found.calls) == (4, 12)
    assert found.wape == pytest.approx((1 + 2 + 3 + 0) / 12)
    assert found.mape == pytest.approx((0.2 + 0.75 + 0) / 3)
    assert found.bias == pytest.approx((10 - 12) / 12)
    assert found.coverage == 0.75
    assert found.naive_wape == pytest.approx((2 + 1 + 0) / 9)


def test_a_week_without_calls_has_no_share_to_show() -> None:
    """Nothing is divided by nothing."""
    found = error_of([Judged(1, 0, 3, 0, 0)])
    assert (found.wape, found.mape, found.bias, found.naive_wape) == (None, None, None, None)
    assert found.coverage == 1
    assert error_of([]).coverage is None


def test_credibility_of_a_poisson_count_is_the_gamma_posterior() -> None:
    """Prior Gamma(k, k/m), n hours, N calls: posterior mean (k + N) / (k/m + n)."""
    k, m, hours, calls = 3.0, 2.0, 10.0, 31.0
    found = believe(calls / hours, noise=m / hours, group=m, spread=m**2 / k)
    assert found.mean == pytest.approx((k + calls) / (k / m + hours))
    assert believe(5.0, 1.0, 2.0, 0.0).mean == 2.0


def test_handling_times_follow_the_hour_where_there_are_calls() -> None:
    """Nights with long calls show, an hour with one call stays near the mean of the day, an empty one at it."""
    chance = random.Random(1)
    seconds = {h: [chance.gauss(1200, 200) for _ in range(60)] for h in range(8, 20)}
    seconds |= {h: [chance.gauss(2400, 200) for _ in range(60)] for h in (22, 23, 0, 1)}
    seconds[4] = [6000.0]
    found = handling_by_hour(seconds, usual=1500)
    assert found[23].mean == pytest.approx(2400, rel=0.03)
    assert found[9].mean == pytest.approx(sum(seconds[9]) / 60, rel=0.02)
    overall = sum(sum(s) for s in seconds.values()) / sum(len(s) for s in seconds.values())
    assert found[6].mean == pytest.approx(overall)
    assert overall < found[4].mean < 6000


def test_handling_times_without_calls_are_the_usual_ones() -> None:
    """A new line plans with what is usual; hours that differ by chance only are all alike."""
    assert {b.mean for b in handling_by_hour({}, usual=1500).values()} == {1500}
    assert handling_by_hour({3: [600.0], 4: [600.0]}, usual=1)[12].mean == 600


def test_patience_counts_those_who_were_answered() -> None:
    """Callers with a patience of 150 s, answered after 30 s unless they left: the 150 s are found again."""
    chance = random.Random(3)
    bears = [chance.expovariate(1 / 150) for _ in range(20_000)]
    waits = [Wait(min(b, 30.0), b < 30.0) for b in bears]
    assert patience_of(waits) == pytest.approx(150, rel=0.05)
    assert patience_of([]) == 180
    assert patience_of([Wait(-86_400.0, False)]) == 180
    assert patience_of([Wait(5.0, False)] * 10) < 200
