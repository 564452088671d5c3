"""Intervals of a share by every method in use."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from scipy import special

from survey.methods.failures import MethodFailure
from survey.methods.intervals import logit, one_sided, t_quantile


class ShareMethod(StrEnum):
    """How the limits of a share are made."""

    MEAN = "mean"  # p ± t·se
    LOGIT = "logit"
    XLOGIT = "xlogit"  # the same limits as logit, computed directly
    ASIN = "asin"
    BETA = "beta"  # Korn & Graubard 1998
    WILSON = "wilson"
    LIKELIHOOD = "likelihood"


def share_limits(
    p: float,
    standard_error: float,
    *,
    method: ShareMethod,
    level: float,
    df: float,
    own_df: float,
    rows: int,
) -> tuple[float, float] | None:
    """Give (low, high) of a share p with its standard error, or None where the method has no answer (p 0 or 1).

    df: of the t quantile asked for, may be infinite; own_df: of the design, which `beta` always uses, as does
    R; rows: n of `beta`. Likelihood needs more than this: `profile_limits`.
    """
    if not 0 < level < 1:
        raise MethodFailure("confidence level", expected="between 0 and 1", got=level)
    if df <= 0 or (method in (ShareMethod.BETA, ShareMethod.WILSON) and own_df <= 0):
        return None
    t = t_quantile(df, level)
    if method is ShareMethod.MEAN:
        return p - t * standard_error, p + t * standard_error
    if not 0 < p < 1 or not standard_error > 0:
        return None
    if method in (ShareMethod.LOGIT, ShareMethod.XLOGIT):
        return logit(p, standard_error, df, level)
    if method is ShareMethod.ASIN:
        return _arcsine(p, standard_error, t)
    effective = p * (1 - p) / standard_error**2
    if method is ShareMethod.WILSON:
        return _wilson(p, effective, t)
    if method is ShareMethod.BETA:
        if rows > 1:
            effective *= (t_quantile(rows - 1, level) / t_quantile(own_df, level)) ** 2
        return _clopper_pearson(p, effective, level)
    raise MethodFailure("interval method", expected="one by a standard error", got=str(method))


def certain_limits(p: float, rows: int, level: float) -> tuple[float, float]:
    """Give the limits of a share of 0 or 1 by its number of rows: [0, 1 − (α/2)^(1/n)] or its mirror image."""
    return one_sided(round(p), rows, level)


def _arcsine(p: float, standard_error: float, t: float) -> tuple[float, float]:
    """Give sin²(asin √p ± t·se/(2√(p(1−p)))), unfolded no further than R does."""
    centre = np.arcsin(np.sqrt(p))
    reach = t * standard_error / (2 * np.sqrt(p * (1 - p)))
    return float(np.sin(centre - reach) ** 2), float(np.sin(centre + reach) ** 2)


def _wilson(p: float, n: float, t: float) -> tuple[float, float]:
    """Give Wilson's score limits at the effective n with t in place of z."""
    middle = p + t * t / (2 * n)
    reach = t * np.sqrt(p * (1 - p) / n + t * t / (4 * n * n))
    bottom = 1 + t * t / n
    return float((middle - reach) / bottom), float((middle + reach) / bottom)


def _clopper_pearson(p: float, n: float, level: float) -> tuple[float, float]:
    tail = (1 - level) / 2
    low = special.betaincinv(n * p, n * (1 - p) + 1, tail)
    high = special.betaincinv(n * p + 1, n * (1 - p), 1 - tail)
    return min(float(low), p), max(float(high), p)  # betaincinv is short of digits at vast n
