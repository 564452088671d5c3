"""Trimming: weights cut at bounds, the excess spread in equal amounts over rows never cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from survey.methods.adjustment import Adjustment
from survey.methods.design import FloatArray
from survey.methods.failures import WeightFailure


class Unchanged:
    """The projection of a step that takes nothing away."""

    def residual(self, y: FloatArray) -> FloatArray:
        return y


@dataclass(frozen=True, eq=False)
class Trimming(Adjustment):
    """A trimming; like R, the variance takes its weights and no residual of it."""

    @property
    def projects(self) -> bool:
        return False

    def residual(self, z: FloatArray) -> FloatArray:
        return z


def trim(
    weights: FloatArray,
    *,
    upper: float = np.inf,
    lower: float = -np.inf,
    strict: bool = False,
    reason: str = "trimming",
) -> Trimming:
    """Cut weights (rows,) at lower and upper; each row not cut so far takes an equal part of the excess.

    One pass, or with `strict` passes until none is outside (R 4.5 `trimWeights`); the sum is kept. Rows of
    weight 0 take part as in R only if `lower` reaches them. Fails if nobody is left to take the excess.
    """
    if not lower < upper:
        raise WeightFailure("bounds of trimming", expected="lower < upper", got=(lower, upper))
    mean = float(weights.mean()) if weights.size else 0.0
    if strict and not lower <= mean <= upper:
        raise WeightFailure(
            "bounds of trimming", expected=f"bounds around the mean weight {mean:.6g}", got=(lower, upper),
            hint="no weights inside the bounds have this sum",
        )  # fmt: skip
    now, cut, passes = weights.astype(np.float64), np.zeros(weights.size, dtype=np.bool_), 0
    slack = 1e-12 * max(float(np.abs(weights).max(initial=0.0)), 1e-300)
    while True:
        outside = (now < lower - slack) | (now > upper + slack)
        if not outside.any():
            break
        free = ~outside & ~cut
        clipped = np.clip(now, lower, upper)
        excess = float((now - clipped).sum())
        if not free.any():
            raise WeightFailure(
                "bounds of trimming", expected="rows that were not cut", got=0,
                hint="every row reached a bound; widen the bounds",
            )  # fmt: skip
        now = np.where(free, clipped + excess / int(free.sum()), clipped)
        cut |= outside
        passes += 1
        if not strict:
            break
    return Trimming(reason, weights, now, Unchanged(), steps=passes)
