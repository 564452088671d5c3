"""Dates and moments are said in the reader's language, with the year only where it is needed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from core import clock
from core.dates import day_words, moment_words
from core.terms import Words
from web.jinja import day, moment

AT = datetime(2026, 11, 18, 2, 30, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_november(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let today be in 2026."""
    monkeypatch.setattr(clock, "today", lambda: date(2026, 11, 22))


def test_a_date_names_its_year_only_when_it_is_another_one() -> None:
    assert day_words(date(2026, 11, 7)) == Words("11 月 7 日", "7 Nov")
    assert day_words(date(2025, 12, 31)) == Words("2025 年 12 月 31 日", "31 Dec 2025")


def test_a_moment_stands_on_the_local_clock_in_both_languages() -> None:
    assert moment_words(AT) == Words("11 月 18 日 10:30", "18 Nov 10:30")
    assert moment_words(AT, seconds=True, year=True) == Words(
        "2026 年 11 月 18 日 10:30:05", "18 Nov 2026 10:30:05"
    )


def test_a_sentence_takes_a_moment_in_its_own_language() -> None:
    said = Words("最近可约 {at}", "the nearest is {at}").filled(at=moment_words(AT))
    assert said.in_language("zh") == "最近可约 11 月 18 日 10:30"
    assert said.in_language("en") == "the nearest is 18 Nov 10:30"


def test_pages_show_a_dash_for_no_date_and_read_one_kept_as_letters() -> None:
    assert (day(None), moment(None)) == ("—", "—")
    assert day("2026-11-07") == "11 月 7 日"
