"""What is estimated: means, proportions, totals, ratios, composite indices, with their influence values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from survey.methods.design import BoolArray, FloatArray
from survey.methods.failures import MethodFailure


@dataclass(frozen=True, eq=False)
class Linear:
    """An estimate with its influence: the estimate's error is about Σ w u."""

    value: float | None  # None where nobody answered
    influence: FloatArray  # (rows,), zero outside the domain
    answered: BoolArray  # (rows,) rows of the domain that count


class Estimand(Protocol):
    """Something that can be estimated from weights inside a domain."""

    @property
    def name(self) -> str: ...
    @property
    def is_share(self) -> bool: ...
    def linearise(self, weights: FloatArray, inside: BoolArray) -> Linear: ...


def column(values: ArrayLike) -> FloatArray:
    """Make a float column; missing answers are NaN."""
    return np.asarray(values, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Mean:
    """The weighted mean of y; NaN leaves the domain. u = (y − R)/N."""

    name: str
    y: FloatArray
    is_share: bool = False

    def linearise(self, weights: FloatArray, inside: BoolArray) -> Linear:
        answered = inside & ~np.isnan(self.y) & (weights > 0)
        w, y = weights * answered, np.where(answered, self.y, 0.0)
        n = float(w.sum())
        if n <= 0:
            return Linear(None, np.zeros_like(w), answered)
        # A product, not a dot: the sum stays the same whatever order the rows come in, to rounding.
        value = float((w * y).sum()) / n
        if self.is_share:
            value = min(max(value, 0.0), 1.0)
        return Linear(value, np.where(answered, (y - value) / n, 0.0), answered)


def proportion(name: str, y: ArrayLike) -> Mean:
    """Make the share of rows with y = 1 among those with y 0 or 1 (rows,), NaN = no answer; anything else fails."""
    values = column(y)
    odd = ~np.isnan(values) & (values != 0) & (values != 1)
    if odd.any():
        raise MethodFailure(f"proportion {name}", expected="0, 1 or missing", got=values[np.argmax(odd)])
    return Mean(name, values, is_share=True)


def top_two(values: ArrayLike) -> FloatArray:
    """Score a five-point answer 1 (best) … 5: the two best 1, the others 0, anything else NaN."""
    v = column(values)
    return np.where((v >= 1) & (v <= 5), (v <= 2).astype(np.float64), np.nan)


@dataclass(frozen=True, eq=False)
class Total:
    """The weighted total of y; u = y."""

    name: str
    y: FloatArray
    is_share: bool = False

    def linearise(self, weights: FloatArray, inside: BoolArray) -> Linear:
        answered = inside & ~np.isnan(self.y) & (weights > 0)
        y = np.where(answered, self.y, 0.0)
        return Linear(float((weights * y).sum()) if answered.any() else None, y, answered)


@dataclass(frozen=True, eq=False)
class Ratio:
    """The ratio of two totals, over the rows that have both; u = (y − R x)/X."""

    name: str
    numerator: FloatArray
    denominator: FloatArray
    is_share: bool = False

    def linearise(self, weights: FloatArray, inside: BoolArray) -> Linear:
        answered = inside & ~np.isnan(self.numerator) & ~np.isnan(self.denominator) & (weights > 0)
        y, x = np.where(answered, self.numerator, 0.0), np.where(answered, self.denominator, 0.0)
        bottom = float((weights * x).sum())
        if bottom == 0:
            return Linear(None, np.zeros_like(y), answered)
        value = float((weights * y).sum()) / bottom
        return Linear(value, (y - value * x) / bottom, answered)


@dataclass(frozen=True, eq=False)
class Composite:
    """The weighted average of several items' shares or means; each item keeps its own respondents.

    Its influence is the same average of the items' influences, so the items' covariance is inside. An item
    nobody answered leaves the whole index without a value rather than changing what it means.
    """

    name: str
    items: tuple[Mean, ...]
    item_weights: tuple[float, ...] = field(default=())

    @property
    def is_share(self) -> bool:
        return all(item.is_share for item in self.items)

    def linearise(self, weights: FloatArray, inside: BoolArray) -> Linear:
        if not self.items or (self.item_weights and len(self.item_weights) != len(self.items)):
            raise MethodFailure(
                f"index {self.name}",
                expected=f"one weight per item ({len(self.items)})",
                got=self.item_weights,
            )
        parts = [item.linearise(weights, inside) for item in self.items]
        shares = np.array(self.item_weights or [1.0] * len(parts), dtype=np.float64)
        shares = shares / shares.sum()
        answered = np.logical_or.reduce([p.answered for p in parts])
        values = [p.value for p in parts if p.value is not None]
        if len(values) < len(parts):
            return Linear(None, np.zeros_like(weights), answered)
        influence = sum((s * p.influence for s, p in zip(shares, parts, strict=True)), np.zeros_like(weights))
        return Linear(float(np.dot(shares, values)), influence, answered)
