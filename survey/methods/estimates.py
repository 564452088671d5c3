"""Estimates with their precision: one call gives every item in every domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from survey.methods import effects
from survey.methods.adjustment import Adjustment, final_weights, residuals
from survey.methods.design import BoolArray, Design, FloatArray, IntArray, codes
from survey.methods.estimands import Estimand, Linear
from survey.methods.intervals import Flag, Method, interval
from survey.methods.variance import SinglePsu, covariance


@dataclass(frozen=True)
class Publication:
    """When a figure is fit to print (after the standards of NCHS, Series 2 No. 175, 2017)."""

    min_n: int = 30
    min_effective_n: float = 30.0
    max_width: float = 0.30  # of the interval of a share
    narrow_width: float = 0.05  # below this the relative width is not asked
    max_relative_width: float = 1.30


@dataclass(frozen=True)
class Estimate:
    """One figure with everything a reader needs to judge it; no field is ever NaN."""

    item: str
    domain: str
    estimate: float | None
    standard_error: float | None
    low: float | None
    high: float | None
    df: int
    deff: float | None
    effective_n: float | None
    n: int
    sum_of_weights: float
    method: str
    level: float
    flags: tuple[Flag, ...]
    is_published: bool


@dataclass(frozen=True, eq=False)
class Domains:
    """Domains that do not overlap: the code of each row (−1 = in none) and the labels."""

    codes: IntArray
    labels: tuple[str, ...]


def domains(values: ArrayLike) -> Domains:
    """Make domains from labels of the rows."""
    return Domains(*codes(values))


def estimates(
    design: Design,
    items: Sequence[Estimand],
    *,
    adjustments: Sequence[Adjustment] = (),
    by: Domains | None = None,
    single: SinglePsu = SinglePsu.FAIL,
    method: Method = Method.LOGIT,
    level: float = 0.95,
    publication: Publication = Publication(),
    whole: str | None = None,
) -> list[Estimate]:
    """Estimate every item in every domain of `by` (none = once for everybody, named `whole` or "").

    With `whole` given beside `by`, everybody comes first under that name. Strata and units stay complete in
    every domain; residuals of the calibrations enter the variance; df are units less strata of the rows that
    answered. Domains without an answer come back flagged, never missing.
    """
    weights = final_weights(design, adjustments)
    everybody = np.ones(design.size, dtype=np.bool_)
    regions: list[tuple[str, BoolArray]] = []
    if by is None or whole is not None:
        regions.append((whole or "", everybody))
    if by is not None:
        regions += [(label, by.codes == d) for d, label in enumerate(by.labels)]
    result = []
    for label, inside in regions:
        for item in items:
            linear = item.linearise(weights, inside)
            result.append(
                _estimate(
                    design, item, label, linear, weights, adjustments, single, method, level, publication
                )
            )
    return result


def _estimate(
    design: Design,
    item: Estimand,
    domain: str,
    linear: Linear,
    weights: FloatArray,
    adjustments: Sequence[Adjustment],
    single: SinglePsu,
    method: Method,
    level: float,
    publication: Publication,
) -> Estimate:
    answered = linear.answered
    w = weights[answered]
    n, total, df = int(w.size), float(w.sum()), design.df_of(answered)
    if linear.value is None:
        return Estimate(
            item.name,
            domain,
            None,
            None,
            None,
            None,
            df,
            None,
            None,
            n,
            total,
            method,
            level,
            (Flag.EMPTY,),
            False,
        )
    z = residuals(weights * linear.influence, adjustments)
    variance = float(covariance(z, design, single=single)[0, 0])
    error = float(np.sqrt(max(variance, 0.0)))
    limits = interval(linear.value, error, n=n, df=df, level=level, method=method, is_share=item.is_share)
    if Flag.ALL_OR_NONE in limits.flags:
        error, variance = 0.0, 0.0
    deff = effects.design_effect(variance, effects.simple_variance(w, linear.influence[answered]))
    if Flag.ALL_OR_NONE in limits.flags or not deff:
        deff = None
    base = deff if deff is not None else effects.kish(w)
    effective = n / base if base else None
    fit = _is_fit(publication, n, effective, linear.value, limits.low, limits.high, item.is_share)
    bad = {Flag.SINGLE, Flag.NO_SPREAD} & set(limits.flags)
    return Estimate(
        item.name,
        domain,
        linear.value,
        error,
        limits.low,
        limits.high,
        df,
        deff,
        effective,
        n,
        total,
        limits.method,
        level,
        limits.flags,
        fit and not bad,
    )


def _is_fit(
    rule: Publication, n: int, effective: float | None, value: float, low: float, high: float, is_share: bool
) -> bool:
    if n < rule.min_n or (effective is not None and effective < rule.min_effective_n):
        return False
    if not is_share:
        return True
    width = high - low
    if width >= rule.max_width:
        return False
    return width <= rule.narrow_width or width <= rule.max_relative_width * max(value, 1e-12)
