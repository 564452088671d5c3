"""Chance in ranks: by exact counting where all are alike, and hardly any where all differ."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from survey.methods.failures import MethodFailure
from survey.methods.rank_luck import largest_climb


def test_where_all_are_alike_ranks_are_shuffled() -> None:
    pairs = [max(i - place for i, place in enumerate(order)) for order in itertools.permutations(range(4))]
    assert largest_climb(np.full(4, 0.8), np.full(4, 0.01), draws=40_000) == pytest.approx(
        np.mean(pairs), abs=0.02
    )


def test_where_all_differ_by_far_nobody_moves_and_more_counties_move_further() -> None:
    assert largest_climb(np.linspace(0.1, 0.9, 10), np.full(10, 1e-8)) < 0.1
    ten, many = (largest_climb(np.full(k, 0.8), np.full(k, 0.001)) for k in (10, 157))
    assert 5 < ten < 9
    assert 119 < many < 156


def test_the_same_figures_say_the_same() -> None:
    figures = [0.7, 0.75, 0.9], [0.001, 0.001, 0.002]
    assert largest_climb(*figures) == largest_climb(*figures)
    with pytest.raises(MethodFailure):
        largest_climb([0.5], [0.1])
