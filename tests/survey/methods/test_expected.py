"""Expected counts agree with the Poisson model of main effects; ratios are shrunk as worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gamma

from survey.methods import expected as module
from survey.methods.expected import expected_counts, shrink_ratios
from survey.methods.failures import ConvergenceFailure, MethodFailure


def test_one_factor_expects_the_rate_of_the_level() -> None:
    found = expected_counts([2, 4, 1, 3], [10, 20, 10, 30], [["a", "a", "b", "b"]])
    assert found == pytest.approx([10 * 6 / 30, 20 * 6 / 30, 10 * 4 / 40, 30 * 4 / 40])


def test_many_factors_agree_with_the_poisson_model() -> None:
    """The likelihood of a log-linear Poisson model with the trials as exposure, climbed by Newton's own steps."""
    random = np.random.default_rng(20)
    rows = 240
    factors = [random.integers(0, k, rows) for k in (3, 2, 4)]
    trials = random.integers(1, 60, rows).astype(float)
    rate = np.exp(-2 + 0.3 * factors[0] - 0.5 * factors[1] + 0.2 * factors[2])
    got = random.poisson(trials * rate).clip(max=trials).astype(float)
    columns = [np.ones(rows)]
    columns += [(f == level).astype(float) for f in factors for level in range(1, int(f.max()) + 1)]
    x = np.column_stack(columns)
    b = np.zeros(x.shape[1])
    b[0] = np.log(got.sum() / trials.sum())
    for _ in range(25):
        fitted = trials * np.exp(x @ b)
        b = b + np.linalg.solve((x.T * fitted) @ x, x.T @ (got - fitted))
    assert expected_counts(got, trials, factors) == pytest.approx(trials * np.exp(x @ b), rel=1e-7)


def test_what_is_expected_in_every_level_is_what_came() -> None:
    got, trials = [3.0, 0.0, 5.0, 2.0], [9.0, 4.0, 11.0, 0.0]
    with pytest.raises(MethodFailure, match="expected counts"):
        expected_counts(got, trials, [[1, 1, 2, 2]])  # two completes without a dial
    trials[3] = 6.0
    found = expected_counts(got, trials, [[1, 1, 2, 2], ["x", "y", "x", "y"]])
    assert found[:2].sum() == pytest.approx(3)
    assert found[[0, 2]].sum() == pytest.approx(8)
    assert found.sum() == pytest.approx(10)


def test_a_level_without_successes_expects_none() -> None:
    assert expected_counts([0, 0, 4], [5, 5, 8], [["a", "a", "b"]]) == pytest.approx([0, 0, 4])


def test_where_the_solution_lies_at_the_border_it_is_reached() -> None:
    """One small cell alone ties two levels: it is drawn to nothing, and every level meets its own margin."""
    assert expected_counts([0, 30, 2], [3, 400, 20], [[1, 1, 2], [1, 2, 1]]) == pytest.approx(
        [0, 30, 2], rel=1e-9, abs=1e-7
    )


def test_a_small_level_is_met_beside_large_ones() -> None:
    """Two completes beside a hundred thousand: a thousandth of all would be fifty times what the small level has."""
    got, trials = [0.0, 60_000.0, 40_000.0, 2.0], [9.0, 300_000.0, 250_000.0, 40.0]
    factors = [["a", "a", "b", "c"], ["x", "y", "y", "x"]]
    found = expected_counts(got, trials, factors)
    assert found[3] == pytest.approx(2, rel=1e-8)
    assert found[0] == pytest.approx(0, abs=1e-4)
    assert found[:2].sum() == pytest.approx(60_000, rel=1e-9)


def test_what_can_not_be_met_names_its_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEPS", 0)
    with pytest.raises(ConvergenceFailure, match="factor 1") as caught:
        expected_counts([0, 30, 2], [3, 400, 20], [[1, 1, 2], [1, 2, 1]])
    assert caught.value.category in ("1", "2")


def test_ratios_are_shrunk_as_by_hand() -> None:
    """O = 30, 10, 20; E = 20 each: m = 1, s² = (0.25 + 0.25 + 0)/3, A = s² − 1/20 = 7/60, a = b = 60/7."""
    found = shrink_ratios([30, 10, 20], [20, 20, 20])
    a = 60 / 7
    for o, ratio in zip((30, 10, 20), found, strict=True):
        assert ratio is not None
        assert ratio.ratio == pytest.approx((a + o) / (a + 20), rel=1e-12)
        ends = gamma(a + o, scale=1 / (a + 20)).ppf([0.025, 0.975])
        assert (ratio.low, ratio.high) == pytest.approx(tuple(ends), rel=1e-9)


def test_alike_rows_are_drawn_to_the_mean_and_keep_the_uncertainty_of_all() -> None:
    found = shrink_ratios([10, 10], [10.0, 10.0])
    assert all(r is not None and r.ratio == pytest.approx(1) and r.low < 0.8 < 1.2 < r.high for r in found)
    assert shrink_ratios([0, 3], [0.0, 3.0])[0] is None
    assert shrink_ratios([], []) == []
    nothing = shrink_ratios([0], [2.0])[0]
    assert nothing is not None
    assert (nothing.ratio, nothing.low, nothing.high) == (0, 0, 0)
