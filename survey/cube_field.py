"""The field of a window, counted: numbers released per stratum, what became of them, and the weight that gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.phone import NumberKind
from core.places import Place
from survey.cases import Case
from survey.disposition import DISPOSITION
from survey.frame import Stratum
from survey.interviews import Interview, InterviewState
from survey.methods import base_weights, nonresponse
from survey.methods.nonresponse import Status
from survey.period_data import Released, bounds
from survey.sampling import Replicate, ReplicateState
from survey.weighting_steps import LEAST_IN_CLASS, STATUS, design_strata


class Standing(NamedTuple):
    """The numbers of one stratum with one outcome, and how many of them gave an interview that counts."""

    stratum_id: int
    population: int
    county: str
    kind: NumberKind
    disposition: str | None
    numbers: int
    interviews: int


def field_of(session: Session, wave_id: int, starts_on: date, ends_on: date) -> list[Standing]:
    """Count the numbers released in a window by stratum and outcome."""
    first, last = bounds(starts_on, ends_on)
    facts = (Case.stratum_id, Stratum.size, Place.code, Case.kind, Case.disposition)
    has_interview = sa.and_(Interview.case_id == Case.id, Interview.state == InterviewState.COMPLETE)
    query = (
        sa.select(*facts, sa.func.count(Case.id), sa.func.count(Interview.id))
        .join(Replicate, Replicate.id == Case.replicate_id)
        .join(Stratum, Stratum.id == Case.stratum_id)
        .join(Place, Place.id == Case.county_id)
        .outerjoin(Interview, has_interview)
        .where(
            Case.wave_id == wave_id,
            Replicate.state == ReplicateState.RELEASED,
            Replicate.released_at >= first,
            Replicate.released_at <= last,
        )
        .group_by(*facts)
    )
    return [Standing._make(row) for row in session.connection().execute(query).all()]


def stratum_weights(field: Sequence[Standing]) -> dict[int, float]:
    """Give each stratum's respondents N/n times the factor of their response class, as `weigh` does by number."""
    about = {s.stratum_id: s for s in field}
    order = sorted(about)
    counts = {h: [0] * len(Status) for h in order}
    for s in field:
        here = counts[s.stratum_id]
        here[Status.RESPONDENT] += s.interviews
        here[_status(s.disposition)] += s.numbers - s.interviews
    drawn = {h: sum(by_status) for h, by_status in counts.items()}
    base = base_weights.number_weights(
        [max(about[h].population, drawn[h]) for h in order], [drawn[h] for h in order]
    )
    names = [f"{about[h].county} {about[h].kind.value}" for h in order]
    rank = {name: i for i, name in enumerate(sorted(set(names)))}  # the rule joins neighbours in this order
    times = np.array([counts[h] for h in order]).reshape(-1)
    row = np.repeat(np.arange(len(order)), len(Status)).repeat(times)
    status = np.tile([int(s) for s in Status], len(order)).repeat(times)
    classes = np.array([rank[name] for name in names])[row]
    adjusted = nonresponse.adjust(base[row], status, classes, min_respondents=LEAST_IN_CLASS)
    answered = status == Status.RESPONDENT
    found = dict(zip(row[answered].tolist(), adjusted.weights[answered].tolist(), strict=True))
    return {order[i]: weight for i, weight in found.items()}


def joined_strata(field: Sequence[Standing], interviews: Mapping[int, int]) -> dict[int, str]:
    """Name the stratum in which each stratum's respondents count: one with a single respondent joins the next."""
    about = {s.stratum_id: s for s in field}
    order = sorted(interviews)
    numbers = [
        Released(0, h, about[h].population, about[h].county, about[h].kind, about[h].disposition)
        for h in order
    ]
    # Whether one or several is all the rule asks.
    rows = np.repeat(np.arange(len(order)), [min(interviews[h], 2) for h in order])
    labels = design_strata(numbers, rows)[0]
    return {order[i]: label for i, label in zip(rows.tolist(), labels, strict=True)}


@cache
def _status(disposition: str | None) -> Status:
    """Tell how a number without an interview of this window stands."""
    known = DISPOSITION.get(disposition or "")
    status = STATUS[known.cell if known else None]
    return Status.ELIGIBLE if status is Status.RESPONDENT else status
