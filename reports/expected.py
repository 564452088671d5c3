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
    """Hold a count against those of k like periods: ȳ ± t(k−1) √(s² (1 + 1/k)), s² at least Poisson's ȳ.

    Source: prediction interval of one more observation, Hahn & Meeker 1991, ch. 4; s² has a floor, so few periods
    that happen to be alike don't make it too short, and where nothing came before nothing is said.
    """
    k = len(before)
    if k == 0:
        return Expected(None)
    mean = sum(before) / k
    if k == 1 or mean == 0:
        return Expected(mean)
    spread = sum((n - mean) ** 2 for n in before) / (k - 1)
    error = sqrt(max(spread, mean) * (1 + 1 / k))
    reach = float(stats.t.ppf(0.5 + LEVEL / 2, k - 1)) * error
    p = float(2 * stats.t.sf(abs(now - mean) / error, k - 1))
    return Expected(mean, max(0.0, mean - reach), mean + reach, p, now > mean)


def verdicts(found: Sequence[Expected]) -> list[Verdict]:
    """Judge many counts of one table together: p-values by Holm, so that seldom any of them is called changed by chance."""
    p = adjusted(np.array([np.nan if e.p is None else e.p for e in found], dtype=np.float64))
    return [e.verdict(float(q)) for e, q in zip(found, p, strict=True)]
