"""Prevented calls: worked by hand, and covering the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from reports.prevented import prevented


def test_worked_by_hand() -> None:
    found = prevented(40, 10, days=(90, 90))
    assert (found.expected, found.observed, found.prevented) == (40, 10, 30)
    assert not found.is_adjusted
    # Gamma(40.5) mixed with Poisson of the same length: negative binomial, size 40.5, p = 1/2.
    low, high = stats.nbinom.ppf([0.025, 0.975], 40.5, 0.5)
    assert (found.low, found.high) == (low - 10, high - 10)
    assert found.is_clear


def test_what_changed_elsewhere_is_no_merit() -> None:
    fell = prevented(40, 20, days=(90, 90), elsewhere=(1_000, 500))
    assert (fell.trend, fell.expected, fell.prevented) == (0.5, 20, 0)
    assert fell.low < 0 < fell.high
    assert not fell.is_clear
    few = prevented(40, 20, days=(90, 45), elsewhere=(99, 500))
    assert (few.trend, few.is_adjusted) == (0.5, False)


def test_what_elsewhere_tells_unsurely_widens_the_interval() -> None:
    sure = prevented(200, 100, elsewhere=(100_000, 100_000))
    unsure = prevented(200, 100, elsewhere=(100, 100))
    assert unsure.high - unsure.low > 1.3 * (sure.high - sure.low)


def test_nothing_before_prevents_nothing() -> None:
    none = prevented(0, 0, days=(90, 90))
    assert (none.expected, none.prevented) == (0, 0)
    assert none.low <= 0 <= none.high


@pytest.mark.parametrize(("mean", "elsewhere"), [(3.0, 0), (12.0, 0), (40.0, 300), (200.0, 3_000)])
def test_the_interval_holds_what_would_have_come(mean: float, elsewhere: int) -> None:
    random = np.random.default_rng(4)
    rounds, kept = 2_000, 0
    for _ in range(rounds):
        before, would_come, came = (
            random.poisson(mean),
            random.poisson(0.8 * mean),
            random.poisson(0.3 * mean),
        )
        others = (int(random.poisson(elsewhere)), int(random.poisson(0.8 * elsewhere)))
        found = prevented(int(before), int(came), days=(100, 80), elsewhere=others)
        kept += found.low <= would_come - came <= found.high
    assert kept / rounds >= 0.935
