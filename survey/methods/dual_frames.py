"""Two overlapping frames, landline and mobile, composed into one sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from survey.methods.design import BoolArray, FloatArray, declare
from survey.methods.failures import WeightFailure
from survey.methods.sample import analysed
from survey.methods.statistics import means, totals


@dataclass(frozen=True)
class DualFrame:
    """The total and the mean of an answer over both frames, with standard errors."""

    total: float
    total_se: float
    mean: float
    mean_se: float
    sum_w: float
    n: int


def constant_weights(w: FloatArray, in_a: BoolArray, overlap: BoolArray, theta: float) -> FloatArray:
    """Weigh the overlap by θ in frame A and 1 − θ in frame B (Hartley 1962); all (rows,)."""
    if not 0 <= theta <= 1:
        raise WeightFailure("theta", expected="0 to 1", got=theta)
    return np.where(overlap, w * np.where(in_a, theta, 1 - theta), w)


def expected_weights(w_a: FloatArray, w_b: FloatArray) -> FloatArray:
    """Weigh by 1/(1/wA + 1/wB), the inverse of the expected number of selections (Kalton & Anderson 1986).

    w_a, w_b: the weight the person would have in each frame, 0 where not in it.
    """
    with np.errstate(divide="ignore"):
        chances = np.where(w_a > 0, 1 / w_a, 0.0) + np.where(w_b > 0, 1 / w_b, 0.0)
    if (chances <= 0).any():
        raise WeightFailure(f"row {int(np.argmax(chances <= 0)) + 1}", expected="a frame", got="none")
    return 1 / chances


def compose(
    y: FloatArray,
    weights: FloatArray,
    frame: ArrayLike,
    stratum: ArrayLike,
    *,
    inside: BoolArray | None = None,
) -> DualFrame:
    """Estimate from composed weights: samples stacked, strata within frames, with replacement.

    y: (rows,), NaN = no answer, which leaves the domain; inside: (rows,) the domain.
    """
    labels = [f"{f} {s}" for f, s in zip(np.asarray(frame), np.asarray(stratum), strict=True)]
    sample = analysed(declare(weights=weights, strata=labels))
    domain = np.ones(y.size, dtype=np.bool_) if inside is None else inside
    answered = sample.within(domain & ~np.isnan(y))
    total, v = answered.estimate(totals(y[:, None], answered.inside))
    mean, u = answered.estimate(means(y[:, None], answered.inside))
    rows = sample.within(domain)
    return DualFrame(
        float(total[0]), float(np.sqrt(v[0, 0])), float(mean[0]), float(np.sqrt(u[0, 0])),
        float(weights[domain].sum()), int(rows.counted.sum()),
    )  # fmt: skip
