"""Allocation; authority: worked by hand, and the properties every table must have."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from survey.methods import allocation
from survey.methods.failures import AllocationFailure


def test_proportional_by_largest_remainders() -> None:
    # 10 over 53:24:23 = 5.3, 2.4, 2.3 → 5, 2, 2 and the one left to the largest remainder 0.4
    assert allocation.proportional(10, [530, 240, 230]).tolist() == [5, 3, 2]


def test_minimum_and_cap_push_the_rest_to_the_others() -> None:
    # proportional 20 over 900:90:10 = 18, 1.8, 0.2; minimum 2 leaves 16 for the first
    assert allocation.proportional(20, [900, 90, 10]).tolist() == [16, 2, 2]
    # a stratum of 1 gives 1
    assert allocation.proportional(6, [1, 50, 50]).tolist() == [1, 3, 2]


def test_equal_per_county_then_by_township() -> None:
    # 12 over two counties: 6 each; county A 300:100 → 4.5, 1.5 (tie: the first), county B 10:20 → 2, 4
    table = allocation.equal_then_proportional(12, ["A", "A", "B", "B"], [300, 100, 10, 20])
    assert table.tolist() == [4, 2, 2, 4]


def test_a_small_county_is_taken_whole() -> None:
    assert allocation.equal_then_proportional(20, ["A", "B", "C"], [3, 100, 100]).tolist() == [3, 9, 8]


def test_neyman() -> None:
    # N S = 100·1, 100·3 → 1 : 3
    assert allocation.neyman(40, [100, 100], [1.0, 3.0]).tolist() == [10, 30]
    assert allocation.neyman(20, [100, 100], [0.0, 3.0]).tolist() == [2, 18]


def test_power_lies_between_equal_and_proportional() -> None:
    # √100 : √900 = 1 : 3
    assert allocation.power(40, [100, 900]).tolist() == [10, 30]
    assert allocation.power(40, [100, 900], exponent=0).tolist() == [20, 20]
    assert allocation.power(40, [100, 900], exponent=1).tolist() == [4, 36]


def test_hand_table_is_checked() -> None:
    assert allocation.by_hand([3, 4], [10, 10], total=7).tolist() == [3, 4]
    for table, words in (([1, 4], "stratum 0"), ([3, 11], "stratum 1"), ([3, 4, 5], "2 strata")):
        with pytest.raises(AllocationFailure, match=words):
            allocation.by_hand(table, [10, 10])
    with pytest.raises(AllocationFailure, match="sum 8; got 7"):
        allocation.by_hand([3, 4], [10, 10], total=8)


@pytest.mark.parametrize(("total", "words"), [(3, "4 to 20; got 3"), (21, "4 to 20; got 21")])
def test_impossible_totals_say_what_is_possible(total: int, words: str) -> None:
    with pytest.raises(AllocationFailure, match=words):
        allocation.proportional(total, [10, 10])


sizes = st.lists(st.integers(0, 5000), min_size=1, max_size=40)


@given(sizes, st.integers(0, 3), st.floats(0, 1), st.randoms(use_true_random=False))
def test_every_table_sums_and_keeps_its_limits(
    n: list[int], minimum: int, part: float, random: object
) -> None:
    size = np.array(n)
    low = np.minimum(size, minimum)
    total = int(low.sum() + part * (size.sum() - low.sum()))
    groups = [f"county {i % 3}" for i in range(size.size)]
    tables = [
        allocation.proportional(total, size, minimum=minimum),
        allocation.power(total, size, minimum=minimum),
        allocation.neyman(total, size, np.linspace(0.5, 2, size.size), minimum=minimum),
        allocation.equal_then_proportional(total, groups, size, minimum=minimum),
    ]
    for table in tables:
        assert table.sum() == total
        assert np.all((table >= low) & (table <= size))


@given(sizes, st.integers(0, 100_000))
def test_proportional_is_within_one_of_exact_where_no_limit_bites(n: list[int], total: int) -> None:
    size = np.array(n)
    assume(0 < total <= size.sum())
    table = allocation.proportional(total, size, minimum=0)
    assert np.all(np.abs(table - total * size / size.sum()) < 1)
