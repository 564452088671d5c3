"""Influential interviews of a weight set, told by weighting class and never by person, and what trimming would do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from core.phone import NumberKind
from survey.indices import CITY, INDICES, estimands
from survey.methods import effects, raking
from survey.methods.design import FloatArray
from survey.methods.estimands import Estimand
from survey.methods.estimates import estimates
from survey.methods.influence import deletion, leverage
from survey.methods.trimming import trim
from survey.methods.variance import SinglePsu
from survey.weight_replay import Replay, replayed
from survey.weighting import WeightSet

LEAST = 5
"""Interviews of a class below which it is not named: a class of one would be a person."""
TOP = 12
CAPS = (2.5, 3.0, 4.0, 5.0)
LEVERAGE_LIMIT = 0.2
"""Above it the linearised errors are known to be short (docs/decisions/0016)."""

Class = tuple[str, NumberKind] | None
"""County code and kind of line; None = the classes too small to be named, together."""


@dataclass(frozen=True)
class Case:
    """One influential interview, without a name: its class, its weight, what it does."""

    of: Class
    factor: float  # final weight over the median weight
    raked: float  # what raking did to its weight, over the median of that
    leverage: float
    change: float  # size of the index's change were it left out; the direction would tell the answer
    share: float  # part of the index's variance


@dataclass(frozen=True)
class Influenced:
    """One weighting class: how many, how heavy, and how much of the variance is theirs."""

    of: Class
    interviews: int
    part: float  # of the interviews
    factor: float  # mean weight over the median weight
    heaviest: float  # largest weight over the median weight
    share: float
    change: float  # size of the largest change by one interview


@dataclass(frozen=True)
class Trimmed:
    """The index with weights cut at so many medians and raked again."""

    cap: float
    cut: int
    deff: float | None
    estimate: float | None = None
    error: float | None = None


@dataclass(frozen=True)
class Influence:
    """What the interviews of a set do to one index of the city."""

    index: str
    estimate: float
    error: float
    cases: tuple[Case, ...]
    classes: tuple[Influenced, ...]
    concentration: tuple[tuple[float, float], ...]  # (share of the interviews, share of the variance)
    trims: tuple[Trimmed, ...]
    leverage: float
    unnamed: int  # interviews in classes too small to be named

    @property
    def leverage_is_high(self) -> bool:
        """Tell whether linearised errors are likely to be short."""
        return self.leverage >= LEVERAGE_LIMIT


def influence_of(session: Session, made: WeightSet) -> dict[str, Influence]:
    """Say of each index which weighting classes and weights move its city figure most."""
    replay = replayed(session, made)
    everybody = np.ones(len(replay.people), dtype=np.bool_)
    items = {
        item.name: item
        for item in estimands(replay.form, replay.people)
        if item.name in INDICES and item.linearise(replay.weighted.final, everybody).value is not None
    }
    return {name: _influence(replay, item) for name, item in items.items()}


def _influence(replay: Replay, item: Estimand) -> Influence:
    weighted = replay.weighted
    found = deletion(weighted.design, item, adjustments=(weighted.adjustment,))
    change, share, h = np.abs(found.change), found.share, leverage(weighted.adjustment)
    named = classes_of(replay)
    factor = weighted.final / np.median(weighted.final)
    raked = weighted.final / weighted.nonresponse
    raked = raked / np.median(raked)
    order = np.argsort(-change, kind="stable")
    cases = tuple(
        Case(
            named[i],
            float(factor[i]),
            float(raked[i]),
            float(h[i]),
            float(change[i]),
            float(share[i]),
        )
        for i in order[:TOP].tolist()
    )
    [whole] = estimates(
        weighted.design, [item], adjustments=[weighted.adjustment], single=SinglePsu.ADJUST, whole=CITY
    )
    return Influence(
        item.name,
        found.estimate,
        whole.standard_error or 0.0,
        cases,
        _by_class(named, factor, share, change),
        _concentration(share),
        tuple(_trimmed(replay, item, cap) for cap in CAPS),
        float(h.max()),
        sum(c is None for c in named),
    )


def classes_of(replay: Replay) -> list[Class]:
    """Give each interview's class of county and kind of line, None where it has too few interviews."""
    own = [(p.county, p.kind) for p in replay.people]
    size = Counter(own)
    return [c if size[c] >= LEAST else None for c in own]


def _by_class(
    named: list[Class], factor: FloatArray, share: FloatArray, change: FloatArray
) -> tuple[Influenced, ...]:
    rows: dict[Class, list[int]] = {}
    for i, c in enumerate(named):
        rows.setdefault(c, []).append(i)
    found = [
        Influenced(
            c,
            len(own),
            len(own) / len(named),
            float(factor[own].mean()),
            float(factor[own].max()),
            float(share[own].sum()),
            float(change[own].max()),
        )
        for c, own in rows.items()
    ]
    return tuple(sorted(found, key=lambda c: -c.share))


def _concentration(share: FloatArray) -> tuple[tuple[float, float], ...]:
    """Give how much of the variance the most influential 1, 2, 5, … in a hundred carry."""
    running = np.cumsum(np.sort(share)[::-1])
    found = [(0.0, 0.0)]
    for part in (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0):
        k = max(1, round(part * share.size))
        found.append((part, float(running[k - 1])))
    return tuple(found)


def _trimmed(replay: Replay, item: Estimand, cap: float) -> Trimmed:
    """Cut at so many medians, spread what is cut, rake again: the index as it would be."""
    weighted = replay.weighted
    bound = cap * float(np.median(weighted.final))
    cut = int((weighted.final > bound).sum())
    if not cut:
        return Trimmed(cap, 0, effects.kish(weighted.final))
    shorter = trim(weighted.final, upper=bound)
    again = raking.rake(shorter.weights, weighted.margins)
    [made] = estimates(
        weighted.design,
        [item],
        adjustments=[weighted.adjustment, shorter, again],
        single=SinglePsu.ADJUST,
        whole=CITY,
    )
    return Trimmed(cap, cut, effects.kish(again.weights), made.estimate, made.standard_error)
