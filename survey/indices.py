"""The two indices and their items: which answers count as favourable, for whom, and with what error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.terms import Words
from survey.methods.composites import with_items
from survey.methods.design import FloatArray
from survey.methods.estimands import Composite, Estimand, Mean, proportion
from survey.methods.estimates import Estimate, domains, estimates
from survey.methods.variance import SinglePsu
from survey.period_data import Respondent
from survey.questionnaire import Questionnaire
from survey.weighting_steps import Weighted

CITY = "city"
INDICES = ("safety", "enforcement")
WORDS = {
    "safety": Words("安全感指数", "Sense-of-security index"),
    "enforcement": Words("执法满意度（各项等权）", "Satisfaction with enforcement, items weighted alike"),
}
"""What the figures kept with a weight set are called: the index that bulletins print has the weights of its definition."""


def item_values(
    people: Sequence[Respondent], question: str, favourable: frozenset[str], offered: frozenset[str]
) -> FloatArray:
    """Score one question (rows,): 1 favourable, 0 not, NaN for no opinion, refusal or not asked."""
    given = (p.answers.get(question) for p in people)
    return np.array([float(v in favourable) if v in offered else np.nan for v in given], dtype=np.float64)


def estimands(questionnaire: Questionnaire, people: Sequence[Respondent]) -> list[Estimand]:
    """Return the indices of a questionnaire, each followed by its items, then the other scaled questions."""
    items: dict[str, Mean] = {}
    for q in questionnaire.questions:
        options = questionnaire.lists.get(q.list, ())
        favourable = frozenset(o.name for o in options if o.favourable)
        if favourable:
            values = item_values(people, q.name, favourable, frozenset(o.name for o in options))
            if not np.isnan(values).all():
                items[q.name] = proportion(q.name, values)
    found: list[Estimand] = []
    for index in INDICES:
        wanted = list(questionnaire.index_items(index))
        if not any(name in items for name in wanted):
            continue
        # An item nobody answered stays a part: without it the index would be another one.
        nothing = np.full(len(people), np.nan)
        parts = tuple(items.get(name) or Mean(name, nothing, is_share=True) for name in wanted)
        found.append(Mean(index, parts[0].y, is_share=True) if len(parts) == 1 else Composite(index, parts))
    return [*found, *items.values()]


def figures(questionnaire: Questionnaire, people: Sequence[Respondent], weighted: Weighted) -> list[Estimate]:
    """Estimate every index and item for the city and each county, with linearised errors and logit intervals."""
    found = estimates(
        weighted.design,
        estimands(questionnaire, people),
        adjustments=[weighted.adjustment],
        by=domains([p.county for p in people]),
        single=SinglePsu.ADJUST,
        whole=CITY,
    )
    return with_items(found, parts_of(questionnaire))


def parts_of(questionnaire: Questionnaire) -> dict[str, list[str]]:
    """Name the items of each index."""
    return {index: list(questionnaire.index_items(index)) for index in INDICES}
