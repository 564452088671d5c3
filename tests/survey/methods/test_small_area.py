"""Fay–Herriot against R's metafor; authority: tests/reference/statistics/README.md."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from survey.methods.failures import MethodFailure
from survey.methods.small_area import Fit, benchmarked, fay_herriot, smoothed_variance
from tests.survey.methods.reference import HERE, table

CASES = json.loads((HERE / "smallarea_trend.json").read_text(encoding="utf-8"))["fay_herriot"]
FITS = [(case, fit) for case in CASES for fit in case["fits"]]


def columns(case: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    data = table(case["data"])
    names = case["x"] if isinstance(case["x"], list) else [case["x"]]
    y, v = np.array(data["y"]), np.array(data["v"])
    return y, v, np.column_stack([np.ones(y.size), *(data[n] for n in names)])


@pytest.mark.parametrize(("case", "fit"), FITS, ids=lambda v: v.get("id") or v.get("method"))
def test_fits_agree_with_metafor(case: dict[str, Any], fit: dict[str, Any]) -> None:
    got = fay_herriot(*columns(case), fit=Fit(fit["method"]))
    assert got.variance_between == pytest.approx(fit["sigma2_u"], rel=1e-6)
    for ours, theirs in (
        (got.beta, "beta"),
        (got.beta_se, "beta_se"),
        (got.estimate, "eblup"),
        (got.gamma, "gamma"),
        (got.g1, "g1"),
        (got.g2, "g2"),
    ):
        np.testing.assert_allclose(ours, fit[theirs], rtol=1e-6)
    if got.g3 is not None and fit["method"] != "fh_moment":  # the moment estimator has a variance of its own
        np.testing.assert_allclose(got.g3, fit["g3"], rtol=1e-6)
    if fit["method"] == "reml":
        np.testing.assert_allclose(got.mse, fit["mse_reml_type"], rtol=1e-6)


def test_without_spread_between_places_everybody_gets_the_prediction() -> None:
    x = np.column_stack([np.ones(12), np.arange(12)])
    y = 0.5 + 0.01 * np.arange(12) + np.tile([0.001, -0.001], 6)
    for fit in Fit:
        got = fay_herriot(y, np.full(12, 0.01), x, fit=fit)
        assert got.variance_between == 0
        np.testing.assert_allclose(got.estimate, x @ got.beta)
        assert (got.mse > 0).all()


def test_a_place_without_interviews_gets_the_prediction_and_a_larger_error() -> None:
    y, v, x = columns(CASES[0])
    thin = y.copy()
    thin[0] = np.nan
    got = fay_herriot(thin, v, x)
    assert got.gamma[0] == 0
    assert got.estimate[0] == pytest.approx(float(x[0] @ got.beta))
    assert got.mse[0] > got.variance_between
    rest = fay_herriot(y[1:], v[1:], x[1:])
    np.testing.assert_allclose(got.estimate[1:], rest.estimate, rtol=1e-12)


def test_smoothed_variances_by_hand() -> None:
    got = smoothed_variance(0.8, [40, 0], [1.5, 1.5])
    assert got[0] == pytest.approx(0.16 * 1.5 / 40)
    assert np.isnan(got[1])
    with pytest.raises(MethodFailure, match="0 < p < 1"):
        smoothed_variance(1.0, 10)


def test_benchmarked_places_add_up_to_their_county() -> None:
    estimate, size, group = np.array([0.7, 0.8, 0.9, 0.6]), [10, 30, 5, 5], np.array([0, 0, 1, 1])
    got = benchmarked(estimate, size, group, [0.8, np.nan])
    assert (got[0] * 10 + got[1] * 30) / 40 == pytest.approx(0.8)
    assert got[1] / got[0] == pytest.approx(8 / 7)
    assert got[2:].tolist() == [0.9, 0.6]
    with pytest.raises(MethodFailure, match="county 2"):
        benchmarked(estimate, size, group, [0.8, 0.7, 0.9])


@pytest.mark.parametrize(
    ("y", "v", "x", "words"),
    [
        ([1, 2], [1, 1], [[1], [1], [1]], "y \\(m,\\)"),
        ([1, 2, 3], [1, 0, 1], [[1], [1], [1]], "above 0"),
        ([1, 2, 3], [1, 1, 1], [[1], [np.nan], [1]], "everywhere"),
        ([1, 2, 3], [1, 1, 1], [[1, 2], [1, 2], [1, 2]], "collinear"),
        ([1, np.nan, np.nan], [1, 1, 1], [[1], [1], [1]], "more than 1"),
    ],
)
def test_what_is_refused(y: list[float], v: list[float], x: list[list[float]], words: str) -> None:
    with pytest.raises(MethodFailure, match=words):
        fay_herriot(y, v, x)
