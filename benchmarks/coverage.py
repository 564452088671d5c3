"""Simulate what intervals, rank sets and modelled townships promise: coverage and gain, as JSON.

    python -m benchmarks.coverage --rounds 2000

Intervals: stratified samples with unequal weights (design effect 1 to 3), 95 % logit intervals of a share. Ranks:
ten counties, some alike. Townships: 199 of 50 interviews each, direct figures against Fay–Herriot's.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence

import numpy as np

from survey.methods.design import Design, FloatArray, declare
from survey.methods.estimands import proportion
from survey.methods.estimates import estimates
from survey.methods.intervals import Method, interval
from survey.methods.ranks import rank_sets
from survey.methods.small_area import fay_herriot, smoothed_variance

STRATA = 8
PERSON = np.array([0.5, 0.5, 1, 1, 1, 1, 2, 3])
ENOUGH = 10.0
"""Effective respondents of the rarer answer from which intervals are promised to hold; below it the variance is hardly
known and the simulation shows by how much they fall short."""
SIZES, SHARES, EFFECTS = (200, 1000, 4000), (0.5, 0.8, 0.9, 0.98), (1.0, 2.0, 3.0)
TRUE = np.array([0.70, 0.74, 0.74, 0.78, 0.80, 0.80, 0.80, 0.84, 0.88, 0.93])


def a_design(n: int, effect: float, rng: np.random.Generator) -> Design:
    """Declare strata of equal size and weights whose Kish effect is `effect`, apart from the answers.

    Weights differ as ours do: between counties by population, between persons by bounded factors (adults, own
    phones, response class), raised to the power that gives this very sample the effect.
    """
    strata = np.arange(n) % STRATA
    person = rng.choice(PERSON, n) * rng.uniform(0.8, 1.25, n)
    raw = np.geomspace(1, 4, STRATA)[strata] * person
    low, high = 0.0, 6.0
    for _ in range(50 if effect > 1 else 0):
        middle = (low + high) / 2
        w = raw**middle
        if n * float(np.sum(w**2)) / float(np.sum(w)) ** 2 < effect:
            low = middle
        else:
            high = middle
    return declare(weights=raw**high if effect > 1 else np.ones(n), strata=strata)


def interval_coverage(n: int, share: float, effect: float, *, rounds: int, seed: int) -> dict[str, float]:
    """Give the share of samples whose 95 % intervals hold the truth; strata differ about it by up to 5 points."""
    rng = np.random.default_rng([seed, n, round(share * 1000), round(effect * 10)])
    shift = np.linspace(-1, 1, STRATA)[rng.permutation(STRATA)] * min(0.05, (1 - share) * 0.6)
    hits = {Method.LOGIT: 0, Method.BETA: 0}
    for _ in range(rounds):
        design = a_design(n, effect, rng)
        y = (rng.random(n) < share + shift[design.strata]).astype(np.float64)
        truth = share + float(
            np.sum(shift * np.bincount(design.strata, design.weights)) / design.weights.sum()
        )
        (got,) = estimates(design, [proportion("y", y)])
        assert got.estimate is not None
        assert got.standard_error is not None
        for method in hits:
            found = interval(got.estimate, got.standard_error, n=got.n, df=got.df, method=method)
            hits[method] += found.low <= truth <= found.high
    return {
        "n": n, "p": share, "deff": effect, "expected_others": round(n / effect * (1 - share), 1),
        **{method.value: hits[method] / rounds for method in hits},
    }  # fmt: skip


def rank_coverage(*, rounds: int, seed: int, draws: int = 4000, simultaneous: bool = True) -> float:
    """Give the share of rounds in which all ranks lie in their sets, estimates correlated as raking leaves them."""
    rng = np.random.default_rng(seed)
    errors = np.linspace(0.010, 0.022, TRUE.size)
    root = rng.normal(0, 0.004, (TRUE.size, 3))
    sigma = np.diag(errors**2) + root @ root.T
    rank = 1 + (TRUE[None, :] > TRUE[:, None]).sum(axis=1)
    hits = 0.0
    for k in range(rounds):
        x = rng.multivariate_normal(TRUE, sigma)
        got = rank_sets(x, sigma, draws=draws, seed=k, simultaneous=simultaneous)
        held = (got.best <= rank) & (rank <= got.worst)
        hits += float(held.all()) if simultaneous else float(held.mean())
    return hits / rounds


def township_gain(
    *, rounds: int, seed: int, places: int = 199, interviews: int = 50, deff: float = 1.3
) -> float:
    """Give 1 − RMSE(EBLUP)/RMSE(direct) over the places; between them 4 points beyond what a covariate tells."""
    rng = np.random.default_rng(seed)
    direct_loss, model_loss = 0.0, 0.0
    for _ in range(rounds):
        z = rng.standard_normal(places)
        truth = np.clip(0.80 + 0.03 * z + rng.normal(0, 0.04, places), 0.05, 0.99)
        effective = max(round(interviews / deff), 1)
        direct: FloatArray = rng.binomial(effective, truth) / effective
        v = smoothed_variance(float(direct.mean()), np.full(places, interviews), deff)
        model = fay_herriot(direct, v, np.column_stack([np.ones(places), z])).estimate
        direct_loss += float(np.mean((direct - truth) ** 2))
        model_loss += float(np.mean((model - truth) ** 2))
    return 1 - float(np.sqrt(model_loss / direct_loss))


def simulated(
    rounds: int,
    *,
    sizes: Sequence[int] = SIZES,
    shares: Sequence[float] = SHARES,
    effects: Sequence[float] = EFFECTS,
    seed: int = 20261122,
) -> dict[str, object]:
    """Run everything and say whether the promises hold."""
    grid = [
        interval_coverage(n, p, d, rounds=rounds, seed=seed) for n in sizes for p in shares for d in effects
    ]
    promised = [cell for cell in grid if cell["expected_others"] >= ENOUGH]
    outside = [cell for cell in promised if not 0.93 <= cell["logit"] <= 0.97]
    ranks = rank_coverage(rounds=rounds, seed=seed)
    gain = township_gain(rounds=max(rounds // 10, 10), seed=seed)
    return {
        "rounds": rounds,
        "intervals": grid,
        "promised": len(promised),
        "outside_93_97": outside,
        "mean_coverage": round(float(np.mean([cell["logit"] for cell in promised])), 4),
        "ranks_simultaneous": ranks,
        "ranks_marginal": rank_coverage(rounds=max(rounds // 10, 20), seed=seed, simultaneous=False),
        "township_rmse_gain": round(gain, 4),
        "holds": not outside and ranks >= 0.95 and gain >= 0.35,
    }


def main() -> None:
    """Simulate and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2000)
    chosen = parser.parse_args()
    started = time.perf_counter()
    result = simulated(chosen.rounds)
    print(json.dumps(result | {"seconds": round(time.perf_counter() - started, 1)}, indent=1))


if __name__ == "__main__":
    main()
