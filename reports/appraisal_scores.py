"""Points: from counts to shares shrunk within groups of like volume, to points by the scheme, to bands of places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace
from scipy.special import betaincinv

from matters.shrinking import shrink, volume
from reports.appraisal_snapshot import Measured, Row
from reports.appraisal_terms import Appraised, Indicator
from reports.blocks import Text
from survey.index_ranks import places
from survey.methods.expected import shrink_ratios

Z = 1.959963984540054
TAIL = 0.025
FULL = 100.0
RATIOS = frozenset({Indicator.COMPLETES})
"""Counted against what was to be expected, not against a whole."""


@dataclass(frozen=True)
class Count:
    """A numerator over a denominator."""

    numerator: float
    denominator: float


@dataclass(frozen=True)
class Subject:
    """Somebody appraised, with what was counted of them."""

    id: int
    words: Text | None
    volume: int
    counts: Mapping[Indicator, Count]


def scored(
    appraised: Appraised, weights: Mapping[Indicator, int], minimum: int, subjects: Iterable[Subject]
) -> tuple[Row, ...]:
    """Return the rows of a round: by group of volume, then in the order of the subjects' ids.

    Points are Σ w·p over the indicators that have data, over Σ w of these, of 100; p is the shrunk share, of completes
    the ratio up to 1. The errors of the indicators are added up whole, as if all went wrong together: they rest
    on the same matters, and how they move together is not known, so the interval is never too short.
    """
    everybody = sorted(subjects, key=lambda s: s.id)
    groups: dict[int, list[Subject]] = {}
    for one in everybody:
        groups.setdefault(volume(one.volume) if appraised is Appraised.UNIT else 0, []).append(one)
    rows: list[Row] = []
    for group in sorted(groups, reverse=True):
        rows += _group(appraised, weights, minimum, group, groups[group])
    return tuple(rows)


def _group(
    appraised: Appraised,
    weights: Mapping[Indicator, int],
    minimum: int,
    group: int,
    members: Sequence[Subject],
) -> list[Row]:
    measured = {indicator: _measured(indicator, members) for indicator in weights}
    rows = []
    for n, one in enumerate(members):
        mine = tuple(measured[indicator][n] for indicator in weights)
        points, spread = _points(weights, mine)
        low = None if points is None else max(0.0, points - Z * spread)
        high = None if points is None else min(FULL, points + Z * spread)
        rows.append((Row(one.id, one.words, group, one.volume, mine, points, low, high), spread))
    # People are never set in an order.
    if appraised is Appraised.INTERVIEWER:
        return [row for row, _ in rows]
    return _placed(rows, minimum)


def _measured(indicator: Indicator, members: Sequence[Subject]) -> list[Measured]:
    counts = [one.counts.get(indicator, Count(0, 0)) for one in members]
    held = [n for n, c in enumerate(counts) if c.denominator > 0]
    numerators, denominators = [counts[n].numerator for n in held], [counts[n].denominator for n in held]
    drawn: dict[int, tuple[float, float, float]] = {}
    if indicator in RATIOS:
        for n, ratio in zip(held, shrink_ratios(numerators, denominators), strict=True):
            if ratio is not None:
                drawn[n] = (ratio.ratio, ratio.low, ratio.high)
    else:
        whole, part = sum(denominators), sum(numerators)
        alike = part in (0, whole)
        for n, s in zip(held, shrink(numerators, denominators), strict=True):
            drawn[n] = _alike(counts[n], part, whole) if alike else (s.share, s.low, s.high)
    return [
        Measured(indicator.value, float(c.numerator), float(c.denominator), *drawn.get(n, (None, None, None)))
        for n, c in enumerate(counts)
    ]


def _alike(mine: Count, part: float, whole: float) -> tuple[float, float, float]:
    """Draw a share to a group that is all at 0 or all at 1: as likely to fail next as (Σx + ½)/(Σn + 1) says.

    So that a few matters that all went well are no certainty (Jeffreys' half; M = Σn, the least overdispersion).
    """
    mean = (part + 0.5) / (whole + 1)
    a = mean * whole + mine.numerator
    b = (1 - mean) * whole + mine.denominator - mine.numerator
    low, high = (float(betaincinv(a, b, p)) for p in (TAIL, 1 - TAIL))
    return a / (a + b), low, high


def _points(weights: Mapping[Indicator, int], measured: Sequence[Measured]) -> tuple[float | None, float]:
    whole, sum_of_points, spread = 0, 0.0, 0.0
    for (indicator, weight), m in zip(weights.items(), measured, strict=True):
        if m.share is None or m.low is None or m.high is None:
            continue
        ends = (min(x, 1.0) if indicator in RATIOS else x for x in (m.share, m.low, m.high))
        share, low, high = ends
        whole += weight
        sum_of_points += weight * share
        spread += weight * (high - low) / (2 * Z)
    return (FULL * sum_of_points / whole, FULL * spread / whole) if whole else (None, 0.0)


def _placed(rows: Sequence[tuple[Row, float]], minimum: int) -> list[Row]:
    """Give those with enough volume the places that they may hold; a band, never a bare place."""
    ranked = [n for n, (row, _) in enumerate(rows) if row.volume >= minimum and row.points is not None]
    found = [row for row, _ in rows]
    if len(ranked) < 2:
        return found
    values = np.array([found[n].points for n in ranked], dtype=np.float64) / FULL
    covariance = np.diag(np.array([(rows[n][1] / FULL) ** 2 for n in ranked]))
    for n, held in zip(ranked, places(values, covariance), strict=True):
        found[n] = replace(found[n], best=held.best, worst=held.worst, band=held.band)
    return found
