"""Balanced half-samples of strata with two units, after Fay in part weight."""

from __future__ import annotations

import numpy as np

from survey.methods.design import FloatArray, IntArray
from survey.methods.failures import DesignFailure, MethodFailure
from survey.methods.hadamard import half_samples


def balanced(names: tuple[str, ...], stratum: IntArray, rho: float = 0.0) -> tuple[FloatArray, float]:
    """Give factors (units, r) and the scale 1/(r (1 − ρ)²); units in order of appearance.

    A stratum of an even number of units is split into pairs in that order, as R does; McCarthy 1969, Fay in
    Judkins 1990: one of a pair weighs 2 − ρ, the other ρ.
    """
    if not 0 <= rho < 1:
        raise MethodFailure("fay_rho", expected="0 ≤ ρ < 1", got=rho)
    counts = np.bincount(stratum, minlength=len(names))
    odd = counts % 2 == 1
    if odd.any():
        at = int(np.argmax(odd))
        raise DesignFailure(
            f"stratum {names[at]}", expected="an even number of units", got=int(counts[at]),
            hint="half-samples need pairs: join or collapse units, or use JKn",
        )  # fmt: skip
    ordered = sorted(range(len(names)), key=lambda h: names[h])
    pair, side = np.zeros(stratum.size, dtype=np.int64), np.zeros(stratum.size, dtype=np.int64)
    done = 0
    for h in [h for h in ordered if counts[h] > 2] + [h for h in ordered if counts[h] == 2]:
        members = np.flatnonzero(stratum == h)
        side[members] = np.arange(members.size) % 2
        pair[members] = done + np.arange(members.size) // 2
        done += members.size // 2
    matrix = half_samples(done)
    chosen = matrix[1 + pair] != side[:, None]  # 1 keeps the first of the pair, 0 the second
    return np.where(chosen, 2 - rho, rho), 1 / (matrix.shape[1] * (1 - rho) ** 2)
