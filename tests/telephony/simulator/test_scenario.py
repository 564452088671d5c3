"""Whole days on the line: everything ends, nothing is lost, and bad weather changes nothing."""

from datetime import datetime

import pytest

from telephony.simulator.faults import BAD_WEATHER, Faults
from telephony.simulator.personas import CHINA
from telephony.simulator.scenario import play


@pytest.fixture(scope="module")
def clean():
    return play(residents=150, interviewers=8)


def test_a_morning_ends_with_every_leg_over_and_every_event_kept(clean):
    assert clean.legs_live == 0
    assert len(clean.outcomes) == 150
    assert clean.legs == 150 + 8
    assert clean.callbacks_sent == clean.events_kept
    assert (clean.events_repeated, clean.forged, clean.warnings) == (0, 0, 0)
    assert set(clean.by_outcome) == {"completed", "busy", "no-answer", "failed"}
    assert clean.virtual_s < 2 * 3600


def test_the_same_seed_gives_the_same_day(clean):
    again = play(residents=150, interviewers=8)
    assert (again.outcomes, again.virtual_s, again.deliveries) == (
        clean.outcomes,
        clean.virtual_s,
        clean.deliveries,
    )
    assert play(residents=150, interviewers=8, seed=2).by_outcome != clean.by_outcome


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_doubled_and_late_callbacks_end_the_same(clean, seed):
    rough = play(residents=150, interviewers=8, faults=Faults(seed=seed, duplicate=0.3, late=0.4))
    assert rough.outcomes == clean.outcomes
    assert rough.events_repeated > 50
    assert rough.callbacks_sent == rough.events_kept
    assert rough.legs_live == 0


@pytest.mark.parametrize("faults", [
    BAD_WEATHER,
    Faults(seed=3, duplicate=0.3, late=0.4, drop=0.1, refuse_before=0.05, refuse_after=0.05),
])  # fmt: skip
def test_lost_callbacks_and_failing_requests_end_the_same_and_nobody_is_dialled_twice(clean, faults):
    rough = play(residents=150, interviewers=8, faults=faults)
    assert rough.outcomes == clean.outcomes
    assert rough.legs_live == 0
    assert rough.legs == 150 + 8


def test_a_whole_day_of_survey_and_hotline_passes_in_under_a_minute():
    day = play(residents=340, interviewers=15, operators=8, hotline_per_day=250,
               start=datetime(2026, 3, 4, 9, 0, tzinfo=CHINA), at_least_s=86_400.0)  # fmt: skip
    assert day.wall_s < 60
    assert day.virtual_s >= 86_400
    assert day.legs_live == 0
    assert day.completes == pytest.approx(80, abs=15)
    assert day.hotline_calls > 180
    assert day.hotline_met > 0.8 * day.hotline_calls
    # Whoever entered the queue came out of it with exactly one result.
    assert set(day.queue_results) <= {"redirected", "hangup"}
    assert sum(day.queue_results.values()) <= day.hotline_calls
    assert day.queue_results["redirected"] == day.hotline_met
    assert (day.forged, day.warnings) == (0, 0)
    assert day.callbacks_sent == day.events_kept
