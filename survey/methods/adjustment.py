"""A calibration as it was made: weights before and after, and its residuals, by which it enters the variance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from survey.methods.design import Design, FloatArray, IntArray
from survey.methods.failures import DesignFailure


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

    @property
    def projects(self) -> bool:
        """Tell whether this step enters the variance; a trimming does not."""
        return True

    def residual(self, z: FloatArray) -> FloatArray:
        """Turn z = w u into w (u − x'b), b by the weights before (Deville & Särndal 1992; R `calibrate`)."""
        w = self.weights if z.ndim == 1 else self.weights[:, None]
        y = np.divide(z, w, out=np.zeros_like(z), where=w != 0)
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
    """Take the residuals of all calibrations from z = w u, (rows,) or (rows, k), in the order they were made.

    Each step uses its own weights before and after (R `survey` 4.5); trimming takes nothing away.
    """
    for adjustment in adjustments:
        z = adjustment.residual(z)
    return z


def final_weights(design: Design, adjustments: Sequence[Adjustment]) -> FloatArray:
    """Give the weights (rows,) after the last adjustment; one that starts elsewhere is a `DesignFailure`."""
    weights = design.weights
    for adjustment in adjustments:
        if adjustment.before is not weights and not np.array_equal(adjustment.before, weights):
            raise DesignFailure(
                f"adjustment {adjustment.reason}",
                expected="the weights left by the step before",
                got="other weights",
                hint="pass the adjustments in the order they were made",
            )
        weights = adjustment.weights
    return weights
