"""Two weight sets side by side: margins, spread, design effects, weights by class, and what they estimate."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.phone import NumberKind
from core.places import Place
from survey.cases import Case
from survey.indices import CITY, INDICES
from survey.interviews import Interview
from survey.methods.design import FloatArray
from survey.weighting import IndexFigure, Weight, WeightSet

STEPS = ("base", "nonresponse", "final")
BARS = 30
LEAST = 5
"""Interviews of a class, in both sets, below which its weights are not told apart."""

Pair = tuple[float | None, float | None]


@dataclass(frozen=True)
class MarginLine:
    """One category in both sets: weighted before and after raking, and its population."""

    category: str
    before: Pair
    after: Pair
    population: Pair


@dataclass(frozen=True)
class ClassLine:
    """The weights of one county and kind of line, each set's relative to its own mean weight."""

    county: str
    kind: NumberKind
    interviews: tuple[int, int]
    weight: tuple[float, float]

    @property
    def change(self) -> float:
        """Give the relative change from the second set to the first."""
        return self.weight[0] / self.weight[1] - 1


@dataclass(frozen=True)
class FigureLine:
    """One figure by both sets; nothing withheld is shown or subtracted."""

    index: str
    domain: str
    estimate: Pair
    error: Pair
    difference: float | None
    difference_error: float | None  # only where the sets share no interview


@dataclass(frozen=True)
class Comparison:
    """Everything about two sets that can be told without a person; first the set looked at."""

    deff: tuple[tuple[str, float, float], ...]
    margins: dict[str, tuple[MarginLine, ...]]
    bars: tuple[tuple[float, float, float, float], ...]  # from, to, shares of the interviews
    quantiles: tuple[tuple[float, float, float], ...]
    shared: int
    correlation: float | None
    classes: tuple[ClassLine, ...]
    left_out: int  # classes with too few interviews
    figures: tuple[FigureLine, ...]


def comparable(session: Session, made: WeightSet, *, most: int = 60) -> list[WeightSet]:
    """Return the sets one may compare with: same wave first, then the newest."""
    query = (
        sa.select(WeightSet)
        .where(WeightSet.id != made.id)
        .order_by(
            (WeightSet.wave_id == made.wave_id).desc(),
            (sa.and_(WeightSet.starts_on == made.starts_on, WeightSet.ends_on == made.ends_on)).desc(),
            WeightSet.ends_on.desc(),
            WeightSet.id.desc(),
        )
        .limit(most)
    )
    return list(session.scalars(query))


def compare(session: Session, first: WeightSet, second: WeightSet) -> Comparison:
    """Set two weight sets beside each other."""
    ours, theirs = _weights(session, first), _weights(session, second)
    a = np.array([w for w, *_ in ours.values()])
    b = np.array([w for w, *_ in theirs.values()])
    a, b = a / a.mean(), b / b.mean()
    shared = sorted(set(ours) & set(theirs))
    classes, left_out = _classes(ours, theirs)
    return Comparison(
        tuple((s, first.provenance["deff"][s], second.provenance["deff"][s]) for s in STEPS),
        _margins(first, second),
        _bars(a, b),
        tuple((q, float(np.quantile(a, q)), float(np.quantile(b, q))) for q in (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)),
        len(shared),
        _correlation([ours[i][0] for i in shared], [theirs[i][0] for i in shared]),
        classes,
        left_out,
        _figures(session, first, second, is_apart=not shared),
    )  # fmt: skip


Known = dict[int, tuple[float, str, NumberKind]]


def _weights(session: Session, made: WeightSet) -> Known:
    query = (
        sa.select(Weight.interview_id, Weight.final, Place.code, Case.kind)
        .join(Interview, Interview.id == Weight.interview_id)
        .join(Case, Case.id == Interview.case_id)
        .join(Place, Place.id == Case.county_id)
        .where(Weight.weight_set_id == made.id)
        .order_by(Weight.interview_id)
    )
    return {interview: (final, county, kind) for interview, final, county, kind in session.execute(query)}


def _correlation(first: list[float], second: list[float]) -> float | None:
    if len(first) < LEAST or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.corrcoef(first, second)[0, 1])


def _bars(a: FloatArray, b: FloatArray) -> tuple[tuple[float, float, float, float], ...]:
    edges = np.linspace(0, max(a.max(), b.max()) * (1 + 1e-9), BARS + 1)
    parts = [np.histogram(w, bins=edges)[0] / w.size for w in (a, b)]
    return tuple(zip(edges[:-1].tolist(), edges[1:].tolist(), *(p.tolist() for p in parts), strict=True))


def _classes(ours: Known, theirs: Known) -> tuple[tuple[ClassLine, ...], int]:
    found: list[dict[tuple[str, NumberKind], list[float]]] = []
    for known in (ours, theirs):
        mean = sum(w for w, *_ in known.values()) / len(known)
        by_class: dict[tuple[str, NumberKind], list[float]] = {}
        for w, county, kind in known.values():
            by_class.setdefault((county, kind), []).append(w / mean)
        found.append(by_class)
    lines, left_out = [], 0
    for c in sorted(set(found[0]) | set(found[1])):
        a, b = found[0].get(c, []), found[1].get(c, [])
        if min(len(a), len(b)) < LEAST:
            left_out += 1
            continue
        lines.append(ClassLine(*c, (len(a), len(b)), (sum(a) / len(a), sum(b) / len(b))))
    return tuple(sorted(lines, key=lambda line: -abs(line.change))), left_out


def _margins(first: WeightSet, second: WeightSet) -> dict[str, tuple[MarginLine, ...]]:
    sides = [s.provenance["raking"] for s in (first, second)]
    names = list(dict.fromkeys(name for side in sides for name in side["margins"]))
    found = {}
    for name in names:
        categories = dict.fromkeys(c for side in sides for c in side["margins"].get(name, {}))
        found[name] = tuple(
            MarginLine(c, *(_pair(sides, part, name, c) for part in ("before", "after", "margins")))
            for c in categories
        )
    return found


def _pair(sides: list[dict[str, dict[str, dict[str, float]]]], part: str, name: str, category: str) -> Pair:
    first, second = ((side.get(part) or {}).get(name, {}).get(category) for side in sides)
    return first, second


def _figures(
    session: Session, first: WeightSet, second: WeightSet, *, is_apart: bool
) -> tuple[FigureLine, ...]:
    sides: list[dict[tuple[str, str], IndexFigure]] = []
    for s in (first, second):
        query = sa.select(IndexFigure).where(IndexFigure.weight_set_id == s.id)
        sides.append({(f.index, f.domain): f for f in session.scalars(query)})
    rank = {name: k for k, name in enumerate(INDICES)}
    keys = sorted(
        (k for k in set(sides[0]) | set(sides[1]) if k[0] in rank or k[1] == CITY),
        key=lambda k: (rank.get(k[0], len(rank)), k[0], k[1] != CITY, k[1]),
    )
    return tuple(_figure(k, [side.get(k) for side in sides], is_apart) for k in keys)


def _figure(key: tuple[str, str], pair: list[IndexFigure | None], is_apart: bool) -> FigureLine:
    a, b = (None if f is None or f.is_suppressed else f for f in pair)
    estimate = (a.estimate if a else None, b.estimate if b else None)
    error = (a.standard_error if a else None, b.standard_error if b else None)
    step = None if estimate[0] is None or estimate[1] is None else estimate[0] - estimate[1]
    length = None
    if is_apart and step is not None and error[0] is not None and error[1] is not None:
        length = sqrt(error[0] ** 2 + error[1] ** 2)
    return FigureLine(*key, estimate, error, step, length)
