"""The ladder of follow-up: which days, which hours, how often, and who is told when nobody calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.problems import Invalid
from hotline import ladder, safety_steps
from hotline.ladder import HOURS, DayPart, Rung
from hotline.risk import RiskLevel
from hotline.safety_steps import SafetyStep

ZONE = ZoneInfo("Asia/Shanghai")
NIGHT = datetime(2026, 3, 2, 2, 30, tzinfo=ZONE).astimezone(UTC)


def local(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    """Return a moment by the wall clock."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def test_key_is_followed_for_a_year_and_attention_for_a_month() -> None:
    key = ladder.ladder(RiskLevel.KEY, NIGHT, ZONE)
    assert [(s.rung, s.due_at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")) for s in key] == [
        (Rung.DAY, "2026-03-03 02:30"),
        (Rung.WEEK, "2026-03-09 02:30"),
        (Rung.MONTH, "2026-04-02 02:30"),
        (Rung.QUARTER, "2026-06-02 02:30"),
        (Rung.YEAR, "2027-03-02 02:30"),
    ]
    attention = ladder.ladder(RiskLevel.ATTENTION, NIGHT, ZONE)
    assert [s.due_at - NIGHT for s in attention] == [timedelta(hours=72), timedelta(days=31)]
    assert ladder.ladder(RiskLevel.GENERAL, NIGHT, ZONE) == []
    assert [s.rung for s in ladder.ladder(RiskLevel.GENERAL, NIGHT, ZONE, asks=True)] == [Rung.WEEK]
    assert ladder.TRIES == {RiskLevel.KEY: 5, RiskLevel.ATTENTION: 4, RiskLevel.GENERAL: 3}


def test_a_month_after_the_last_of_january_is_the_last_of_february() -> None:
    talked = datetime(2027, 1, 31, 10, 0, tzinfo=ZONE)
    assert ladder.due_at(Rung.MONTH, talked, ZONE) == datetime(2027, 2, 28, 10, 0, tzinfo=ZONE)
    assert ladder.due_at(Rung.YEAR, datetime(2028, 2, 29, 10, tzinfo=ZONE), ZONE) == datetime(
        2029, 2, 28, 10, 0, tzinfo=ZONE
    )


def test_every_hour_of_a_day_leaves_time_for_a_first_try_before_a_key_follow_up_is_due() -> None:
    """Whenever the talk was, and whichever single part of the day is wanted, the first try falls within 24 hours."""
    for hour in range(24):
        talked = local(2, hour, 17)
        step = ladder.ladder(RiskLevel.KEY, talked, ZONE)[0]
        for wanted in ((), *((part,) for part in DayPart)):
            first = ladder.next_try(step.from_at, [], ZONE, wanted=wanted, by=step.due_at)
            assert ladder.part_of(first, ZONE) is not None
            assert step.from_at <= first <= step.due_at


def test_later_tries_are_at_other_hours() -> None:
    tried: list[datetime] = []
    for _ in range(4):
        tried.append(ladder.next_try(max([local(2, 9, 30), *tried]), tried, ZONE))
    assert {ladder.part_of(t, ZONE) for t in tried} == set(DayPart)


def test_somebody_who_wants_evenings_is_called_in_the_evening() -> None:
    first = ladder.next_try(local(2, 10), [], ZONE, wanted={DayPart.EVENING})
    again = ladder.next_try(first, [first], ZONE, wanted={DayPart.EVENING})
    assert (first, again) == (local(2, 18), local(3, 18))


def test_a_promise_goes_before_the_hours_wanted() -> None:
    """After a talk at 8:17, the next morning's hours begin after the 24 hours are over."""
    step = ladder.ladder(RiskLevel.KEY, local(2, 8, 17), ZONE)[0]
    assert ladder.next_try(step.from_at, [], ZONE, wanted={DayPart.MORNING}) == local(3, 9)
    assert ladder.next_try(step.from_at, [], ZONE, wanted={DayPart.MORNING}, by=step.due_at) == step.from_at


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    st.lists(st.integers(0, 60 * 24 * 3), max_size=5),
    st.sets(st.sampled_from(DayPart)),
)
def test_nobody_is_called_at_night_or_at_hours_not_wanted(
    after: datetime, ago: list[int], wanted: set[DayPart]
) -> None:
    """The next try is never before its time, never within three hours of the last, always in a part that is wanted."""
    tried = [after - timedelta(minutes=m) for m in ago]
    found = ladder.next_try(after, tried, ZONE, wanted=wanted)
    part = ladder.part_of(found, ZONE)
    assert part is not None
    assert part in (wanted or set(DayPart))
    assert found >= after
    assert all(found - t >= ladder.APART for t in tried)


def test_parts_of_the_day_do_not_overlap() -> None:
    hours = sorted(HOURS.values())
    assert all(a[1] == b[0] for a, b in pairwise(hours))
    assert (hours[0][0], hours[-1][1]) == (9, 21)


@pytest.mark.parametrize(("after", "told"), [(-1, 0), (0, 1), (9, 1), (10, 2), (19, 2), (20, 3), (600, 3)])
def test_an_alarm_goes_to_three_people_in_turn(after: int, told: int) -> None:
    assert ladder.alarm_round(NIGHT, at=NIGHT + timedelta(minutes=after)) == told


def test_a_plan_needs_one_step_and_keeps_the_empty_ones() -> None:
    plan = safety_steps.checked({"people": "  姐姐  "})
    assert plan[SafetyStep.PEOPLE] == "姐姐"
    assert len(safety_steps.still_empty(plan)) == 5
    assert set(safety_steps.ASKS) == set(SafetyStep)
    for bad in ({}, {"signs": "  "}, {"signs": "长" * 601}):
        with pytest.raises(Invalid):
            safety_steps.checked(bad)
