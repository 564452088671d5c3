"""Scoring an interview for the cube: the cell it belongs to, its answers as signs, its person's weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from survey import categories, household
from survey.cube_cells import CELL
from survey.methods.design import FloatArray
from survey.period_data import Respondent
from survey.person_factor import person_factor
from survey.questionnaire import Questionnaire

FAVOURABLE, OTHER, NONE = "1", "0", "-"
VALUE = {FAVOURABLE: 1.0, OTHER: 0.0, NONE: np.nan}
UNTOLD = ""


@dataclass(frozen=True, slots=True)
class Scored:
    """What one interview adds to the cube."""

    cell: tuple[str, ...]
    answers: str
    weight: float


def scaled(form: Questionnaire) -> list[str]:
    """Name the questions whose answers can be favourable, in the order of their signs."""
    return [q.name for q in form.questions if any(o.favourable for o in form.lists.get(q.list, ()))]


def asked(form: Questionnaire) -> list[str]:
    """Name every question that scoring reads."""
    return [*dict.fromkeys([*scaled(form), *categories.QUESTIONS, household.ADULTS])]


def scored(form: Questionnaire, people: Sequence[Respondent]) -> list[Scored]:
    """Score interviews as the indices and the weights do."""
    rules = []
    for name in scaled(form):
        options = form.lists[form.question(name).list]
        good = {o.name for o in options if o.favourable}
        rules.append((name, {o.name: FAVOURABLE if o.name in good else OTHER for o in options}))
    factors = person_factor(people)[0].tolist()
    found = []
    for person, factor in zip(people, factors, strict=True):
        cell = tuple(categories.category(v, person.answers, person.county) or UNTOLD for v in CELL)
        signs = "".join(signs.get(person.answers.get(name, ""), NONE) for name, signs in rules)
        found.append(Scored(cell, signs, factor))
    return found


def values(answers: Sequence[str], place: int) -> FloatArray:
    """Read one question's scores (rows,) from the signs: 1, 0, NaN."""
    return np.array([VALUE[signs[place]] for signs in answers], dtype=np.float64)
