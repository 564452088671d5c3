"""The scan: its ratio against published figures, false alarms where nothing is, a planted cluster where it was put."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import scan_statistic
from reports.scan_statistic import FLOOR, Cluster, IntArray, log_likelihood_ratio, scan

PLACES, DAYS = 12, 28
ZONES = [[p] for p in range(PLACES)] + [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]


def quiet(seed: int, *, causes: int = 3, level: float = 0.9) -> IntArray:
    """Cases of causes with levels of their own by place and by day, and nothing else."""
    random = np.random.default_rng(seed)
    place = random.gamma(2, 0.5, size=(causes, PLACES, 1))
    day = random.gamma(8, 1 / 8, size=(causes, 1, DAYS))
    return random.poisson(level * place * day)


def test_the_ratio_is_worked_by_hand() -> None:
    by_hand = 20 * log(20 / 8) + 80 * log(80 / 92)
    assert log_likelihood_ratio(20, 8, 100) == pytest.approx(by_hand, rel=1e-12)
    assert by_hand == pytest.approx(7.1446, abs=5e-4)
    assert log_likelihood_ratio(8, 20, 100) == 0  # fewer than expected is no cluster
    assert log_likelihood_ratio(50, 10, 50) == pytest.approx(50 * log(5))  # nothing is left outside


@pytest.mark.parametrize(
    ("cases", "population", "published"), [(106, 119_050, 14.78), (42, 40_696, 8.29), (44, 45_667, 7.20)]
)
def test_the_ratio_is_that_of_satscan(cases: int, population: int, published: float) -> None:
    # Leukaemia in upstate New York (Turnbull et al. 1990), 552 whole cases among 1,057,673 people, the three
    # clusters as SaTScan and the R package smerc give them to two places.
    expected = 552 * population / 1_057_673
    assert round(float(log_likelihood_ratio(cases, expected, 552)), 2) == published


def test_expectation_is_place_by_days() -> None:
    counts = quiet(3, causes=1)
    counts[0, 5, -3:] += 9
    found = scan(counts, ZONES, least=5, replicates=0).clusters[0]
    zone, window = ZONES[found.zone], slice(DAYS - found.days, DAYS)
    cases = counts.sum()
    assert found.observed == counts[0][zone, window].sum()
    assert found.expected == pytest.approx(counts[0][zone].sum() * counts[0][:, window].sum() / cases)
    assert found.llr == pytest.approx(float(log_likelihood_ratio(found.observed, found.expected, cases)))
    assert (found.cases, found.ratio) == (cases, pytest.approx(found.observed / found.expected))


def test_the_likeliest_cluster_is_that_of_looking_at_every_zone_and_window() -> None:
    counts = quiet(11)
    counts[1, 2, -5:] += 4
    by_eye = []
    for cause in range(counts.shape[0]):
        total = counts[cause].sum()
        for z, zone in enumerate(ZONES):
            for days in range(1, 15):
                seen = int(counts[cause][zone, DAYS - days :].sum())
                expected = counts[cause][zone].sum() * counts[cause][:, DAYS - days :].sum() / total
                if seen >= 5:
                    by_eye.append((float(log_likelihood_ratio(seen, expected, total)), cause, z, days))
    found = scan(counts, ZONES, least=5, replicates=0).clusters[0]
    best = max(by_eye)
    assert found.llr == pytest.approx(best[0])
    assert (found.cause, found.zone, found.days) == best[1:]


def test_a_planted_cluster_is_found_in_its_place_and_window() -> None:
    right = 0
    for seed in range(20):
        counts = quiet(seed)
        counts[1, 6, -4:] += 7
        found = scan(counts, ZONES, replicates=99, seed=seed).clusters[0]
        right += (found.cause, found.zone) == (1, 6) and found.days in (3, 4, 5) and found.p <= 0.02
    assert right >= 19


def test_where_nothing_is_false_alarms_keep_their_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_statistic, "FLOOR", 0.0)  # so that no data set is without a candidate
    rounds = 300
    best = [
        scan(quiet(s, causes=2), ZONES, least=3, replicates=99, seed=s, most=1).clusters[0].p
        for s in range(rounds)
    ]
    p = np.array(best)
    for level in (0.05, 0.1, 0.25, 0.5, 0.75):
        error = 3 * np.sqrt(level * (1 - level) / rounds)
        assert level - error <= (p <= level).mean() <= level + error, level


def test_every_cause_that_is_looked_at_makes_the_alarm_rarer() -> None:
    counts = quiet(5, causes=1)
    counts[0, 3, -3:] += 4
    alone = scan(counts, ZONES, least=5, replicates=399).clusters[0]
    among = scan(np.concatenate([counts, quiet(6, causes=30)]), ZONES, least=5, replicates=399).clusters
    same = next(c for c in among if (c.cause, c.zone) == (0, alone.zone))
    assert same.llr == pytest.approx(alone.llr)
    assert same.p >= alone.p


def test_a_rise_everywhere_is_no_cluster() -> None:
    alarms = 0
    for seed in range(40):
        counts = quiet(seed, causes=1, level=2)
        counts[:, :, -3:] += quiet(seed, causes=1, level=8)[:, :, -3:]  # fivefold, at every place alike
        alarms += any(c.p <= 0.05 for c in scan(counts, ZONES, least=5, replicates=99, seed=seed).clusters)
    assert alarms <= 6


def test_secondary_clusters_share_no_place_and_the_same_seed_gives_the_same() -> None:
    counts = quiet(2)
    counts[0, 1, -5:] += 6
    counts[0, 9, -2:] += 9
    first, again = (scan(counts, ZONES, least=5, replicates=49) for _ in range(2))
    assert first.clusters == again.clusters
    assert (first.maxima == again.maxima).all()
    here = [c for c in first.clusters if c.cause == 0]
    assert {1, 9} <= {ZONES[c.zone][0] for c in here if len(ZONES[c.zone]) == 1}
    places = [p for c in here for p in ZONES[c.zone]]
    assert len(places) == len(set(places))
    assert all(c.recurrence == pytest.approx(1 / c.p) for c in here)


def test_few_or_no_cases_are_no_cluster() -> None:
    assert scan(np.zeros((2, PLACES, DAYS), dtype=np.int64), ZONES, replicates=9).clusters == ()
    few = np.zeros((1, PLACES, DAYS), dtype=np.int64)
    few[0, 0, :10], few[0, 3, -1] = 2, 9
    assert scan(few, ZONES, least=10, replicates=9).clusters == ()
    few[0, 3, -1] = 10
    assert [(c.zone, c.days, c.observed) for c in scan(few, ZONES, least=10, replicates=9).clusters] == [
        (3, 1, 10)
    ]


def _keys(found: tuple[Cluster, ...]) -> list[tuple[int, int, int, float]]:
    return sorted((c.cause, c.days, c.observed, round(c.llr, 6)) for c in found)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_names_and_order_of_places_and_causes_do_not_matter(seed: int) -> None:
    counts = quiet(seed)
    counts[0, 4, -6:] += 3
    random = np.random.default_rng(seed)
    places, causes = random.permutation(PLACES), random.permutation(counts.shape[0])
    where = np.argsort(places)
    zones = [[int(where[p]) for p in zone] for zone in ZONES]
    moved = counts[causes][:, places]
    one = scan(counts, ZONES, least=5, replicates=0).clusters
    other = scan(moved, zones, least=5, replicates=0).clusters
    back = sorted((int(causes[c.cause]), c.days, c.observed, round(c.llr, 6)) for c in other)
    assert back == _keys(one)
    assert all(c.llr >= FLOOR and c.observed >= 5 and c.days <= 14 for c in one)
    early = counts.copy()
    early[:, :, : DAYS - 14] = random.permuted(early[:, :, : DAYS - 14], axis=2)
    # What matters of the earlier period is how many came from a place, not on which of its days.
    assert _keys(scan(early, ZONES, least=5, replicates=0).clusters) == _keys(one)
