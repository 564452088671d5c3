"""Estimates with their precision: one call gives every item in every domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from survey.methods import effects
from survey.methods.adjustment import Adjustment, final_weights, residuals
from survey.methods.design import BoolArray, Design, FloatArray, IntArray, codes
from survey.methods.estimands import Estimand, Linear
from survey.methods.intervals import Flag, Method, interval
from survey.methods.publication import STANDARD, Publication, Suppression, suppress
from survey.methods.variance import SinglePsu, covariance


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One figure with everything a reader needs to judge it; no number is ever NaN."""

    item: str
    domain: str
    n: int  # rows that answered
    sum_of_weights: float
    df: int
    method: str
    level: float
    estimate: float | None = None
    standard_error: float | None = None
    low: float | None = None
    high: float | None = None
    deff: float | None = None  # against a simple random sample of the same n; None where that has no spread
    effective_n: float | None = None  # n / deff, by Kish's weight effect where deff is None
    flags: tuple[Flag, ...] = ()
    suppression: Suppression | None = None

    @property
    def is_published(self) -> bool:
        """Tell whether the figure may be printed."""
        return self.suppression is None


@dataclass(frozen=True, eq=False)
class Domains:
    """Domains that do not overlap: the code of each row (−1 = in none) and the labels."""

    codes: IntArray
    labels: tuple[str, ...]


def domains(values: ArrayLike) -> Domains:
    """Make domains that do not overlap from labels (rows,), in sorted order; every label is a domain."""
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
    publication: Publication = STANDARD,
    whole: str | None = None,
) -> list[Estimate]:
    """Estimate every item in every domain of `by` (none = once for everybody, named `whole` or "").

    With `whole` given beside `by`, everybody comes first under that name. Strata and units stay complete in
    every domain; residuals of the calibrations enter the variance; df are units less strata of the rows that
    answered. Domains without an answer come back flagged, never missing.

    Columns are (rows,); estimates, errors and limits are in the answers' unit, shares from 0 to 1. Errors: a
    `DesignFailure` where adjustments do not follow one another, a `SinglePsuFailure` under the policy fail.
    Source: linearisation with calibration residuals (Deville & Särndal 1992), as R's `calibrate` and `svymean`.
    """
    weights = final_weights(design, adjustments)
    everybody = np.ones(design.size, dtype=np.bool_)
    regions: list[tuple[str, BoolArray]] = []
    if by is None or whole is not None:
        regions.append((whole or "", everybody))
    if by is not None:
        regions += [(label, by.codes == d) for d, label in enumerate(by.labels)]
    return [
        _estimate(
            item.linearise(weights, inside), design, adjustments, single, publication,
            item=item, domain=label, weights=weights, method=method, level=level,
        )
        for label, inside in regions
        for item in items
    ]  # fmt: skip


def _estimate(
    linear: Linear,
    design: Design,
    adjustments: Sequence[Adjustment],
    single: SinglePsu,
    publication: Publication,
    *,
    item: Estimand,
    domain: str,
    weights: FloatArray,
    method: Method,
    level: float,
) -> Estimate:
    w, influence = weights[linear.answered], linear.influence[linear.answered]
    bare = Estimate(
        item=item.name, domain=domain, n=int(w.size), sum_of_weights=float(w.sum()),
        df=design.df_of(linear.answered), method=method, level=level,
    )  # fmt: skip
    if linear.value is None:
        return replace(bare, flags=(Flag.EMPTY,), suppression=Suppression.NO_ANSWER)
    variance = float(
        covariance(residuals(weights * linear.influence, adjustments), design, single=single)[0, 0]
    )
    error = float(np.sqrt(max(variance, 0.0)))
    limits = interval(
        linear.value, error, n=bare.n, df=bare.df, level=level, method=method, is_share=item.is_share
    )
    is_extreme = Flag.ALL_OR_NONE in limits.flags
    deff = None if is_extreme else effects.design_effect(variance, effects.simple_variance(w, influence))
    base = deff or effects.kish(w)
    effective = bare.n / base if base else None
    reason = suppress(
        publication, estimate=linear.value, low=limits.low, high=limits.high, n=bare.n, effective_n=effective,
        is_share=item.is_share, has_spread=Flag.NO_SPREAD not in limits.flags,
    )  # fmt: skip
    return replace(
        bare, estimate=linear.value, standard_error=0.0 if is_extreme else error, low=limits.low,
        high=limits.high, deff=deff or None, effective_n=effective, method=limits.method,
        flags=limits.flags, suppression=reason,
    )  # fmt: skip
