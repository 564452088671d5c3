"""Expected counts: what anybody would have got from the same tasks, and one's own ratio to it, shrunk to the group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from survey.methods.design import FloatArray, IntArray, codes
from survey.methods.failures import ConvergenceFailure, MethodFailure

ROUNDS = 20
"""Of scaling, which comes near fast; then Newton's steps, which arrive."""
STEPS = 100
HALVINGS = 40
CLOSE = 1e-9
"""Share of its own successes by which a level may miss."""


def expected_counts(successes: ArrayLike, trials: ArrayLike, factors: Sequence[ArrayLike]) -> FloatArray:
    """Give the successes to be expected of each row (rows,) from its trials and its level of every factor.

    λ_row = trials · Π_f b_f(level), with b chosen so that in every level of every factor the expected sum equals the
    observed one, to 1e-9 of it, or a failure that names the level: the minimum-bias method of Bailey (1963), which is the
    Poisson likelihood's own solution for main effects. Rows without trials expect nothing.
    """
    y, n = np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    if y.shape != n.shape or (n < 0).any() or (y < 0).any() or (y[n == 0] > 0).any():
        raise MethodFailure(
            "expected counts", expected="as many trials as successes, none negative", got="other rows"
        )
    levels = [codes(np.asarray(f)) for f in factors]
    sums = [_sums(at, y, len(names)) for at, names in levels]
    # A level without successes expects none; what is left has some in every level.
    alive = n > 0
    for (at, _), there in zip(levels, sums, strict=True):
        alive &= there[at] > 0
    found = np.zeros_like(n)
    if not alive.any():
        return found
    inside = [at[alive] for at, _ in levels]
    found[alive] = _solved(y[alive], n[alive], inside, sums)
    for place, ((at, names), there) in enumerate(zip(levels, sums, strict=True), start=1):
        here = _sums(at, found, len(names))
        worst = int(np.argmax(np.abs(here - there) - CLOSE * there))
        if not abs(here[worst] - there[worst]) <= CLOSE * there[worst]:
            raise ConvergenceFailure(
                f"factor {place}", str(names[worst]), expected=float(there[worst]), got=float(here[worst]),
                hint="too few tasks tie this level to the others; join it with another",
            )  # fmt: skip
    return found


def _sums(at: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Add up values (rows,) by level."""
    return np.bincount(at, values, size).astype(np.float64)


def _solved(y: FloatArray, n: FloatArray, at: list[IntArray], sums: list[FloatArray]) -> FloatArray:
    """Climb the Poisson likelihood of main effects: near by scaling, then by Newton's steps, halved where they overshoot.

    Where the solution lies at the border a cell is drawn to nothing, by scaling as 1/rounds, by Newton's steps as e^−steps.
    """
    found: FloatArray = n * (y.sum() / n.sum())
    for _ in range(ROUNDS):
        for level, there in zip(at, sums, strict=True):
            here = _sums(level, found, len(there))
            found = found * np.divide(there, here, out=np.zeros_like(there), where=here > 0)[level]
    for _ in range(STEPS):
        now = [_sums(level, found, len(there)) for level, there in zip(at, sums, strict=True)]
        if all((np.abs(h - t) <= CLOSE * t / 10).all() for h, t in zip(now, sums, strict=True)):
            break
        step = _newton(found, at, now, sums)
        before = float((special.xlogy(y, found) - found).sum())
        for _ in range(HALVINGS):
            with np.errstate(over="ignore"):
                moved = found * np.exp(step)
            climbed = float((special.xlogy(y, moved) - moved).sum())
            if np.isfinite(climbed) and climbed >= before - 1e-12 * abs(before):
                found = moved
                break
            step = step / 2
        else:
            break
    return found


def _newton(
    found: FloatArray, at: list[IntArray], here: list[FloatArray], sums: list[FloatArray]
) -> FloatArray:
    """Return Newton's step of each row's log (rows,), every level in the scale of its own margin."""
    sizes = [len(there) for there in sums]
    whole = np.vstack(
        [
            np.hstack([_sums(f * k + g, found, m * k).reshape(m, k) for g, k in zip(at, sizes, strict=True)])
            for f, m in zip(at, sizes, strict=True)
        ]
    )
    scale = np.concatenate(here)
    scale = np.divide(1.0, np.sqrt(scale), out=np.zeros_like(scale), where=scale > 0)
    miss = np.concatenate(sums) - np.concatenate(here)
    solved = np.linalg.lstsq(whole * np.outer(scale, scale), miss * scale, rcond=None)[0] * scale
    parts = np.split(solved, np.cumsum(sizes)[:-1])
    step: FloatArray = np.sum([part[level] for part, level in zip(parts, at, strict=True)], axis=0)
    return step


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
