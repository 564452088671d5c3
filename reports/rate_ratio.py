"""Two counts of equal spans compared: how many times as many, with limits that do not lean on large numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from scipy import stats
from scipy.special import betaincinv

from reports.blocks import Text
from reports.wording import LEVEL, Verdict


@dataclass(frozen=True)
class Ratio:
    """How many times as many as before; None and no upper limit where nothing came before."""

    ratio: float | None
    low: float
    high: float | None
    p: float

    def words(self, p: float) -> Text:
        """Say up or down only where the interval leaves 1 out and the p-value given, adjusted or not, agrees."""
        verdict = Verdict.NONE
        if p < 1 - LEVEL:
            verdict = Verdict.UP if self.low > 1 else Verdict.NONE
            verdict = Verdict.DOWN if self.high is not None and self.high < 1 else verdict
        return Text(verdict.zh, verdict.en)


def change_of_counts(now: int, before: int) -> Ratio:
    """Compare two Poisson counts of equal spans: given both together, the later is binomial with a half.

    Limits of the ratio q/(1 − q) by Clopper–Pearson limits of q; exact two-sided test. Source: Przyborowski &
    Wilenski (1940); Clopper & Pearson (1934).
    """
    both, tail = now + before, (1 - LEVEL) / 2
    if both == 0:
        return Ratio(None, 0.0, None, 1.0)
    low = float(betaincinv(now, before + 1, tail)) if now else 0.0
    high = float(betaincinv(now + 1, before, 1 - tail)) if before else 1.0
    p = float(stats.binomtest(now, both, 0.5).pvalue)
    return Ratio(now / before if before else None, _odds(low), _odds(high) if high < 1 else None, p)


def _odds(q: float) -> float:
    return q / (1 - q) if q < 1 else inf
