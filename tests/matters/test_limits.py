"""Limits end when they say: at midnight, over holidays, across New Year, with pauses, and by the book day by day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core import calendar_days
from matters.attributes import ClockColour, Urgency
from matters.clocks import colour, result_end
from matters.limits import FIRST_LIMITS, Limit, Policy, Span, end_of, working_days_between
from matters.standing import Standing
from matters.states import MatterState

ZONE = ZoneInfo("Asia/Shanghai")
POLICY = Policy(1, date(2026, 1, 1), FIRST_LIMITS)


@pytest.fixture(autouse=True)
def _house_calendar() -> None:
    calendar_days.forget()


def at(text: str) -> datetime:
    """Read a moment as clocks in Shanghai show it."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "span", "due", "yellow"),
    [
        ("2026-11-16 09:30", "5wd", "2026-11-23 18:00", "2026-11-20 00:00"),
        ("2026-11-16 00:00", "5wd", "2026-11-23 18:00", "2026-11-20 00:00"),  # midnight begins the day
        (
            "2026-11-15 23:59:59",
            "5wd",
            "2026-11-20 18:00",
            "2026-11-19 00:00",
        ),  # one second before it, a Sunday
        ("2026-11-16 23:59:59", "5wd", "2026-11-23 18:00", "2026-11-20 00:00"),
        (
            "2026-09-30 17:59",
            "1wd",
            "2026-10-08 18:00",
            "2026-10-08 00:00",
        ),  # one day, and it is after the holiday
        ("2026-09-25 10:00", "5wd", "2026-10-09 18:00", "2026-10-08 00:00"),  # begun on a holiday
        ("2026-02-11 10:00", "3wd", "2026-02-14 18:00", "2026-02-14 00:00"),  # ends on a make-up Saturday
        ("2026-02-12 10:00", "3wd", "2026-02-24 18:00", "2026-02-24 00:00"),  # would end within the festival
        (
            "2025-12-30 10:00",
            "2wd",
            "2026-01-04 18:00",
            "2026-01-04 00:00",
        ),  # ends on the first make-up Sunday
        ("2026-11-16 09:30", "15wd", "2026-12-07 18:00", "2026-12-02 00:00"),
        ("2026-09-30 23:00", "2h", "2026-10-01 01:00", "2026-10-01 00:30"),  # hours run through holidays
        ("2025-12-31 23:00", "24h", "2026-01-01 23:00", "2026-01-01 17:00"),  # and across New Year
        ("2026-02-28 23:50", "15m", "2026-03-01 00:05", "2026-03-01 00:01:15"),
        ("2026-11-16 09:30", "90d", "2027-02-14 09:30", "2027-01-22 21:30"),
    ],
)
def test_a_limit_ends_and_turns_yellow(start: str, span: str, due: str, yellow: str) -> None:
    end = end_of(at(start), Span.of(span), ZONE)
    assert (end.due_at, end.yellow_at) == (at(due), at(yellow))
    assert colour(end.due_at, end.yellow_at, end.yellow_at - timedelta(seconds=1), is_paused=False) == (
        ClockColour.GREEN
    )
    assert colour(end.due_at, end.yellow_at, end.yellow_at, is_paused=False) is ClockColour.YELLOW
    assert colour(end.due_at, end.yellow_at, end.due_at - timedelta(seconds=1), is_paused=False) is (
        ClockColour.YELLOW
    )
    assert colour(end.due_at, end.yellow_at, end.due_at, is_paused=False) is ClockColour.RED


def test_the_last_working_day_is_always_yellow() -> None:
    """Whatever the limit, its last working day is yellow from its first second."""
    for count in range(1, 31):
        end = end_of(at("2026-03-02 10:00"), Span(count, Span.of("1wd").unit), ZONE)
        last = end.due_at.astimezone(ZONE).replace(hour=0, minute=0)
        assert end.yellow_at <= last.astimezone(UTC)


def test_a_limit_into_a_year_without_notice_is_provisional() -> None:
    assert not end_of(at("2026-12-24 10:00"), Span.of("5wd"), ZONE).is_provisional
    found = end_of(at("2026-12-25 10:00"), Span.of("5wd"), ZONE)
    assert (found.due_at, found.is_provisional) == (at("2027-01-01 18:00"), True)


def test_a_pause_adds_its_working_days_and_never_a_new_start() -> None:
    """Two working days of pause over a weekend move a limit of five days by two."""
    paused = working_days_between(at("2026-11-19 10:00"), at("2026-11-23 09:00"), ZONE)
    assert paused == 2
    standing = Standing(
        MatterState.IN_HAND, at("2026-11-16 09:30"), at("2026-11-16 09:30"), round_began_at=at("2026-11-16 09:30"),
        paused_days=paused, paused_seconds=1.0,
    )  # fmt: skip
    assert result_end(standing, POLICY, ZONE).due_at == at("2026-11-25 18:00")


@pytest.mark.parametrize("urgency", list(Urgency))
def test_every_limit_of_the_design(urgency: Urgency) -> None:
    """The limits of the transition table, for each urgency, as the design's page has them."""
    hours = {Urgency.U1: 0, Urgency.U2: 1}.get(urgency, 2)
    table = {
        Limit.SUBMIT: ("15m", "1h", "4h"),
        Limit.ASSIGN: ("1h", "2h", "24h"),
        Limit.SIGN: ("15m", "30m", "1wd"),
        Limit.FIRST_CONTACT: ("2h", "24h", "1wd"),
        Limit.RULE_RETURN: ("4h", "4h", "1wd"),
        Limit.EXTENSION: ("10wd",) * 3,
        Limit.PAUSE: ("3wd",) * 3,
        Limit.CHECK: ("1wd",) * 3,
        Limit.TELL_ALL: ("5wd",) * 3,
        Limit.UNREACHED: ("10wd",) * 3,
        Limit.SUSPENSION: ("90d",) * 3,
        Limit.REOPEN: ("30d",) * 3,
        Limit.ACKNOWLEDGE: ("15m",) * 3,
        Limit.INCIDENT_PHONE: ("20m",) * 3,
        Limit.INCIDENT_WRITTEN: ("40m",) * 3,
        Limit.INCIDENT_CITY: ("2h",) * 3,
        Limit.LEVEL_UP: ("2wd",) * 3,
        Limit.NOTICE_LIST: ("5wd",) * 3,
    }
    for limit, texts in table.items():
        assert str(POLICY.span(limit, urgency)) == texts[hours], limit
    result = {Urgency.U1: "2h", Urgency.U2: "24h", Urgency.U3: "5wd", Urgency.U4: "15wd"}
    assert str(POLICY.span(Limit.RESULT, urgency)) == result[urgency]
    assert str(POLICY.span(Limit.ASK_RETURN, urgency)) == ("2wd" if urgency is Urgency.U4 else "1wd")
