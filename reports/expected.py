"""What a count was to be expected to be, from like periods before: how far chance and their own scatter reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy import stats

from reports.wording import LEVEL, Verdict
from survey.methods.multiplicity import adjusted


@dataclass(frozen=True)
class Expected:
    """The mean of like periods before, and where the next count lies 19 times in 20; no limits from fewer than two."""

    mean: float | None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    is_more: bool = False

    def verdict(self, p: float | None = None) -> Verdict:
        """Say up or down only where the count lies outside, and the p-value, adjusted or not, agrees."""
        p = self.p if p is None else p
        if self.p is None or p is None:
            return Verdict.UNKNOWN
        if p >= 1 - LEVEL:
            return Verdict.NONE
        return Verdict.UP if self.is_more else Verdict.DOWN


def expected(now: int, before: Sequence[int]) -> Expected:
    """Hold a count against those of k like periods: by Poisson's scatter, or by their own where that is wider.

    Where the sample variance s² of the k counts is no more than their mean ȳ, exactly: of the S + x that came in all,
    x is Binomial(S + x, 1/(k + 1)) if nothing changed (Przyborowski & Wilenski 1940); turned around, the next count is
    negative-binomial, with S or S + 1 successes of probability k/(k + 1) (Nelson 1970). Where s² is greater,
    ȳ ± t(k−1) √(s² (1 + 1/k)) (Hahn & Meeker 1991, ch. 4). p is two-sided, twice the smaller tail. Where nothing came
    before, or of one period alone, nothing is said.
    """
    k = len(before)
    if k == 0:
        return Expected(None)
    total = sum(before)
    mean = total / k
    if k == 1 or total == 0:
        return Expected(mean)
    spread = sum((n - mean) ** 2 for n in before) / (k - 1)
    tail = (1 - LEVEL) / 2
    if spread <= mean:
        share = k / (k + 1)
        more = float(stats.nbinom.sf(now - 1, total + 1, share))
        fewer = float(stats.nbinom.cdf(now, total, share))
        low = float(stats.nbinom.ppf(tail, total, share))
        high = float(stats.nbinom.isf(tail, total + 1, share))
        return Expected(mean, low, high, min(1.0, 2 * min(more, fewer)), now > mean)
    error = sqrt(spread * (1 + 1 / k))
    reach = float(stats.t.isf(tail, k - 1)) * error
    p = float(2 * stats.t.sf(abs(now - mean) / error, k - 1))
    return Expected(mean, max(0.0, mean - reach), mean + reach, p, now > mean)


def verdicts(found: Sequence[Expected]) -> list[Verdict]:
    """Judge many counts of one table together: p-values by Holm, so that seldom any of them is called changed by chance."""
    p = adjusted(np.array([np.nan if e.p is None else e.p for e in found], dtype=np.float64))
    return [e.verdict(float(q)) for e, q in zip(found, p, strict=True)]
