"""Coaching: a place where many were told how to answer stands out, a quiet city names none, and no small place is told."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Database, transaction
from reports.blocks import Prose, Table
from reports.coaching import CoachingSign, Sign, keep, signs_of
from reports.context import Context
from reports.definitions import FIRST
from reports.estimates import CITY, EstimateSet
from reports.estimating import make
from reports.periods import Period, PeriodKind
from reports.sections.coached import LOOK_INTO, coached
from survey.cases import Case
from survey.editions import Edition
from survey.expression import parse
from survey.interviews import Answer, Interview
from survey.weight_making import make_weight_set
from survey.weight_replay import replayed
from survey.weighting import WeightSet
from tests.survey.field import NOON
from tests.survey.weighed import a_worked_wave

CUT = NOON + timedelta(days=1)
DAY = NOON.date()


def lists_of(edition: Edition, controls: int) -> None:
    """Let an edition's lists name so many harmless things."""
    most = {"c1_list_short": controls, "c1_list_long": controls + 1}
    edition.definition = edition.definition | {
        "questions": [
            q | {"constraint": parse(f". >= 0 and . <= {most[q['name']]}")} if q["name"] in most else q
            for q in edition.definition["questions"]
        ]
    }


def measured(
    session: Session, told: dict[int, float], *, seed: int = 7, interviews: int = 320, controls: int = 4
) -> tuple[Context, list[CoachingSign]]:
    """Have a share of each county say that they were told (and count one thing more), weigh and estimate the day."""
    field = a_worked_wave(session, each=60, interviews=interviews, counties=len(told))
    random = np.random.default_rng(seed)
    counties = sorted({town.parent_id for town in field.towns})
    share = dict(zip(counties, told.values(), strict=True))
    query = sa.select(Interview, Case).join(Case, Case.id == Interview.case_id).order_by(Interview.id)
    for n, (interview, case) in enumerate(session.execute(query).all()):
        is_told = random.random() < share[case.county_id]
        harmless = int(random.binomial(controls, 0.4))
        given = {"c1_direct": "1" if is_told else "2"}
        if n % 8 or controls == 4:  # some never came to either list
            given |= {"c1_list_long": str(harmless + is_told)} if n % 2 else {"c1_list_short": str(harmless)}
        for question, value in given.items():
            session.add(
                Answer(
                    interview_id=interview.id,
                    question=question,
                    value=value,
                    at=NOON,
                    token=f"{n}-{question}",
                )
            )
    session.flush()
    if field.wave.edition is not None and controls != 4:
        lists_of(field.wave.edition, controls)
    made = make_weight_set(session, field.wave, starts_on=DAY, ends_on=DAY, as_of=CUT, by=None, at=CUT)
    make(session, made, FIRST, at=CUT)
    context = Context(session, Period(PeriodKind.DAY, DAY, DAY), CUT, FIRST)
    return context, signs_of(session, made.id)


def test_a_place_where_many_were_told_stands_out(database: Database) -> None:
    with transaction() as session:
        context, found = measured(session, {0: 0.02, 1: 0.3, 2: 0.02})
        by_place = {s.domain: s for s in found if s.sign is Sign.DIRECT}
        counties = [p.code for p in context.counties]
        assert [by_place[code].is_above for code in counties] == [False, True, False]
        assert by_place[counties[1]].estimate == pytest.approx(0.3, abs=0.12)
        assert not any(s.is_above for s in found if s.sign is Sign.EXTREME)
        [listed] = [s for s in found if s.sign is Sign.LIST]
        assert listed.domain == CITY
        assert listed.low is not None
        assert listed.high is not None
        assert listed.low < 0.12 < listed.high
        words, table = coached(context, context.period)
    assert isinstance(words, Prose)
    assert isinstance(table, Table)
    named = [row[0] for row in table.rows if row[-1] == LOOK_INTO]
    assert len(named) == 1
    assert str(getattr(named[0], "zh", "")) in words.text.zh
    assert table.is_annex
    assert "名单法" in (table.note.zh if table.note else "")


def test_a_quiet_city_names_nobody(sqlite: Database) -> None:
    with transaction() as session:
        context, found = measured(session, {0: 0.03, 1: 0.03, 2: 0.03})
        assert not any(s.is_above for s in found)
        [table] = coached(context, context.period)
    assert isinstance(table, Table)
    assert all(row[-1] is None for row in table.rows)


def test_a_longer_list_is_read_from_the_edition_and_a_broken_one_costs_its_sign_alone(
    sqlite: Database,
) -> None:
    """Five harmless things instead of four are an edition's own affair; what can't be measured takes nothing else down."""
    with transaction() as session:
        _, found = measured(session, {0: 0.1, 1: 0.1}, controls=5)
        [listed] = [s for s in found if s.sign is Sign.LIST]
        answers = sa.select(sa.func.count()).where(Answer.question.like("c1_list%"))
        assert listed.n == session.scalar(answers) < 320
        [made] = session.scalars(sa.select(EstimateSet))
        session.execute(sa.delete(CoachingSign))
        session.execute(sa.update(Answer).where(Answer.question == "c1_list_short").values(value="77"))
        weight_set = session.get_one(WeightSet, made.weight_set_id)
        keep(session, weight_set, replayed(session, weight_set), FIRST)
        assert {s.sign for s in signs_of(session, weight_set.id)} == {Sign.DIRECT, Sign.EXTREME}


def test_without_the_questions_nothing_is_said(sqlite: Database) -> None:
    with transaction() as session:
        field = a_worked_wave(session, each=60, interviews=120)
        made = make_weight_set(session, field.wave, starts_on=DAY, ends_on=DAY, as_of=CUT, by=None, at=CUT)
        make(session, made, FIRST, at=CUT)
        assert {s.sign for s in signs_of(session, made.id)} <= {Sign.EXTREME}
