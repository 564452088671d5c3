"""The indices: what is favourable, who counts, and figures for the city and every county."""

from __future__ import annotations

import numpy as np
import pytest

from survey.indices import CITY, estimands, figures, item_values
from survey.methods.estimands import Composite
from survey.methods.publication import Suppression
from survey.questionnaire import Questionnaire
from survey.weighting_steps import weigh
from survey.xlsform import read_xlsform
from tests.factories import SECURITY_WORKBOOK
from tests.survey.weighed import margin_rows, plain_data

ITEMS = ("e1_police", "e2_traffic", "e3_court", "e4_procuratorate", "e5_justice")


@pytest.fixture(scope="module")
def form() -> Questionnaire:
    return read_xlsform(SECURITY_WORKBOOK.read_bytes())


def test_dont_know_refusal_and_not_asked_leave_the_base() -> None:
    _, people = plain_data(people=4)
    values = ["1", "4", "DONT_KNOW", "NO_ANSWER"]
    for person, value in zip(people, values, strict=False):
        person.answers["s1_safety"] = value
    scored = item_values(people, "s1_safety", frozenset("12"), frozenset("12345"))
    assert scored[:2].tolist() == [1.0, 0.0]
    assert np.isnan(scored[2:4]).all()
    assert np.isnan(item_values(people, "never_asked", frozenset("12"), frozenset("12345"))).all()


def test_both_indices_come_first_and_hold_their_items(form: Questionnaire) -> None:
    _, people = plain_data()
    names = [e.name for e in estimands(form, people)]
    assert names[:2] == ["safety", "enforcement"]
    assert set(ITEMS) <= set(names)
    enforcement = estimands(form, people)[1]
    assert isinstance(enforcement, Composite)
    assert len(enforcement.items) == 5


def test_the_enforcement_index_is_the_mean_of_its_five_weighted_shares(form: Questionnaire) -> None:
    numbers, people = plain_data()
    weighted = weigh(numbers, people, margin_rows(["990101", "990102"]), seed=1)
    found = {(e.item, e.domain): e for e in figures(form, people, weighted)}
    shares = []
    for item in ITEMS:
        y = item_values(people, item, frozenset("12"), frozenset("12345"))
        told = ~np.isnan(y)
        shares.append(float((weighted.final * np.where(told, y, 0)).sum() / weighted.final[told].sum()))
    index = found["enforcement", CITY]
    assert index.estimate == pytest.approx(np.mean(shares), rel=1e-12)
    assert index.low is not None
    assert index.high is not None
    assert index.low < (index.estimate or 0) < index.high
    assert {d for i, d in found if i == "safety"} == {CITY, "990101", "990102"}
    parts = sum(found["safety", c].sum_of_weights for c in ("990101", "990102"))
    assert found["safety", CITY].sum_of_weights == pytest.approx(parts)


def test_a_county_with_few_interviews_is_withheld_with_its_reason(form: Questionnaire) -> None:
    numbers, people = plain_data(people=600)
    few = [p for p in people if p.county == "990101"] + [p for p in people if p.county == "990102"][:12]
    weighted = weigh(numbers, few, {"county": margin_rows(["990101", "990102"])["county"]}, seed=1)
    found = {(e.item, e.domain): e for e in figures(form, few, weighted)}
    assert found["safety", "990102"].suppression is Suppression.TOO_FEW
    assert not found["safety", "990102"].is_published
    assert found["safety", "990101"].is_published
