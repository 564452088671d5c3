"""Screening: each sign appears where it should and nowhere else."""

from __future__ import annotations

import pytest

from survey.screening import Given, Norm, Sign, Talk, distance, norm, share_too_fast, signs

USUAL = norm([240 + 3 * n for n in range(-30, 31)])


def ratings(*values: str, scale: str = "satisfied") -> list[Given]:
    return [Given(v, 8000, 30, scale, v in ("DONT_KNOW", "NO_ANSWER")) for v in values]


def seen(answers: list[Given], seconds: float = 240, *, same: bool = False, rank: int = 99) -> set[Sign]:
    return set(signs(Talk(seconds, answers, same, rank), USUAL))


PLAIN = ratings("1", "2", "1", "3", "2", "4")


def test_an_ordinary_interview_shows_nothing() -> None:
    assert seen(PLAIN) == set()


def test_length_is_judged_against_the_others_and_robustly() -> None:
    assert seen(PLAIN, 60) == {Sign.SHORT}
    assert seen(PLAIN, 2400) == {Sign.LONG}
    assert seen(PLAIN, 0) == {Sign.SHORT}
    with_outliers = norm([*(240.0 + 3 * n for n in range(-30, 31)), 5.0, 6.0, 90000.0])
    assert USUAL is not None
    assert with_outliers is not None
    assert distance(60, with_outliers) == pytest.approx(distance(60, USUAL), rel=0.15)


def test_too_few_peers_judge_nobody() -> None:
    assert norm([240.0] * 5) is None
    assert norm([240.0] * 50) is None  # no spread at all
    assert signs(Talk(5, PLAIN), None) == ()
    assert distance(240, Norm(5.0, 0.5)) == pytest.approx(0.9612, abs=1e-3)


def test_one_answer_to_every_rating_is_a_straight_line() -> None:
    assert seen(ratings("2", "2", "2", "2", "2")) == {Sign.STRAIGHT}
    assert seen(ratings("2", "2", "2", "2")) == set()  # too few ratings to say
    assert seen([*ratings("2", "2", "2"), *ratings("2", "2", scale="safe")]) == set()
    assert Sign.STRAIGHT not in seen(ratings(*["DONT_KNOW"] * 6))


def test_much_left_unanswered() -> None:
    assert seen(ratings("1", "2", "3", "DONT_KNOW", "NO_ANSWER", "1")) == {Sign.EMPTY}
    assert seen(ratings("1", "2", "3", "DONT_KNOW", "4", "1")) == set()


def test_answers_before_the_question_could_be_read() -> None:
    quick = [Given("1", 900, 40), Given("2", 1200, 40), Given("3", 9000, 40), Given("4", 9000, 40)]
    assert share_too_fast(quick) == 0.5
    assert seen(quick) == {Sign.FAST}
    assert share_too_fast([Given("1", None, 40)]) == 0.0  # not timed: nothing is said


def test_the_same_number_and_the_newcomer() -> None:
    assert seen(PLAIN, same=True) == {Sign.SAME_NUMBER}
    assert seen(PLAIN, rank=10) == {Sign.NEWCOMER}
    assert seen(PLAIN, rank=11) == set()
