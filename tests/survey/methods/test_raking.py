"""Raking and calibration; weights after them are held to R in test_golden, here by their properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.methods import calibration, raking
from survey.methods.calibration import Distance
from survey.methods.design import FloatArray, IntArray
from survey.methods.failures import ConvergenceFailure, WeightFailure
from survey.methods.margins import Margin, collapse, margin


def make_margin(name: str, codes: IntArray, totals: FloatArray) -> Margin:
    return Margin(name, tuple(f"{name}{i}" for i in range(totals.size)), totals, codes)


def test_two_margins_by_hand() -> None:
    # four people, one per cell of 2 × 2, equal weights: independence is kept, so w = row · column / total
    made = raking.rake(
        np.ones(4),
        [
            margin("sex", ["m", "m", "f", "f"], {"m": 40, "f": 60}),
            margin("place", ["u", "r", "u", "r"], {"u": 30, "r": 70}),
        ],
    )
    assert made.weights.tolist() == pytest.approx([12, 28, 18, 42], rel=1e-12)
    assert made.largest_miss <= 1e-10


def test_an_empty_category_joins_its_neighbour_inside_its_group() -> None:
    groups = {"m18": "m", "m60": "m", "f18": "f", "f60": "f"}
    totals = {"m18": 10, "m60": 20, "f18": 30, "f60": 40}
    made = margin("sex_age", ["m18", "f18", "f60"], totals, groups=groups)
    joined, notes = collapse(made)
    # without groups m60 would have joined f18, the next
    assert joined.categories == ("m18 + m60", "f18", "f60")
    assert joined.totals.tolist() == [30, 30, 40]
    assert [(n.margin, n.category, n.into) for n in notes] == [("sex_age", "m60", "m18")]
    assert raking.rake(np.ones(3), [made]).weights.tolist() == [30, 30, 40]


def test_categories_below_the_least_number_of_rows_are_joined() -> None:
    made = margin("age", ["a", "b", "b", "c", "c"], {"a": 10, "b": 20, "c": 30})
    joined, notes = collapse(made, min_rows=2)
    assert (joined.categories, notes[0].rows) == (("a + b", "c"), 1)
    assert joined.codes.tolist() == [0, 0, 0, 1, 1]


def test_a_category_with_neither_people_nor_rows_is_left_out() -> None:
    made = margin("age", ["a", "c"], {"a": 10, "b": 0, "c": 30})
    joined, notes = collapse(made)
    assert (joined.categories, notes) == (("a", "c"), ())


def test_margins_that_do_not_add_up_alike_are_named_or_scaled() -> None:
    margins = [
        margin("sex", "mf", {"m": 40, "f": 60}),
        margin("place", "ur", {"u": 30, "r": 71}),
    ]
    margins = [
        margin("sex", list("mf"), {"m": 40, "f": 60}),
        margin("place", list("ur"), {"u": 40.4, "r": 60.6}),
    ]
    with pytest.raises(ConvergenceFailure, match=r"place.*100\.0.*101\.0.*common_total"):
        raking.rake(np.ones(2), margins)
    assert raking.rake(np.ones(2), margins, common_total=200).weights.tolist() == pytest.approx([80, 120])


def test_a_contradiction_names_margin_and_category() -> None:
    # every m is u and every f is r, but the margins want 40 m and 50 u
    margins = [
        margin("sex", list("mf"), {"m": 40, "f": 60}),
        margin("place", list("ur"), {"u": 50, "r": 50}),
    ]
    with pytest.raises(ConvergenceFailure, match="contradict") as failure:
        raking.rake(np.ones(2), margins)
    assert (failure.value.margin, failure.value.category) == ("sex", "m")
    assert (failure.value.expected, failure.value.got) == (40, pytest.approx(50))


def test_people_where_the_population_has_nobody_are_named() -> None:
    with pytest.raises(ConvergenceFailure, match=r"age, category b.*nobody"):
        raking.rake(np.ones(2), [margin("age", list("ab"), {"a": 10, "b": 0})])


def test_an_answer_outside_the_margin_is_named() -> None:
    with pytest.raises(WeightFailure, match="margin sex, category x"):
        margin("sex", list("mx"), {"m": 40, "f": 60})


def test_calibration_beyond_its_bounds_fails_by_name() -> None:
    x = np.array([[1.0, 1], [1, 0], [1, 0]])
    with pytest.raises(ConvergenceFailure, match="urban"):
        calibration.calibrate(
            np.ones(3), x, np.array([3.0, 2.9]), bounds=(0.5, 1.5), names=("all", "urban"),
            distance=Distance.LINEAR,
        )  # fmt: skip


def test_post_stratification_wants_every_cell() -> None:
    made = calibration.post_stratify(np.array([1.0, 3, 1]), ["a", "a", "b"], {"a": 20, "b": 7})
    assert made.weights.tolist() == [5, 15, 7]
    for totals in ({"a": 20}, {"a": 20, "b": 7, "c": 1}):
        with pytest.raises(ConvergenceFailure, match=r"category [bc]"):
            calibration.post_stratify(np.ones(3), ["a", "a", "b"], totals)


@st.composite
def raked(draw: st.DrawFn) -> tuple[FloatArray, list[Margin]]:
    """Margins that can be met: totals of other positive weights on the same people."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, 120))
    weights = rng.uniform(0.2, 5, n)
    wanted = weights * rng.uniform(0.3, 3, n)
    margins = []
    for name in draw(st.sampled_from(["a", "ab", "abc", "abcd"])):
        k = draw(st.integers(1, 6))
        codes = rng.integers(0, k, n)
        margins.append(make_margin(name, codes, np.bincount(codes, wanted, minlength=k).astype(np.float64)))
    return weights, margins


@settings(deadline=None)
@given(raked())
def test_margins_are_met_and_weights_stay_positive(given_case: tuple[FloatArray, list[Margin]]) -> None:
    weights, margins = given_case
    made = raking.rake(weights, margins)
    assert np.all(made.weights > 0)
    for m in margins:
        got = np.bincount(m.codes, made.weights, minlength=m.totals.size)
        assert np.max(np.abs(got - m.totals)) <= 1e-9 * m.totals.max()


@settings(deadline=None)
@given(raked(), st.floats(0.01, 100), st.integers(0, 1000))
def test_order_of_rows_and_scale_of_base_weights_do_not_matter(
    given_case: tuple[FloatArray, list[Margin]], scale: float, seed: int
) -> None:
    weights, margins = given_case
    order = np.random.default_rng(seed).permutation(weights.size)
    first = raking.rake(weights, margins, tolerance=1e-12).weights
    mixed = [Margin(m.name, m.categories, m.totals, m.codes[order]) for m in margins]
    second = raking.rake(scale * weights[order], mixed, tolerance=1e-12).weights
    np.testing.assert_allclose(second, first[order], rtol=1e-7)


@settings(deadline=None, max_examples=40)
@given(raked())
def test_raking_is_calibration_with_the_raking_distance(given_case: tuple[FloatArray, list[Margin]]) -> None:
    weights, margins = given_case
    by_margins = raking.rake(weights, margins, tolerance=1e-12)
    x = np.hstack([np.eye(m.totals.size)[m.codes] for m in margins])
    totals = np.concatenate([m.totals for m in margins])
    by_matrix = calibration.calibrate(weights, x, totals, distance=Distance.RAKING, tolerance=1e-13)
    np.testing.assert_allclose(by_margins.weights, by_matrix.weights, rtol=1e-7)
    z = weights * np.linspace(-1, 1, weights.size)
    np.testing.assert_allclose(
        by_margins.residual(z), by_matrix.residual(z), rtol=1e-6, atol=1e-7 * float(np.abs(z).max())
    )
