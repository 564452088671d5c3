"""Townships: the model against its formulas done by hand, tied to the counties, and what is never told of a few people."""

# ruff: noqa: F811  (fixtures are taken by name)
from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Database, reading, transaction
from core.permissions import Role
from reports.definitions import FIRST
from reports.estimates import By, Figures, figures_of
from reports.estimating import make
from reports.small_areas import LEAST, Modelled, townships
from survey.cases import Case
from survey.frame import Stratum
from survey.interviews import Answer, Interview, InterviewState
from survey.weight_making import make_weight_set
from survey.weighting import Weight, WeightSet
from tests.survey.field import NOON
from tests.survey.weighed import a_worked_wave
from tests.web.conftest import SignedIn, app, as_role  # noqa: F401

CUT = NOON + timedelta(days=1)


def a_weighed_city(session: Session, *, counties: int = 5, each: int = 60) -> WeightSet:
    """Ten townships of five counties with about forty interviews each, weighed and estimated; in the first only six."""
    field = a_worked_wave(session, each=each, interviews=440, counties=counties)
    few = session.scalars(
        sa.select(Interview)
        .join(Case, Case.id == Interview.case_id)
        .where(Case.township_id == field.towns[0].id)
        .order_by(Interview.id)
    ).all()
    for interview in few[6:]:
        interview.state = InterviewState.BROKEN_OFF
    day = NOON.date()
    made = make_weight_set(session, field.wave, starts_on=day, ends_on=day, as_of=CUT, by=None, at=CUT)
    make(session, made, FIRST, at=CUT)
    return made


def found_in(session: Session, made: WeightSet, index: str = "safety") -> tuple[Figures, Modelled]:
    figures = figures_of(session, made)
    assert figures is not None
    return figures, townships(session, figures, FIRST, index)


def test_the_model_is_the_formula(sqlite: Database) -> None:
    with transaction() as session:
        figures, found = found_in(session, a_weighed_city(session))
        query = (
            sa.select(Case.township_id, Answer.value, Weight.final)
            .join(Interview, Interview.case_id == Case.id)
            .join(Answer, Answer.interview_id == Interview.id)
            .join(Weight, Weight.interview_id == Interview.id)
            .where(Answer.question == "s1_safety", Answer.value != "DONT_KNOW")
        )
        rows = session.execute(query).all()
        sizes = dict(
            session.execute(
                sa.select(Stratum.township_id, sa.func.sum(Stratum.size)).group_by(Stratum.township_id)
            ).all()
        )
    city = figures.get("safety")
    assert city is not None
    p, deff = city.estimate or 0, (city.standard_error or 0) ** 2 * city.n
    effect = deff / (p * (1 - p))
    n = Counter(row[0] for row in rows)
    size = np.array([n[t.place.id] for t in found.townships], dtype=float)
    share = np.array(
        [
            np.average(
                [str(r[1]) in "12" for r in rows if r[0] == t.place.id],
                weights=[r[2] for r in rows if r[0] == t.place.id],
            )
            for t in found.townships
        ]
    )
    pooled = []
    for t in found.townships:
        county = figures.get("safety", t.county.code, By.COUNTY)
        assert county is not None
        pooled.append(county.estimate if county.is_shown and county.estimate else p)
    noise = np.array(pooled) * (1 - np.array(pooled)) * effect / size
    has = size >= LEAST
    a = found.variance_between
    assert a is not None
    assert found.covariates == ()  # every township's frame is alike: there is nothing else to lean on
    w = 1 / (a + noise)
    mean = float(np.sum(w * share) / w.sum())
    gamma = np.where(has, a / (a + noise), 0.0)
    eblup = gamma * share + (1 - gamma) * mean
    numbers = np.array([sizes[t.place.id] for t in found.townships], dtype=float)
    for i, t in enumerate(found.townships):
        county = figures.get("safety", t.county.code, By.COUNTY)
        factor = 1.0
        if county is not None and county.is_shown and county.estimate:
            mine = np.array([u.county.id == t.county.id for u in found.townships])
            factor = county.estimate / float(np.average(eblup[mine], weights=numbers[mine]))
        assert t.modelled == pytest.approx(eblup[i] * factor, abs=1e-9)
        assert t.low is not None
        assert t.high is not None
        assert t.modelled is not None
        assert t.low < t.modelled < t.high


def test_modelled_figures_average_to_their_county(sqlite: Database) -> None:
    with transaction() as session:
        figures, found = found_in(session, a_weighed_city(session), "enforcement")
    checked = 0
    for code in {t.county.code for t in found.townships}:
        county = figures.get("enforcement", code, By.COUNTY)
        assert county is not None
        mine = [t.modelled or 0 for t in found.townships if t.county.code == code]
        if county.is_shown:
            assert np.mean(mine) == pytest.approx(county.estimate, abs=1e-9)
            checked += 1
    assert checked


def test_a_few_people_are_not_told_and_a_neighbour_hides_their_number(sqlite: Database) -> None:
    with transaction() as session:
        _, found = found_in(session, a_weighed_city(session))
    few = found.townships[0]
    beside = next(t for t in found.townships[1:] if t.county.id == few.county.id)
    assert few.n is None
    assert beside.n is None  # the county's number less this one would be theirs
    assert beside.own_share is None  # and so would be what γ tells of it
    assert few.own_share == 0
    assert few.direct is None
    assert all(t.n for t in found.townships if t.county.id != few.county.id)
    assert all(t.direct is None for t in found.townships)


def test_a_measured_figure_needs_its_interviews_and_a_model_its_townships(sqlite: Database) -> None:
    with transaction() as session:
        _, found = found_in(session, a_weighed_city(session, counties=2, each=120))
    assert found.variance_between is None
    assert all(t.modelled is None for t in found.townships)
    told = [t for t in found.townships if t.direct is not None]
    assert told
    assert all(t.n and t.n >= 100 and t.direct and t.direct.is_published for t in told)
    assert all(t.direct is None for t in found.townships if t.n is None or t.n < 100)


def test_the_page_marks_them_as_modelled_and_gives_a_file(app: object, as_role: SignedIn) -> None:
    with transaction() as session:
        made = a_weighed_city(session)
        set_id, (_, found) = made.id, found_in(session, made)
    leader = as_role(Role.LEADER)
    page = leader.get(f"/townships/{set_id}?county=").text
    for words in ("模型估计", "Fay–Herriot", "本地占比", "这是模型估计，不是实测"):
        assert words in page
    rows = list(csv.DictReader(io.StringIO(leader.get(f"/townships/{set_id}.csv").text.lstrip("\ufeff"))))
    assert [float(r["modelled"]) for r in rows] == pytest.approx([t.modelled for t in found.townships])
    assert rows[0]["n"] == rows[0]["direct"] == ""
    assert as_role(Role.HANDLER).get(f"/townships/{set_id}").status_code == 403
    assert as_role(Role.LEADER).get("/townships/999").status_code == 404


def test_without_four_weeks_the_page_says_what_to_do(app: object, as_role: SignedIn) -> None:
    assert "还没有四周的加权结果" in as_role(Role.LEADER).get("/townships/").text
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(WeightSet)) == 0
