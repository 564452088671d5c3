"""Simulate whole surveys of many counties: how often all rank bands hold the true ranks, as JSON.

    python -m benchmarks.rank_bands --surveys 1000

Each survey asks 200 residents in each of 157 counties, with unequal weights (design effect 1.2), and estimates every
county's share and error from its own answers. Three truths: no county differs, a few lead, all differ. The raw ranks'
own luck is told beside: how many places a county moves between two surveys in which nothing changed.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np

from survey.index_ranks import places
from survey.methods.design import FloatArray, IntArray

COUNTIES, ASKED = 157, 200
WEIGHTS = np.resize(np.array([0.55, 0.75, 1.0, 1.0, 1.3, 2.2]), ASKED)
"""One county's weights: Kish's design effect about 1.2, as after raking."""
SEED = 20_261_122
DRAWS = 4000


def truths(rng: np.random.Generator) -> dict[str, FloatArray]:
    """Give the counties' true shares under each supposition."""
    few = np.full(COUNTIES, 0.80)
    few[:8] += np.linspace(0.05, 0.12, 8)
    return {
        "no county differs": np.full(COUNTIES, 0.80),
        "a few lead": few,
        "all differ": np.clip(rng.normal(0.80, 0.03, COUNTIES), 0.6, 0.95),
    }


def a_survey(share: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Give every county's weighted share and its linearised variance from 200 drawn answers each."""
    said = (rng.random((share.size, ASKED)) < share[:, None]).astype(np.float64)
    total = float(WEIGHTS.sum())
    found = said @ WEIGHTS / total
    residual = (said - found[:, None]) * WEIGHTS / total
    variance = ASKED / (ASKED - 1) * (residual**2).sum(axis=1)
    return found, variance


def coverage(share: FloatArray, *, surveys: int, draws: int, seed: int) -> dict[str, float]:
    """Tell in what part of the surveys all bands hold the truth at once, and how wide and lucky ranks are."""
    rng = np.random.default_rng(seed)
    true_rank = 1 + (share[None, :] > share[:, None]).sum(axis=1)
    held, width, moved = 0, 0.0, list[int]()
    before: IntArray | None = None
    for _ in range(surveys):
        found, variance = a_survey(share, rng)
        got = places(found, np.diag(variance), draws=draws)
        held += all(r.best <= true <= r.worst for r, true in zip(got, true_rank, strict=True))
        width += float(np.mean([r.worst - r.best + 1 for r in got]))
        rank = 1 + (found[None, :] > found[:, None]).sum(axis=1)
        if before is not None:
            moved.append(int(np.abs(rank - before).max()))
        before = rank
    return {
        "bands_hold_all_true_ranks": held / surveys,
        "mean_places_in_a_band": round(width / surveys, 1),
        "places_the_luckiest_county_moves": round(float(np.mean(moved)), 1),
    }


def main() -> None:
    """Simulate and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--surveys", type=int, default=1000)
    parser.add_argument("--draws", type=int, default=DRAWS)
    chosen = parser.parse_args()
    began = time.perf_counter()
    found = {
        name: coverage(share, surveys=chosen.surveys, draws=chosen.draws, seed=SEED)
        for name, share in truths(np.random.default_rng(SEED)).items()
    }
    print(
        json.dumps(
            {
                "counties": COUNTIES,
                "asked_in_each": ASKED,
                "surveys": chosen.surveys,
                "design_effect": round(ASKED * float((WEIGHTS**2).sum()) / float(WEIGHTS.sum()) ** 2, 3),
                **found,
                "met": all(one["bands_hold_all_true_ranks"] >= 0.95 for one in found.values()),
                "seconds": round(time.perf_counter() - began, 1),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
