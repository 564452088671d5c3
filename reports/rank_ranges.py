"""Ranks as ranges: which places a county may hold, and the bands that can be told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

LEVEL = 0.95
DRAWS = 100_000
SEED = 47


@dataclass(frozen=True)
class RankRange:
    """The places that one county may hold, 1 the highest, and its band, 1 the highest."""

    best: int
    worst: int
    band: int


def rank_ranges(estimates: Sequence[float], errors: Sequence[float]) -> list[RankRange]:
    """Return the range of each figure, given from the highest to the lowest with their standard errors.

    Simultaneous 95 % sets over all pairs (Mogstad, Romano, Shaikh & Wilhelm 2024, step-down): best = 1 + those
    clearly above, worst = all − those clearly below. Counties are sampled apart, so errors are taken as
    independent. The simulated maxima have a fixed seed: a published range never changes between runs.
    """
    return list(_ranges(tuple(estimates), tuple(errors)))


@lru_cache(maxsize=64)
def _ranges(estimates: tuple[float, ...], errors: tuple[float, ...]) -> tuple[RankRange, ...]:
    n = len(estimates)
    if n == 0:
        return ()
    above = _clearly_above(np.array(estimates), np.array(errors))
    bands, first = [1] * n, 0
    for i in range(1, n):
        if above[first, i]:
            first = i
            bands[i] = bands[i - 1] + 1
        else:
            bands[i] = bands[i - 1]
    return tuple(RankRange(1 + int(above[:, i].sum()), n - int(above[i].sum()), bands[i]) for i in range(n))


def _clearly_above(
    value: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    error: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Tell for every pair (i, j) whether i is clearly above j, all pairs at once."""
    n = value.size
    upper, lower = np.triu_indices(n, 1)
    above = np.zeros((n, n), dtype=np.bool_)
    if n < 2:
        return above
    spread = np.sqrt(error[upper] ** 2 + error[lower] ** 2)
    spread = np.where(spread > 0, spread, np.inf)
    difference = (value[upper] - value[lower]) / spread
    noise = np.random.default_rng(SEED).standard_normal((DRAWS, n)) * error
    open_pairs = np.ones(upper.size, dtype=np.bool_)
    while open_pairs.any():
        largest = np.zeros(DRAWS)
        for k in np.flatnonzero(open_pairs).tolist():
            np.maximum(largest, np.abs(noise[:, upper[k]] - noise[:, lower[k]]) / spread[k], out=largest)
        clear = open_pairs & (np.abs(difference) > np.quantile(largest, LEVEL))
        if not clear.any():
            break
        open_pairs &= ~clear
        for k in np.flatnonzero(clear).tolist():
            i, j = (upper[k], lower[k]) if difference[k] > 0 else (lower[k], upper[k])
            above[i, j] = True
    return above
