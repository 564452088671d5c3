"""Several figures with their covariance: differences between domains, items and periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from survey.methods.adjustment import Adjustment, final_weights, residuals
from survey.methods.design import BoolArray, Design, FloatArray
from survey.methods.estimands import Estimand
from survey.methods.failures import DesignFailure
from survey.methods.intervals import t_quantile
from survey.methods.variance import SinglePsu, covariance


@dataclass(frozen=True, eq=False)
class Target:
    """One estimand in one domain; `inside` None = everybody."""

    estimand: Estimand
    inside: BoolArray | None = None


def joint(
    design: Design,
    targets: Sequence[Target],
    *,
    adjustments: Sequence[Adjustment] = (),
    single: SinglePsu = SinglePsu.FAIL,
) -> tuple[FloatArray, FloatArray]:
    """Give values (k,) and covariance (k, k) of several targets, in the units of the answers and their squares.

    Residuals of the adjustments are taken in order, all targets at once (Särndal et al. 1992). A target nobody
    answered is a `DesignFailure`; a stratum of one unit under the policy fail a `SinglePsuFailure`.
    """
    weights = final_weights(design, adjustments)
    everybody = np.ones(design.size, dtype=np.bool_)
    values, columns = [], []
    for target in targets:
        linear = target.estimand.linearise(weights, everybody if target.inside is None else target.inside)
        if linear.value is None:
            raise DesignFailure(f"estimand {target.estimand.name}", expected="at least one answer", got=0)
        values.append(linear.value)
        columns.append(weights * linear.influence)
    z = residuals(np.column_stack(columns), adjustments)
    return np.array(values), covariance(z, design, single=single)


@dataclass(frozen=True)
class Difference:
    """A difference of two estimates with its precision, and the p-value of no difference."""

    estimate: float
    standard_error: float
    low: float
    high: float
    df: int
    p: float | None


def difference(
    design: Design,
    first: Target,
    second: Target,
    *,
    adjustments: Sequence[Adjustment] = (),
    single: SinglePsu = SinglePsu.FAIL,
    level: float = 0.95,
) -> Difference:
    """Give first − second in the unit of the answers, its error and interval (t, design df), and p of no difference.

    V = V_1 + V_2 − 2 C_12: shared units, strata and calibrations enter by the covariance (R `svycontrast`).
    Failures are those of `joint`; without any error p is None.
    """
    values, v = joint(design, (first, second), adjustments=adjustments, single=single)
    estimate = float(values[0] - values[1])
    error = float(np.sqrt(max(v[0, 0] + v[1, 1] - 2 * v[0, 1], 0.0)))
    df = max(design.df, 1)
    reach = t_quantile(df, level) * error
    p = float(2 * special.stdtr(df, -abs(estimate / error))) if error > 0 else None
    return Difference(estimate, error, estimate - reach, estimate + reach, df, p)
