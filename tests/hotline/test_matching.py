"""Whose telephone rings for whom: by priority, then language, then the longest wait, case by case."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hotline.matching import Free, Pair, Turn, pairs

NOW = datetime(2026, 11, 18, 2, 30, tzinfo=UTC)
LINE, OTHER = "counselling", "citizen"
YI, LOCAL = 1, 2


def turn(contact: int, *, waited: float = 10, left: float | None = None, **more: Any) -> Turn:
    """Somebody who has waited so many seconds; `left` is for how many more they are left to speakers."""
    until = None if left is None else NOW + timedelta(seconds=left)
    return Turn(
        contact, more.pop("line", LINE), NOW - timedelta(seconds=waited), left_until=until, **more
    )  # fmt: skip


def free(staff: int, *speaks: int, serves: str = LINE) -> Free:
    """Somebody who is free."""
    return Free(staff, frozenset({serves}), frozenset(speaks))


CASES: dict[str, tuple[list[Turn], list[Free], list[Pair]]] = {
    "nobody chose: longest wait, longest idle, then a second telephone": (
        [turn(1, waited=5), turn(2, waited=50)], [free(7), free(8), free(9)], [(2, 7), (1, 8), (2, 9)],
    ),
    "a speaker is rung though somebody else is idle for longer": (
        [turn(1, language=YI, left=50)], [free(7), free(8, YI)], [(1, 8)],
    ),
    "a speaker gets the caller in their language before a longer wait": (
        [turn(1, waited=90), turn(2, waited=5, language=YI, left=55)], [free(8, YI)], [(2, 8)],
    ),
    "whoever comes first of all comes before a language": (
        [turn(1, waited=5, is_first=True), turn(2, waited=90, language=YI, left=5)], [free(8, YI)], [(1, 8)],
    ),
    "but is given another telephone where one is free": (
        [turn(1, waited=5, is_first=True), turn(2, waited=90, language=YI, left=5)], [free(7, YI), free(8)],
        [(1, 8), (2, 7)],
    ),
    "left to speakers who are busy, they ring nowhere, and hold nobody up": (
        [turn(1, waited=50, language=YI, left=10), turn(2)], [free(7)], [(2, 7)],
    ),
    "when that time is over anybody is rung": (
        [turn(1, waited=60, language=YI, left=0), turn(2)], [free(7)], [(1, 7)],
    ),
    "where nobody at the line speaks it anybody is rung at once": (
        [turn(1, waited=1, language=YI)], [free(7, LOCAL)], [(1, 7)],
    ),
    "two languages, each to their own": (
        [turn(1, waited=9, language=YI, left=9), turn(2, waited=5, language=LOCAL, left=9)],
        [free(7, LOCAL), free(8, YI)], [(1, 8), (2, 7)],
    ),
    "who speaks both is left to the caller for whom there is nobody else": (
        [turn(1, waited=9, language=YI, left=9), turn(2, waited=5, language=LOCAL, left=9)],
        [free(7, LOCAL, YI), free(8, YI)], [(1, 8), (2, 7)],
    ),
    "several speakers: all of them ring, up to three": (
        [turn(1, language=YI, left=9)], [free(n, YI) for n in (5, 6, 7, 8)], [(1, 5), (1, 6), (1, 7)],
    ),
    "who asked for somebody keeps that person before a younger caller in their language": (
        [turn(1, waited=30, asks_for=8), turn(2, waited=5, language=YI, left=55)], [free(7), free(8, YI)], [(1, 8)],
    ),
    "the operator they asked for comes before the language they chose": (
        [turn(1, language=YI, left=50, asks_for=7)], [free(7), free(8, YI)], [(1, 7)],
    ),
    "who kept their place rings on one telephone, in their language": (
        [turn(1, waited=300, language=YI, left=300, is_kept=True)], [free(7), free(8, YI), free(9, YI)], [(1, 8)],
    ),
    "who kept their place is rung before whoever came later": (
        [turn(1, waited=300, is_kept=True), turn(2)], [free(7)], [(1, 7)],
    ),
    "a speaker of the other line is nobody here": (
        [turn(1, language=YI)], [free(7), free(8, YI, serves=OTHER)], [(1, 7)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_whose_telephone_rings(name: str) -> None:
    turns, seats, expected = CASES[name]
    assert pairs(turns, seats, NOW, {}) == expected
    assert pairs(turns[::-1], seats, NOW, {}) == expected


def test_who_declined_is_not_asked_again_and_who_let_it_ring_comes_last() -> None:
    mine = turn(1, language=YI, left=50)
    assert pairs([mine], [free(7, YI), free(8)], NOW, {}, [(1, 7)], {(1, 7)}) == []
    assert pairs([mine], [free(7, YI), free(8, YI)], NOW, {}, [(1, 7)])[0] == (1, 8)
    asked = replace(mine, asks_for=7)
    assert pairs([asked], [free(7), free(8, YI)], NOW, {}, [(1, 7)]) == [(1, 8)]


def test_what_rings_already_counts() -> None:
    assert pairs([turn(1, language=YI)], [free(7, YI), free(8, YI)], NOW, {1: 2}) == [(1, 7)]
    assert pairs([turn(1)], [free(7)], NOW, {1: 3}) == []


@pytest.mark.parametrize("seed", range(300))
def test_nobody_is_passed_over_for_longer_than_they_are_left_to_speakers(seed: int) -> None:
    """Whatever comes together: no telephone twice, three at most, and nobody rings nowhere without a reason."""
    dice = random.Random(seed)
    turns = [
        turn(
            n, waited=dice.randrange(100), language=dice.choice((None, None, YI, LOCAL)),
            left=dice.choice((None, -5, 0, 20)), is_first=dice.random() < 0.1, is_kept=dice.random() < 0.2,
            line=dice.choice((LINE, OTHER)), asks_for=dice.choice((None, None, None, 100)),
        )
        for n in range(dice.randrange(8))
    ]  # fmt: skip
    seats = [
        free(100 + n, *dice.choice(((), (), (YI,), (LOCAL,), (YI, LOCAL))), serves=dice.choice((LINE, OTHER)))
        for n in range(dice.randrange(6))
    ]
    found = pairs(turns, seats, NOW, {})
    dice.shuffle(turns)
    assert pairs(turns, seats, NOW, {}) == found
    by_id, people = {t.contact_id: t for t in turns}, {s.staff_id: s for s in seats}
    assert len({staff for _, staff in found}) == len(found)
    rung = {contact for contact, _ in found}
    for contact, staff in found:
        mine, seat = by_id[contact], people[staff]
        assert mine.line in seat.serves
        is_left = mine.language is not None and mine.left_until is not None and mine.left_until > NOW
        assert not is_left or mine.language in seat.speaks or mine.asks_for == staff
        assert sum(c == contact for c, _ in found) <= (1 if mine.is_kept else 3)
    idle = [seat for seat in seats if seat.staff_id not in {staff for _, staff in found}]
    for mine in (t for t in turns if t.contact_id not in rung):
        is_left = mine.language is not None and mine.left_until is not None and mine.left_until > NOW
        assert all(
            mine.line not in seat.serves or (is_left and mine.language not in seat.speaks) for seat in idle
        )
