"""Estimates from a cube: every item and index in every domain, in milliseconds, as the row path gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from survey.methods import effects
from survey.methods.cube import Cube
from survey.methods.cube_estimation import (
    CellStep,
    CubeTarget,
    Linear,
    Margins,
    cube_covariance,
    linearise,
)
from survey.methods.design import FloatArray
from survey.methods.estimates import Estimate
from survey.methods.failures import DesignFailure
from survey.methods.intervals import Flag, Method, interval
from survey.methods.publication import STANDARD, Publication, Suppression, suppress
from survey.methods.variance import SinglePsu


def cube_joint(
    cube: Cube,
    targets: Sequence[CubeTarget],
    *,
    margins: Margins | None = None,
    steps: Sequence[CellStep] = (),
    population: FloatArray | None = None,
    single: SinglePsu = SinglePsu.FAIL,
) -> tuple[FloatArray, FloatArray]:
    """Give values (K,) and covariance (K, K); a target nobody answered is an error.

    A contrast c'θ has variance c'Vc; the covariance is that of `contrasts.joint` to rounding.
    """
    folded = margins or Margins.of(cube)
    linear = linearise(cube, folded, targets, steps)
    for value, target in zip(linear.values, targets, strict=True):
        if value is None:
            raise DesignFailure(f"estimand {target.name}", expected="at least one answer", got=0)
    v = cube_covariance(cube, folded, linear, population=population, single=single)
    return np.array([x for x in linear.values if x is not None]), v


def cube_estimates(
    cube: Cube,
    names: Sequence[str],
    *,
    margins: Margins | None = None,
    steps: Sequence[CellStep] = (),
    by: str | None = None,
    whole: str | None = None,
    population: FloatArray | None = None,
    single: SinglePsu = SinglePsu.FAIL,
    method: Method = Method.LOGIT,
    level: float = 0.95,
    publication: Publication = STANDARD,
) -> list[Estimate]:
    """Estimate items and indices for everybody (named `whole`) and every category of the key `by`.

    Same rows, in the same order, as `estimates.estimates` gives from single rows.
    """
    folded = margins or Margins.of(cube)
    wheres: list[tuple[str, dict[str, str]]] = [(whole or "", {})] if by is None or whole is not None else []
    if by is not None:
        wheres += [(c, {by: c}) for c in cube.layout.keys[cube.layout.key(by)].categories]
    targets = [CubeTarget(name, where) for _, where in wheres for name in names]
    linear = linearise(cube, folded, targets, steps)
    v = cube_covariance(cube, folded, linear, population=population, single=single)
    facts = _Facts(cube, folded, linear)
    labels = [label for label, _ in wheres for _ in names]
    return [
        _estimate(facts, k, target.name, label, float(v[k, k]), method, level, publication)
        for k, (target, label) in enumerate(zip(targets, labels, strict=True))
    ]


class _Facts:
    """What a figure needs beside its variance: who answered, sums of weights and of squares."""

    def __init__(self, cube: Cube, margins: Margins, linear: Linear) -> None:
        self.cube, self.margins, self.linear, self.layout = cube, margins, linear, cube.layout
        self.known: dict[int, tuple[FloatArray, FloatArray]] = {}

    def answered(self, k: int, name: str) -> tuple[int, int, float, float]:
        """Give rows that answered, degrees of freedom, Σ w and Σ w² of a target."""
        q = self.layout.sums.index(self.layout.presence(name))
        if q not in self.known:
            self.known[q] = self._counted(q)
        n, df = (int(values[k]) for values in self.known[q])
        g = self.linear.factor * self.linear.regions[:, k]
        return n, df, float(g @ self.margins.first[:, q]), float(np.square(g) @ self.margins.second[:, q])

    def _counted(self, q: int) -> tuple[FloatArray, FloatArray]:
        """Count for every target the rows that answered, and units less strata among them."""
        margins = self.margins
        have = self.cube.counts[:, 1 + self.layout.masks.index(q)]
        by_row = np.asarray(margins.table(have) @ self.linear.regions.astype(np.float64))
        n = by_row.sum(axis=0)
        units = (by_row > 0).sum(axis=0) if self.cube.has_units else n
        _, of_row = np.unique(margins.stratum, return_inverse=True)
        strata = [np.count_nonzero(np.bincount(of_row, column)) for column in by_row.T]
        return n, units - np.array(strata, dtype=np.float64)

    def simple_variance(self, k: int, n: int, total: float) -> float | None:
        """Give the variance as a simple random sample of the same n (`effects.simple_variance`)."""
        if n < 2:
            return None
        g = self.linear.factor * self.linear.regions[:, k]
        beta, product = self.linear.raw[:, k], self.layout.product
        sums = g @ self.margins.first
        centre = float(beta @ sums[product[0]]) / total
        square = float(beta @ sums[product] @ beta)
        return total * (square - total * centre**2) / (n - 1)


def _estimate(
    facts: _Facts,
    k: int,
    name: str,
    domain: str,
    variance: float,
    method: Method,
    level: float,
    publication: Publication,
) -> Estimate:
    layout, value = facts.layout, facts.linear.values[k]
    n, df, total, squares = facts.answered(k, name)
    members = [name] if name in layout.places else list(layout.index(name).items)
    is_share = all(layout.items[layout.places[i]].is_share for i in members)
    bare = Estimate(item=name, domain=domain, n=n, sum_of_weights=total, df=df, method=method, level=level)
    if value is None:
        return replace(bare, flags=(Flag.EMPTY,), suppression=Suppression.NO_ANSWER)
    error = float(np.sqrt(max(variance, 0.0)))
    limits = interval(value, error, n=n, df=df, level=level, method=method, is_share=is_share)
    is_extreme = Flag.ALL_OR_NONE in limits.flags
    simple = None if is_extreme else facts.simple_variance(k, n, total)
    deff = effects.design_effect(variance, simple)
    base = deff or (n * squares / total**2 if total > 0 else None)
    effective = n / base if base else None
    reason = suppress(
        publication, estimate=value, low=limits.low, high=limits.high, n=n, effective_n=effective,
        is_share=is_share, has_spread=Flag.NO_SPREAD not in limits.flags,
    )  # fmt: skip
    return replace(
        bare, estimate=value, standard_error=0.0 if is_extreme else error, low=limits.low, high=limits.high,
        deff=deff or None, effective_n=effective, method=limits.method, flags=limits.flags, suppression=reason,
    )  # fmt: skip
