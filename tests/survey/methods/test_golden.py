"""Our estimates against R's package survey 4.5; authority: tests/reference/statistics/README.md."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy import special

from survey.methods import effects, intervals
from survey.methods.contrasts import Target, joint
from survey.methods.estimands import Mean, column
from tests.survey.methods.reference import (
    HERE,
    adjustments_of,
    cases,
    computed,
    design_of,
    holds,
    policy_of,
    table,
    weights_of,
)

CASES = cases()
BY_CALIBRATE = json.loads((HERE / "rake_by_calibrate.json").read_text(encoding="utf-8"))
PROPORTIONS = [c for c in CASES if c["estimand"]["stat"] == "ciprop"]
CONTRASTS = [c for c in CASES if c["estimand"]["stat"] == "contrast"]
KISH = [c for c in CASES if c["estimand"]["stat"] == "weights"]
OTHERS = [c for c in CASES if c["estimand"]["stat"] not in ("ciprop", "contrast", "weights")]


def named(case: dict[str, Any]) -> str:
    return str(case["id"])


def is_raked(case: dict[str, Any]) -> bool:
    """Tell the cases whose SE follows another residual rule in R; they are held by R's `calibrate` instead."""
    return any(step["type"] == "rake" for step in case.get("adjust", []))


def standard_error(case: dict[str, Any], k: int) -> float:
    return float(BY_CALIBRATE[case["id"]][k] if is_raked(case) else case["expected"]["rows"][k]["se"])


def close(ours: float, theirs: float | None, *, rel: float = 1e-8) -> None:
    assert theirs is not None
    assert ours == pytest.approx(theirs, rel=rel, abs=1e-9)


@pytest.mark.parametrize("case", OTHERS, ids=named)
def test_estimate_and_covariance(case: dict[str, Any]) -> None:
    design, adjustments, targets, values, v = computed(case)
    expected = case["expected"]
    weights = weights_of(design, adjustments)
    assert design.df == expected["df"]
    close(float(weights.sum()), expected["sum_w"])
    rows = expected["rows"]
    assert list(targets) == [row["label"] for row in rows]
    for k, row in enumerate(rows):
        error = float(np.sqrt(v[k, k]))
        close(float(values[k]), row["estimate"])
        theirs = standard_error(case, k)
        nought = 1e-6 * abs(values[k])  # an SE that is 0 may come out as rounding of the estimate
        assert error == pytest.approx(theirs, rel=1e-8, abs=nought if theirs < nought else 1e-9)
        if row.get("deff") is not None and not is_raked(case):
            close(deff(list(targets.values())[k], weights, v[k, k], case["estimand"]), row["deff"])
        if row.get("df_domain") is not None and case["estimand"]["stat"] != "prop":
            target = list(targets.values())[k]
            assert target.inside is not None
            # R counts a ratio's rows before looking for missing answers
            answered = target.inside & (weights > 0)
            if case["estimand"]["stat"] != "ratio":
                answered = target.estimand.linearise(weights, target.inside).answered
            assert design.df_of(answered) == row["df_domain"]
    if expected.get("vcov") and not is_raked(case):
        matrix = np.array(expected["vcov"], dtype=np.float64).reshape(v.shape)
        size = np.sqrt(np.outer(np.diag(v), np.diag(v)))
        tiny = np.where(
            np.sqrt(np.diag(v)) < 1e-6 * np.abs(values), 1e-6 * np.abs(values), 0
        )  # an SE that is 0
        nothing = (
            np.outer(tiny, np.sqrt(np.diag(v)) + tiny) + np.outer(np.sqrt(np.diag(v)) + tiny, tiny) + 1e-18
        )
        assert np.all(np.abs(v - matrix) <= 1e-8 * size + nothing)


def deff(target: Target, weights: np.ndarray[Any, Any], variance: float, estimand: dict[str, Any]) -> float:
    assert target.inside is not None
    linear = target.estimand.linearise(weights, target.inside)
    w = weights[linear.answered]
    simple = effects.simple_variance(
        w, linear.influence[linear.answered], without_replacement=estimand.get("deff") == "wor"
    )
    result = effects.design_effect(variance, simple)
    assert result is not None
    return result


@pytest.mark.parametrize("case", CONTRASTS, ids=named)
def test_contrast(case: dict[str, Any]) -> None:
    design, _, targets, values, v = computed(case)
    asked = case["estimand"]["coef"]
    c = np.array([float(asked.get(label, 0)) for label in targets])
    row = case["expected"]["rows"][0]
    estimate, error = float(c @ values), float(np.sqrt(c @ v @ c))
    close(estimate, row["estimate"])
    close(error, row["se"])
    close(2 * float(special.stdtr(design.df, -abs(estimate / error))), row["p_t"], rel=1e-6)


@pytest.mark.parametrize("case", PROPORTIONS, ids=named)
def test_interval_of_a_proportion(case: dict[str, Any]) -> None:
    design = design_of(case)
    adjustments = adjustments_of(case, design)
    data, event = table(case["data"]), case["estimand"]["event"]
    y = np.where(
        [str(v) in ("nan", "") for v in data[event["var"]]], np.nan, holds(event, data).astype(float)
    )
    domain = case.get("domain") or {}
    inside = holds(domain["where"], data) if domain.get("where") else np.ones(y.size, dtype=np.bool_)
    row = case["expected"]["rows"][0]
    values, v = joint(
        design, [Target(Mean("p", column(y)), inside)], adjustments=adjustments, single=policy_of(case)
    )
    close(float(values[0]), row["estimate"])
    if values[0] in (0, 1):
        return  # R has no answer there; ours is held by test_intervals
    error = float(np.sqrt(v[0, 0]))
    close(error, standard_error(case, 0))
    method = case["estimand"]["method"]
    low, high = row["ci"]
    ours = intervals.interval(
        float(values[0]),
        row["se"],
        n=row["nrow_used"],
        df=float(row["df_used"]),
        level=row["level"],
        method=intervals.Method("logit" if method == "xlogit" else method),
    )
    close(ours.low, low, rel=1e-6 if method == "logit" else 1e-8)
    close(ours.high, high, rel=1e-6 if method == "logit" else 1e-8)


@pytest.mark.parametrize("case", [c for c in CASES if c.get("write_weights")], ids=named)
def test_weights(case: dict[str, Any]) -> None:
    design = design_of(case)
    ours = weights_of(design, adjustments_of(case, design))
    theirs = column(table(case["write_weights"])["w"])
    assert np.max(np.abs(ours / theirs - 1)) < 1e-8


@pytest.mark.parametrize("case", KISH, ids=named)
def test_the_effect_of_unequal_weights(case: dict[str, Any]) -> None:
    design = design_of(case)
    row = case["expected"]["rows"][0]
    assert effects.kish(weights_of(design, adjustments_of(case, design))) == pytest.approx(
        row["deff_kish"], rel=1e-8
    )
