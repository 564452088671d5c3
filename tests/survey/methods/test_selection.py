"""Selection windows; authority: permanent random numbers, Ohlsson 1995."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.methods.failures import SelectionFailure
from survey.methods.selection import draw, inclusion_probability, split

PRN = np.array([0.5, 0.1, 0.9, 0.3, 0.7])


def test_a_draw_goes_on_where_the_last_one_ended_and_wraps() -> None:
    first = draw(PRN, 2)
    assert (first.rows.tolist(), first.position, first.has_wrapped) == ([1, 3], 0.3, False)
    second = draw(PRN, 2, after=first.position)
    assert second.rows.tolist() == [0, 4]
    third = draw(PRN, 2, after=second.position)
    assert (third.rows.tolist(), third.position, third.has_wrapped) == ([2, 1], 0.1, True)


def test_a_draw_of_none_leaves_the_position() -> None:
    window = draw(PRN, 0, after=0.4)
    assert (window.rows.size, window.position, window.has_wrapped) == (0, 0.4, False)


def test_equal_numbers_are_ordered_by_their_tie() -> None:
    assert draw([0.2, 0.2, 0.1], 3, tie=[9, 4, 7]).rows.tolist() == [2, 1, 0]


def test_more_than_the_stratum_is_refused() -> None:
    with pytest.raises(SelectionFailure, match="0 to 5"):
        draw(PRN, 6)
    with pytest.raises(SelectionFailure, match="prn"):
        draw([0.1, 1.0], 1)


def test_every_unit_has_the_same_chance() -> None:
    # 20,000 windows of 3 in 8 from an arbitrary start: each unit in 3/8 of them, within 4.5 standard errors
    rng, hits, rounds = np.random.default_rng(7), np.zeros(8), 20_000
    for _ in range(rounds):
        hits[draw(rng.random(8), 3, after=0.62).rows] += 1
    assert np.all(np.abs(hits / rounds - 3 / 8) < 4.5 * np.sqrt(3 / 8 * 5 / 8 / rounds))


@given(st.integers(1, 60), st.lists(st.integers(1, 20), min_size=1, max_size=8), st.integers(0, 2**32 - 1))
def test_no_unit_comes_twice_until_its_stratum_is_exhausted(size: int, sizes: list[int], seed: int) -> None:
    prn, position, taken = np.random.default_rng(seed).random(size), None, []
    for n in sizes:
        window = draw(prn, min(n, size), after=position)
        position = window.position
        taken += window.rows.tolist()
    whole = taken[: len(taken) // size * size]
    for start in range(0, len(whole), size):
        assert sorted(whole[start : start + size]) == list(range(size))
    rest = taken[len(whole) :]
    assert len(set(rest)) == len(rest)


@given(st.integers(0, 200), st.integers(1, 9))
def test_replicates_share_the_draw(n: int, parts: int) -> None:
    split_rows = split(np.arange(n), parts)
    assert sorted(np.concatenate(split_rows).tolist()) == list(range(n))
    assert max(map(len, split_rows)) - min(map(len, split_rows)) <= 1


def test_inclusion_probability() -> None:
    assert inclusion_probability([2, 5], [8, 5]).tolist() == [0.25, 1.0]
    with pytest.raises(SelectionFailure, match="stratum 1"):
        inclusion_probability([2, 6], [8, 5])
