"""Adjustments that can be made again in every replicate: all of them work on cells of rows that move together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from survey.methods.adjustment import Adjustment, CellProjection
from survey.methods.design import FloatArray, IntArray
from survey.methods.failures import ConvergenceFailure
from survey.methods.trimming import Trimming, trim

OnCells = Callable[[FloatArray], FloatArray]  # sums of weights by cell → factors by cell


@dataclass(frozen=True, eq=False)
class Swept(Adjustment):
    """A raking whose residuals are R's: ten sweeps of unweighted category means of z over the new weight."""

    categories: tuple[IntArray, ...] = ()
    sweeps: int = 10

    def residual(self, z: FloatArray) -> FloatArray:
        used = self.weights != 0
        w = np.where(used, self.weights, 1.0)[:, None]
        y = (z[:, None] if z.ndim == 1 else z) / w * used[:, None]
        for _ in range(self.sweeps):
            for category in self.categories:
                size = int(category.max()) + 1
                count = np.maximum(np.bincount(category, used, minlength=size), 1)
                for j in range(y.shape[1]):
                    mean = np.bincount(category, y[:, j], minlength=size) / count
                    y[:, j] -= mean[category] * used
        result = y * w
        return np.asarray(result[:, 0] if z.ndim == 1 else result)


@dataclass(frozen=True, eq=False)
class Averaged(Adjustment):
    """A calibration on unit averages: its residuals take the averaged weight times the factor."""

    averaged: FloatArray | None = None

    def residual(self, z: FloatArray) -> FloatArray:
        w = self.weights if self.averaged is None else self.averaged
        columns = w if z.ndim == 1 else w[:, None]
        y = np.divide(z, columns, out=np.zeros_like(z), where=columns != 0)
        return np.asarray(columns * self.projection.residual(y))


@dataclass(frozen=True, eq=False)
class CellAdjustment:
    """One calibration as a rule: `cell` (rows,), factors by cell, and x (cells, p) of its residuals."""

    reason: str
    cell: IntArray
    cells: int
    on_cells: OnCells
    x: FloatArray | None  # None = an indicator per cell
    swept: tuple[IntArray, ...] = ()
    units: IntArray | None = None  # (rows,) averaging units
    spread: FloatArray | None = None  # (rows,) σ² that enters the residuals

    def apply(self, weights: FloatArray) -> Adjustment:
        """Adjust weights (rows,) and keep what the variance needs."""
        g = self.factors(weights)
        after = weights * g
        base: FloatArray = weights
        if self.units is not None:
            count = np.bincount(self.units)
            base = (np.bincount(self.units, weights) / count)[self.units]
        if self.spread is not None:
            base = base / self.spread
        projection = CellProjection(self.cell, self.x, base)
        if self.swept:
            return Swept(self.reason, weights, after, projection, categories=self.swept)
        if self.units is not None:
            return Averaged(
                self.reason, weights, after, projection,
                averaged=g * base * (1.0 if self.spread is None else self.spread),
            )  # fmt: skip
        return Adjustment(self.reason, weights, after, projection)

    def factors(self, weights: FloatArray) -> FloatArray:
        """Give new over old weight of each row."""
        sums = np.bincount(self.cell, weights, minlength=self.cells).astype(np.float64)
        return np.asarray(self.on_cells(sums)[self.cell])

    def each(self, weights: FloatArray) -> FloatArray:
        """Adjust every column of weights (rows, r) on its own."""
        result = np.empty_like(weights)
        for r in range(weights.shape[1]):
            try:
                result[:, r] = weights[:, r] * self.factors(weights[:, r])
            except ConvergenceFailure as failure:
                raise ConvergenceFailure(
                    f"{failure.margin} in replicate {r + 1}", failure.category,
                    expected=float(str(failure.expected)), got=float(str(failure.got)),
                    hint="this replicate leaves a category without rows; join categories",
                ) from failure  # fmt: skip
        return result


@dataclass(frozen=True)
class TrimAdjustment:
    """A trimming as a rule."""

    upper: float
    lower: float
    strict: bool
    reason: str = "trimming"

    def apply(self, weights: FloatArray) -> Trimming:
        return trim(weights, upper=self.upper, lower=self.lower, strict=self.strict, reason=self.reason)

    def each(self, weights: FloatArray) -> FloatArray:
        return np.column_stack([self.apply(weights[:, r]).weights for r in range(weights.shape[1])])


Rule = CellAdjustment | TrimAdjustment


def packed(codes: list[IntArray], sizes: list[int]) -> tuple[IntArray, IntArray]:
    """Number the occupied cells of a cross-classification; give the cell of each row and a row of each cell."""
    joint = np.zeros(codes[0].size, dtype=np.int64)
    space = 1
    for code, size in zip(codes, sizes, strict=True):
        if space > 2**62 // max(size, 1):
            distinct, joint = np.unique(joint, return_inverse=True)
            joint, space = joint.reshape(-1).astype(np.int64), int(distinct.size)
        joint = joint * size + code
        space *= size
    _, first, inverse = np.unique(joint, return_index=True, return_inverse=True)
    return inverse.reshape(-1).astype(np.int64), first
