"""Rank sets against R's package csranks; authority: tests/reference/statistics/README.md."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.methods.failures import MethodFailure
from survey.methods.ranks import Side, bands, critical_value, rank_sets
from tests.survey.methods.reference import HERE

REFERENCE = json.loads((HERE / "ranks.json").read_text(encoding="utf-8"))
RESULTS = [(case, result) for case in REFERENCE["cases"] for result in case["results"]]


def named(value: dict[str, Any]) -> str:
    if "id" in value:
        return str(value["id"])
    kind = "simultaneous" if value["simultaneous"] else "marginal"
    return f"{kind}-{'steps' if value['stepdown'] else 'once'}-{value['type']}"


def covariance_of(case: dict[str, Any]) -> np.ndarray:
    if case["sigma"] is None:
        return np.diag(np.square(case["se"]))
    return np.array(case["sigma"])


def misses(ours: np.ndarray, ranges: list[list[int]]) -> int:
    """Count places outside the spread of csranks' three seeds; more than one off is no Monte Carlo error."""
    off = [max(low - mine, mine - high, 0) for mine, (low, high) in zip(ours.tolist(), ranges, strict=True)]
    assert max(off) <= 1
    return sum(k > 0 for k in off)


@pytest.mark.parametrize(("case", "result"), RESULTS, ids=named)
def test_sets_agree_with_csranks(case: dict[str, Any], result: dict[str, Any]) -> None:
    got = rank_sets(
        case["estimate"],
        covariance_of(case),
        level=case["coverage"],
        simultaneous=result["simultaneous"],
        step_down=result["stepdown"],
        side=Side(result["type"]),
    )
    assert got.rank.tolist() == case["rank"]
    assert misses(got.best, result["L_range"]) + misses(got.worst, result["U_range"]) <= 2


@pytest.mark.parametrize("case", REFERENCE["critical"], ids=named)
def test_critical_values(case: dict[str, Any]) -> None:
    sigma, level = np.array(case["sigma"]), case["coverage"]
    many = {"level": level, "draws": 1_000_000}
    off = 2 * case["mc_error"]  # both sides are simulated
    assert critical_value(sigma, **many) == pytest.approx(case["all_pairs_two_sided"], abs=off)
    assert critical_value(sigma, of=0, **many) == pytest.approx(case["item1_vs_rest_two_sided"], abs=off)


def test_a_published_band_never_changes() -> None:
    x, v = [0.8, 0.75, 0.9, 0.7], [0.0004, 0.0005, 0.0003, 0.0004]
    one, two = rank_sets(x, v), rank_sets(x, v)
    assert (one.best.tolist(), one.worst.tolist()) == (two.best.tolist(), two.worst.tolist())
    other = rank_sets(x, v, seed=1)
    assert np.abs(one.best - other.best).max() <= 1


def test_by_hand() -> None:
    # far apart: every rank is certain; all alike: nothing is
    sure = rank_sets([5, 1, 3, 9], [0.01] * 4)
    assert sure.best.tolist() == sure.worst.tolist() == sure.rank.tolist() == [2, 4, 3, 1]
    assert bands(sure.above, np.argsort(sure.rank)).tolist() == [2, 4, 3, 1]
    alike = rank_sets([1, 1, 1], [1.0, 1, 1])
    assert (alike.best.tolist(), alike.worst.tolist()) == ([1] * 3, [3] * 3)
    assert bands(alike.above, np.arange(3)).tolist() == [1, 1, 1]
    # one pair: the critical value of |Z| is 1.96
    assert critical_value(np.eye(2), draws=400_000) == pytest.approx(1.95996, abs=0.01)


def test_correlated_counties_can_be_told_apart_where_independent_ones_cannot() -> None:
    x, sigma = [0.80, 0.78], np.array([[4e-4, 3.9e-4], [3.9e-4, 4e-4]])
    assert rank_sets(x, np.diag(sigma)).worst.tolist() == [2, 2]
    assert rank_sets(x, sigma).worst.tolist() == [1, 2]


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000), p=st.integers(1, 8))
def test_what_must_always_hold(seed: int, p: int) -> None:
    rng = np.random.default_rng(seed)
    x, v = rng.normal(0, 1, p), rng.uniform(0.01, 0.5, p)
    both = rank_sets(x, v, draws=2000)
    once = rank_sets(x, v, draws=2000, step_down=False)
    alone = rank_sets(x, v, draws=2000, simultaneous=False)
    for sets in (both, once, alone):
        assert ((sets.best >= 1) & (sets.best <= sets.rank)).all()
        assert ((sets.rank <= sets.worst) & (sets.worst <= p)).all()
    assert (once.best <= both.best).all()  # step-down only narrows
    assert (once.worst >= both.worst).all()
    # with the same draws, any other order of the counties gives the same sets to simulation error
    order = rng.permutation(p)
    moved = rank_sets(x[order], v[order], draws=2000)
    assert moved.rank.tolist() == both.rank[order].tolist()
    assert np.abs(moved.best - both.best[order]).max() <= 2


def test_a_difference_known_exactly_is_significant() -> None:
    got = rank_sets([3, 2, 2], np.zeros((3, 3)))
    assert (got.best.tolist(), got.worst.tolist()) == ([1, 2, 2], [1, 3, 3])


@pytest.mark.parametrize(
    ("estimates", "covariance", "words"),
    [
        ([], [], "p estimates"),
        ([1, 2], [1.0], "p × p"),
        ([1, np.nan], [1.0, 1], "finite"),
        ([1, 2], [[1.0, 0.5], [0.1, 1]], "symmetric"),
        ([1, 2], [1.0, -1], "negative"),
    ],
)
def test_what_is_refused(estimates: list[float], covariance: list[Any], words: str) -> None:
    with pytest.raises(MethodFailure, match=words):
        rank_sets(estimates, covariance)
    with pytest.raises(MethodFailure, match="level"):
        rank_sets([1, 2], [1.0, 1], level=1.0)
