"""Expected counts: what anybody would have got from the same tasks, and one's own ratio to it, shrunk to the group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from survey.methods.design import FloatArray, codes
from survey.methods.failures import MethodFailure

ROUNDS = 2000
CLOSE = 1e-10
NEAR = 1e-3
"""Share of all successes by which a margin may miss where the solution lies at the border and is only neared."""


def expected_counts(successes: ArrayLike, trials: ArrayLike, factors: Sequence[ArrayLike]) -> FloatArray:
    """Give the successes to be expected of each row (rows,) from its trials and its level of every factor.

    λ_row = trials · Π_f b_f(level), with b chosen so that in every level of every factor the expected sum equals the
    observed one: the minimum-bias method of Bailey (1963), which is the Poisson likelihood's own solution for main
    effects. Rows without trials expect nothing.
    """
    y, n = np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    if y.shape != n.shape or (n < 0).any() or (y < 0).any() or (y[n == 0] > 0).any():
        raise MethodFailure(
            "expected counts", expected="as many trials as successes, none negative", got="other rows"
        )
    levels = [codes(np.asarray(f)) for f in factors]
    found = n * (y.sum() / n.sum() if n.sum() > 0 else 0.0)
    for _ in range(ROUNDS):
        moved = 0.0
        for at, names in levels:
            here = np.bincount(at, found, len(names))
            there = np.bincount(at, y, len(names))
            ratio = np.divide(there, here, out=np.ones_like(here), where=here > 0)
            moved = max(moved, float(np.abs(there - here).max(initial=0.0)))
            found = found * ratio[at]
        if moved < CLOSE * max(1.0, float(y.sum())):
            return found
    # A level that only one empty cell ties to another draws that cell to nothing, by 1/rounds: near enough to print.
    if moved < NEAR * max(1.0, float(y.sum())):
        return found
    raise MethodFailure("expected counts", expected=f"margins met within {ROUNDS} rounds", got=f"{moved:.3g}")


@dataclass(frozen=True)
class Ratio:
    """Observed over expected after shrinking, with its 95 % interval."""

    ratio: float
    low: float
    high: float


def shrink_ratios(
    observed: Sequence[float], expected: Sequence[float], *, level: float = 0.95
) -> list[Ratio | None]:
    """Shrink O/E to the group: θ ~ Γ(a, b), O | θ ~ Poisson(θE), so θ | O ~ Γ(a + O, b + E) (Clayton & Kaldor 1987).

    a = m²/A and b = m/A by moments (Marshall 1991): m = ΣO/ΣE, A = ΣE(r − m)²/ΣE − m/Ē, never below m/(ΣE + 1), so
    that even alike rows keep the uncertainty of their whole group. None where nothing was expected.
    """
    rows = [(o, e) for o, e in zip(observed, expected, strict=True) if e > 0]
    whole = sum(e for _, e in rows)
    if not rows:
        return [None for _ in observed]
    m = sum(o for o, _ in rows) / whole
    if m == 0:
        return [Ratio(0.0, 0.0, 0.0) if e > 0 else None for e in expected]
    unlike = sum(e * (o / e - m) ** 2 for o, e in rows) / whole - m / (whole / len(rows))
    spread = max(unlike, m / (whole + 1))
    a, b = m * m / spread, m / spread
    tail = (1 - level) / 2
    found: list[Ratio | None] = []
    for o, e in zip(observed, expected, strict=True):
        if e <= 0:
            found.append(None)
            continue
        ends = [float(special.gammaincinv(a + o, p)) / (b + e) for p in (tail, 1 - tail)]
        found.append(Ratio((a + o) / (b + e), *ends))
    return found
