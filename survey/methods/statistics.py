"""Statistics over rows, many at a time: their values under any weights and their influence values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from survey.methods.design import BoolArray, FloatArray, IntArray


class Statistic(Protocol):
    """k numbers computed from weights: their values, and what each row contributes to their errors."""

    def values(self, weights: FloatArray) -> FloatArray:
        """Give (k,) for weights (rows,), (k, r) for weights (rows, r); NaN where there is no value."""
        ...

    def influence(self, weights: FloatArray) -> FloatArray:
        """Give u, shaped (rows, k): the estimates' errors are about Σ w u."""
        ...


def _divided(top: FloatArray, bottom: FloatArray) -> FloatArray:
    return np.asarray(np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=bottom != 0))


@dataclass(frozen=True, eq=False)
class Totals:
    """Σ w y of each column y, zero outside the domain; u = y."""

    y: FloatArray  # (rows, k)

    def values(self, weights: FloatArray) -> FloatArray:
        return np.asarray(self.y.T @ weights)

    def influence(self, weights: FloatArray) -> FloatArray:
        return self.y


@dataclass(frozen=True, eq=False)
class Ratios:
    """Σ w y / Σ w x column by column, both zero outside the domain; u = (y − R x)/X.

    A mean has x = 1 inside the domain, a share has y = 1 where the row is of the kind.
    """

    y: FloatArray  # (rows, k)
    x: FloatArray  # (rows, k)

    def values(self, weights: FloatArray) -> FloatArray:
        return _divided(self.y.T @ weights, self.x.T @ weights)

    def influence(self, weights: FloatArray) -> FloatArray:
        bottom = self.x.T @ weights
        ratio = np.nan_to_num(_divided(self.y.T @ weights, bottom))
        return np.nan_to_num(_divided(self.y - ratio * self.x, np.broadcast_to(bottom, self.y.shape)))


@dataclass(frozen=True, eq=False)
class Variances:
    """The population variance of each column: n/(n−1) Σ w (y − ȳ)² / Σ w, n rows with a weight.

    u = (n/(n−1) (y − ȳ)² − v)/N, the mean held fixed (R `svyvar`); under replicates ȳ moves with the weights.
    """

    y: FloatArray  # (rows, k), zero outside
    inside: BoolArray  # (rows, k)
    n: int

    def values(self, weights: FloatArray) -> FloatArray:
        inside = self.inside.astype(np.float64)
        size = inside.T @ weights
        mean = _divided(self.y.T @ weights, size)
        if weights.ndim == 1:
            spread = np.square(self.y - np.nan_to_num(mean)) * inside
            return np.asarray(self.factor * _divided(spread.T @ weights, size))
        square = _divided(np.square(self.y).T @ weights, size)
        return np.asarray(self.factor * (square - mean**2))

    def influence(self, weights: FloatArray) -> FloatArray:
        inside = self.inside.astype(np.float64)
        size = inside.T @ weights
        mean = np.nan_to_num(_divided(self.y.T @ weights, size))
        value = np.nan_to_num(self.values(weights))
        u = (self.factor * np.square(self.y - mean) - value) * inside
        return np.nan_to_num(_divided(u, np.broadcast_to(size, u.shape)))

    @property
    def factor(self) -> float:
        return self.n / (self.n - 1) if self.n > 1 else np.nan


def means(y: FloatArray, inside: BoolArray) -> Ratios:
    """Give the means of the columns of y (rows, k) inside (rows,) or (rows, k); y may be NaN outside."""
    mask = np.broadcast_to(inside[:, None] if inside.ndim == 1 else inside, y.shape)
    return Ratios(np.where(mask, y, 0.0), mask.astype(np.float64))


def totals(y: FloatArray, inside: BoolArray) -> Totals:
    """Give the totals of the columns of y (rows, k) inside (rows,) or (rows, k)."""
    mask = np.broadcast_to(inside[:, None] if inside.ndim == 1 else inside, y.shape)
    return Totals(np.where(mask, y, 0.0))


def indicators(codes: IntArray, size: int) -> FloatArray:
    """Give a column of 0 and 1 for each of `size` codes; −1 is none of them."""
    return np.asarray(codes[:, None] == np.arange(size), dtype=np.float64)
