"""Bootstrap replicates of a cube; authority: the linearised variance, and distributions worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from survey.methods import cube_calibration
from survey.methods.cube import count
from survey.methods.cube_bootstrap import bootstrap, multinomial
from survey.methods.cube_estimates import cube_joint
from survey.methods.cube_estimation import CubeTarget, Margins
from survey.methods.cube_layout import Item, Key, Layout
from survey.methods.failures import DesignFailure, SinglePsuFailure
from survey.methods.variance import SinglePsu
from tests.survey.methods.test_cube import a_sample, totals_for

TARGETS = [
    CubeTarget("safe"),
    CubeTarget("enforcement"),
    CubeTarget("age"),
    CubeTarget("safe", {"county": "C1"}),
]


@pytest.mark.parametrize(("has_units", "has_fpc"), [(False, False), (False, True), (True, False)])
def test_replicates_spread_as_the_linearised_variance_says(has_units: bool, has_fpc: bool) -> None:
    sample = a_sample(4, 900, has_units=has_units, has_fpc=has_fpc)
    cube, totals = sample.cube, totals_for(sample, 4)
    folded = Margins.of(cube)
    step = cube_calibration.rake(cube, folded, totals)
    values, v = cube_joint(cube, TARGETS, margins=folded, steps=[step], population=sample.population)
    drawn = bootstrap(cube, TARGETS, replicates=1500, totals=totals, population=sample.population, seed=3)
    assert drawn.unmet == 0
    spread = np.sqrt(np.diag(drawn.covariance()) / np.diag(v))
    assert np.abs(spread - 1).max() < 0.09  # 1,500 replicates know an error to about 2 %
    assert np.abs(drawn.values.mean(axis=0) - values).max() < 0.25 * np.sqrt(np.diag(v)).max()
    correlated = np.corrcoef(drawn.values, rowvar=False)
    expected = v / np.sqrt(np.outer(np.diag(v), np.diag(v)))
    assert np.abs(correlated - expected).max() < 0.1


def test_without_calibration_alike_interviews_are_counted_exactly() -> None:
    # one stratum of 6 yes and 4 no, weight 1: n/(n−1) · Binomial(9, 0.6) yes among 10
    layout = Layout(("S",), (Key("answer", ("no", "yes")),), (Item("y", may_miss=False),))
    y = np.repeat([1.0, 0], [6, 4])
    cube = count(
        layout,
        strata=np.zeros(10, dtype=np.int64),
        keys=[y.astype(np.int64)],
        weights=np.ones(10),
        answers=[y],
    )
    drawn = bootstrap(cube, [CubeTarget("y", is_total=True)], replicates=4000, seed=5).values[:, 0] * 9 / 10
    assert np.allclose(drawn, np.round(drawn))
    have = np.bincount(np.round(drawn).astype(int), minlength=10)
    expected = stats.binom.pmf(np.arange(10), 9, 0.6) * 4000
    pooled = slice(2, 10)
    assert (
        stats.chisquare(have[pooled], expected[pooled] * have[pooled].sum() / expected[pooled].sum()).pvalue
        > 0.001
    )


def test_filled_up_poisson_counts_are_multinomial() -> None:
    rng, p = np.random.default_rng(2), np.array([0.5, 0.3, 0.15, 0.05])
    drawn = multinomial(400, np.array([100, 60, 30, 10]), 20_000, rng)
    assert (drawn.sum(axis=1) == 400).all()
    np.testing.assert_allclose(drawn.mean(axis=0), 400 * p, rtol=0.01)
    np.testing.assert_allclose(np.cov(drawn.T), 400 * (np.diag(p) - np.outer(p, p)), rtol=0.06, atol=1)
    have = np.bincount(drawn[:, 3], minlength=60)[8:35]
    expected = stats.binom.pmf(np.arange(8, 35), 400, 0.05)
    assert stats.chisquare(have, expected / expected.sum() * have.sum()).pvalue > 0.001
    few = multinomial(5, np.array([100, 60, 30, 10]), 20_000, rng)
    assert (few.sum(axis=1) == 5).all()
    np.testing.assert_allclose(few.mean(axis=0), 5 * p, rtol=0.03)
    np.testing.assert_allclose(few.var(axis=0), 5 * p * (1 - p), rtol=0.05)


def test_the_same_seed_gives_the_same_replicates_and_margins_that_cannot_be_met_are_counted() -> None:
    sample = a_sample(8, 60)
    cube, totals = sample.cube, totals_for(sample, 8)
    one, two = (bootstrap(cube, TARGETS, replicates=20, totals=totals, seed=9) for _ in range(2))
    assert np.array_equal(one.values, two.values)
    rare = np.zeros(60, dtype=np.int64)
    rare[:2] = 1
    thin = count(
        Layout(cube.layout.strata, (Key("rare", ("no", "yes")),), cube.layout.items),
        strata=sample.strata, keys=[rare], weights=np.ones(60), answers=sample.answers,
    )  # fmt: skip
    many = bootstrap(
        thin, [CubeTarget("safe")], replicates=200, totals={"rare": {"no": 50.0, "yes": 5.0}}, seed=1
    )
    assert 0 < many.unmet < 60  # both rare ones are missed with probability about 0.1
    assert many.values.shape == (200 - many.unmet, 1)


def test_lonely_strata_and_odd_requests() -> None:
    cube = a_sample(8, 60, lonely=True).cube
    with pytest.raises(SinglePsuFailure, match="S4"):
        bootstrap(cube, TARGETS, replicates=5)
    assert bootstrap(cube, TARGETS, replicates=5, single=SinglePsu.REMOVE).values.shape == (5, 4)
    with pytest.raises(DesignFailure, match="fail or remove"):
        bootstrap(cube, TARGETS, single=SinglePsu.ADJUST)
