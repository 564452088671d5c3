"""What must hold whatever the data: order, scale, twins, sums; authority: algebra."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.methods import raking, replication
from survey.methods.calibration import Distance, calibrate
from survey.methods.design import FloatArray, declare
from survey.methods.hadamard import half_samples
from survey.methods.half_sampling import balanced
from survey.methods.margins import margin
from survey.methods.quantiles import Rule, quantile
from survey.methods.replication import Replication
from survey.methods.sample import Sample, analysed
from survey.methods.statistics import Ratios, indicators, means, totals
from survey.methods.trimming import trim

Rows = list[tuple[int, int, int, float, float]]  # stratum, unit, category, weight, answer
rows = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.floats(1, 40), st.floats(-5, 5)),
    max_size=40,
).map(
    lambda more: (
        [(h, u, k, 10.0 + h + u, float(k - u)) for h in range(3) for u in range(3) for k in range(3)] + more
    )
)


def sample_of(data: Rows, *, factor: float = 1.0) -> tuple[Sample, FloatArray, Any]:
    stratum, unit, category, weight, y = (np.array(c) for c in zip(*data, strict=True))
    design = declare(weights=weight * factor, strata=stratum, units=[unit], nest=True)
    made = raking.rake(
        design.weights,
        [margin("category", category, {"0": 300 * factor, "1": 500 * factor, "2": 200 * factor}),
         margin("stratum", stratum, {"0": 400 * factor, "1": 350 * factor, "2": 250 * factor})],
        tolerance=1e-13,
    )  # fmt: skip
    return analysed(design, [made]), y[:, None], category


def mean(sample: Sample, y: FloatArray) -> tuple[float, float]:
    values, v = sample.estimate(means(y, sample.inside))
    return float(values[0]), float(v[0, 0])


@given(rows, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_rows_does_not_matter(data: Rows, random: Any) -> None:
    mixed = data[:]
    random.shuffle(mixed)
    assert mean(*sample_of(mixed)[:2]) == pytest.approx(mean(*sample_of(data)[:2]), rel=1e-8, abs=1e-10)


@given(rows, st.floats(0.01, 1000))
@settings(max_examples=40, deadline=None)
def test_the_scale_of_weights_does_not_matter_to_a_mean(data: Rows, factor: float) -> None:
    scaled = sample_of(data, factor=factor)
    assert mean(*scaled[:2]) == pytest.approx(mean(*sample_of(data)[:2]), rel=1e-8, abs=1e-10)


@given(rows)
@settings(max_examples=40, deadline=None)
def test_twins_in_a_unit_may_be_merged(data: Rows) -> None:
    """Two rows alike in one unit, and one row with both weights, are the same to estimate and error."""
    split = [(h, u, k, w / 2, y) for h, u, k, w, y in data for _ in range(2)]
    assert mean(*sample_of(split)[:2]) == pytest.approx(mean(*sample_of(data)[:2]), rel=1e-8, abs=1e-10)


@given(rows)
@settings(max_examples=40, deadline=None)
def test_totals_of_domains_add_up_and_margins_have_no_error(data: Rows) -> None:
    sample, y, category = sample_of(data)
    parts, v = sample.estimate(totals(np.broadcast_to(y, (y.size, 3)), indicators(category, 3).astype(bool)))
    whole, u = sample.estimate(totals(y, sample.inside))
    assert parts.sum() == pytest.approx(whole[0], rel=1e-9, abs=1e-7)
    assert v.sum() == pytest.approx(u[0, 0], rel=1e-7, abs=1e-6)
    counts, c = sample.estimate(totals(np.ones((y.size, 3)), indicators(category, 3).astype(bool)))
    assert counts == pytest.approx([300, 500, 200], rel=1e-9)
    assert np.abs(c).max() < 1e-9 * 1000**2


@given(rows, st.sampled_from(list(Distance)))
@settings(max_examples=40, deadline=None)
def test_calibration_meets_its_totals_within_bounds(data: Rows, distance: Distance) -> None:
    weight, category = np.array([r[3] for r in data]), np.array([r[2] for r in data])
    x = indicators(category, 3)
    goal = x.T @ weight * np.array([1.2, 0.8, 1.05])
    made = calibrate(weight, x, goal, distance=distance, bounds=(0.5, 2.0))
    assert x.T @ made.weights == pytest.approx(goal, rel=1e-9)
    assert np.all((made.weights / weight > 0.5 - 1e-9) & (made.weights / weight < 2 + 1e-9))


@given(st.lists(st.floats(1, 100), min_size=3, max_size=60), st.floats(1.05, 3), st.booleans())
@settings(max_examples=60, deadline=None)
def test_trimming_keeps_the_sum(weights: list[float], above: float, strict: bool) -> None:
    w = np.array(weights)
    upper = float(w.mean() * above)
    made = trim(w, upper=upper, strict=strict).weights
    assert made.sum() == pytest.approx(w.sum(), rel=1e-12)
    assert not strict or made.max() <= upper * (1 + 1e-9)


@given(
    st.lists(st.tuples(st.integers(-9, 9), st.floats(0.1, 9)), min_size=2, max_size=40),
    st.sampled_from(list(Rule)),
    st.floats(0, 1),
)
@settings(max_examples=80, deadline=None)
def test_a_quantile_lies_in_the_data_and_rises(data: list[tuple[int, float]], rule: Rule, p: float) -> None:
    y, w = (np.array(c, dtype=float) for c in zip(*data, strict=True))
    value = quantile(y, w, p, rule)
    assert y.min() - 1e-9 <= value <= y.max() + 1e-9
    if rule is Rule.MATH:
        order = np.argsort(y, kind="stable")
        below = w[order][y[order] <= value].sum() / w.sum()
        assert below >= p - 1e-12


@pytest.mark.parametrize("strata", [*range(1, 41), 47, 60, 90])
def test_half_samples_are_balanced(strata: int) -> None:
    sign = 2 * half_samples(strata) - 1
    assert sign.shape[0] == sign.shape[1] > strata
    assert np.array_equal(sign @ sign.T, sign.shape[0] * np.eye(sign.shape[0], dtype=int))
    factors, scale = balanced(tuple(str(h) for h in range(strata)), np.repeat(np.arange(strata), 2))
    assert scale == 1 / sign.shape[0]
    assert set(np.unique(factors)) == {0.0, 2.0}
    assert np.all(factors[::2] + factors[1::2] == 2)


def linear(kind: Replication, **more: Any) -> tuple[float, float]:
    """Compare a total's variance by replicates and by linearisation."""
    rng = np.random.default_rng(3)
    per = 2 if kind in (Replication.BRR, Replication.FAY) else 4
    stratum = np.repeat(np.arange(1 if kind is Replication.JK1 else 7), per)
    y, w = rng.normal(10, 3, stratum.size)[:, None], rng.uniform(1, 3, stratum.size)
    design = declare(weights=w, strata=None if kind is Replication.JK1 else stratum)
    made = replication.replicate(design, w, kind, **more)
    inside = np.ones(w.size, dtype=bool)
    _, by_replicates = analysed(design, replicates=made).estimate(totals(y, inside))
    _, by_formula = analysed(design).estimate(totals(y, inside))
    return float(by_replicates[0, 0]), float(by_formula[0, 0])


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (Replication.JK1, {}),
        (Replication.JKN, {}),
        (Replication.BRR, {}),
        (Replication.FAY, {"fay_rho": 0.4}),
    ],
)
def test_balanced_replicates_of_a_total_are_exact(kind: Replication, more: dict[str, float]) -> None:
    ours, formula = linear(kind, **more)
    assert ours == pytest.approx(formula, rel=1e-10)


@pytest.mark.parametrize("kind", [Replication.BOOTSTRAP, Replication.SUBBOOTSTRAP])
def test_the_bootstrap_comes_near_and_repeats(kind: Replication) -> None:
    ours, formula = linear(kind, replicates=4000, seed=8)
    assert ours == pytest.approx(formula, rel=0.1)
    assert linear(kind, replicates=50, seed=8) == linear(kind, replicates=50, seed=8)
    assert linear(kind, replicates=50, seed=9)[0] != linear(kind, replicates=50, seed=8)[0]


def test_influence_is_the_derivative() -> None:
    rng = np.random.default_rng(1)
    y, x, w = rng.normal(size=(20, 1)), rng.uniform(1, 2, (20, 1)), rng.uniform(1, 3, 20)
    build: list[Callable[[], Any]] = [lambda: Ratios(y, x), lambda: totals(y, np.ones(20, dtype=bool))]
    for make in build:
        statistic = make()
        for i in (0, 7):
            step = np.zeros(20)
            step[i] = 1e-6
            slope = (statistic.values(w + step) - statistic.values(w - step)) / 2e-6
            assert statistic.influence(w)[i] == pytest.approx(slope, rel=1e-5, abs=1e-8)
