"""Prevented calls: what would have come after a remedy had nothing been done, less what did come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

LEAST_ELSEWHERE = 100
"""Cases elsewhere, before and after each, from which they tell how all calls rose or fell."""


@dataclass(frozen=True)
class Prevented:
    """Calls prevented by a remedy, with their interval; the interval counts what chance alone moves."""

    expected: float
    observed: int
    prevented: float
    low: float
    high: float
    trend: float
    """After over before, elsewhere: what came in of the same cause where nothing was remedied."""
    is_adjusted: bool

    @property
    def is_clear(self) -> bool:
        """Say whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


def prevented(
    before: int,
    after: int,
    *,
    days: tuple[int, int] = (1, 1),
    elsewhere: tuple[int, int] = (0, 0),
    level: float = 0.95,
) -> Prevented:
    """Compare the calls before and after a remedy; `days` and `elsewhere` give both periods, before first.

    Expected = before × trend; trend = calls elsewhere after / before, or the days' where there are too few. Before
    is Poisson with a Jeffreys prior, so what would have come is negative binomial with mean (before + ½) trend and
    shape 1/(1/(before + ½) + 1/elsewhere before + 1/elsewhere after); its quantiles less `after` are the limits.
    Sources: predictive distribution, Geisser 1993, ch. 2; intervals like it, Krishnamoorthy & Peng 2011.
    """
    is_adjusted = min(elsewhere) >= LEAST_ELSEWHERE
    trend = elsewhere[1] / elsewhere[0] if is_adjusted else days[1] / days[0]
    noise = 1 / elsewhere[0] + 1 / elsewhere[1] if is_adjusted else 0.0
    shape = 1 / (1 / (before + 0.5) + noise)
    mean = (before + 0.5) * trend
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    low, high = stats.nbinom.ppf(tails, shape, shape / (shape + mean)).tolist()
    expected = before * trend
    return Prevented(expected, after, expected - after, low - after, high - after, trend, is_adjusted)
