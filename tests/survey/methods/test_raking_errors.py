"""Which error after raking is right: the measurements behind the ruling of docs/decisions/0016."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.raking_errors import (
    Drawn,
    by_strata,
    errors_of,
    like_ours,
    simulated,
    two_stages,
    with_giants,
    with_two_slopes,
)
from survey.methods import margins
from survey.methods.estimands import column
from survey.methods.influence import leverage
from tests.survey.methods.reference import cases, data_of, design_of, text


def test_one_heavy_district_draws_the_fit_to_itself() -> None:
    """A-clus2: the jackknife lies near R's rake, the textbook under both; one district has most of the leverage."""
    case = next(c for c in cases() if c["id"] == "A-clus2-rake-mean")
    design, data = design_of(case), data_of(case)
    asked = [
        margins.margin(m["var"], [text(v) for v in data[m["var"]]], {k: float(t) for k, t in m["totals"].items()})
        for m in case["adjust"][0]["margins"]
    ]  # fmt: skip
    for row, least in zip(case["expected"]["rows"], (0.15, 0.2), strict=True):
        sample = Drawn(design, asked, column(data[row["label"]]))
        value, variances, made = errors_of(sample, jackknife=True)
        textbook, r_rake, jackknife = np.sqrt(variances)
        assert value == pytest.approx(row["estimate"], rel=1e-8)
        assert r_rake == pytest.approx(row["se"], rel=1e-8)
        assert jackknife == pytest.approx(r_rake, rel=0.15)
        assert textbook < (1 - least) * jackknife
    unit = design.stages[0].unit
    assert unit is not None
    assert np.bincount(unit, leverage(made)).max() > 0.7


def test_with_many_interviews_of_unlike_weight_only_the_textbook_is_right() -> None:
    population, drawn = with_two_slopes()
    truth = float(population.y.mean())
    found = simulated(by_strata(population, 10 * drawn), truth, 120)
    assert 0.88 < found["textbook"]["error_over_spread"] < 1.12
    assert found["textbook"]["coverage"] > 0.9
    assert found["r_rake"]["error_over_spread"] > 2.5
    assert found["largest_leverage"] < 0.01


def test_in_a_design_like_ours_the_rules_agree_and_cover() -> None:
    population, drawn = like_ours()
    found = simulated(by_strata(population, drawn), float(population.y.mean()), 120)
    assert found["r_rake"]["error_over_spread"] == pytest.approx(
        found["textbook"]["error_over_spread"], rel=0.02
    )
    assert 0.9 < found["textbook"]["error_over_spread"] < 1.1
    assert found["largest_leverage"] < 0.1


def test_with_few_units_and_giants_the_jackknife_sees_more() -> None:
    population = with_giants()
    found = simulated(two_stages(population, 40), float(population.y.mean()), 40, jackknife=True)
    assert found["largest_leverage"] > 0.4
    assert found["jackknife"]["error_over_spread"] > 1.1 * found["textbook"]["error_over_spread"]
