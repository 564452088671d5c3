"""Jackknife and bootstrap of first-stage units: how often each unit counts in each replicate."""

from __future__ import annotations

import numpy as np

from survey.methods.design import BoolArray, Design, FloatArray, IntArray
from survey.methods.failures import SinglePsuFailure


def jackknife(design: Design, stratum: IntArray, lonely: str) -> tuple[FloatArray, float, FloatArray]:
    """Give factors (units, r), scale and rscales: unit i of stratum h left out, the others n_h/(n_h − 1).

    rscale = (1 − n_h/N_h)(n_h − 1)/n_h; strata in order of appearance. Without strata the fpc and n make the
    scale and rscales are 1 (R `jk1weights`). A single unit: fail; remove, certainty: no replicate; average:
    none, and the scale grows by units/replicates; adjust: dropped, the other strata H/(H − 1).
    """
    first = design.stages[0]
    n, open_part = first.drawn, 1 - first.sampling_fraction
    order = list(dict.fromkeys(stratum.tolist()))
    columns: list[FloatArray] = []
    rscales: list[float] = []
    skipped = 0
    for h in order:
        members = np.flatnonzero(stratum == h)
        if members.size == 1:
            if first.take_all[h]:
                continue
            if lonely == "fail":
                raise SinglePsuFailure(
                    f"stratum {design.stratum_names[h]}", expected="at least 2 sampled units", got=1,
                    hint="choose the policy remove, adjust or average, or join strata",
                )  # fmt: skip
            skipped += 1
            if lonely == "adjust" and len(order) > 1:
                columns.append(np.where(stratum == h, 0.0, len(order) / (len(order) - 1))[:, None])
                rscales.append((len(order) - 1) / len(order))
                skipped -= 1
            continue
        block = np.ones((stratum.size, members.size))
        block[members] = n[h] / (n[h] - 1)
        block[members, np.arange(members.size)] = 0.0
        columns.append(block)
        rscales += [float(open_part[h] * (n[h] - 1) / n[h])] * members.size
    if not columns:
        raise SinglePsuFailure(
            "every stratum", expected="one with at least 2 sampled units", got="single units only"
        )
    factors = np.hstack(columns)
    scale = stratum.size / factors.shape[1] if lonely == "average" and skipped else 1.0
    if design.stratum_names == ("all",):
        return factors, rscales[0], np.ones(factors.shape[1])
    return factors, scale, np.array(rscales)


def canty(
    design: Design, stratum: IntArray, replicates: int, rng: np.random.Generator
) -> tuple[FloatArray, float]:
    """Draw n_h units of n_h with replacement, or without from the population the sample copied out to N_h."""
    first = design.stages[0]
    factors = np.empty((stratum.size, replicates))
    for h in range(first.drawn.size):
        members = np.flatnonzero(stratum == h)
        n = members.size
        if first.population is None:
            factors[members] = rng.multinomial(n, np.full(n, 1 / n), size=replicates).T
            continue
        size = round(float(first.population[h]))
        for r in range(replicates):
            copies = np.full(n, size // n)
            copies[rng.permutation(n)[: size % n]] += 1
            factors[members, r] = rng.multivariate_hypergeometric(copies, n)
    return factors, canty_scale(design, replicates)


def canty_scale(design: Design, replicates: int) -> float:
    """Give h/((h − 1)(r − 1)), h the harmonic mean of units per stratum."""
    drawn = design.stages[0].drawn
    per = float(1 / np.mean(1 / drawn))
    if per <= 1:
        _refuse_single(design, drawn == 1)
    return per / ((per - 1) * (replicates - 1))


def rao_wu(
    design: Design, stratum: IntArray, replicates: int, rng: np.random.Generator
) -> tuple[FloatArray, float]:
    """Draw n_h − 1 units of n_h with replacement, each times n_h/(n_h − 1)."""
    first = design.stages[0]
    _refuse_single(design, first.drawn == 1)
    factors = np.empty((stratum.size, replicates))
    for h in range(first.drawn.size):
        members = np.flatnonzero(stratum == h)
        n = members.size
        factors[members] = rng.multinomial(n - 1, np.full(n, 1 / n), size=replicates).T * (n / (n - 1))
    return factors, 1 / (replicates - 1)


def _refuse_single(design: Design, single: BoolArray) -> None:
    if single.any():
        raise SinglePsuFailure(
            f"stratum {design.stratum_names[int(np.argmax(single))]}",
            expected="at least 2 sampled units", got=1, hint="join strata before a bootstrap",
        )  # fmt: skip
