"""What a count was to be expected to be, from like periods before: how far chance and their own scatter reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy import special, stats

from reports.wording import LEVEL, Verdict
from survey.methods.multiplicity import adjusted

ENOUGH_ROWS = 4
"""Rows that together tell how much their counts scatter; four periods of one row alone show it too seldom."""


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


def expected(now: int, before: Sequence[int], scatter: float | None = None) -> Expected:
    """Hold a count against those of k like periods, which scatter `scatter` times as much as Poisson counts do.

    Exactly for Poisson: of the S + x that came in all, x is Binomial(S + x, 1/(k + 1)) if nothing changed (Przyborowski
    & Wilenski 1940; turned around the next count is negative-binomial, Nelson 1970). Counts that scatter φ times as much
    are divided by φ first (Rao & Scott 1999), the binomial's tails being incomplete beta functions. Where the scatter is
    not given it is the row's own: none beyond Poisson's where the sample variance s² is no more than the mean ȳ, else
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
    tail = (1 - LEVEL) / 2
    spread = sum((n - mean) ** 2 for n in before) / (k - 1)
    if scatter is None and spread > mean:
        error = sqrt(spread * (1 + 1 / k))
        reach = float(stats.t.isf(tail, k - 1)) * error
        p = float(2 * stats.t.sf(abs(now - mean) / error, k - 1))
        return Expected(mean, max(0.0, mean - reach), mean + reach, p, now > mean)
    phi = scatter or 1.0
    farthest = int(now + mean + 20 * sqrt(phi * mean * (1 + 1 / k)) + 20 * phi)
    counts, share = np.arange(farthest + 1), 1 / (k + 1)
    more = np.append(1.0, special.betainc(counts[1:] / phi, total / phi + 1, share))
    fewer = special.betaincc(counts / phi + 1, total / phi, share)
    low, high = float(counts[fewer >= tail].min()), float(counts[more > tail].max())
    return Expected(mean, low, high, min(1.0, 2 * float(min(more[now], fewer[now]))), now > mean)


def shared_scatter(rows: Sequence[Sequence[int]]) -> float | None:
    """Estimate how many times as much as Poisson counts the rows of a table scatter: Σ Σ (y − ȳ)²/ȳ over R (k − 1).

    Never less than 1 (McCullagh & Nelder 1989, § 6.2). None of fewer than four rows in which anything came: too few
    to lend each other their scatter.
    """
    some = [np.array(row, dtype=np.float64) for row in rows if len(row) > 1 and any(row)]
    if len(some) < ENOUGH_ROWS:
        return None
    apart = sum(float(((row - row.mean()) ** 2).sum() / row.mean()) for row in some)
    return max(1.0, apart / sum(row.size - 1 for row in some))


def verdicts(found: Sequence[Expected]) -> list[Verdict]:
    """Judge many counts of one table together: p-values by Holm, so that seldom any of them is called changed by chance."""
    p = adjusted(np.array([np.nan if e.p is None else e.p for e in found], dtype=np.float64))
    return [e.verdict(float(q)) for e, q in zip(found, p, strict=True)]
