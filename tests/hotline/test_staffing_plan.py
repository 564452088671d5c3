"""The staffing table: long calls reach into the next hour, and short hours say what one seat saves."""

from __future__ import annotations

import random

import pytest

from hotline.staffing_plan import HourAhead, busy, plan, with_seats


def test_a_steady_load_is_calls_times_handling_time() -> None:
    """Twenty calls an hour of half an hour keep ten seats busy, hour after hour."""
    assert busy([(20, 1800)] * 5) == pytest.approx([10] * 5)


def test_short_calls_stay_in_their_hour_and_long_ones_reach_over() -> None:
    """After a burst of 12 calls nothing of 60 s is left an hour later; of 90 minutes a good part is."""
    short, long = busy([(0, 60), (12, 60), (0, 60)]), busy([(0, 5400), (12, 5400), (0, 5400)])
    assert short[1] == pytest.approx(0.2, abs=0.01)
    assert short[2] == pytest.approx(0, abs=0.01)
    assert long[2] > 0.7 * long[1]


def test_the_load_is_what_played_calls_occupy() -> None:
    """Calls drawn hour by hour with exponential times, counted: the mean number in the house agrees."""
    rates, handling, rounds = [6.0, 6.0, 20.0, 12.0, 2.0, 2.0], 1800.0, 1500
    chance = random.Random(5)
    seconds = [0.0] * len(rates)
    for _ in range(rounds):
        for hour in range(-4, len(rates)):
            at = 3600.0 * hour
            while (at := at + chance.expovariate(rates[max(hour, 0)] / 3600)) < 3600 * (hour + 1):
                ends = at + chance.expovariate(1 / handling)
                for n in range(len(rates)):
                    seconds[n] += max(0.0, min(ends, 3600.0 * (n + 1)) - max(at, 3600.0 * n))
    played = [s / 3600 / rounds for s in seconds]
    assert busy([(r, handling) for r in rates]) == pytest.approx(played, rel=0.03)


def test_the_table_names_what_is_short_and_what_a_seat_saves() -> None:
    """An evening hour with too few seats: how many are missing, between which bounds, and what one more does."""
    night, evening = HourAhead(2, 0, 6, 1500, 4), HourAhead(20, 12, 29, 1800, 12)
    quiet, full, after = plan([night, evening, evening], 180)
    assert quiet.short == 0
    assert full.needed_low < full.needed < full.needed_high
    assert after.short == after.needed - 12 > 0
    assert after.load.erlangs > full.load.erlangs  # the first evening hour still fills up
    assert after.saving.abandonments > 0.3
    assert after.saving.seconds > 2
    tried = with_seats(after, after.needed, 180)
    assert tried.short == 0
    assert tried.saving.abandonments < after.saving.abandonments


def test_an_hour_without_calls_needs_nobody() -> None:
    """Nothing expected, nothing needed; the interval's upper end may still ask for a seat."""
    (found,) = plan([HourAhead(0, 0, 1, 1800, 1)], 180)
    assert (found.needed_low, found.needed, found.short) == (0, 0, 0)
    assert found.needed_high >= 1
    assert found.saving.abandonments == 0
