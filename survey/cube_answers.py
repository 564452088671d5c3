"""The cube of a weight set's interviews, counted from their answers in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.places import Place
from survey import categories
from survey.cases import Case
from survey.cubes import count_scored
from survey.indices import INDICES
from survey.interviews import Answer, Interview, InterviewState
from survey.methods.cube import Cube
from survey.methods.cube_layout import Index, Item, Key, Layout
from survey.questionnaire import Questionnaire
from survey.weighting import Weight, WeightSet

Margins = Mapping[str, Mapping[str, int]]


def layout_of(session: Session, weight_set: WeightSet, form: Questionnaire, margins: Margins) -> Layout:
    """Lay a cube out: strata of the set's cases, the margins' categories as keys, the scaled questions as items."""
    strata = session.scalars(
        sa.select(Case.stratum_id)
        .join(Interview, Interview.case_id == Case.id)
        .join(Weight, Weight.interview_id == Interview.id)
        .where(Weight.weight_set_id == weight_set.id)
        .distinct()
        .order_by(Case.stratum_id)
    ).all()
    items = [q.name for q in form.questions if _favourable(form, q.name)]
    indices = []
    for index in INDICES:
        parts = tuple(name for name in form.index_items(index) if name in items)
        if parts:
            indices.append(Index(index, parts))
    keys = tuple(Key(name, tuple(totals)) for name, totals in margins.items())
    return Layout(tuple(str(s) for s in strata), keys, tuple(Item(i) for i in items), tuple(indices))


def cube_of(
    session: Session, weight_set: WeightSet, form: Questionnaire, margins: Margins, usual: Mapping[str, str]
) -> Cube:
    """Count the cube of a set: weights before raking, answers scored as the indices score them.

    `usual` gives per margin the category of those whose answers do not tell; a weight set draws theirs at
    random, so its own figures may differ by that. Statements read the answers once, whatever their number.
    """
    layout = layout_of(session, weight_set, form, margins)
    rows = scored(weight_set, form, layout, usual).subquery("scored")
    return count_scored(session.connection(), rows, layout)


def scored(
    weight_set: WeightSet, form: Questionnaire, layout: Layout, usual: Mapping[str, str]
) -> sa.Select[Any]:
    """Make the statement of scored rows: one per interview, its answers laid side by side."""
    asked = [i.name for i in layout.items] + [q for q in categories.QUESTIONS if q not in layout.places]
    given = {q: sa.func.max(sa.case((Answer.question == q, Answer.value))).label(f"a_{q}") for q in asked}
    wide = (
        sa.select(
            Case.stratum_id.label("stratum"),
            Place.code.label("county_code"),
            Weight.nonresponse.label("weight"),
            *given.values(),
        )
        .select_from(Interview)
        .join(Case, Case.id == Interview.case_id)
        .join(Place, Place.id == Case.county_id)
        .join(Weight, sa.and_(Weight.interview_id == Interview.id, Weight.weight_set_id == weight_set.id))
        .outerjoin(
            Answer,
            sa.and_(Answer.interview_id == Interview.id, Answer.is_current, Answer.question.in_(asked)),
        )
        .where(Interview.state == InterviewState.COMPLETE)
        .group_by(Interview.id, Case.stratum_id, Place.code, Weight.nonresponse)
        .subquery("wide")
    )
    chosen: list[sa.ColumnElement[Any]] = [wide.c.stratum, wide.c.weight]
    for key in layout.keys:
        known = _category(key.name, wide)
        inside = sa.case((known.in_(key.categories), known), else_=usual.get(key.name, key.categories[0]))
        chosen.append(inside.label(key.name))
    for name in layout.places:
        value = wide.c[f"a_{name}"]
        offered = [o.name for o in form.lists.get(form.question(name).list, ())]
        score = sa.case((value.in_(sorted(_favourable(form, name))), 1.0), (value.in_(offered), 0.0))
        chosen.append(score.label(name))
    return sa.select(*chosen)


def _favourable(form: Questionnaire, question: str) -> frozenset[str]:
    return frozenset(o.name for o in form.lists.get(form.question(question).list, ()) if o.favourable)


def _category(variable: str, wide: sa.FromClause) -> sa.ColumnElement[Any]:
    """Say in SQL what `categories.category` says of answers in memory."""
    if variable == "county":
        return wide.c.county_code
    if variable == "area":
        return sa.case(categories.AREA, value=wide.c.a_area)
    if variable == "education":
        return sa.case(categories.EDUCATION, value=wide.c.a_education)
    if variable == "sex_age":
        sex = sa.case(categories.SEX, value=wide.c.a_sex)
        bands = [*categories.AGE_BANDS, (121, None)]
        ages = {
            str(age): name for (least, name), (beyond, _) in pairwise(bands) for age in range(least, beyond)
        }
        return sex + ":" + sa.case(ages, value=wide.c.a_age)
    return sa.null()
