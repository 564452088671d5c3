"""The dark figure: worked by hand, covering the truth, and careful where little or nothing was heard."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pytest

from reports.dark_figure import Asked, Flag, Hidden, dark_figure, why_hidden
from survey.methods.intervals import t_quantile


def test_worked_by_hand() -> None:
    found = dark_figure(Asked(50_000, 5_000, float("inf")), 100)
    half = 1.959964 * sqrt(0.01 + 0.01)
    assert found.ratio == 500
    assert (found.low, found.high) == (pytest.approx(500 * exp(-half)), pytest.approx(500 * exp(half)))


def test_a_topic_takes_its_share_and_the_shares_own_error() -> None:
    found = dark_figure(Asked(50_000, 5_000, 200), 100, share=(20, 80))
    half = t_quantile(200, 0.95) * sqrt(0.01 + 0.75 / 20 + 0.01)
    assert (found.named, found.ratio) == (12_500, 125)
    assert found.high == pytest.approx(125 * exp(half))


def test_where_nobody_called_there_is_a_least_and_no_ratio() -> None:
    found = dark_figure(Asked(50_000, 5_000, float("inf")), 0)
    assert (found.ratio, found.high, found.flag) == (None, None, Flag.NOBODY_CALLED)
    assert found.low == pytest.approx(50_000 * exp(-0.1959964) / -log(0.025))


def test_small_cells_are_hidden_on_either_side() -> None:
    assert why_hidden(9, 50) is Hidden.FEW_NAMED
    assert why_hidden(10, 9) is Hidden.FEW_CALLED
    assert why_hidden(10, 0) is None  # nought points at nobody
    assert why_hidden(50, 50, topic=9) is Hidden.FEW_NAMED
    assert why_hidden(50, 50, topic=10) is None


@pytest.mark.parametrize(("n", "calls"), [(200, 30), (1_000, 400)])
def test_the_interval_covers(n: int, calls: int) -> None:
    random = np.random.default_rng(9)
    people, share, topic = 80_000, 0.17, 0.3
    truth = people * share * topic / calls
    kept, rounds = 0, 2_000
    for _ in range(rounds):
        named = random.binomial(n, share)
        total = people * named / n
        error = people * sqrt(named / n * (1 - named / n) / (n - 1))
        registered = random.binomial(named, 0.75)
        of_topic = random.binomial(registered, topic)
        if of_topic == 0:
            continue
        found = dark_figure(
            Asked(total, error, n - 1), int(random.poisson(calls)), share=(of_topic, registered)
        )
        kept += found.low <= truth <= (found.high or 0)
    assert 0.935 <= kept / rounds <= 0.985
