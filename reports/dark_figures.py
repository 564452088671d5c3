"""Dark figures: place by place and topic by topic, what people name when asked beside what they raise unasked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.places import Level, Place
from matters.attributes import Conflict, Origin
from matters.matter import Matter
from matters.reporters import Reporter
from matters.states import MatterState
from reports.dark_cells import LEVELS, DarkRow, by_level, concealed
from reports.dark_figure import LEAST_OF_TOWNSHIP, Asked, Hidden, dark_figure, why_hidden
from reports.matter_counts import CAUSES, all_townships, bounds, township_of
from reports.scan_statistic import IntArray
from survey.cases import Case
from survey.edition_import import questionnaire_of
from survey.indices import CITY
from survey.interviews import Interview
from survey.methods.adjustment import Adjustment
from survey.methods.design import Design, FloatArray, declare
from survey.methods.estimands import Total
from survey.methods.estimates import domains, estimates
from survey.methods.variance import SinglePsu
from survey.period_data import Respondent, released, respondents
from survey.waves import Wave
from survey.weight_replay import Moved, replayed
from survey.weighting import Weight, WeightSet
from survey.weighting_steps import design_strata

QUESTION, YES = "o1_problem", "1"
"""Whether there is a problem near that needs solving, and its “yes”."""


@dataclass(frozen=True)
class DarkFigures:
    """The ratios of one weighted period: places first with all topics together, then topics of every place."""

    weight_set: WeightSet
    city: Place | None
    rows: tuple[DarkRow, ...]
    is_calibrated: bool
    """False where data moved since the weighting, so that the error does without the calibration's gain."""

    @property
    def places(self) -> tuple[DarkRow, ...]:
        """The rows of all topics together: city, counties, townships."""
        return tuple(row for row in self.rows if row.topic is None)

    def topics(self, place: Place | None) -> tuple[DarkRow, ...]:
        """The rows of one place by topic that may be shown."""
        here = place.id if place else None
        mine = (row for row in self.rows if row.topic is not None and row.figure is not None)
        return tuple(row for row in mine if (row.place.id if row.place else None) == here)


@dataclass(frozen=True, eq=False)
class _Sample:
    """The interviews of a set: design, calibration, township of each, and who named a problem."""

    people: list[Respondent]
    design: Design
    adjustments: tuple[Adjustment, ...]
    towns: list[str]
    named: FloatArray
    is_asked: bool


def dark_figures(session: Session, weight_set: WeightSet) -> DarkFigures:
    """Compare what a period's interviews named with what was raised unasked in the same days, place by place.

    Numerator: residents who say that there is a problem near them, weighed with the period's weights to the
    population of the margins; whoever did not say counts as naming none. A topic's share of them is its share among
    the matters that interviews brought. Denominator: callers of matters that came by any other door.
    """
    sample = _sample(session, weight_set)
    towns = all_townships(session)
    asked, called = _raised(session, towns, weight_set)
    column = {town.id: n for n, town in enumerate(towns)}
    totals = {
        **_totals(sample, [p.county for p in sample.people], whole=CITY),
        **_totals(sample, sample.towns),
    }
    above = {p.code: p for p in session.scalars(sa.select(Place).where(Place.level == Level.COUNTY))}
    of_county = {p.code: [column[t.id] for t in towns if t.parent_id == p.id] for p in above.values()}
    places: list[tuple[str, Place | None, list[int]]] = [(CITY, None, list(range(len(towns))))]
    places += [(code, above[code], of_county[code]) for code in sorted(above)]
    places += [(str(t.id), t, [column[t.id]]) for t in towns]
    calls = np.array([by_level(called[:, members].sum(axis=1)) for _, _, members in places])
    of_places = [
        _rows(sample, place, totals.get(domain), asked[:, members].sum(axis=1), calls[n])
        for n, (domain, place, members) in enumerate(places)
    ]
    rows = concealed(of_places, calls)
    city = session.scalars(sa.select(Place).where(Place.level == Level.CITY)).first()
    return DarkFigures(weight_set, city, rows, bool(sample.adjustments))


@dataclass(frozen=True)
class _Told:
    """What the interviews of one place say: interviews, those that name a problem, and the residents they stand for."""

    interviews: int
    named: int
    asked: Asked


def _rows(
    sample: _Sample, place: Place | None, survey: _Told | None, asked: IntArray, called: IntArray
) -> list[DarkRow]:
    """Return the rows of one place: `asked` by cause, `called` by level."""
    interviews = survey.interviews if survey else 0
    is_thin = place is not None and place.level is Level.TOWNSHIP and interviews < LEAST_OF_TOWNSHIP
    if survey is None or not sample.is_asked or is_thin:
        why = Hidden.NOT_ASKED if not sample.is_asked else Hidden.FEW_ASKED
        return [DarkRow(place, None, interviews, None, why)]
    found = []
    for n, (topic, members) in enumerate(LEVELS):
        mine, calls = int(asked[members].sum()), int(called[n])
        share = None if topic is None else (mine, int(asked.sum()))
        why_not = why_hidden(survey.named, calls, topic=share[0] if share else None)
        figure = None if why_not else dark_figure(survey.asked, calls, share=share or (1, 1))
        found.append(DarkRow(place, topic, interviews, figure, why_not))
    return found


def _totals(sample: _Sample, labels: Sequence[str], *, whole: str | None = None) -> dict[str, _Told]:
    """Estimate how many residents name a problem, in every domain."""
    made = estimates(
        sample.design, [Total("named", sample.named)], adjustments=sample.adjustments,
        by=domains(labels), single=SinglePsu.ADJUST, whole=whole,
    )  # fmt: skip
    said = dict.fromkeys((*labels, CITY), 0)
    for label, value in zip(labels, sample.named.tolist(), strict=True):
        said[label] += int(value)
        said[CITY] += int(value)
    return {
        e.domain: _Told(e.n, said[e.domain], Asked(e.estimate, e.standard_error or 0.0, max(e.df, 1)))
        for e in made
        if e.estimate is not None
    }


def _sample(session: Session, made: WeightSet) -> _Sample:
    """Return the interviews of a set with their weights, raked once more where nothing has moved since."""
    wave = session.get_one(Wave, made.wave_id)
    assert wave.edition is not None, "a weighed wave has its edition"
    is_asked = QUESTION in {q.name for q in questionnaire_of(wave.edition).questions}
    adjustments: tuple[Adjustment, ...] = ()
    try:
        replay = replayed(session, made)
        people, design, adjustments = replay.people, replay.weighted.design, (replay.weighted.adjustment,)
    except Moved:
        people, design = _as_kept(session, made)
    lies = (
        sa.select(Interview.id, Case.township_id)
        .join(Case, Case.id == Interview.case_id)
        .join(Weight, Weight.interview_id == Interview.id)
        .where(Weight.weight_set_id == made.id)
    )
    towns = {interview: str(town) for interview, town in session.execute(lies)}
    named = np.array([float(p.answers.get(QUESTION) == YES) for p in people])
    return _Sample(people, design, adjustments, [towns[p.interview_id] for p in people], named, is_asked)


def _as_kept(session: Session, made: WeightSet) -> tuple[list[Respondent], Design]:
    """Return the interviews that still stand with their kept weights, as drawn with them: the careful error."""
    rows = sa.select(Weight.interview_id, Weight.final).where(Weight.weight_set_id == made.id)
    kept = {interview: float(weight) for interview, weight in session.execute(rows)}
    numbers = released(session, made.wave_id, made.starts_on, made.ends_on)
    everybody = respondents(session, made.wave_id, made.starts_on, made.ends_on, as_of=made.as_of)
    people = [p for p in everybody if p.interview_id in kept]
    place = {n.case_id: i for i, n in enumerate(numbers)}
    strata, _ = design_strata(numbers, np.array([place[p.case_id] for p in people], dtype=np.int64))
    return people, declare(weights=[kept[p.interview_id] for p in people], strata=strata)


def _raised(session: Session, towns: Sequence[Place], made: WeightSet) -> tuple[IntArray, IntArray]:
    """Count callers (causes, townships) whose matter came out of an interview, and by any other door, in one query."""
    first, after = bounds(made.starts_on, made.ends_on)
    by_interview = Matter.origin == Origin.INTERVIEW
    query = (
        sa.select(Matter.topic, township_of(), by_interview, sa.func.count())
        .select_from(Reporter)
        .join(Matter, Matter.id == Reporter.receipt_of_id)
        .join(Matter.place)
        .where(Matter.registered_at >= first, Matter.registered_at < after, Matter.topic.in_(CAUSES))
        .where(Matter.state != MatterState.DRAFT, Matter.conflict != Conflict.CENTRE)
        .group_by(Matter.topic, township_of(), by_interview)
    )
    row, column = ({key: n for n, key in enumerate(keys)} for keys in (CAUSES, [t.id for t in towns]))
    asked, called = (np.zeros((len(CAUSES), len(towns)), dtype=np.int64) for _ in range(2))
    for code, town, is_asked, n in session.execute(query):
        if town in column:
            (asked if is_asked else called)[row[code], column[town]] += n
    return asked, called
