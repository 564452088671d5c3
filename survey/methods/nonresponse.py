"""Nonresponse adjustment within classes: respondents stand for the eligible who were released."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike

from survey.methods.adjustment import Collapse
from survey.methods.design import FloatArray, IntArray, codes
from survey.methods.failures import WeightFailure


class Status(IntEnum):
    """What became of a released number, as far as weighting asks."""

    RESPONDENT = 0
    ELIGIBLE = 1  # eligible, no interview
    UNKNOWN = 2  # eligibility unknown
    NOT_ELIGIBLE = 3


@dataclass(frozen=True)
class ResponseClass:
    """One class after joining: rows by status, e used, and the factor its respondents got."""

    label: str
    respondents: int
    eligible: int
    unknown: int
    not_eligible: int
    e: float
    factor: float


@dataclass(frozen=True, eq=False)
class NonresponseAdjustment:
    weights: FloatArray  # (rows,) zero for everyone but respondents
    classes: tuple[ResponseClass, ...]
    collapses: tuple[Collapse, ...]


def adjust(
    weights: FloatArray,
    status: ArrayLike,
    classes: ArrayLike,
    *,
    e: float | None = None,
    min_respondents: int = 1,
    reason: str = "nonresponse",
) -> NonresponseAdjustment:
    """Multiply respondents' weights by (respondents + eligible + e·unknown) / respondents of the class.

    Sums are of weights. `e` None = known eligible over known in all classes. Classes in sorted order with
    fewer than `min_respondents` respondents join the next (the last: the one before), and this is reported.
    Sum of the new weights = estimated eligible population.
    """
    state = np.asarray(status, dtype=np.int64)
    label, names = codes(classes)
    if not state.size == label.size == weights.size:
        raise WeightFailure("nonresponse columns", expected=weights.size, got=(state.size, label.size))
    counts = _by_class(label, state, np.ones(state.size), len(names))
    home, labels, collapses = _join(counts, names, min_respondents, reason)
    label = home[label]
    counts, sums = (_by_class(label, state, w, len(labels)) for w in (np.ones(state.size), weights))
    if e is None:
        known = sums.sum(axis=0)
        eligible = known[Status.RESPONDENT] + known[Status.ELIGIBLE]
        e = float(eligible / (eligible + known[Status.NOT_ELIGIBLE])) if eligible > 0 else 0.0
    if not 0 <= e <= 1:
        raise WeightFailure("e", expected="0 to 1", got=e)
    top = sums[:, Status.RESPONDENT] + sums[:, Status.ELIGIBLE] + e * sums[:, Status.UNKNOWN]
    factor = top / sums[:, Status.RESPONDENT]
    adjusted = np.where(state == Status.RESPONDENT, weights * factor[label], 0.0)
    rows = tuple(
        ResponseClass(name, int(have[0]), int(have[1]), int(have[2]), int(have[3]), e, float(factor[k]))
        for k, (name, have) in enumerate(zip(labels, counts, strict=True))
    )
    return NonresponseAdjustment(adjusted, rows, collapses)


def _by_class(label: IntArray, state: IntArray, weights: FloatArray, classes: int) -> FloatArray:
    sums = np.bincount(label * len(Status) + state, weights, minlength=classes * len(Status))
    return sums.reshape(classes, -1).astype(np.float64)


def _join(
    counts: FloatArray, names: tuple[str, ...], least: int, reason: str
) -> tuple[IntArray, list[str], tuple[Collapse, ...]]:
    have = counts[:, Status.RESPONDENT].astype(np.int64).tolist()
    if sum(have) < max(least, 1):
        raise WeightFailure("respondents", expected=f"at least {max(least, 1)}", got=sum(have))
    alive, home, labels, done = list(range(len(names))), list(range(len(names))), list(names), []
    while (small := next((k for k in alive if have[k] < max(least, 1)), None)) is not None:
        at = alive.index(small)
        into = alive[at + 1] if at + 1 < len(alive) else alive[at - 1]
        done.append(Collapse(reason, labels[small], labels[into], have[small]))
        have[into] += have[small]
        labels[into] = f"{labels[min(small, into)]} + {labels[max(small, into)]}"
        home = [into if h == small else h for h in home]
        alive.remove(small)
    place = {k: i for i, k in enumerate(alive)}
    return np.array([place[h] for h in home], dtype=np.int64), [labels[k] for k in alive], tuple(done)
