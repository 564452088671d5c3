"""Outcome rates; authority: AAPOR Standard Definitions, worked by hand, and the example of outcomerate."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.methods.failures import MethodFailure
from survey.methods.rates import Counts, Eligibility, rates, tally, tally_by

# outcomerate's example: I 4, P 2, R 1, NC 1, O 1, UH 1, UO 1, NE 1.
#   eligible D0 = (4+2) + (1+1+1) = 9; unknown = 1+1 = 2; D = 9 + 2 = 11
#   e = 9/(9+1) = 0.9; De = 9 + 0.9·2 = 10.8
EXAMPLE = Counts(4, 2, 1, 1, 1, 1, 1, 1)
BY_HAND = {
    "e": 9 / 10,
    "rr1": 4 / 11,
    "rr2": 6 / 11,
    "rr3": 4 / 10.8,
    "rr4": 6 / 10.8,
    "rr5": 4 / 9,
    "rr6": 6 / 9,
    "coop1": 4 / 8,  # I / (I+P+R+O) = 4/(6+1+1)
    "coop2": 6 / 8,
    "coop3": 4 / 7,  # I / (I+P+R)
    "coop4": 6 / 7,
    "ref1": 1 / 11,
    "ref2": 1 / 10.8,
    "ref3": 1 / 9,
    "con1": 8 / 11,  # (I+P+R+O)/D
    "con2": 8 / 10.8,
    "con3": 8 / 9,
}


def test_example_with_the_calculator_e() -> None:
    assert asdict(rates(EXAMPLE)) == pytest.approx(BY_HAND, rel=1e-12)


def test_with_e_one_the_three_families_meet() -> None:
    r = rates(EXAMPLE, Eligibility.ALL)
    assert (r.e, r.rr3, r.rr4, r.ref2, r.con2) == (1.0, r.rr1, r.rr2, r.ref1, r.con1)


def test_e_by_frame() -> None:
    # landline: eligible 3+1 = 4, not eligible 4 → e = 1/2, unknown 4 → 2 likely eligible
    # mobile:   eligible 6+2 = 8, not eligible 2 → e = 4/5, unknown 5 → 4 likely eligible
    # De = 12 + 2 + 4 = 18; RR3 = 9/18; reported e = 6/9
    frames = {
        "landline": Counts(complete=3, refusal=1, unknown_household=4, not_eligible=4),
        "mobile": Counts(complete=6, refusal=2, unknown_other=5, not_eligible=2),
    }
    r = rates(frames, Eligibility.BY_FRAME)
    assert (r.rr3, r.e, r.ref2) == pytest.approx((9 / 18, 6 / 9, 3 / 18))
    assert rates(frames).rr3 == pytest.approx(9 / (12 + 9 * 12 / 18))  # one e = 12/(12+6) over all


def test_weighted_counts() -> None:
    # two strata with base weights 10 and 40: I 10+40, R 40, UH 10 → D = 100
    counts = tally(["I", "I", "R", "UH"], [10, 40, 40, 10])
    r = rates(counts)
    assert (r.rr1, r.coop1, r.ref1) == pytest.approx((0.5, 50 / 90, 0.4))


def test_groups() -> None:
    groups = tally_by(["A", "B", "A"], ["I", "R", "NC"])
    assert groups == {"A": Counts(complete=1, non_contact=1), "B": Counts(refusal=1)}
    assert sum(groups.values(), Counts()) == tally(["I", "R", "NC"])


def test_no_cases_is_no_data() -> None:
    assert set(asdict(rates(Counts())).values()) == {None}


def test_unknown_cases_without_an_e_are_no_data() -> None:
    r = rates(Counts(unknown_household=3))
    assert (r.rr1, r.rr3, r.con2, r.e) == (0.0, None, None, None)


def test_a_frame_without_known_cases_hides_the_rates_that_need_e() -> None:
    frames = {"a": Counts(complete=5, not_eligible=5), "b": Counts(unknown_other=2)}
    assert rates(frames, Eligibility.BY_FRAME).rr3 is None
    assert rates(frames, Eligibility.BY_FRAME).rr1 == pytest.approx(5 / 7)


def test_failures_name_themselves() -> None:
    with pytest.raises(MethodFailure, match="got X"):
        tally(["I", "X"])
    with pytest.raises(MethodFailure, match="each frame"):
        rates(EXAMPLE, Eligibility.BY_FRAME)


counts = st.builds(Counts, *[st.integers(0, 500)] * 8)


@given(counts)
def test_rates_stand_in_their_order(c: Counts) -> None:
    r = rates(c)
    for value in asdict(r).values():
        assert value is None or 0 <= value <= 1
    if r.rr1 is not None and r.rr3 is not None and r.rr5 is not None:
        assert r.rr1 <= r.rr3 + 1e-12
        assert r.rr3 <= r.rr5 + 1e-12


@given(counts, st.floats(0.01, 1000))
def test_rates_do_not_depend_on_the_scale_of_the_weights(c: Counts, scale: float) -> None:
    scaled = Counts(**{k: v * scale for k, v in asdict(c).items()})
    ours, theirs = asdict(rates(scaled)), asdict(rates(c))
    for name, value in theirs.items():
        assert ours[name] == (None if value is None else pytest.approx(value, rel=1e-9))
