"""Places of the counties: the whole covariance counts, the withheld hold none, and a set keeps what it claims."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from core.db import Database, transaction
from survey import index_ranks
from survey.index_ranks import RankRange, places, rank_ranges, with_errors
from survey.indices import CITY, figures
from survey.methods.design import FloatArray
from survey.period_data import Respondent
from survey.questionnaire import Questionnaire
from survey.weight_making import make_weight_set
from survey.weighting import IndexFigure
from survey.weighting_steps import Weighted, weigh
from survey.xlsform import read_xlsform
from tests.factories import SECURITY_WORKBOOK
from tests.survey.field import NOON
from tests.survey.weighed import a_worked_wave, margin_rows, plain_data

COUNTIES = ["990101", "990102", "990103"]


@pytest.fixture(scope="module")
def form() -> Questionnaire:
    return read_xlsform(SECURITY_WORKBOOK.read_bytes())


def a_period(*, thin: bool = False, apart: bool = False) -> tuple[list[Respondent], Weighted]:
    """Weigh three counties; the third with a handful of answers only, or all three far apart."""
    numbers, people = plain_data(people=1200, counties=3)
    for i, person in enumerate(people):
        place = COUNTIES.index(person.county)
        if thin and place == 2 and i % 20:
            person.answers["s1_safety"] = "DONT_KNOW"
        if apart:
            person.answers["s1_safety"] = "1" if i % 10 < (9, 5, 1)[place] else "5"
    return people, weigh(numbers, people, margin_rows(COUNTIES), seed=1)


def shape(found: list[RankRange]) -> list[tuple[int, int, int]]:
    """Return ranges as plain numbers."""
    return [(r.best, r.worst, r.band) for r in found]


def test_places_widen_with_the_error() -> None:
    values = np.array([0.95, 0.90, 0.60])
    assert shape(places(values, np.eye(3) * 0.01**2)) == [(1, 1, 1), (2, 2, 2), (3, 3, 3)]
    assert shape(places(values, np.eye(3) * 0.2**2)) == [(1, 3, 1)] * 3
    near = np.array([0.60, 0.95, 0.93])
    assert shape(places(near, np.eye(3) * 0.02**2)) == [(3, 3, 2), (1, 2, 1), (1, 2, 1)]
    assert shape(places(np.array([0.9]), np.array([[0.01]]))) == [(1, 1, 1)]


def test_errors_that_move_together_tell_counties_apart() -> None:
    values, error = np.array([0.80, 0.76]), 0.02
    together = error**2 * np.array([[1.0, 0.9], [0.9, 1.0]])
    against = error**2 * np.array([[1.0, -0.9], [-0.9, 1.0]])
    assert shape(places(values, together)) == [(1, 1, 1), (2, 2, 2)]
    assert shape(places(values, np.eye(2) * error**2)) == [(1, 2, 1)] * 2
    assert shape(places(values, against)) == [(1, 2, 1)] * 2


def test_the_covariance_is_that_of_the_figures_and_not_only_its_diagonal(
    form: Questionnaire, monkeypatch: pytest.MonkeyPatch
) -> None:
    people, weighted = a_period()
    found = figures(form, people, weighted)
    used: list[tuple[FloatArray, FloatArray]] = []

    def watched(values: FloatArray, covariance: FloatArray) -> list[RankRange]:
        used.append((values, covariance))
        return places(values, covariance)

    monkeypatch.setattr(index_ranks, "places", watched)
    safety = [e for e in found if e.item == "safety"]
    ranges = rank_ranges(form, people, weighted, safety)
    counties = [e for e in safety if e.domain != CITY]
    assert set(ranges) == {("safety", code) for code in COUNTIES}
    ((values, covariance),) = used
    assert values == pytest.approx([e.estimate for e in counties])
    assert np.sqrt(np.diag(covariance)) == pytest.approx([e.standard_error for e in counties])
    assert covariance == pytest.approx(covariance.T)
    beside = covariance[~np.eye(3, dtype=bool)]
    assert (np.abs(beside) > 1e-4 * np.diag(covariance).mean()).all()


def test_counties_far_apart_hold_one_place_each_and_the_same_ones_again(form: Questionnaire) -> None:
    people, weighted = a_period(apart=True)
    found = figures(form, people, weighted)
    ranges = rank_ranges(form, people, weighted, found)
    assert shape([ranges["safety", code] for code in COUNTIES]) == [(1, 1, 1), (2, 2, 2), (3, 3, 3)]
    assert not [key for key in ranges if key[1] == CITY]
    assert rank_ranges(form, people, weighted, found) == ranges


def test_a_withheld_county_neither_holds_nor_takes_a_place(form: Questionnaire) -> None:
    people, weighted = a_period(thin=True)
    found = figures(form, people, weighted)
    withheld = {e.domain for e in found if e.item == "safety" and not e.is_published}
    assert withheld == {COUNTIES[2]}
    ranges = {
        domain: r for (i, domain), r in rank_ranges(form, people, weighted, found).items() if i == "safety"
    }
    assert set(ranges) == set(COUNTIES[:2])
    assert all(r.worst <= 2 for r in ranges.values())


def test_a_county_that_answers_all_alike_is_not_taken_for_certain(form: Questionnaire) -> None:
    people, weighted = a_period()
    first, second, third = (
        e for e in figures(form, people, weighted) if e.item == "safety" and e.domain != CITY
    )
    alike = replace(first, estimate=1.0, standard_error=0.0, low=0.902, high=1.0)
    full = with_errors([alike, second, third], np.array([[0.0, 0, 0], [0, 4e-4, 1e-4], [0, 1e-4, 4e-4]]))
    assert full[0, 0] == pytest.approx(0.05**2, rel=1e-3)
    assert full[0, 1] == full[1, 0] == 0
    assert full[1, 2] == 1e-4
    assert shape(places(np.array([1.0, 0.95, 0.94]), full))[0] == (1, 3, 1)


def test_no_difference_is_rarely_called_one() -> None:
    random = np.random.default_rng(8)
    sigma = 0.02**2 * (0.7 * np.eye(10) + 0.3)
    root = np.linalg.cholesky(sigma)
    wrong = 0
    for _ in range(40):
        found = places(0.9 + root @ random.standard_normal(10), sigma)
        wrong += any(r.band > 1 or r.best > 1 for r in found)
    assert wrong <= 6  # 95 % simultaneous: two expected


def test_a_set_keeps_the_places_of_its_published_counties(database: Database) -> None:
    with transaction() as session:
        field = a_worked_wave(session, each=60, interviews=200)
        at = NOON + timedelta(days=1)
        day = NOON.date()
        made = make_weight_set(session, field.wave, starts_on=day, ends_on=day, as_of=at, by=None, at=at)
        kept = session.scalars(sa.select(IndexFigure).where(IndexFigure.weight_set_id == made.id)).all()
    ranked = [f for f in kept if f.domain != CITY and not f.is_suppressed]
    assert {f.index for f in ranked} >= {"safety", "enforcement"}
    for f in kept:
        places_kept = (f.rank_low, f.rank_high, f.rank_band)
        if f in ranked:
            assert f.rank_low is not None
            assert f.rank_high is not None
            assert 1 <= f.rank_low <= f.rank_high <= sum(r.index == f.index for r in ranked)
            assert f.rank_band in (1, 2)
        else:
            assert places_kept == (None, None, None)
