"""Split halves, list experiments and interviewer effects; authority: worked by hand, and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from survey.methods import raking
from survey.methods.contrasts import Target, difference
from survey.methods.design import declare
from survey.methods.estimands import Mean
from survey.methods.failures import MethodFailure
from survey.methods.interviewer import interviewer_effect
from survey.methods.list_experiment import list_experiment
from survey.methods.margins import Margin
from survey.methods.split_test import split_test


def test_a_split_half_by_hand() -> None:
    # means 0.25 and 0.75 in a sample of 8, weights 1: with-replacement variance of the difference of two domains:
    # z = ±(y − ȳ)/4, V = 8/7 Σ z² = 8/7 · 2 · 0.75/16
    y, arm = [1, 0, 0, 0, 1, 1, 1, 0], [0, 0, 0, 0, 1, 1, 1, 1]
    (got,) = split_test(declare(weights=np.ones(8)), y, arm)
    assert got.difference.estimate == pytest.approx(0.5)
    assert got.difference.standard_error == pytest.approx(math.sqrt(8 / 7 * 2 * 0.75 / 16))
    assert got.difference.df == 7
    assert got.adjusted_p == got.difference.p


def test_split_halves_over_categories_are_one_family() -> None:
    rng = np.random.default_rng(1)
    arm = rng.integers(0, 2, 900).astype(float)
    arm[:100] = np.nan
    y = np.where(rng.random(900) < 0.5 + 0.15 * (arm == 1), 1.0, rng.integers(2, 4, 900))
    strata = np.arange(900) % 5
    design = declare(weights=rng.uniform(1, 3, 900), strata=strata)
    sex = rng.integers(0, 2, 900)
    raked = raking.rake(design.weights, [Margin("sex", ("f", "m"), np.array([500.0, 400]), sex)])
    got = split_test(design, y, arm, categories=(1, 2, 3), adjustments=[raked])
    assert [g.category for g in got] == ["1", "2", "3"]
    assert sum(g.difference.estimate for g in got) == pytest.approx(0, abs=1e-12)
    own = Mean("1", (y == 1).astype(float))
    alone = difference(design, Target(own, arm == 1), Target(own, arm == 0), adjustments=[raked])
    assert got[0].difference == alone
    p = [g.difference.p for g in got]
    assert all(
        a.adjusted_p is not None and b is not None and a.adjusted_p >= b for a, b in zip(got, p, strict=True)
    )
    assert got[0].adjusted_p == pytest.approx(3 * min(v for v in p if v is not None))
    with pytest.raises(MethodFailure, match="both present"):
        split_test(design, y, np.zeros(900))


def a_list(seed: int, n: int, *, share: float, is_honest: bool = True) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    arm = rng.integers(0, 2, n)
    control = rng.binomial(3, 0.5, n)
    holds = rng.random(n) < share
    if not is_honest:  # the long list drives people to count less of everything
        control = np.where(arm == 1, np.maximum(control - 1, 0), control)
    return (control + arm * holds).astype(float), arm.astype(float)


def test_a_list_experiment_finds_the_share_and_covers_it() -> None:
    hits, errors = 0, []
    for seed in range(300):
        counts, arm = a_list(seed, 400, share=0.3)
        got = list_experiment(declare(weights=np.ones(400)), counts, arm, items=3)
        hits += got.share.low <= 0.3 <= got.share.high
        errors.append(got.share.estimate - 0.3)
        assert 0 <= got.floor <= 1
    assert 0.92 <= hits / 300 <= 0.98
    assert abs(np.mean(errors)) < 0.02


def test_a_list_that_changes_the_other_answers_is_found_out() -> None:
    honest, failing = (a_list(1, 3000, share=0.3, is_honest=h) for h in (True, False))
    design = declare(weights=np.ones(3000))
    assert list_experiment(design, *honest, items=3).p_no_effect > 0.05
    assert list_experiment(design, *failing, items=3).p_no_effect < 0.001
    with pytest.raises(MethodFailure, match="up to 2"):
        list_experiment(design, *honest, items=2)


def test_floor_and_ceiling_by_hand() -> None:
    counts, arm = [0, 1, 2, 2, 0, 0, 3, 3], [0, 0, 0, 0, 1, 1, 1, 1]
    got = list_experiment(declare(weights=np.ones(8)), counts, arm, items=2)
    assert [got.floor, got.ceiling] == pytest.approx([0.5, 0.5])
    assert got.share.estimate == pytest.approx(1.5 - 1.25)


def balanced(seed: int, between: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(12), 20)
    return rng.normal(0, 1, 240) + between * rng.normal(0, 1, 12)[group], group


def test_rho_of_balanced_workloads_is_that_of_the_analysis_of_variance() -> None:
    y, group = balanced(3, 0.5)
    means = y.reshape(12, 20).mean(axis=1)
    between = 20 * np.var(means, ddof=1)
    within = np.mean(np.var(y.reshape(12, 20), axis=1, ddof=1))
    got = interviewer_effect(y, group)
    assert got.rho == pytest.approx((between - within) / (between + 19 * within), rel=1e-6)
    assert got.low < got.rho < got.high
    assert got.p < 0.001
    assert (got.interviewers, got.workload) == (12, 20)
    assert got.deff == pytest.approx(1 + got.rho * 19)


def test_interviewers_who_do_not_matter() -> None:
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(10), 10)
    y = np.tile(np.arange(10.0), 10)  # every interviewer has exactly the same answers
    got = interviewer_effect(y, group)
    assert (got.rho, got.low, got.p, got.deff) == (0, 0, 1, 1)
    assert 0 < got.high < 0.2
    county = (group >= 5).astype(float)
    apart = interviewer_effect(rng.normal(0, 1, 100) + 3 * county, group, county[:, None])
    assert apart.rho < 0.1  # what the caseload explains is not the interviewer's
    assert interviewer_effect(rng.normal(0, 1, 100) + 3 * county, group).rho > 0.4
    with pytest.raises(MethodFailure, match="2 interviewers"):
        interviewer_effect(y, np.zeros(100))


def test_rho_of_uneven_workloads_is_the_root_of_the_reml_equations() -> None:
    # independent of the code's sums by interviewer: dense V = I + λ ZZ', REML evaluated by plain matrices
    rng = np.random.default_rng(8)
    group = rng.integers(0, 15, 200) ** 2 % 15
    x = np.column_stack([np.ones(200), rng.normal(0, 1, 200)])
    y = x @ [1, 0.5] + rng.normal(0, 1, 200) + 0.6 * rng.normal(0, 1, 15)[group]
    z = np.eye(15)[group]

    def restricted(rho: float) -> float:
        v = np.eye(200) * (1 - rho) + rho * z @ z.T
        inverse = np.linalg.inv(v)
        xx = x.T @ inverse @ x
        r = y - x @ np.linalg.solve(xx, x.T @ inverse @ y)
        spread = 198 * math.log(float(r @ inverse @ r))
        return float(-0.5 * (spread + np.linalg.slogdet(v)[1] + np.linalg.slogdet(xx)[1]))

    rho = interviewer_effect(y, group, x[:, 1:]).rho
    assert 0.05 < rho < 0.6
    assert restricted(rho) > max(restricted(rho - 1e-4), restricted(rho + 1e-4))
