"""Calibration of weights to known totals: by cells, or by any variables with a choice of distance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from survey.methods.adjustment import Adjustment, CellProjection, MatrixProjection
from survey.methods.design import FloatArray, codes
from survey.methods.failures import ConvergenceFailure, WeightFailure


def post_stratify(
    weights: FloatArray, cells: ArrayLike, totals: Mapping[str, float], *, reason: str = "post-stratification"
) -> Adjustment:
    """Scale weights (rows,) to population totals by cell, w = d N_c / Σ_c d; cells are labels (rows,) (R `postStratify`)."""
    cell, names = codes(cells)
    sums = np.bincount(cell, weights, minlength=len(names))
    for name in (*names, *totals):
        if name not in totals or (name not in names and totals[name] > 0):
            raise ConvergenceFailure(
                reason,
                name,
                expected=float(totals.get(name, np.nan)),
                got=float("nan") if name in names else 0.0,
                hint="every cell needs a total and every total a respondent; join cells first",
            )
    target = np.array([float(totals[name]) for name in names])
    if (sums <= 0).any():
        at = int(np.argmax(sums <= 0))
        raise ConvergenceFailure(
            reason, names[at], expected=target[at], got=0.0, hint="all weights there are 0"
        )
    after = weights * (target / sums)[cell]
    return Adjustment(reason, weights, after, CellProjection(cell, None, weights), steps=1)


class Distance(StrEnum):
    """How the change of the weights is measured (Deville & Särndal 1992)."""

    LINEAR = "linear"
    RAKING = "raking"
    LOGIT = "logit"


def calibrate(
    weights: FloatArray,
    x: FloatArray,
    totals: FloatArray,
    *,
    distance: Distance = Distance.LINEAR,
    bounds: tuple[float, float] = (-np.inf, np.inf),
    names: Sequence[str] = (),
    tolerance: float = 1e-11,
    max_steps: int = 200,
    reason: str = "calibration",
    variance: FloatArray | None = None,
) -> Adjustment:
    """Find weights w = d·F(x'λ/σ²) with Σ w x = totals, F within bounds; x is (rows, p), totals (p,).

    `variance`: σ² (rows,) of a working model, none = 1 for everybody.
    """
    if not bounds[0] < bounds[1]:
        raise WeightFailure("bounds of calibration", expected="low < high", got=bounds)
    spread = np.ones(weights.size) if variance is None else variance
    if distance is Distance.LOGIT and not (np.isfinite(bounds).all() and bounds[0] < 1 < bounds[1]):
        raise WeightFailure("bounds of logit calibration", expected="low < 1 < high, finite", got=bounds)
    size = np.sqrt(np.maximum((x * x * weights[:, None]).sum(axis=0) / max(weights.sum(), 1e-300), 1e-300))
    xs, target = x / size, totals / size
    unit = np.maximum(np.abs(target), (np.abs(xs) * weights[:, None]).sum(axis=0))
    unit = np.where(unit > 0, unit, 1.0)
    slopes = np.zeros(x.shape[1])
    g, slope = _factor(xs @ slopes / spread, distance, bounds)
    miss = target - xs.T @ (weights * g)
    steps = 0
    while np.max(np.abs(miss) / unit) > tolerance and steps < max_steps:
        steps += 1
        move = np.linalg.lstsq(xs.T @ (xs * (weights * slope / spread)[:, None]), miss, rcond=1e-13)[0]
        for halving in range(30):
            trial = slopes + move / 2**halving
            g, slope = _factor(xs @ trial / spread, distance, bounds)
            new = target - xs.T @ (weights * g)
            if np.isfinite(new).all() and np.max(np.abs(new) / unit) < np.max(np.abs(miss) / unit):
                break
        else:
            break
        slopes, miss = trial, new
    worst = int(np.argmax(np.abs(miss) / unit))
    if not np.abs(miss[worst]) / unit[worst] <= max(tolerance, 1e-9):
        raise ConvergenceFailure(
            reason,
            names[worst] if names else str(worst),
            expected=float(totals[worst]),
            got=float(totals[worst] - miss[worst] * size[worst]),
            hint="the total cannot be met within the bounds; widen them or join categories",
        )
    g, _ = _factor(xs @ slopes / spread, distance, bounds)
    return Adjustment(
        reason, weights, weights * g, MatrixProjection(x, weights), steps, float(np.max(np.abs(miss) / unit))
    )


def _factor(u: FloatArray, distance: Distance, bounds: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    """Give F(u) and its slope."""
    low, high = bounds
    if distance is Distance.LOGIT:
        a = (high - low) / ((1 - low) * (high - 1))
        e = np.exp(np.clip(a * u, -500, 500))
        bottom = (high - 1) + (1 - low) * e
        g = (low * (high - 1) + high * (1 - low) * e) / bottom
        return g, a * e * (1 - low) * (high - 1) * (high - low) / bottom**2
    raw = 1 + u if distance is Distance.LINEAR else np.exp(np.clip(u, -500, 500))
    slope = np.ones_like(u) if distance is Distance.LINEAR else raw
    return np.clip(raw, low, high), np.where((raw < low) | (raw > high), 0.0, slope)
