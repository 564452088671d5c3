"""The smoothed series against R, and adjusted p-values; authority: tests/reference/statistics/README.md."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from survey.methods.failures import MethodFailure
from survey.methods.multiplicity import Adjusting, adjusted
from survey.methods.trend import local_level
from tests.survey.methods.reference import HERE

REFERENCE = json.loads((HERE / "smallarea_trend.json").read_text(encoding="utf-8"))


def series(case: dict[str, Any]) -> np.ndarray:
    return np.array([np.nan if y is None else y for y in case["y"]], dtype=float)


@pytest.mark.parametrize("case", REFERENCE["local_level"], ids=lambda c: str(c["id"]))
def test_smoothing_agrees_with_r(case: dict[str, Any]) -> None:
    fixed = local_level(series(case), case["s2"], drift=case["q_fixed"])
    np.testing.assert_allclose(fixed.level, case["smoothed_fixed"], rtol=1e-9)
    np.testing.assert_allclose(fixed.variance, case["smoothed_fixed_var"], rtol=1e-9)
    known = local_level(series(case), case["s2"], drift=case["q_ml"])
    np.testing.assert_allclose(known.level, case["smoothed"], rtol=1e-9)
    np.testing.assert_allclose(known.variance, case["smoothed_var"], rtol=1e-9)
    assert known.log_likelihood == pytest.approx(case["loglik_diffuse"], rel=1e-9)
    change, error = known.change(0, len(case["y"]) - 1)
    assert change == pytest.approx(case["last_minus_first"], rel=1e-9)
    assert error**2 == pytest.approx(case["last_minus_first_var"], rel=1e-9)
    free = local_level(series(case), case["s2"])
    assert free.drift == pytest.approx(case["q_ml"], rel=1e-4)
    np.testing.assert_allclose(free.level, case["smoothed"], rtol=1e-4)


def test_every_covariance_is_that_of_the_precision_matrix() -> None:
    # independent of the filter: (D + K/q)⁻¹ of the flat-start model, with weeks missing at both ends
    y, s2, q = np.array([np.nan, 0.7, 0.8, np.nan, 0.75, np.nan]), np.full(6, 0.002), 3e-4
    k = np.diag([1.0, 2, 2, 2, 2, 1]) - np.eye(6, k=1) - np.eye(6, k=-1)
    seen = ~np.isnan(y)
    p = np.linalg.inv(np.diag(seen / s2) + k / q)
    got = local_level(y, s2, drift=q)
    np.testing.assert_allclose(got.level, p @ (np.where(seen, y, 0) / s2), rtol=1e-10)
    for t in range(6):
        for s in range(6):
            assert got.covariance(t, s) == pytest.approx(p[t, s], rel=1e-9)


def test_a_level_that_does_not_move_is_the_weighted_mean() -> None:
    y, s2 = np.array([0.8, 0.82, 0.78]), np.array([0.001, 0.002, 0.004])
    for got in (local_level(y, s2), local_level(y, s2, drift=0)):
        assert got.drift == 0
        np.testing.assert_allclose(got.level, (y / s2).sum() / (1 / s2).sum())
        np.testing.assert_allclose(got.variance, 1 / (1 / s2).sum())
        assert list(got.change(0, 2)) == pytest.approx([0, 0], abs=1e-9)
    assert local_level([0.5], [0.01]).level.tolist() == [0.5]


@pytest.mark.parametrize(
    ("y", "s2", "drift", "words"),
    [
        ([1.0, 2], [1.0], None, "a week"),
        ([np.nan], [1.0], None, "a week"),
        ([1.0], [0.0], None, "above 0"),
        ([1.0], [1.0], -1.0, "drift"),
    ],
)
def test_what_is_refused(y: list[float], s2: list[float], drift: float | None, words: str) -> None:
    with pytest.raises(MethodFailure, match=words):
        local_level(y, s2, drift=drift)


@pytest.mark.parametrize("rule", Adjusting)
def test_adjusted_p_values_agree_with_r(rule: Adjusting) -> None:
    asked = REFERENCE["p_adjust"]
    np.testing.assert_allclose(adjusted(asked["p"], rule), asked[rule], rtol=1e-12)
    back = adjusted([*asked["p"][::-1], np.nan], rule)
    np.testing.assert_allclose(back[:-1], asked[rule][::-1], rtol=1e-12)
    assert np.isnan(back[-1])
    assert adjusted([], rule).size == 0
    with pytest.raises(MethodFailure, match="0 to 1"):
        adjusted([0.5, 1.5], rule)
