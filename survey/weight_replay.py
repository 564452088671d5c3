"""A weight set weighed once more from the records, to look into what only single weights can tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.problems import Refused
from core.terms import Words
from survey.edition_import import questionnaire_of
from survey.period_data import Respondent, released, respondents
from survey.questionnaire import Questionnaire
from survey.waves import Wave
from survey.weight_making import margin_totals, seed_of
from survey.weighting import Weight, WeightSet
from survey.weighting_steps import Weighted, weigh


class Moved(Refused):
    """The data are not those that were weighed."""

    words = Words(
        "数据或边际在加权之后有变动,无法照原样重算;请重新加权,再看新的一套",
        "Data or margins have changed since this set was made; weigh anew and use that set",
    )


@dataclass(frozen=True, eq=False)
class Replay:
    """The respondents of a set, their weights step by step, and the questionnaire they answered."""

    form: Questionnaire
    people: list[Respondent]
    weighted: Weighted


def replayed(session: Session, made: WeightSet) -> Replay:
    """Weigh the set's period again and make sure that the very same weights come out."""
    wave = session.get_one(Wave, made.wave_id)
    assert wave.edition is not None, "a weighed wave has its edition"
    numbers = released(session, wave.id, made.starts_on, made.ends_on)
    people = respondents(session, wave.id, made.starts_on, made.ends_on, as_of=made.as_of)
    stored = _stored(session, made)
    if set(stored) != {p.interview_id for p in people}:
        raise Moved
    weighted = weigh(numbers, people, margin_totals(session), seed=seed_of(wave.id, made.ends_on))
    kept = [stored[p.interview_id] for p in people]
    if not np.allclose(kept, weighted.final, rtol=1e-9, atol=0):
        raise Moved
    return Replay(questionnaire_of(wave.edition), people, weighted)


def _stored(session: Session, made: WeightSet) -> dict[int, float]:
    query = sa.select(Weight.interview_id, Weight.final).where(Weight.weight_set_id == made.id)
    return {row.interview_id: row.final for row in session.execute(query)}
