"""The respondents of one weight set as columns of numbers: design, weights, place, person, answers, never who they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy.orm import Session

from reports.definitions import Definition
from reports.export_answers import answer_columns, person_columns
from reports.export_columns import Column, place_codes
from reports.export_design import (
    MarginWords,
    design_columns,
    margin_columns,
    margin_words,
    place_columns,
    weight_columns,
    where_of,
)
from reports.export_disclosure import Disclosure, disclosure, meaningless_order, renumbered
from reports.export_scores import Parts, ScoreColumns
from survey.indices import estimands
from survey.methods.adjustment import Adjustment
from survey.methods.design import Design, IntArray, declare
from survey.methods.estimands import Estimand
from survey.methods.margins import Margin
from survey.methods.raking import rake
from survey.period_data import Respondent, released
from survey.questionnaire import Questionnaire
from survey.weight_replay import replayed
from survey.weighting import WeightSet


@dataclass(frozen=True, eq=False)
class Respondents:
    """Everybody of a set, in an order that carries nothing, with what estimates and replicates need."""

    form: Questionnaire
    columns: list[Column]
    design: Design  # weights before raking
    margins: tuple[Margin, ...]
    margin_words: MarginWords
    adjustment: Adjustment
    people: list[Respondent]
    """Who they are to the house, row by row: for scoring, never written."""
    estimands: dict[str, Estimand]
    parts: dict[str, Parts]
    """Of each figure, by its key, the columns of its scores and their shares."""
    county: IntArray  # (rows,) the county's number in the file
    places: dict[str, int]
    """The number of every county in the file, by its code."""
    disclosure: Disclosure

    @property
    def size(self) -> int:
        return int(self.county.size)

    def column(self, name: str) -> Column | None:
        """Return a column by its name."""
        return next((c for c in self.columns if c.name == name), None)


def respondents_of(session: Session, made: WeightSet, definition: Definition | None = None) -> Respondents:
    """Lay out a set's respondents, scored as the set and a definition want it.

    `Moved` where the data are no longer those that were weighed.
    """
    replay = replayed(session, made)
    people, weighted = replay.people, replay.weighted
    where = where_of(session, made)
    here = [where[p.interview_id] for p in people]
    drawn = Counter(n.stratum_id for n in released(session, made.wave_id, made.starts_on, made.ends_on))
    taken: set[str] = set()
    strata = weighted.design.strata
    columns = [
        *design_columns(here, strata, drawn, taken),
        *weight_columns(replay, taken),
        *margin_columns(weighted.margins, words := margin_words(session), taken),
        *place_columns(here, [p.kind for p in people], taken),
        *person_columns(replay.form, people, taken),
    ]
    named = {c.name: c.values for c in columns}
    keys = [named[n] for n in ("county", "sex", "age_group", "education", "area") if n in named]
    found = disclosure(list(zip(*(np.nan_to_num(k, nan=-1.0).tolist() for k in keys), strict=True)), strata)
    columns = [_withheld(c, found) for c in columns]
    columns += answer_columns(replay.form, people, taken)
    scores = ScoreColumns(replay.form, taken)
    scores.of_set(people)
    if definition is not None:
        scores.of_definition(definition, people)
    columns += scores.columns
    order = meaningless_order([c.values for c in columns if c.name not in ("psu", "stratum")])
    in_order = [c.ordered(order) for c in columns]
    in_turn = [people[i] for i in order.tolist()]
    numbers = renumbered(strata[order])
    in_order = [_numbered(c, numbers) for c in in_order]
    design = declare(weights=weighted.nonresponse[order], strata=numbers)
    margins = tuple(replace(m, codes=m.codes[order]) for m in weighted.margins)
    return Respondents(
        form=replay.form,
        columns=in_order,
        design=design,
        margins=margins,
        margin_words=words,
        adjustment=rake(design.weights, margins, min_rows=0),
        people=in_turn,
        estimands={e.name: e for e in estimands(replay.form, in_turn)},
        parts=scores.parts,
        county=next(c for c in in_order if c.name == "county").values.astype(np.int64),
        places=place_codes(w.county.code for w in here),
        disclosure=Disclosure(found.rare[order], found.blanked[order], found.smallest, found.least),
    )


def _withheld(column: Column, found: Disclosure) -> Column:
    blank = {"township": found.blanked, "week": found.rare}.get(column.name)
    if blank is None:
        return column
    values = np.where(blank, np.nan, column.values)
    kept = set(values[~np.isnan(values)].astype(np.int64).tolist())
    return replace(column, values=values, labels={n: w for n, w in column.labels.items() if n in kept})


def _numbered(column: Column, strata: IntArray) -> Column:
    if column.name == "stratum":
        return replace(column, values=strata.astype(np.float64))
    if column.name == "psu":
        return replace(column, values=np.arange(1.0, strata.size + 1))
    return column
