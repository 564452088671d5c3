"""A weight set raked once more from the weights kept, to look into what only single weights can tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.problems import Refused
from core.terms import Words
from survey.edition_import import questionnaire_of
from survey.methods import raking
from survey.methods.design import declare
from survey.methods.failures import MethodFailure
from survey.methods.margins import collapse
from survey.period_data import Respondent, released, respondents
from survey.questionnaire import Questionnaire
from survey.waves import Wave
from survey.weight_making import margin_totals, seed_of
from survey.weighting import Weight, WeightSet
from survey.weighting_steps import LEAST_IN_CATEGORY, Weighted, _margins, design_strata


class Moved(Refused):
    """The data are not those that were weighed."""

    words = Words(
        "数据或边际在加权之后有变动，无法照原样重算；请重新加权，再看新的一套",
        "Data or margins have changed since this set was made; weigh anew and use that set",
    )


@dataclass(frozen=True, eq=False)
class Replay:
    """The respondents of a set, their weights step by step, and the questionnaire they answered."""

    form: Questionnaire
    people: list[Respondent]
    weighted: Weighted


def replayed(session: Session, made: WeightSet) -> Replay:
    """Rake the set's kept weights again and make sure that the very same weights come out.

    Base weights and nonresponse are taken as they were kept: outcomes of the numbers still at work change the
    classes' factors from day to day, and a look into a set must not depend on them.
    """
    wave = session.get_one(Wave, made.wave_id)
    assert wave.edition is not None, "a weighed wave has its edition"
    numbers = released(session, wave.id, made.starts_on, made.ends_on)
    people = respondents(session, wave.id, made.starts_on, made.ends_on, as_of=made.as_of)
    kept = {
        w.interview_id: w for w in session.scalars(sa.select(Weight).where(Weight.weight_set_id == made.id))
    }
    if set(kept) != {p.interview_id for p in people}:
        raise Moved
    base, before, final = (
        np.array([getattr(kept[p.interview_id], step) for p in people], dtype=np.float64)
        for step in ("base", "nonresponse", "final")
    )
    place = {n.case_id: i for i, n in enumerate(numbers)}
    strata, _ = design_strata(numbers, np.array([place[p.case_id] for p in people], dtype=np.int64))
    used, _ = _margins(people, margin_totals(session), before, seed_of(wave.id, made.ends_on))
    joined = tuple(collapse(m, min_rows=LEAST_IN_CATEGORY)[0] for m in used)
    try:
        raked = raking.rake(before, used, min_rows=LEAST_IN_CATEGORY)
    except MethodFailure as failure:
        raise Moved from failure
    if not np.allclose(final, raked.weights, rtol=1e-9, atol=0):
        raise Moved
    design = declare(weights=before, strata=strata)
    weighted = Weighted(base, before, raked.weights, design, raked, joined, made.provenance)
    return Replay(questionnaire_of(wave.edition), people, weighted)
