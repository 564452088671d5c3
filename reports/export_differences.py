"""Differences between counties on each index, with their errors by replicate weights and by linearisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from reports.estimates import By
from reports.export_figures import Published
from reports.export_replicates import Replicated
from reports.export_respondents import Respondents
from reports.export_scores import set_key
from survey.indices import INDICES
from survey.methods.contrasts import Target, joint
from survey.methods.design import BoolArray, FloatArray
from survey.methods.estimands import Estimand
from survey.methods.failures import MethodFailure
from survey.methods.variance import SinglePsu

DIFFERENCE_HEAD = ("key", "first", "second", "estimate", "standard_error", "linearised_error")


@dataclass(frozen=True)
class CountyDifference:
    """How far two counties, by their numbers in the file, lie apart on one index."""

    key: str
    first: int
    second: int
    estimate: float
    standard_error: float
    linearised: float

    @property
    def cells(self) -> list[object]:
        """Return the row under `DIFFERENCE_HEAD`."""
        return [self.key, self.first, self.second, self.estimate, self.standard_error, self.linearised]


def differences(
    people: Respondents, drawn: Replicated, figures: Sequence[Published]
) -> tuple[list[CountyDifference], list[str]]:
    """Compare all pairs of published counties on each index; name the indices that some replicate can't give."""
    found: list[CountyDifference] = []
    missing: list[str] = []
    for index in INDICES:
        key = set_key(index)
        own = [p for p in figures if p.key == key and p.by is By.COUNTY and not p.is_withheld]
        shown = [p.who.value for p in own if p.who]
        if key not in people.parts or len(shown) < 2:
            continue
        measure, inside = people.estimands[index], [people.county == number for number in shown]
        try:
            full, by_replicates = _by_replicates(measure, people, drawn, inside)
        except MethodFailure:
            missing.append(index)
            continue
        _, linear = joint(
            people.design,
            [Target(measure, each) for each in inside],
            adjustments=[people.adjustment],
            single=SinglePsu.ADJUST,
        )
        for a, b in combinations(range(len(shown)), 2):
            apart = float(full[a] - full[b])
            errors = _error(by_replicates, a, b), _error(linear, a, b)
            found.append(CountyDifference(key, shown[a], shown[b], apart, *errors))
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
