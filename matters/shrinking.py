"""Shrinking: shares of small units drawn towards their group's mean, by empirical Bayes, with a band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import betaincinv

LEVEL = 0.95
VOLUMES = (30, 100, 300)
"""Units are compared with those that had as much to do: below 30, from 30, 100, 300."""
RANKED_FROM = 30


@dataclass(frozen=True)
class Shrunk:
    """A unit's share after shrinking: the posterior mean with its band, and its rank where it has one."""

    share: float
    low: float
    high: float
    rank: int | None = None


def volume(n: float) -> int:
    """Return the volume group of a denominator: 0 below 30, then 1, 2, 3."""
    return sum(n >= least for least in VOLUMES)


def overdispersion(counts: Sequence[float], totals: Sequence[float]) -> float:
    """Return the share of variance between units, by moments (Kleinman 1973, weights n).

    counts and totals: one pair a unit, totals above 0. The result lies in (0, 1): never below 1 / (N + 1), so
    that even alike units keep the uncertainty of their whole group.
    """
    whole = float(sum(totals))
    mean = sum(counts) / whole
    spread = mean * (1 - mean)
    least = 1 / (whole + 1)
    if len(totals) < 2 or spread == 0:
        return least
    unlike = sum(n * (x / n - mean) ** 2 for x, n in zip(counts, totals, strict=True))
    free = len(totals) - 1
    weight = whole - sum(n * n for n in totals) / whole - free
    found = (unlike - spread * free) / (spread * weight) if weight > 0 else 0.0
    return min(max(found, least), 1 - least)


def shrink(counts: Sequence[float], totals: Sequence[float]) -> list[Shrunk]:
    """Shrink the shares of one group to its mean: Beta(mM + x, (1 − m)M + n − x), M = 1/ρ − 1."""
    if not totals:
        return []
    mean = sum(counts) / sum(totals)
    prior = 1 / overdispersion(counts, totals) - 1
    found = []
    for x, n in zip(counts, totals, strict=True):
        a, b = mean * prior + x, (1 - mean) * prior + n - x
        share = a / (a + b)
        is_open = a > 0 and b > 0  # all of a group alike, at 0 or 1: there is nothing to spread
        low = float(betaincinv(a, b, (1 - LEVEL) / 2)) if is_open else share
        high = float(betaincinv(a, b, (1 + LEVEL) / 2)) if is_open else share
        found.append(Shrunk(share, low, high))
    return found


def shrink_in_groups(counts: Sequence[float], totals: Sequence[float]) -> list[Shrunk | None]:
    """Shrink every unit within its volume group and rank those with 30 or more; None where nothing was due."""
    found: list[Shrunk | None] = [None] * len(totals)
    for group in range(len(VOLUMES) + 1):
        members = [i for i, n in enumerate(totals) if n > 0 and volume(n) == group]
        shrunk = shrink([counts[i] for i in members], [totals[i] for i in members])
        order = sorted(zip(members, shrunk, strict=True), key=lambda pair: -pair[1].share)
        for place, (i, one) in enumerate(order, start=1):
            rank = place if totals[i] >= RANKED_FROM else None
            found[i] = Shrunk(one.share, one.low, one.high, rank)
    return found
