"""Intervals; agreement with R is in test_golden, here the ends of the scale and the flags."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.methods.failures import MethodFailure
from survey.methods.intervals import Flag, Method, interval, t_quantile


@pytest.mark.parametrize("method", list(Method))
def test_nobody_and_everybody(method: Method) -> None:
    # Korn–Graubard at 0 of 100: [0, 1 − 0.025^(1/100)]
    nobody = interval(0.0, 0.0, n=100, df=90, method=method)
    assert [nobody.low, nobody.high] == pytest.approx([0, 1 - 0.025**0.01], rel=1e-12)
    everybody = interval(1.0, 0.0, n=100, df=90, method=method)
    assert [everybody.low, everybody.high] == pytest.approx([0.025**0.01, 1], rel=1e-12)
    assert nobody.flags == everybody.flags == (Flag.ALL_OR_NONE,)


def test_one_respondent_is_flagged() -> None:
    one = interval(1.0, 0.0, n=1, df=0)
    assert one.flags == (Flag.SINGLE, Flag.NO_DF, Flag.ALL_OR_NONE)
    assert [one.low, one.high] == pytest.approx([0.025, 1])


def test_no_spread_is_flagged() -> None:
    assert interval(0.4, 0.0, n=9, df=8).flags == (Flag.NO_SPREAD,)


def test_logit_by_hand() -> None:
    # p = 0.8, se = 0.02: logit 1.386294, its se 0.02/0.16 = 0.125, ± 1.959964·0.125 = 0.2449955
    got = interval(0.8, 0.02, n=400, df=math.inf)
    low, high = math.log(4) - 0.24499550, math.log(4) + 0.24499550
    assert got.low == pytest.approx(1 / (1 + math.exp(-low)), rel=1e-7)
    assert got.high == pytest.approx(1 / (1 + math.exp(-high)), rel=1e-7)


def test_t_quantiles() -> None:
    assert t_quantile(math.inf, 0.95) == pytest.approx(1.959963984540054, rel=1e-12)
    assert t_quantile(5, 0.95) == pytest.approx(2.570581835636314, rel=1e-12)


def test_a_level_outside_is_refused() -> None:
    with pytest.raises(MethodFailure, match="level"):
        interval(0.5, 0.1, n=10, df=9, level=95)


@given(
    st.floats(0, 1),
    st.floats(0, 0.5),
    st.integers(1, 5000),
    st.integers(0, 5000),
    st.sampled_from(list(Method)),
)
def test_limits_are_finite_and_hold_the_estimate(
    p: float, error: float, n: int, df: int, method: Method
) -> None:
    got = interval(p, error, n=n, df=df, method=method)
    assert math.isfinite(got.low)
    assert math.isfinite(got.high)
    assert got.low <= p + 1e-9
    assert p - 1e-9 <= got.high
    if method is not Method.MEAN:
        assert got.low >= 0
        assert got.high <= 1
