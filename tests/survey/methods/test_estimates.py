"""Designs, variances and the one call for estimates; authority: worked by hand, and what must always hold."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.methods import effects, raking
from survey.methods.adjustment import Adjustment
from survey.methods.contrasts import Target, difference, joint
from survey.methods.design import Design, declare
from survey.methods.estimands import Composite, Estimand, Mean, Ratio, Total, column, proportion, top_two
from survey.methods.estimates import Domains, Estimate, domains, estimates
from survey.methods.failures import DesignFailure, MethodFailure, SinglePsuFailure
from survey.methods.intervals import Flag, Method
from survey.methods.margins import Margin, margin
from survey.methods.publication import Publication, Suppression, suppress
from survey.methods.variance import SinglePsu, single_units, variance


def test_a_stratified_mean_by_hand() -> None:
    # strata a: N 10, y 1 2 3; b: N 20, y 4 6. Weights 10/3 and 10; mean = (10·2 + 20·5)/30 = 4
    # V = (10/30)² (1−3/10)·1/3 + (20/30)² (1−2/20)·2/2 = 0.0259259 + 0.4 = 0.4259259
    design = declare(strata=list("aaabb"), population=[[10, 10, 10, 20, 20]])
    (got,) = estimates(design, [Mean("y", column([1, 2, 3, 4, 6]))])
    assert got.estimate == pytest.approx(4, rel=1e-14)
    assert got.standard_error == pytest.approx(math.sqrt(0.7 / 27 + 0.4), rel=1e-14)
    assert (got.df, got.n) == (3, 5)


def test_a_cluster_total_by_hand() -> None:
    # 2 of 4 units, all their rows: totals 3 and 7, weight 2: T = 20, V = 4² (1−2/4) · s²/2 = 16·0.5·8/2 = 32
    design = declare(units=[list("ppqq")], population=[[4] * 4])
    values, v = joint(design, [Target(Total("y", column([1, 2, 3, 4])))])
    assert (values[0], v[0, 0]) == (pytest.approx(20), pytest.approx(32))


def test_single_unit_policies_by_hand() -> None:
    # stratum a one unit z = 4, stratum b z = 1, 3: V_b = 2/1·((1−2)²+(3−2)²) = 4; grand mean 8/3
    design = declare(weights=[1, 1, 1], strata=list("abb"))
    z = np.array([4.0, 1, 3])
    assert single_units(design) == ("a",)
    with pytest.raises(SinglePsuFailure, match=r"stratum a.*adjust"):
        variance(z, design)
    assert variance(z, design, single=SinglePsu.REMOVE) == pytest.approx(4)
    assert variance(z, design, single=SinglePsu.AVERAGE) == pytest.approx(8)
    assert variance(z, design, single=SinglePsu.ADJUST) == pytest.approx(4 + (4 - 8 / 3) ** 2)


def test_a_stratum_taken_whole_adds_nothing() -> None:
    design = declare(strata=list("abb"), population=[[1, 2, 2]])
    assert single_units(design) == ()
    assert variance(np.array([4.0, 1, 3]), design) == 0


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"weights": [1, -1]}, "base weight of row 1"),
        ({"weights": [1, 1], "strata": ["a"]}, "one length"),
        ({"strata": list("ab"), "population": [[2, 0.5]]}, "stratum b.*at most"),
        ({"strata": list("aa"), "population": [[2, 3]]}, "stratum a.*one population size"),
        ({"strata": list("ab"), "weights": [1, 1], "units": [list("pp")]}, "unit p.*nest"),
        ({"strata": list("ab")}, "weights, or population"),
        ({"weights": [1, 1], "units": [list("pq"), list("xy")], "population": [[5, 5]]}, "2 stage"),
        ({"weights": []}, "at least one row"),
    ],
)
def test_a_design_that_contradicts_itself_says_where(declared: dict[str, list[object]], words: str) -> None:
    with pytest.raises(DesignFailure, match=words):
        declare(**declared)  # type: ignore[arg-type]


def test_an_index_is_the_mean_of_its_items_shares_each_with_its_own_people() -> None:
    police, courts = proportion("police", [1, 1, 0, 1]), proportion("courts", [1, math.nan, math.nan, 0])
    design = declare(weights=[1, 1, 1, 1])
    index = Composite("enforcement", (police, courts))
    (got,) = estimates(design, [index])
    assert got.estimate == pytest.approx((3 / 4 + 1 / 2) / 2)
    values, v = joint(design, [Target(police), Target(courts)])
    assert got.standard_error == pytest.approx(math.sqrt(v.sum()) / 2)
    assert got.n == 4
    assert values.mean() == pytest.approx(got.estimate)


def test_an_index_with_an_unanswered_item_has_no_value() -> None:
    index = Composite("i", (proportion("a", [1, 0]), proportion("b", [math.nan, math.nan])))
    (got,) = estimates(declare(weights=[1, 1]), [index])
    assert (got.estimate, got.flags, got.is_published) == (None, (Flag.EMPTY,), False)


def test_top_two() -> None:
    scored = top_two([1, 2, 3, 5, 8, math.nan])
    assert scored[:4].tolist() == [1, 1, 0, 0]
    assert np.isnan(scored[4:]).all()
    with pytest.raises(MethodFailure, match="0, 1 or missing"):
        proportion("p", [0, 2])


def test_every_domain_comes_back_finite_whatever_is_in_it() -> None:
    design = declare(weights=[1, 1, 1, 1, 2], strata=list("aabbb"))
    by = Domains(np.array([0, 0, 1, 3, -1]), ("all yes", "one", "empty", "no answer"))
    got = estimates(design, [proportion("p", [1, 1, 0, math.nan, 1])], by=by, whole="city")
    assert [e.domain for e in got] == ["city", "all yes", "one", "empty", "no answer"]
    assert Flag.ALL_OR_NONE in got[1].flags
    assert Flag.SINGLE in got[2].flags
    assert got[3].flags == got[4].flags == (Flag.EMPTY,)
    for e in got:
        numbers = [v for v in dataclasses.asdict(e).values() if isinstance(v, float)]
        assert all(math.isfinite(v) for v in numbers)
        assert (e.low is None) == (e.estimate is None)
    assert not any(e.is_published for e in got[2:])


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"estimate": None}, Suppression.NO_ANSWER),
        ({"n": 29}, Suppression.TOO_FEW),
        ({"effective_n": 29.9}, Suppression.TOO_FEW),
        ({"has_spread": False}, Suppression.NO_SPREAD),
        ({"low": 0.5, "high": 0.8}, Suppression.TOO_UNCERTAIN),
        ({"low": 0.5, "high": 0.8, "is_share": False}, None),
        # 4 % with an interval of 1–7 %: 0.06 wide, more than 1.3 × 0.04; 2–6 % is narrow enough not to ask
        ({"estimate": 0.04, "low": 0.01, "high": 0.07}, Suppression.TOO_UNCERTAIN),
        ({"estimate": 0.02, "low": 0.005, "high": 0.05}, None),
    ],
)
def test_what_may_be_published(changed: dict[str, Any], reason: Suppression | None) -> None:
    figure = {"estimate": 0.7, "low": 0.6, "high": 0.78, "n": 100, "effective_n": 80.0, "is_share": True}
    assert suppress(Publication(), **(figure | changed)) is reason


def test_the_rule_of_publication_is_an_argument() -> None:
    y = (np.arange(400) % 5 > 0).astype(float)
    assert estimates(declare(weights=np.ones(400)), [proportion("p", y)])[0].is_published
    assert estimates(declare(weights=np.ones(20)), [proportion("p", y[:20])])[0].suppression == "too_few"
    strict = estimates(
        declare(weights=np.ones(400)), [proportion("p", y)], publication=Publication(max_width=0.05)
    )
    assert strict[0].suppression == "too_uncertain"


def test_adjustments_out_of_order_are_refused() -> None:
    design = declare(weights=np.ones(2))
    m = margin("sex", list("mf"), {"m": 40, "f": 60})
    first = raking.rake(design.weights, [m])
    second = raking.rake(first.weights, [margin("sex", list("mf"), {"m": 1, "f": 1})])
    with pytest.raises(DesignFailure, match="order"):
        estimates(design, [proportion("p", [1, 0])], adjustments=[second, first])


def test_effects() -> None:
    # weights 1 and 3: n Σw²/(Σw)² = 2·10/16
    assert effects.kish(np.array([1.0, 3.0, 0.0])) == pytest.approx(1.25)
    assert effects.interviewer_effect(0.02, 51) == pytest.approx(2.0)


def a_sample(seed: int, n: int) -> tuple[Design, list[Adjustment], np.ndarray, np.ndarray]:
    """A stratified, raked sample with three domains, from a seed."""
    rng = np.random.default_rng(seed)
    stratum = rng.permutation(np.arange(n) % 4)
    by, sex = rng.integers(0, 3, n), rng.integers(0, 2, n)
    y = (rng.random(n) < 0.4 + 0.2 * sex).astype(float)
    design = declare(weights=rng.uniform(1, 4, n), strata=stratum, population=[np.full(n, 50.0 * n)])
    totals = np.bincount(sex, design.weights, minlength=2) * np.array([1.1, 0.9])
    sexes = Margin("sex", ("f", "m"), totals + 1e-9, sex)
    return design, [raking.rake(design.weights, [sexes])] if (totals > 0).all() else [], y, by


def items(y: np.ndarray) -> list[Estimand]:
    return [Mean("m", y, is_share=True), Total("t", y), Ratio("r", y, np.ones_like(y) * 2)]


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.integers(8, 60))
def test_domain_totals_add_up(seed: int, n: int) -> None:
    design, adjustments, y, by = a_sample(seed, n)
    got = estimates(design, [Total("t", y)], adjustments=adjustments, by=domains(by), whole="all")
    parts = [e.estimate or 0.0 for e in got[1:]]
    assert got[0].estimate == pytest.approx(sum(parts), rel=1e-10)
    codes = domains(by).codes
    _, v = joint(
        design, [Target(Total("t", y), codes == d) for d in range(codes.max() + 1)], adjustments=adjustments
    )
    assert math.sqrt(max(v.sum(), 0)) == pytest.approx(got[0].standard_error, rel=1e-7, abs=1e-7)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.integers(8, 60))
def test_the_order_of_the_rows_does_not_matter(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    stratum, by, y, w = np.arange(n) % 4, rng.integers(0, 3, n), rng.random(n), rng.uniform(1, 4, n)
    order = rng.permutation(n)
    straight = estimates(declare(weights=w, strata=stratum), items(y)[:2], by=domains(by))
    mixed = estimates(
        declare(weights=w[order], strata=stratum[order]), items(y[order])[:2], by=domains(by[order])
    )
    for a, b in zip(straight, mixed, strict=True):
        same(a, b)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.integers(8, 60), st.floats(0.01, 1000))
def test_scaling_the_weights_changes_totals_only(seed: int, n: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    stratum, y, w = np.arange(n) % 4, rng.integers(0, 2, n).astype(float), rng.uniform(1, 4, n)
    one = estimates(declare(weights=w, strata=stratum), items(y))
    other = estimates(declare(weights=w * scale, strata=stratum), items(y))
    for a, b in zip(one, other, strict=True):
        if a.item == "t":
            assert a.estimate is not None
            assert b.estimate == pytest.approx(a.estimate * scale, rel=1e-9)
        else:
            same(a, dataclasses.replace(b, sum_of_weights=a.sum_of_weights))


def same(a: Estimate, b: Estimate) -> None:
    for name, x in dataclasses.asdict(a).items():
        y = getattr(b, name)
        assert y == (pytest.approx(x, rel=1e-7, abs=1e-9) if isinstance(x, float) else x), name


def test_a_difference_carries_the_covariance() -> None:
    # same people, two items: y2 = y1 → no difference, no error
    design, adjustments, y, _ = a_sample(1, 60)
    twin = difference(design, Target(Mean("a", y)), Target(Mean("b", y)), adjustments=adjustments)
    assert (twin.estimate, twin.standard_error, twin.p) == (0, 0, None)
    # two domains without calibration and each in strata of its own: independent
    free = declare(weights=np.ones(8), strata=list("aaaabbbb"))
    values = column([1, 0, 1, 1, 0, 1, 0, 0])
    left, right = (np.arange(8) < 4), (np.arange(8) >= 4)
    apart = difference(free, Target(Mean("y", values), left), Target(Mean("y", values), right))
    # each side s² = 0.25, V = 0.25/4; se = √(2·0.0625)
    assert apart.estimate == pytest.approx(0.5)
    assert apart.standard_error == pytest.approx(math.sqrt(0.125))
    assert apart.df == 6
    assert apart.p == pytest.approx(0.2070, abs=5e-4)  # t = 1.41421, 6 df


def test_intervals_cover() -> None:
    # 1,500 stratified samples, deff about 1.3 from unequal weights: 95 % intervals cover 93–97 %
    rng = np.random.default_rng(11)
    sizes, shares, drawn = np.array([4000, 2000, 1000]), np.array([0.7, 0.85, 0.95]), np.array([60, 70, 120])
    truth = float((sizes * shares).sum() / sizes.sum())
    stratum = np.repeat(np.arange(3), drawn)
    design = declare(strata=stratum, population=[sizes[stratum]])
    hits = {Method.LOGIT: 0, Method.BETA: 0}
    rounds = 1500
    for _ in range(rounds):
        y = np.concatenate(
            [rng.hypergeometric(round(s * p), s - round(s * p), n) >= np.arange(1, n + 1)
             for s, p, n in zip(sizes, shares, drawn, strict=True)]
        ).astype(float)  # fmt: skip
        for method in hits:
            (got,) = estimates(design, [proportion("p", y)], method=method)
            assert got.low is not None
            assert got.high is not None
            hits[method] += got.low <= truth <= got.high
    assert 0.93 <= hits[Method.LOGIT] / rounds <= 0.97
    assert 0.93 <= hits[Method.BETA] / rounds <= 0.985
