"""A weight set laid out for another statistical program to check: design, weights before raking, margins, outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from survey.indices import index_items
from survey.methods.design import FloatArray
from survey.weight_replay import Moved as Moved
from survey.weight_replay import replayed
from survey.weighting import WeightSet

COLUMNS = {"safety": "safe", "enforcement": "satisfied"}
Cell = str | int
Row = Sequence[Cell]


@dataclass(frozen=True)
class Tables:
    """The two files: one row per interview, and the population of each category as raked."""

    interviews_head: Row
    interviews: list[Row]
    margins_head: Row
    margins: list[Row]


def tables(session: Session, made: WeightSet) -> Tables:
    """Weigh the set's period again, make sure that the very same weights come out, and lay everything out.

    No number, name or interview id is in it; the order of the rows is that of the interviews.
    """
    replay = replayed(session, made)
    people, weighted = replay.people, replay.weighted
    outcomes = list(_outcomes(index_items(replay.form, people)))
    names = [f"margin_{m.name}" for m in weighted.margins]
    head = ["stratum", "weight", "county", *names, *(name for name, _ in outcomes)]
    rows: list[Row] = [
        [
            weighted.design.stratum_names[weighted.design.strata[i]],
            repr(float(weighted.nonresponse[i])),
            person.county,
            *(m.categories[m.codes[i]] for m in weighted.margins),
            *("" if np.isnan(y[i]) else int(y[i]) for _, y in outcomes),
        ]
        for i, person in enumerate(people)
    ]
    margins: list[Row] = [
        [f"margin_{m.name}", category, repr(total)]
        for m in weighted.margins
        for category, total in zip(m.categories, m.totals.tolist(), strict=True)
    ]
    return Tables(head, rows, ["margin", "category", "total"], margins)


def _outcomes(items: dict[str, list[FloatArray]]) -> Iterator[tuple[str, FloatArray]]:
    for index, scores in items.items():
        for k, y in enumerate(scores, start=1):
            yield (COLUMNS[index] if len(scores) == 1 else f"{COLUMNS[index]}_{k}"), y
