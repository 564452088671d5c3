"""What one interview does: held by leaving it out in earnest, by the variance, and by the rank."""

from __future__ import annotations

import numpy as np
import pytest

from survey.methods import calibration, raking
from survey.methods.adjustment import Adjustment
from survey.methods.design import Design, FloatArray, IntArray, declare
from survey.methods.estimands import Composite, Mean
from survey.methods.estimates import estimates
from survey.methods.failures import DesignFailure, MethodFailure
from survey.methods.influence import deletion, leverage
from survey.methods.margins import Margin
from survey.methods.trimming import trim


def a_raked_sample(
    n: int = 300, seed: int = 4
) -> tuple[Design, Adjustment, FloatArray, list[Margin], IntArray]:
    """Make n respondents of 8 strata with unequal weights, raked to two margins."""
    rng = np.random.default_rng(seed)
    strata = np.sort(np.arange(n) % 8)
    weights = rng.uniform(1, 5, n)
    codes = [rng.integers(0, k, n) for k in (2, 3)]
    y = (rng.random(n) < 0.4 + 0.2 * codes[0]).astype(np.float64)
    margins = [
        Margin("a", ("0", "1"), np.array([0.45, 0.55]) * 900, codes[0]),
        Margin("b", ("0", "1", "2"), np.array([0.3, 0.3, 0.4]) * 900, codes[1]),
    ]
    design = declare(weights=weights, strata=strata)
    return design, raking.rake(weights, margins), y, margins, strata


def test_the_change_is_what_leaving_the_row_out_does() -> None:
    design, raked, y, margins, strata = a_raked_sample()
    found = deletion(design, Mean("y", y), adjustments=(raked,))
    true = np.empty(y.size)
    for i in range(y.size):
        mine = strata == strata[i]
        w = np.where(mine, design.weights * mine.sum() / (mine.sum() - 1), design.weights)
        w[i] = 0.0
        again = raking.rake(w, margins).weights
        true[i] = (again * y).sum() / again.sum() - found.estimate
    assert np.corrcoef(true, found.change)[0, 1] > 0.999
    assert np.abs(true - found.change).max() < 0.05 * np.abs(true).max()
    heaviest = [set(np.argsort(-np.abs(v))[:10].tolist()) for v in (true, found.change)]
    assert len(heaviest[0] & heaviest[1]) >= 9


@pytest.mark.parametrize("with_population", [False, True])
def test_the_changes_add_up_to_the_variance(with_population: bool) -> None:
    _, raked, y, _, strata = a_raked_sample()
    design = declare(
        weights=raked.before, strata=strata, population=[np.full(y.size, 90.0)] if with_population else ()
    )
    item = Composite("index", (Mean("y", y), Mean("not", 1 - y)), (0.7, 0.3))
    found = deletion(design, item, adjustments=(raked,))
    n = np.bincount(strata)[strata]
    fraction = n / 90.0 if with_population else 0.0
    variance = ((1 - fraction) * (n - 1) / n * np.square(found.change)).sum()
    error = estimates(design, [item], adjustments=(raked,))[0].standard_error
    assert error is not None
    assert np.sqrt(variance) == pytest.approx(error, rel=1e-12)
    assert found.share.sum() == pytest.approx(1)
    assert found.share.min() >= 0


def test_leverage_adds_up_to_the_rank_and_tells_a_row_alone_in_its_category() -> None:
    _, raked, _, margins, _ = a_raked_sample()
    h = leverage(raked)
    assert h.sum() == pytest.approx(2 + 3 - 1)
    assert h.min() > 0
    x = np.column_stack([np.eye(2)[margins[0].codes], np.eye(3)[margins[1].codes][:, 1:]])
    totals = np.array([405.0, 495, 270, 360])
    assert leverage(calibration.calibrate(raked.before, x, totals)) == pytest.approx(h)
    cells = ["alone"] + ["others"] * 5
    alone = leverage(calibration.post_stratify(np.ones(6), cells, {"alone": 3.0, "others": 9.0}))
    assert alone == pytest.approx([1, 0.2, 0.2, 0.2, 0.2, 0.2])


def test_what_cannot_be_asked() -> None:
    design, raked, y, _, strata = a_raked_sample()
    grouped = declare(weights=design.weights, strata=strata, units=[np.arange(y.size) // 2], nest=True)
    with pytest.raises(DesignFailure):
        deletion(grouped, Mean("y", y))
    with pytest.raises(MethodFailure):
        deletion(design, Mean("y", np.full(y.size, np.nan)))
    with pytest.raises(MethodFailure):
        leverage(trim(raked.weights, upper=10.0))
    lonely = declare(weights=np.ones(3), strata=["a", "b", "b"])
    assert deletion(lonely, Mean("y", np.array([1.0, 0, 1]))).change[0] == 0
