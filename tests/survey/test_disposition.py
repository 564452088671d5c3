"""The table of outcomes; authority: AAPOR Standard Definitions, 10th edition, as listed in the survey's design."""

from __future__ import annotations

import pytest

from core.terms import speaking
from survey.disposition import (
    DISPOSITION,
    GROUPS,
    NOT_ATTEMPTED,
    RateCell,
    RetryRule,
    UnknownDisposition,
    disposition,
    for_appointment,
    from_line,
)
from survey.methods.rates import CELLS
from telephony.line import Answerer, Cause

BY_CELL = {
    "I": "1.1",
    "P": "1.2",
    "R": "2.11 2.111 2.112 2.12",
    "NC": "2.20 2.21 2.22",
    "O": "2.31 2.32 2.33 2.34 2.35 2.36",
    "UH": "3.11 3.12 3.13 3.14 3.15 3.16",
    "UO": "3.20 3.21 3.90",
    "NE": "4.10 4.20 4.31 4.32 4.33 4.41 4.43 4.51 4.70 4.80",
}


def test_every_code_stands_in_its_cell() -> None:
    for cell, codes in BY_CELL.items():
        assert [d.code for d in DISPOSITION.values() if d.cell == cell] == codes.split()
    assert len(DISPOSITION) == sum(len(codes.split()) for codes in BY_CELL.values())


def test_cells_are_those_of_the_rates() -> None:
    assert [cell.value for cell in RateCell] == list(CELLS)


def test_every_outcome_has_both_labels_and_none_twice() -> None:
    for language in ("zh", "en"):
        with speaking(language):
            labels = [d.label for d in DISPOSITION.values()]
        assert all(labels)
        assert len(set(labels)) == len(labels)


def test_an_outcome_either_ends_the_case_or_says_when_to_try_again() -> None:
    for d in DISPOSITION.values():
        if d.code != NOT_ATTEMPTED:
            assert d.is_final == (d.try_again is None)


def test_refusals_wait_for_conversion_and_not_eligible_is_the_end() -> None:
    for d in DISPOSITION.values():
        if d.cell is RateCell.REFUSAL:
            assert d.try_again is RetryRule.SOFT_REFUSAL
        if d.cell is RateCell.NOT_ELIGIBLE:
            assert d.is_final


def test_the_screen_offers_every_code_once_in_groups_of_at_most_nine() -> None:
    offered = [code for _, codes in GROUPS for code in codes]
    assert sorted(offered) == sorted(set(DISPOSITION) - {NOT_ATTEMPTED})
    assert len(GROUPS) <= 9
    assert all(0 < len(codes) <= 9 for _, codes in GROUPS)


@pytest.mark.parametrize(
    ("cause", "answerer", "response", "days", "code"),
    [
        (Cause.BUSY, None, 486, 1, "3.12"),
        (Cause.NO_ANSWER, None, None, 1, "3.13"),
        (Cause.NORMAL, Answerer.MACHINE, 200, 1, "3.14"),
        (Cause.NORMAL, Answerer.FAX, 200, 1, "4.20"),
        (Cause.UNREACHABLE, None, 404, 1, "4.31"),
        (Cause.UNREACHABLE, None, 480, 2, "3.16"),
        (Cause.UNREACHABLE, None, 480, 3, "4.33"),
        (Cause.REJECTED, None, None, 1, "3.15"),
        (Cause.BUSY, None, 608, 1, "3.15"),
        (Cause.ERROR, None, 500, 5, "3.16"),
        (Cause.NORMAL, Answerer.HUMAN, 200, 1, None),
        (Cause.CANCELLED, None, 487, 1, None),
    ],
)
def test_what_the_line_says(
    cause: Cause, answerer: Answerer | None, response: int | None, days: int, code: str | None
) -> None:
    assert from_line(cause, answerer, response_code=response, days_off=days) == code
    assert code is None or code in DISPOSITION


def test_an_appointment_is_not_a_refusal() -> None:
    for is_eligible in (True, False):
        assert DISPOSITION[for_appointment(is_eligible=is_eligible)].cell is not RateCell.REFUSAL


def test_an_unknown_code_names_itself() -> None:
    with pytest.raises(UnknownDisposition, match=r"9\.99"):
        disposition("9.99")
    assert disposition("4.31").en == "Non-working number"
