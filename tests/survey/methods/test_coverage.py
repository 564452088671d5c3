"""What intervals, rank sets and modelled townships promise, simulated; authority: the truth that was drawn from."""

from __future__ import annotations

import pytest

from benchmarks.coverage import interval_coverage, rank_coverage, township_gain


@pytest.mark.parametrize(
    ("n", "share", "effect"), [(200, 0.5, 1.0), (200, 0.8, 2.0), (1000, 0.8, 3.0), (4000, 0.98, 2.0)]
)
def test_intervals_cover(n: int, share: float, effect: float) -> None:
    # 400 rounds know a coverage of 95 % to 1.1 points; the long run is `python -m benchmarks.coverage`
    found = interval_coverage(n, share, effect, rounds=400, seed=20261122)
    assert 0.925 <= found["logit"] <= 0.975
    assert found["beta"] >= found["logit"] - 0.005


def test_rank_sets_cover_all_ranks_at_once() -> None:
    assert rank_coverage(rounds=150, seed=20261122, draws=2000) >= 0.95


def test_thin_townships_gain_a_third() -> None:
    assert township_gain(rounds=15, seed=20261122) >= 0.35
    # nothing is gained where every township has interviews enough
    assert township_gain(rounds=5, seed=20261122, interviews=4000) < 0.1
