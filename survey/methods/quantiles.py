"""Quantiles of weighted answers: eleven definitions, and Woodruff's intervals by the shares below them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from survey.methods.design import FloatArray
from survey.methods.failures import MethodFailure
from survey.methods.intervals import t_quantile
from survey.methods.proportion_intervals import ShareMethod, share_limits
from survey.methods.sample import Sample
from survey.methods.statistics import means


class Rule(StrEnum):
    """Which number is the quantile (Hyndman & Fan 1996, with weights as in R's `qrule`)."""

    MATH = "math"  # the smallest value with a share of at least p at or below it
    SCHOOL = "school"  # as taught: the mean of two neighbours where p falls between them
    SHAHVAISH = "shahvaish"
    HF1 = "hf1"
    HF2 = "hf2"
    HF3 = "hf3"
    HF4 = "hf4"
    HF5 = "hf5"
    HF6 = "hf6"
    HF7 = "hf7"
    HF8 = "hf8"
    HF9 = "hf9"


@dataclass(frozen=True)
class Quantile:
    """A quantile with its interval; a limit outside the data's reach is None."""

    p: float
    estimate: float
    low: float | None
    high: float | None
    standard_error: float | None  # half the interval over t


def quantile(y: FloatArray, weights: FloatArray, p: float, rule: Rule = Rule.MATH) -> float:
    """Give the p-quantile of y (rows,) by weights (rows,); rows of weight 0 do not count.

    Sums run in extended precision, so that a p that falls on a step is seen to.
    """
    used = weights != 0
    order = np.argsort(y[used], kind="stable")
    x, w = y[used][order], weights[used][order]
    if x.size == 0:
        raise MethodFailure("quantile", expected="at least one answer", got=0)
    if x.size == 1:
        return float(x[0])
    if rule is Rule.HF3:
        x, first = np.unique(x, return_index=True)
        w = np.add.reduceat(w, first)
    running = np.cumsum(w.astype(np.longdouble)).astype(np.float64)
    if rule in (Rule.MATH, Rule.HF1, Rule.SCHOOL, Rule.HF2, Rule.HF3, Rule.HF4):
        return _step(x, running, p, rule)
    position = _positions(w, running, rule)
    if rule is Rule.SHAHVAISH:
        return float(x[max(int(np.searchsorted(position, p, side="right")) - 1, 0)])
    keep = np.append(np.diff(position) > 0, True)
    return float(np.interp(p, position[keep], x[keep]))


def _step(x: FloatArray, running: FloatArray, p: float, rule: Rule) -> float:
    total = running[-1]
    below = np.flatnonzero(running <= p * total)
    at = int(below[-1]) if below.size else 0
    following = min(at + 1, x.size - 1)
    past = p - running[at] / total
    if rule is Rule.HF4:
        ahead = running[following] / total - p
        share = min(max(past / (ahead + past), 0.0), 1.0) if ahead + past else 0.0  # never beyond the data
        return float(x[at] * (1 - share) + x[following] * share)
    if past == 0 and rule in (Rule.MATH, Rule.HF1):
        return float(x[at])
    if past == 0 and rule in (Rule.SCHOOL, Rule.HF2):
        return float((x[at] + x[following]) / 2)
    if past == 0 and (at + 1) % 2 == 0:
        return float(x[at])
    return float(x[following])


def _positions(w: FloatArray, running: FloatArray, rule: Rule) -> FloatArray:
    total, before = running[-1], np.concatenate([[0.0], running[:-1]])
    if rule is Rule.HF5:
        return np.asarray((running - w / 2) / total)
    if rule is Rule.HF6:
        return np.asarray(running / (total + w[-1]))
    if rule is Rule.HF7:
        return np.asarray(before / running[-2])
    if rule is Rule.HF8:
        return np.asarray((before / 3 + running * 2 / 3) / (total + w[-1] / 3))
    if rule is Rule.HF9:
        return np.asarray((before * 3 / 8 + running * 5 / 8) / (total + w[-1] / 4))
    scaled = w / w.mean()
    return np.asarray((np.cumsum(scaled) + 0.5 - w / 2) / (w.size + 1))


def quantiles(
    sample: Sample,
    y: FloatArray,
    probabilities: list[float],
    *,
    rule: Rule = Rule.MATH,
    method: ShareMethod = ShareMethod.MEAN,
    level: float = 0.95,
) -> list[Quantile]:
    """Give quantiles of y (rows,) in the sample's domain with Woodruff's intervals (1952; R `svyquantile`).

    The share at or below the estimate gets an interval by `method`; its limits are turned into quantiles by
    the same rule. A limit below 0 or above 1 has no quantile.
    """
    inside = sample.counted
    weights = np.where(inside, sample.weights, 0.0)
    if np.isnan(y[inside]).any():
        raise MethodFailure("quantile", expected="answers in every row of the domain", got="missing ones")
    t = t_quantile(sample.df, level) if sample.df > 0 else None
    result = []
    for p in probabilities:
        if not 0 <= p <= 1:
            raise MethodFailure("probability", expected="0 to 1", got=p)
        estimate = quantile(y, weights, p, rule)
        below = (y <= estimate).astype(np.float64)[:, None]
        share, v = sample.estimate(means(below, sample.inside))
        limits: list[float | None] = [None, None]
        if t is not None:
            found = share_limits(
                float(share[0]), float(np.sqrt(max(v[0, 0], 0.0))), method=method, level=level,
                df=sample.df, own_df=sample.df, rows=sample.rows,
            )  # fmt: skip
            limits = [_turned_back(limit, y, weights, rule) for limit in (found or (-1.0, 2.0))]
        low, high = limits
        error = (high - low) / (2 * t) if low is not None and high is not None and t is not None else None
        result.append(Quantile(p, estimate, low, high, error))
    return result


def _turned_back(share: float, y: FloatArray, weights: FloatArray, rule: Rule) -> float | None:
    return quantile(y, weights, share, rule) if 0 <= share <= 1 else None
