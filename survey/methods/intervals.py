"""Confidence intervals for proportions and means, finite and flagged where the textbook formula fails."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import special

from survey.methods.failures import MethodFailure


class Method(StrEnum):
    """How an interval is made."""

    LOGIT = "logit"
    BETA = "beta"  # Korn & Graubard 1998
    MEAN = "mean"  # estimate ± t·se


class Flag(StrEnum):
    """What a reader of an interval must know about it."""

    EMPTY = "empty"  # nobody answered: no estimate
    SINGLE = "single"  # one respondent
    ALL_OR_NONE = "all_or_none"  # 0 % or 100 %: one-sided exact interval
    NO_DF = "no_df"  # fewer than one degree of freedom: one is used
    NO_SPREAD = "no_spread"  # the variance is zero: no honest interval


@dataclass(frozen=True)
class Interval:
    low: float
    high: float
    method: str
    flags: tuple[Flag, ...] = ()


def interval(
    estimate: float,
    standard_error: float,
    *,
    n: float,
    df: float,
    level: float = 0.95,
    method: Method = Method.LOGIT,
    is_share: bool = True,
) -> Interval:
    """Give the interval of an estimate by `method`; a share of 0 or 1 gets Korn–Graubard's one-sided limits.

    n is the number of respondents (rows), df the design degrees of freedom (may be infinite).
    """
    if not 0 < level < 1:
        raise MethodFailure("confidence level", expected="between 0 and 1", got=level)
    flags: list[Flag] = [Flag.SINGLE] if n <= 1 else []
    if df < 1:
        flags.append(Flag.NO_DF)
        df = 1.0
    if is_share and (estimate <= 1e-12 or estimate >= 1 - 1e-12):
        low, high = one_sided(round(estimate), n, level)
        return Interval(low, high, Method.BETA, (*flags, Flag.ALL_OR_NONE))
    if not standard_error > 1e-12 * abs(estimate):
        return Interval(estimate, estimate, method, (*flags, Flag.NO_SPREAD))
    if method is Method.MEAN or not is_share:
        reach = t_quantile(df, level) * standard_error
        return Interval(estimate - reach, estimate + reach, Method.MEAN, tuple(flags))
    if method is Method.LOGIT:
        low, high = logit(estimate, standard_error, df, level)
    else:
        low, high = beta(estimate, standard_error, n, df, level)
    return Interval(low, high, method, tuple(flags))


def t_quantile(df: float, level: float) -> float:
    """Give the two-sided t quantile at the level; normal when df is infinite."""
    p = 0.5 + level / 2
    return float(special.ndtri(p) if np.isinf(df) else special.stdtrit(df, p))


def logit(p: float, standard_error: float, df: float, level: float) -> tuple[float, float]:
    """Give p on the logit scale ± t·se/(p(1−p)), turned back (R `svyciprop(method="xlogit")`)."""
    centre, reach = special.logit(p), t_quantile(df, level) * standard_error / (p * (1 - p))
    return float(special.expit(centre - reach)), float(special.expit(centre + reach))


def beta(p: float, standard_error: float, n: float, df: float, level: float) -> tuple[float, float]:
    """Give Clopper–Pearson limits at n* = p(1−p)/se² · (t_{n−1}/t_df)² (Korn & Graubard 1998)."""
    effective = p * (1 - p) / standard_error**2
    if n > 1:
        effective *= (t_quantile(n - 1, level) / t_quantile(df, level)) ** 2
    tail = (1 - level) / 2
    low = special.betaincinv(effective * p, effective * (1 - p) + 1, tail)
    high = special.betaincinv(effective * p + 1, effective * (1 - p), 1 - tail)
    return min(float(low), p), max(float(high), p)  # betaincinv is short of digits at vast n*


def one_sided(p: int, n: float, level: float) -> tuple[float, float]:
    """Give [0, 1 − (α/2)^(1/n)] for 0 %, its mirror image for 100 % (Clopper & Pearson 1934); n may be effective."""
    reach = 1 - ((1 - level) / 2) ** (1 / max(n, 1.0))
    return (0.0, reach) if p == 0 else (1 - reach, 1.0)
