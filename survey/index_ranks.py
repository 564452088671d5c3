"""The places of the counties on an index: which each may hold, and the bands that can be told apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from survey.indices import CITY, estimands
from survey.methods.contrasts import Target, joint
from survey.methods.design import FloatArray
from survey.methods.estimates import Estimate
from survey.methods.ranks import bands, rank_sets
from survey.methods.variance import SinglePsu
from survey.period_data import Respondent
from survey.questionnaire import Questionnaire
from survey.weighting_steps import Weighted

LEVEL = 0.95
DRAWS = 100_000
SEED = 47
"""Fixed: a set made again from the same interviews gives the same places."""
Z = 1.959964


@dataclass(frozen=True)
class RankRange:
    """The places that one county may hold, 1 the highest, and its band, 1 the highest."""

    best: int
    worst: int
    band: int


class Bounded(Protocol):
    """A figure with its error and its limits."""

    @property
    def standard_error(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...


def rank_ranges(
    questionnaire: Questionnaire, people: Sequence[Respondent], weighted: Weighted, found: Sequence[Estimate]
) -> dict[tuple[str, str], RankRange]:
    """Return the range of every published county figure by index and domain; withheld counties hold no place.

    Simultaneous 95 % sets (Mogstad, Romano, Shaikh & Wilhelm 2024) on the full covariance of the counties:
    raking to the city's margins ties their errors together.
    """
    items = {item.name: item for item in estimands(questionnaire, people)}
    counties = np.array([p.county for p in people])
    published: dict[str, list[Estimate]] = defaultdict(list)
    for e in found:
        if e.domain != CITY and e.is_published and e.estimate is not None:
            published[e.item].append(e)
    ranges: dict[tuple[str, str], RankRange] = {}
    for name, figures in published.items():
        values, covariance = joint(
            weighted.design,
            [Target(items[name], counties == e.domain) for e in figures],
            adjustments=[weighted.adjustment],
            single=SinglePsu.ADJUST,
        )
        for e, place in zip(figures, places(values, with_errors(figures, covariance)), strict=True):
            ranges[name, e.domain] = place
    return ranges


def with_errors(figures: Sequence[Bounded], covariance: FloatArray) -> FloatArray:
    """Give every figure an error (k, k): where all answered alike, its interval's length over 1.96 stands in.

    Without it a few interviews that happen to agree would count as certainty and take the first place.
    """
    full = covariance.copy()
    for i, e in enumerate(figures):
        if not e.standard_error and e.low is not None and e.high is not None:
            full[i, :] = full[:, i] = 0.0
            full[i, i] = ((e.high - e.low) / Z) ** 2
    return full


def places(shares: FloatArray, covariance: FloatArray, *, draws: int = DRAWS) -> list[RankRange]:
    """Return places and bands from shares (k,) between 0 and 1 and their covariance (k, k), in the order given.

    Differences are judged between log odds, whose errors are nearly normal far out in the tails: with many counties
    the largest of all differences decides, and between the shares themselves it is called one too often.
    """
    sets = rank_sets(*log_odds(shares, covariance), level=LEVEL, draws=draws, seed=SEED)
    band = bands(sets.above, np.argsort(-shares, kind="stable"))
    return [
        RankRange(int(best), int(worst), int(b))
        for best, worst, b in zip(sets.best, sets.worst, band, strict=True)
    ]


def log_odds(shares: FloatArray, covariance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return log p/(1 − p) and its covariance by the delta method; a share keeps half an error from 0 and 1."""
    inset = np.minimum(np.sqrt(np.diag(covariance)) / 2, 0.5)
    p = np.clip(shares, inset, 1 - inset)
    slope = 1 / (p * (1 - p))
    return np.log(p / (1 - p)), covariance * np.outer(slope, slope)
