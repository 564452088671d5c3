"""The screener's skip rule and grades: the golden triage of the counselling standard, and no guessed answers."""

from __future__ import annotations

from itertools import product

import pytest

from core.problems import Invalid
from hotline.screener import CHOICES, SKIPPED, Answers, Grade, Heard, Row, from_json, next_row, screened

Y, N, EVER, RECENT, DECLINED = Heard.YES, Heard.NO, Heard.LIFETIME, Heard.RECENT, Heard.DECLINED


def rows(**answers: Heard) -> dict[Row, Heard | None]:
    """Write answers as r1=…, r2=…."""
    return {Row.of(name[1:]): heard for name, heard in answers.items()}


@pytest.mark.parametrize(
    ("answers", "grade"),
    [
        (rows(r1=Y, r2=N, r6=N), Grade.LOW),
        (rows(r1=N, r2=Y, r3=N, r4=N, r5=N, r6=N), Grade.LOW),
        (rows(r1=N, r2=Y, r3=Y, r4=N, r5=N, r6=N), Grade.MODERATE),
        (rows(r1=N, r2=N, r6=EVER), Grade.MODERATE),
        (rows(r6=RECENT), Grade.HIGH),
        (rows(r2=Y, r4=Y), Grade.HIGH),
        (rows(r2=Y, r5=Y), Grade.HIGH),
        (rows(r1=N, r2=N, r6=N), Grade.NONE),
        (rows(r1=N, r2=N), None),
        ({}, None),
    ],
)
def test_the_highest_row_hit_is_the_grade(answers: Answers, grade: Grade | None) -> None:
    assert screened(answers).grade is grade


def test_no_to_row_two_leaves_three_to_five_not_asked() -> None:
    """Not asked is null, not “no”, and the screener goes on with row 6."""
    found = screened(rows(r1=N, r2=N))
    assert [found.answers[row] for row in SKIPPED] == [None, None, None]
    assert found.as_json() == {"1": "no", "2": "no", "3": None, "4": None, "5": None, "6": None}
    assert found.to_ask == (Row.BEHAVIOUR,)
    assert not found.is_finished


def test_answers_given_before_row_two_was_corrected_are_taken_back() -> None:
    """An operator who corrects row 2 to no does not leave a plan behind that nobody asked about."""
    found = screened(rows(r1=Y, r2=N, r4=Y, r6=N))
    assert found.answers[Row.INTENT] is None
    assert found.grade is Grade.LOW
    assert found.is_finished


def test_rows_are_asked_in_order() -> None:
    asked = []
    answers: dict[Row, Heard | None] = {}
    while (row := next_row(answers)) is not None:
        asked.append(row)
        answers[row] = CHOICES[row][1]  # yes everywhere, “ever” in row 6
    assert asked == list(Row)


def test_a_declined_row_is_not_a_no() -> None:
    """Declining row 2 does not skip the rows behind it."""
    found = screened(rows(r1=N, r2=DECLINED))
    assert found.to_ask == (Row.METHOD, Row.INTENT, Row.PLAN, Row.BEHAVIOUR)
    assert found.declined == (Row.THOUGHTS,)


def test_every_way_to_answer_is_read_back_as_it_was_written() -> None:
    """All 3⁵ × 4 complete answers survive storage, and a grade is never lower than any of its rows alone."""
    for heard in product(*(CHOICES[row] for row in Row)):
        answers: dict[Row, Heard | None] = dict(zip(Row, heard, strict=True))
        found = screened(answers)
        assert from_json(found.as_json()) == found
        assert found.is_finished
        assert found.grade is not None
        for row in found.hits:
            alone = screened({row: found.answers[row]}).grade
            assert alone is not None
            assert alone.rank <= found.grade.rank


@pytest.mark.parametrize("stored", [{"6": "yes"}, {"1": "recent"}, {"2": "perhaps"}])
def test_an_answer_that_a_row_does_not_have_is_refused(stored: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        from_json(stored)
