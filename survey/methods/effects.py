"""Design effects: what unequal weights, the design and the interviewers cost in precision."""

from __future__ import annotations

import numpy as np

from survey.methods.design import FloatArray


def kish(weights: FloatArray) -> float | None:
    """Give n Σw²/(Σw)² of weights (rows,), the loss by unequal weights alone; 1 = none (Kish 1965, §11.7).

    Rows of weight 0 do not count; None where nobody has a weight. It has no unit and does not change with scale.
    """
    w = weights[weights > 0]
    return float(w.size * np.square(w).sum() / w.sum() ** 2) if w.size else None


def simple_variance(
    weights: FloatArray, influence: FloatArray, *, without_replacement: bool = False
) -> float | None:
    """Give the variance the same rows would have as a simple random sample: s²/n, s² weighted.

    weights, influence: rows of the domain that answered. For a mean N Σ w u²/(n−1) = s²/n; for ratios and
    indices the same rule is applied to their influence. `without_replacement` multiplies by 1 − n/N.
    """
    n, total = weights.size, float(weights.sum())
    if n < 2:
        return None
    centre = float((weights * influence).sum()) / total
    value = total * float((weights * np.square(influence - centre)).sum()) / (n - 1)
    return value * (1 - n / total) if without_replacement else value


def design_effect(variance: float, simple: float | None) -> float | None:
    """Give V over the simple random sample's variance, both of one estimate; None where that is 0 (Kish 1965)."""
    return variance / simple if simple is not None and simple > 0 else None


def interviewer_effect(rho: float, interviews_per_interviewer: float) -> float:
    """Give 1 + ρ(m − 1), the interviewers' share in the design effect, shown apart (Kish 1962); ρ from 0 to 1."""
    return 1 + rho * (interviews_per_interviewer - 1)
