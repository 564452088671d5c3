"""Base weights and the nonresponse adjustment; authority: worked by hand, R class adjustment (w_zmd_nr)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.methods import base_weights, nonresponse
from survey.methods.failures import WeightFailure
from survey.methods.nonresponse import Status

NAN = float("nan")


def test_numbers() -> None:
    assert base_weights.number_weights([100, 60], [4, 60]).tolist() == [25, 1]
    with pytest.raises(WeightFailure, match="row 1"):
        base_weights.number_weights([100, 60], [4, 61])


def test_landline_and_mobile_and_the_dual_users_between_them() -> None:
    # landline: 10 · 3 adults / 1 line = 30, dual · 0.4 = 12; landline only 10 · 2/2 = 10
    # mobile: 20 / 2 mobiles = 10, dual · 0.6 = 6; mobile only 20/1 = 20
    weights = base_weights.person_weights(
        np.array([10.0, 10, 20, 20]),
        np.array([True, True, False, False]),
        adults=np.array([3.0, 2, NAN, NAN]),
        lines=np.array([1.0, 2, NAN, NAN]),
        mobiles=np.array([NAN, NAN, 2, 1]),
        is_dual=np.array([True, False, True, False]),
        share=0.4,
    )
    assert weights.tolist() == pytest.approx([12, 10, 6, 20])


def test_a_cap_on_adults() -> None:
    assert base_weights.landline_factor([9, 2], [1, 1], most_adults=4).tolist() == [4, 2]


@pytest.mark.parametrize("bad", [0, -1, NAN])
def test_a_missing_count_is_named(bad: float) -> None:
    with pytest.raises(WeightFailure, match="own mobiles in row 1"):
        base_weights.mobile_factor([1, bad])


def test_classes_with_e() -> None:
    # class a: respondents 10+10, eligible 10, unknown 20, not eligible 0
    # class b: respondents 30, eligible 0, unknown 10, not eligible 30
    # e = (20+10+30) / (60+30) = 2/3; a: (20+10+2/3·20)/20 = 13/6; b: (30+2/3·10)/30 = 11/9
    weights = np.array([10.0, 10, 10, 20, 30, 10, 30])
    status = [0, 0, 1, 2, 0, 2, 3]
    made = nonresponse.adjust(weights, status, ["a", "a", "a", "a", "b", "b", "b"])
    assert [c.factor for c in made.classes] == pytest.approx([13 / 6, 11 / 9])
    assert made.weights.tolist() == pytest.approx([130 / 6, 130 / 6, 0, 0, 330 / 9, 0, 0])
    assert made.classes[0].e == pytest.approx(2 / 3)
    assert (made.classes[1].respondents, made.classes[1].unknown, made.classes[1].not_eligible) == (1, 1, 1)
    # the new weights stand for the estimated eligible: 60 + 2/3 · 30
    assert made.weights.sum() == pytest.approx(80)


def test_given_e() -> None:
    made = nonresponse.adjust(np.array([1.0, 1, 1]), [0, 2, 3], ["a"] * 3, e=0.25)
    assert made.weights.tolist() == [1.25, 0, 0]
    with pytest.raises(WeightFailure, match="0 to 1"):
        nonresponse.adjust(np.array([1.0, 1, 1]), [0, 2, 3], ["a"] * 3, e=1.5)


def test_a_class_without_respondents_joins_the_next_and_says_so() -> None:
    made = nonresponse.adjust(np.ones(5), [0, 1, 1, 0, 1], ["a", "b", "b", "c", "d"], e=1)
    assert [(c.category, c.into) for c in made.collapses] == [("b", "c"), ("d", "b + c")]
    assert [c.label for c in made.classes] == ["a", "b + c + d"]
    assert made.weights.tolist() == [1, 0, 0, 4, 0]


def test_nobody_responded() -> None:
    with pytest.raises(WeightFailure, match="respondents"):
        nonresponse.adjust(np.ones(2), [1, 2], ["a", "b"])


rows = st.lists(
    st.tuples(st.sampled_from("abcde"), st.sampled_from(list(Status)), st.floats(0.5, 90)),
    min_size=1,
    max_size=80,
)


@given(rows, st.floats(0, 1), st.integers(1, 4))
def test_the_estimated_eligible_are_kept(data: list[tuple[str, Status, float]], e: float, least: int) -> None:
    data = [*data, *[("c", Status.RESPONDENT, 3.0)] * least]
    weights, status = np.array([w for _, _, w in data]), np.array([s for _, s, _ in data])
    made = nonresponse.adjust(weights, status, [c for c, _, _ in data], e=e, min_respondents=least)
    share = np.choose(status, [1, 1, e, 0])
    assert made.weights.sum() == pytest.approx((weights * share).sum(), rel=1e-9)
    assert np.all((made.weights > 0) == (status == Status.RESPONDENT))
    assert min(c.respondents for c in made.classes) >= least
