"""A weight set laid out for another statistical program to check: design, weights before raking, margins, outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.problems import Refused
from core.terms import Words
from survey.edition_import import questionnaire_of
from survey.indices import index_items
from survey.methods.design import FloatArray
from survey.period_data import released, respondents
from survey.waves import Wave
from survey.weight_making import margin_totals, seed_of
from survey.weighting import Weight, WeightSet
from survey.weighting_steps import Weighted, weigh

COLUMNS = {"safety": "safe", "enforcement": "satisfied"}
Cell = str | int
Row = Sequence[Cell]


class Moved(Refused):
    """The data are not those that were weighed."""

    words = Words(
        "数据或边际在加权之后有变动,无法照原样重算;请重新加权后再导出",
        "Data or margins have changed since this set was made; weigh anew and export that set",
    )


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
    wave = session.get_one(Wave, made.wave_id)
    assert wave.edition is not None, "a weighed wave has its edition"
    numbers = released(session, wave.id, made.starts_on, made.ends_on)
    people = respondents(session, wave.id, made.starts_on, made.ends_on, as_of=made.as_of)
    weighted = weigh(numbers, people, margin_totals(session), seed=seed_of(wave.id, made.ends_on))
    _check_same(session, made, [p.interview_id for p in people], weighted)
    outcomes = list(_outcomes(index_items(questionnaire_of(wave.edition), people)))
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


def _check_same(session: Session, made: WeightSet, interviews: list[int], weighted: Weighted) -> None:
    query = sa.select(Weight.interview_id, Weight.final).where(Weight.weight_set_id == made.id)
    stored: dict[int, float] = {row.interview_id: row.final for row in session.execute(query)}
    same = set(stored) == set(interviews) and np.allclose(
        [stored[i] for i in interviews], weighted.final, rtol=1e-9, atol=0
    )
    if not same:
        raise Moved
