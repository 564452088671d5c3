"""The figures that go out with a data file: what was published, and what differs between counties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.places import Level, Place
from reports.export_replicates import Replicated
from reports.export_respondents import Respondents
from reports.index_figures import figures_of
from survey.indices import CITY, INDICES
from survey.methods.contrasts import Target, joint
from survey.methods.design import BoolArray, FloatArray
from survey.methods.estimands import Estimand
from survey.methods.failures import MethodFailure
from survey.methods.variance import SinglePsu
from survey.weighting import IndexFigure, WeightSet

FIGURE_HEAD = (
    "index", "domain", "place_code", "place_zh", "place_en", "estimate", "standard_error", "low", "high", "n",
    "effective_n", "deff", "df", "rank_best", "rank_worst", "rank_band", "withheld", "flags",
)  # fmt: skip
DIFFERENCE_HEAD = ("index", "first", "second", "estimate", "standard_error", "linearised_error")
PART_HEAD = ("index", "column", "share")


@dataclass(frozen=True)
class Published:
    """One figure of the set as it stands; without its values where it is withheld."""

    figure: IndexFigure
    domain: str
    """city, or the county's number in the data file."""
    code: str
    zh: str
    en: str

    @property
    def cells(self) -> list[object]:
        """Return the row under `FIGURE_HEAD`, numbers at full precision."""
        f = self.figure
        values = (
            [None] * 7
            if f.is_suppressed
            else [f.estimate, f.standard_error, f.low, f.high, f.n, f.effective_n, f.deff]
        )
        ranks = [None] * 3 if f.is_suppressed else [f.rank_low, f.rank_high, f.rank_band]
        reason, *flags = (f.reason or "").split(",") if f.is_suppressed else ["", f.reason or ""]
        return [
            f.index, self.domain, self.code, self.zh, self.en, *values, None if f.is_suppressed else f.df,
            *ranks, reason or ("withheld" if f.is_suppressed else ""), ",".join(flags),
        ]  # fmt: skip


@dataclass(frozen=True)
class CountyDifference:
    """How far two counties lie apart on one index: by the replicate weights, and by linearisation."""

    index: str
    first: int
    second: int
    estimate: float
    standard_error: float
    linearised: float

    @property
    def cells(self) -> list[object]:
        """Return the row under `DIFFERENCE_HEAD`."""
        return [self.index, self.first, self.second, self.estimate, self.standard_error, self.linearised]


def published(session: Session, made: WeightSet, people: Respondents) -> list[Published]:
    """Return every figure of the set: indices before items, the city before its counties."""
    known = {p.code: p for p in session.scalars(sa.select(Place).where(Place.level == Level.COUNTY))}
    city = session.scalars(sa.select(Place).where(Place.level == Level.CITY)).first()
    found = []
    for (_, domain), figure in figures_of(session, made).items():
        place = city if domain == CITY else known.get(domain)
        number = CITY if domain == CITY else str(people.places.get(domain, domain))
        found.append(
            Published(
                figure,
                number,
                place.code if place else domain,
                place.name if place else domain,
                place.name_en if place else domain,
            )
        )
    places = {name: n for n, name in enumerate(INDICES)}
    return sorted(
        found,
        key=lambda p: (
            places.get(p.figure.index, len(places)),
            p.figure.index,
            p.figure.domain != CITY,
            p.code,
        ),
    )


def differences(
    people: Respondents, drawn: Replicated, figures: Sequence[Published]
) -> tuple[list[CountyDifference], list[str]]:
    """Compare all pairs of published counties on each index; name the indices that no replicate can give."""
    found: list[CountyDifference] = []
    missing: list[str] = []
    measures = {e.name: e for e in people.estimands}
    for index in INDICES:
        shown = [
            int(p.domain)
            for p in figures
            if p.figure.index == index and p.domain != CITY and not p.figure.is_suppressed
        ]
        if index not in people.parts or len(shown) < 2:
            continue
        inside = [people.county == number for number in shown]
        try:
            full, by_replicates = _by_replicates(measures[index], people, drawn, inside)
        except MethodFailure:
            missing.append(index)
            continue
        _, linear = joint(
            people.design,
            [Target(measures[index], each) for each in inside],
            adjustments=[people.adjustment],
            single=SinglePsu.ADJUST,
        )
        for a, b in combinations(range(len(shown)), 2):
            found.append(
                CountyDifference(
                    index,
                    shown[a],
                    shown[b],
                    float(full[a] - full[b]),
                    _error(by_replicates, a, b),
                    _error(linear, a, b),
                )
            )
    return found, missing


def _by_replicates(
    measure: Estimand, people: Respondents, drawn: Replicated, inside: Sequence[BoolArray]
) -> tuple[FloatArray, FloatArray]:
    weights = np.column_stack([people.adjustment.weights, drawn.replicates.weights])
    values = np.full((len(inside), weights.shape[1]), np.nan)
    for k, each in enumerate(inside):
        for r in range(weights.shape[1]):
            value = measure.linearise(weights[:, r], each).value
            values[k, r] = np.nan if value is None else value
    return values[:, 0], drawn.replicates.covariance(values[:, 1:], values[:, 0])


def _error(covariance: FloatArray, a: int, b: int) -> float:
    return float(np.sqrt(max(covariance[a, a] + covariance[b, b] - 2 * covariance[a, b], 0.0)))
