"""What outcomes do to cases: waits, conversion, closing, and the final code by precedence."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.phone import NumberKind
from survey import consequence
from survey.calling import DayPart, Rules
from survey.consequence import Past, final_code
from survey.disposition import DISPOSITION

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 18, 10, 30, tzinfo=ZONE)
R = Rules()


def past(*codes: str, tried: DayPart = DayPart.DAY, is_converted: bool = False, days: int = 0) -> Past:
    moments = tuple(NOW - timedelta(days=days * (len(codes) - 1 - n)) for n in range(len(codes)))
    return Past(NumberKind.MOBILE, len(codes), tried, codes, moments, is_converted)


def test_busy_waits_a_little_twice_and_then_as_long_as_a_no_answer() -> None:
    """15 minutes, 30 minutes, then the evening."""
    waits = [consequence.of(past(*["3.12"] * n), NOW, R).due for n in (1, 2, 3)]
    assert waits == [
        NOW + timedelta(minutes=15),
        NOW + timedelta(minutes=30),
        NOW.replace(hour=18, minute=0),
    ]


def test_switched_off_is_tried_on_another_day_and_is_out_of_service_after_three() -> None:
    """The third day in a row closes it as 4.33; three tries on one day don't."""
    first = consequence.of(past("3.16"), NOW, R)
    assert first.due is not None
    assert first.due.date() == NOW.date() + timedelta(days=1)
    assert not consequence.of(past("3.16", "3.16", "3.16"), NOW, R).is_closed
    third = consequence.of(past("3.16", "3.16", "3.16", days=1), NOW, R)
    assert (third.is_closed, third.code) == (True, "4.33")


def test_a_soft_refusal_is_asked_once_more_by_another_interviewer() -> None:
    """After a week; the second refusal is the last."""
    first = consequence.of(past("2.112"), NOW, R)
    assert (first.due, first.must_change_interviewer, first.is_conversion) == (
        NOW + timedelta(days=7),
        True,
        True,
    )
    second = consequence.of(past("2.112", "2.112", is_converted=True), NOW, R)
    assert (second.is_closed, second.code) == (True, "2.112")


def test_a_hard_refusal_closes_at_once() -> None:
    """No second try."""
    assert consequence.of(past("3.13", "2.111"), NOW, R, is_hard=True).is_closed


def test_non_contact_is_final_after_six_tries_on_three_occasions_or_at_the_cap() -> None:
    """Five are too few, two occasions are too few, eight are the cap."""
    six = ["3.13"] * 6
    assert consequence.of(past(*six, tried=DayPart.ALL), NOW, R).is_closed
    assert not consequence.of(past(*six[:5], tried=DayPart.ALL), NOW, R).is_closed
    assert not consequence.of(past(*six, tried=DayPart.DAY | DayPart.EVENING), NOW, R).is_closed
    assert consequence.of(past(*["3.13"] * 8), NOW, R).is_closed


@pytest.mark.parametrize(
    ("codes", "final"),
    [
        (("3.13", "3.12", "3.13"), "3.13"),
        (("3.12", "3.12"), "3.12"),
        (("2.112", "3.13", "4.31"), "2.112"),
        (("3.13", "4.31"), "4.31"),
        (("2.21", "3.13"), "2.21"),
        (("3.21", "3.13"), "3.21"),
        (("2.12", "1.1"), "1.1"),
        (("2.12", "4.70"), "4.70"),
        (("2.111", "2.112", "2.35"), "2.112"),
        (("2.21", "2.35"), "2.35"),
        (("3.16", "3.14"), "3.14"),
    ],
)
def test_the_final_code_says_most(codes: tuple[str, ...], final: str) -> None:
    """Refusal outlives a later dead line; a dead line outlives no answer."""
    assert final_code(codes) == final


def test_every_code_has_its_place() -> None:
    """No code of the table is without a consequence and a rank."""
    for code in DISPOSITION:
        assert final_code((code,)) == code
        done = consequence.of(past(code), NOW, R)
        assert done.is_closed or (done.due is not None and done.due > NOW)
