"""Calibration of weights to known totals, and the residuals through which it enters the variance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from survey.methods.design import FloatArray, IntArray, codes
from survey.methods.failures import ConvergenceFailure, WeightFailure


class Projection(Protocol):
    """Take away from y (rows, k) its regression on the calibration variables (weights: those before)."""

    def residual(self, y: FloatArray) -> FloatArray: ...


@dataclass(frozen=True)
class Collapse:
    """Record that one category was joined to another because it held too few rows."""

    margin: str
    category: str
    into: str
    rows: int


@dataclass(frozen=True, eq=False)
class Adjustment:
    """Hold one calibration: its reason, the weights before and after, and the residual operator."""

    reason: str
    before: FloatArray
    weights: FloatArray
    projection: Projection
    steps: int = 0
    largest_miss: float = 0.0  # |achieved/total − 1| over all categories
    collapses: tuple[Collapse, ...] = ()

    def residual(self, z: FloatArray) -> FloatArray:
        """Turn z = w u into w (u − x'b), b by the weights before (Deville & Särndal 1992; R `calibrate`)."""
        w = self.weights if z.ndim == 1 else self.weights[:, None]
        y = np.divide(z, w, out=np.zeros_like(z), where=w > 0)
        return w * self.projection.residual(y)


class CellProjection:
    """Regress on variables that are constant within cells: only cell totals are needed."""

    def __init__(self, cell: IntArray, x: FloatArray | None, before: FloatArray) -> None:
        """Take the cell of each row, x (cells, p) or None for an indicator per cell, the weights before."""
        self.cell, self.x, self.before = cell, x, before
        self.sums = np.bincount(cell, before, minlength=int(cell.max()) + 1 if x is None else x.shape[0])
        self.inverse = None if x is None else _inverse(x.T @ (x * self.sums[:, None]))

    def residual(self, y: FloatArray) -> FloatArray:
        if y.ndim == 2:
            return np.column_stack([self.residual(column) for column in y.T])
        dy = np.bincount(self.cell, self.before * y, minlength=self.sums.size)
        if self.x is None or self.inverse is None:
            fitted = np.divide(dy, self.sums, out=np.zeros_like(dy), where=self.sums > 0)
        else:
            fitted = self.x @ (self.inverse @ (self.x.T @ dy))
        return y - fitted[self.cell]


class MatrixProjection:
    """Regress on any calibration variables x (rows, p)."""

    def __init__(self, x: FloatArray, before: FloatArray) -> None:
        self.x, self.before = x, before
        self.inverse = _inverse(x.T @ (x * before[:, None]))

    def residual(self, y: FloatArray) -> FloatArray:
        d = self.before if y.ndim == 1 else self.before[:, None]
        return y - self.x @ (self.inverse @ (self.x.T @ (d * y)))


def _inverse(gram: FloatArray) -> FloatArray:
    """Invert a Gram matrix, scaled first; overlapping margins make it singular, hence the pseudo-inverse."""
    scale = np.sqrt(np.where(np.diag(gram) > 0, np.diag(gram), 1.0))
    inverse: FloatArray = np.linalg.pinv(gram / np.outer(scale, scale), rcond=1e-12, hermitian=True)
    return np.asarray(inverse / np.outer(scale, scale), dtype=np.float64)


def residuals(z: FloatArray, adjustments: Sequence[Adjustment]) -> FloatArray:
    """Take the residuals of all calibrations one after another, in the order they were made."""
    for adjustment in adjustments:
        z = adjustment.residual(z)
    return z


def post_stratify(
    weights: FloatArray, cells: ArrayLike, totals: Mapping[str, float], *, reason: str = "post-stratification"
) -> Adjustment:
    """Scale the weights of each cell to its population total; cells are labels (rows,)."""
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
) -> Adjustment:
    """Find weights w = d·F(x'λ) with Σ w x = totals, F within bounds; x is (rows, p), totals (p,)."""
    if distance is Distance.LOGIT and not (np.isfinite(bounds).all() and bounds[0] < 1 < bounds[1]):
        raise WeightFailure("bounds of logit calibration", expected="low < 1 < high, finite", got=bounds)
    size = np.sqrt(np.maximum((x * x * weights[:, None]).sum(axis=0) / max(weights.sum(), 1e-300), 1e-300))
    xs, target = x / size, totals / size
    unit = np.maximum(np.abs(target), (np.abs(xs) * weights[:, None]).sum(axis=0))
    unit = np.where(unit > 0, unit, 1.0)
    slopes = np.zeros(x.shape[1])
    g, slope = _factor(xs @ slopes, distance, bounds)
    miss = target - xs.T @ (weights * g)
    steps = 0
    while np.max(np.abs(miss) / unit) > tolerance and steps < max_steps:
        steps += 1
        move = np.linalg.lstsq(xs.T @ (xs * (weights * slope)[:, None]), miss, rcond=1e-13)[0]
        for halving in range(30):
            trial = slopes + move / 2**halving
            g, slope = _factor(xs @ trial, distance, bounds)
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
    g, _ = _factor(xs @ slopes, distance, bounds)
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
