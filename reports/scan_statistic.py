"""The space–time scan: where and since when a cause is raised more often than its place and its days explain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

REPLICATES = 999
SEED = 20_010_401
FLOOR = 3.0
"""Least log-likelihood ratio of a candidate: alone, without looking everywhere, it would have p < 0.01."""
_CELLS = 300_000
"""Cells that one block of replicates may fill."""


@dataclass(frozen=True)
class Cluster:
    """One cluster: a cause in a zone during the last days, with the p-value of having looked everywhere."""

    cause: int
    zone: int
    days: int
    observed: int
    expected: float
    cases: int
    """All cases of the cause in the study period, wherever."""
    ratio: float
    llr: float
    p: float

    @property
    def recurrence(self) -> float:
        """Say once in how many scans chance alone shows such a cluster (Kleinman, Lazarus & Platt 2004)."""
        return 1 / self.p


@dataclass(frozen=True, eq=False)
class Scan:
    """The clusters, likeliest first, and the largest ratio of every replicate."""

    clusters: tuple[Cluster, ...]
    maxima: FloatArray  # (replicates,), 0 where no candidate came up


def log_likelihood_ratio(observed: object, expected: object, cases: object) -> FloatArray:
    """Give c ln(c/e) + (C−c) ln((C−c)/(C−e)) where c > e, else 0; arrays of counts that broadcast.

    C is the number of all cases, Σ e = C. Source: Kulldorff 1997, Poisson model; 2001 for windows of time.
    """
    c, e, total = (np.asarray(v, dtype=np.float64) for v in (observed, expected, cases))
    is_more = (c > e) & (e > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = c * np.log(c / e)
        outside = np.where(total > c, (total - c) * np.log((total - c) / (total - e)), 0.0)
    return np.where(is_more, inside + outside, 0.0)


def scan(
    counts: IntArray,
    zones: Sequence[Sequence[int]],
    *,
    longest: int = 14,
    least: int = 10,
    replicates: int = REPLICATES,
    seed: int = SEED,
    most: int = 20,
) -> Scan:
    """Scan cases (causes, places, days; the last day is today) for clusters in zones (lists of places).

    Windows are the last 1 … min(longest, half the days) days. Each cause has a level of its own at every place
    and on every day, unknown both: given the totals by place and by day, the expected count of a zone z in a
    window w is e = C_z C_w / C, and under no cluster every way of sharing out the days is equally likely. So the
    replicates shuffle the days among a cause's cases, and the error of the earlier period is inside the p-value.
    p = (1 + replicates whose largest ratio over ALL causes, zones and windows is at least as large) / (1 + replicates).
    Candidates have at least `least` cases and a ratio of at least FLOOR. Secondary clusters share no place with a
    likelier one of the same cause. Sources: Kulldorff 1997, 2001; conditioning and shuffle as in Kulldorff et al. 2005.
    """
    causes, places, days = counts.shape
    windows = max(1, min(longest, days // 2))
    maxima = np.zeros(replicates)
    if not zones:
        return Scan((), maxima)
    member = _membership(zones, places)
    drawn = np.random.default_rng(seed)
    found: list[tuple[float, int, int, int, int, float, int]] = []
    for cause in range(causes):
        room = _Room.of(counts[cause], member, windows, least)
        if room is None:
            continue
        found += [(c[0], cause, *c[1:]) for c in room.clusters(counts[cause])]
        if replicates:
            room.replicate(counts[cause], drawn.spawn(1)[0], maxima)
    return Scan(_chosen(found, zones, maxima, most), maxima)


def _membership(zones: Sequence[Sequence[int]], places: int) -> sparse.csr_matrix:
    rows = np.repeat(np.arange(len(zones)), [len(z) for z in zones])
    columns = np.fromiter((p for z in zones for p in z), np.int64, rows.size)
    return sparse.csr_matrix((np.ones(rows.size, np.float32), (rows, columns)), shape=(len(zones), places))


@dataclass(frozen=True, eq=False)
class _Room:
    """What is the same in the data and in every replicate of one cause: totals, expectations, thresholds."""

    zone: IntArray  # (zones,) zones in which a candidate is possible at all
    member: sparse.csr_matrix  # (zones, places)
    place: IntArray  # (places,) those of the zones
    expected: FloatArray  # (zones, windows)
    least: FloatArray  # (zones, windows) the fewest cases that make a candidate
    cases: int
    windows: int

    @classmethod
    def of(cls, counts: IntArray, member: sparse.csr_matrix, windows: int, least: int) -> _Room | None:
        """Prepare a cause; None where no zone can hold a candidate."""
        cases = int(counts.sum())
        if cases < least:
            return None
        of_zone = np.asarray(member @ counts.sum(axis=1)).astype(np.float64)
        of_window = np.cumsum(counts.sum(axis=0)[::-1][:windows]).astype(np.float64)
        expected = of_zone[:, None] * of_window / cases
        most = np.minimum(of_zone[:, None], of_window)
        is_possible = (most >= least) & (log_likelihood_ratio(most, expected, cases) >= FLOOR)
        zone = np.flatnonzero(is_possible.any(axis=1))
        if not zone.size:
            return None
        kept = member[zone]
        place = np.unique(kept.indices).astype(np.int64)
        expected, most = expected[zone], most[zone]
        return cls(
            zone, kept[:, place], place, expected,
            _fewest(expected, most, cases, least), cases, windows,
        )  # fmt: skip

    def clusters(self, counts: IntArray) -> list[tuple[float, int, int, int, float, int]]:
        """Return the candidates of the data: ratio, zone, days, observed, expected, cases."""
        recent = counts[self.place][:, ::-1][:, : self.windows]
        sums = np.asarray(self.member @ np.cumsum(recent, axis=1).astype(np.float32))
        z, w = np.nonzero(sums >= self.least)
        ratios = log_likelihood_ratio(sums[z, w], self.expected[z, w], self.cases)
        return [
            (float(r), int(self.zone[i]), int(j) + 1, int(sums[i, j]), float(self.expected[i, j]), self.cases)
            for r, i, j in zip(ratios, z, w, strict=True)
        ]

    def replicate(self, counts: IntArray, random: np.random.Generator, maxima: FloatArray) -> None:
        """Shuffle the cause's cases among its days, again and again; raise each replicate's maximum."""
        new = np.full(counts.shape[0], -1, dtype=np.int64)
        new[self.place] = np.arange(self.place.size)
        # One slot a case, today's first; which place stands in a slot is what is shuffled.
        slots = counts.sum(axis=0)[::-1]
        recent = int(slots[: self.windows].sum())
        day = np.repeat(np.arange(self.windows), slots[: self.windows])
        where = np.repeat(new, counts.sum(axis=1)).astype(np.int16)
        step = max(1, min(_CELLS // (self.place.size * self.windows), 4 * _CELLS // max(where.size, 1)))
        for first in range(0, maxima.size, step):
            size = min(step, maxima.size - first)
            places = _shuffled(where, recent, size, random).astype(np.int64)
            at = (places * self.windows + day) * size + np.arange(size)[:, None]
            cells = np.bincount(at[places >= 0], minlength=self.place.size * self.windows * size)
            grid = cells.reshape(self.place.size, self.windows, size).astype(np.float32)
            for w in range(1, self.windows):
                grid[:, w] += grid[:, w - 1]
            sums = np.asarray(self.member @ grid.reshape(self.place.size, -1))
            sums = sums.reshape(self.zone.size, self.windows, size)
            z, v, r = np.nonzero(sums >= self.least[:, :, None])
            ratios = log_likelihood_ratio(sums[z, v, r], self.expected[z, v], self.cases)
            np.maximum.at(maxima, first + r, ratios)


def _shuffled(
    where: NDArray[np.int16], recent: int, rows: int, random: np.random.Generator
) -> NDArray[np.int16]:
    """Draw `recent` of the cases without replacement, in random order, once a row."""
    table = np.broadcast_to(where, (rows, where.size))
    return np.asarray(random.permuted(table, axis=1)[:, :recent])


def _fewest(expected: FloatArray, most: FloatArray, cases: int, least: int) -> FloatArray:
    """Find the smallest count whose ratio reaches FLOOR, by halving; beyond `most` where none does."""
    low, high = np.full(expected.shape, float(least)), np.maximum(np.floor(most) + 1, least)
    while (low < high).any():
        middle = np.floor((low + high) / 2)
        # Above its expectation the ratio rises with the count.
        reaches = log_likelihood_ratio(np.minimum(middle, cases), expected, cases) >= FLOOR
        high, low = np.where(reaches, middle, high), np.where(reaches, low, np.minimum(middle + 1, high))
    return np.asarray(high)


def _chosen(
    found: list[tuple[float, int, int, int, int, float, int]],
    zones: Sequence[Sequence[int]],
    maxima: FloatArray,
    most: int,
) -> tuple[Cluster, ...]:
    taken: dict[int, set[int]] = {}
    chosen: list[Cluster] = []
    for llr, cause, zone, days, observed, expected, cases in sorted(
        found, key=lambda f: (-f[0], f[1], len(zones[f[2]]), f[2], f[3])
    ):
        here = taken.setdefault(cause, set())
        if here & set(zones[zone]):
            continue
        here |= set(zones[zone])
        # Rounding must not tell equal ratios apart.
        above = int(np.count_nonzero(maxima >= llr - 1e-9))
        p = (1 + above) / (1 + maxima.size)
        chosen.append(Cluster(cause, zone, days, observed, expected, cases, observed / expected, llr, p))
        if len(chosen) == most:
            break
    return tuple(chosen)
