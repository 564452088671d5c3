"""The call rules of the field manual: hours, occasions, waits, caps."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.phone import NumberKind
from survey.calling import (
    DayPart,
    Rules,
    after_busy,
    after_no_answer,
    after_soft_refusal,
    day_part,
    is_exhausted,
    open_from,
    within_hours,
)

ZONE = ZoneInfo("Asia/Shanghai")
R = Rules()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("08:59", False),
        ("09:00", True),
        ("11:59", True),
        ("12:00", False),
        ("14:29", False),
        ("14:30", True),
        ("20:59", True),
        ("21:00", False),
    ],
)
def test_calls_are_made_within_hours(moment: str, is_open: bool) -> None:
    """The hours are half open: at twelve sharp nobody is called."""
    assert within_hours(at(f"2026-11-18 {moment}"), R) is is_open


def test_the_line_opens_again() -> None:
    """At noon it is half past two, at night the next morning."""
    assert open_from(at("2026-11-18 12:00"), R) == at("2026-11-18 14:30")
    assert open_from(at("2026-11-18 22:00"), R) == at("2026-11-19 09:00")
    assert open_from(at("2026-11-18 10:00"), R) == at("2026-11-18 10:00")
    with pytest.raises(ValueError):
        open_from(at("2026-11-18 10:00"), Rules(hours=()))


def test_occasions() -> None:
    """Saturday evening is weekend; Friday at six is an evening."""
    assert day_part(at("2026-11-20 17:59"), R) == DayPart.DAY
    assert day_part(at("2026-11-20 18:00"), R) == DayPart.EVENING
    assert day_part(at("2026-11-21 19:00"), R) == DayPart.WEEKEND


def test_busy_is_tried_after_15_then_30_minutes_then_as_no_answer() -> None:
    """A wait that ends outside the hours moves to the next opening."""
    assert after_busy(at("2026-11-18 10:00"), 0, R) == at("2026-11-18 10:15")
    assert after_busy(at("2026-11-18 10:00"), 1, R) == at("2026-11-18 10:30")
    assert after_busy(at("2026-11-18 10:00"), 2, R) is None
    assert after_busy(at("2026-11-18 11:50"), 0, R) == at("2026-11-18 14:30")


def test_no_answer_by_day_is_tried_in_the_evening_and_back() -> None:
    """Wednesday 10:30 → 18:00 the same day; Wednesday 18:30 → Thursday morning."""
    assert after_no_answer(at("2026-11-18 10:30"), DayPart.NONE, 1, R) == at("2026-11-18 18:00")
    assert after_no_answer(at("2026-11-18 18:30"), DayPart.DAY, 2, R) == at("2026-11-19 09:00")
    assert after_no_answer(at("2026-11-20 18:30"), DayPart.DAY, 2, R) == at("2026-11-21 09:00")


def test_the_missing_occasion_is_kept_for_the_last_tries() -> None:
    """With five tries by day and evening the sixth waits for the weekend."""
    assert after_no_answer(at("2026-11-18 18:30"), DayPart.DAY, 5, R) == at("2026-11-21 09:00")


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)),
    st.sampled_from(list(range(8))),
    st.integers(1, 8),
)
def test_no_answer_keeps_its_distances(moment: datetime, tried: int, attempts: int) -> None:
    """Always ≥ 4 h later, within hours, on another occasion, ≥ 2 h from the clock time that failed."""
    failed = open_from(moment.replace(tzinfo=ZONE), R)
    due = after_no_answer(failed, DayPart(tried), attempts, R)
    assert due - failed >= timedelta(hours=4)
    assert within_hours(due, R)
    assert day_part(due, R) != day_part(failed, R)
    gap = abs((due.hour * 60 + due.minute) - (failed.hour * 60 + failed.minute))
    assert gap >= 119
    assert due - failed <= timedelta(days=8)


def test_soft_refusals_rest_a_week() -> None:
    """The same hour a week later."""
    assert after_soft_refusal(at("2026-11-18 20:00"), R) == at("2026-11-25 20:00")


@pytest.mark.parametrize(
    ("attempts", "tried", "kind", "done"),
    [
        (5, DayPart.ALL, NumberKind.MOBILE, False),
        (6, DayPart.ALL, NumberKind.MOBILE, True),
        (6, DayPart.DAY | DayPart.EVENING, NumberKind.MOBILE, False),
        (8, DayPart.DAY, NumberKind.MOBILE, True),
        (8, DayPart.DAY, NumberKind.LANDLINE, False),
        (15, DayPart.DAY, NumberKind.LANDLINE, True),
    ],
)
def test_when_a_number_has_been_tried_enough(
    attempts: int, tried: DayPart, kind: NumberKind, done: bool
) -> None:
    """Six tries on three occasions, or the cap."""
    assert is_exhausted(attempts, tried, kind, R) is done


def test_a_wave_has_its_own_rules() -> None:
    """Overrides are read from JSON; a misspelt rule is refused."""
    own = Rules.from_wave({"hours": [["10:00", "11:00"]], "cap_mobile": 3, "evening_from": "17:30"})
    assert not within_hours(at("2026-11-18 09:30"), own)
    assert own.cap(NumberKind.MOBILE) == 3
    assert day_part(at("2026-11-18 17:45"), own) == DayPart.EVENING
    with pytest.raises(ValueError):
        Rules.from_wave({"cap_moblie": 3})
