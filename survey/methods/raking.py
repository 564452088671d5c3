"""Raking: weights fitted to several margins of the population at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from survey.methods.adjustment import Adjustment, CellProjection
from survey.methods.design import FloatArray, IntArray
from survey.methods.failures import ConvergenceFailure, WeightFailure
from survey.methods.margins import Margin, collapse


def rake(
    weights: FloatArray,
    margins: Sequence[Margin],
    *,
    common_total: float | None = None,
    min_rows: int = 1,
    tolerance: float = 1e-10,
    max_sweeps: int = 2000,
    reason: str = "raking",
) -> Adjustment:
    """Rake weights (rows,) to all margins (Deming & Stephan 1940), exact to `tolerance` or a named failure.

    Margins must share one grand total; `common_total` scales them all to it. A sweep scales every margin in
    turn; after 15 sweeps Newton steps on the same dual problem take over, as they end in a few. Everything
    after the first pass runs on cells of the cross-classification.
    """
    collapsed = [collapse(m, min_rows=min_rows) for m in margins]
    used = _checked([m for m, _ in collapsed], weights, common_total)
    cell, x, own = _cells(used)
    start = np.bincount(cell, weights, minlength=x.shape[0])
    targets = np.concatenate([m.totals for m in used])
    now: FloatArray = start.astype(np.float64)
    sweeps, miss = 0, np.inf
    while sweeps < max_sweeps:
        for j, m in enumerate(used):
            sums = np.bincount(own[:, j], now, minlength=m.totals.size)
            now = now * np.divide(m.totals, sums, out=np.ones_like(sums), where=sums > 0)[own[:, j]]
        sweeps += 1
        miss = _miss(x, now, targets)
        if miss <= tolerance / 10:
            break
        if sweeps % 50 == 15:
            now = _newton(x, now, targets, tolerance / 10)
            miss = _miss(x, now, targets)
            if miss <= tolerance / 10:
                break
    if not miss <= tolerance:
        raise _unmet(used, x, now, targets)
    factor = np.divide(now, start, out=np.zeros_like(now), where=start > 0)
    return Adjustment(
        reason,
        weights,
        weights * factor[cell],
        CellProjection(cell, x, weights),
        sweeps,
        miss,
        tuple(c for _, cs in collapsed for c in cs),
    )


def _checked(margins: Sequence[Margin], weights: FloatArray, common_total: float | None) -> list[Margin]:
    if not margins:
        raise WeightFailure("margins", expected="at least one", got=0)
    result = []
    first = float(margins[0].totals.sum())
    for m in margins:
        if m.codes.size != weights.size:
            raise WeightFailure(f"margin {m.name}", expected=f"{weights.size} rows", got=m.codes.size)
        total = float(m.totals.sum())
        if common_total is not None:
            m = Margin(m.name, m.categories, m.totals * (common_total / total), m.codes, m.groups)
        elif abs(total - first) > 1e-9 * abs(first):
            raise ConvergenceFailure(
                m.name,
                "(all)",
                expected=first,
                got=total,
                hint=f"grand total unlike that of margin {margins[0].name}; give common_total to scale",
            )
        got = np.bincount(m.codes, weights, minlength=m.totals.size)
        wrong = ((m.totals > 0) & (got <= 0)) | ((m.totals <= 0) & (got > 0))
        if wrong.any():
            at = int(np.argmax(wrong))
            hint = "no weight to scale up" if got[at] <= 0 else "respondents where the population has nobody"
            raise ConvergenceFailure(
                m.name, m.categories[at], expected=float(m.totals[at]), got=float(got[at]), hint=hint
            )
        result.append(m)
    return result


def _cells(margins: Sequence[Margin]) -> tuple[IntArray, FloatArray, IntArray]:
    """Number the occupied cells; give the cell of each row, indicators (cells, p), codes (cells, margins)."""
    joint = np.zeros(margins[0].codes.size, dtype=np.int64)
    space = 1
    for m in margins:
        joint = joint * m.totals.size + m.codes
        space *= m.totals.size
    if space <= 4_000_000:
        present = np.flatnonzero(np.bincount(joint, minlength=space))
        place = np.zeros(space, dtype=np.int64)
        place[present] = np.arange(present.size)
        cell = place[joint]
    else:
        present, inverse = np.unique(joint, return_inverse=True)
        cell = inverse.astype(np.int64).reshape(-1)
    own = np.empty((present.size, len(margins)), dtype=np.int64)
    rest = present
    for j in range(len(margins) - 1, -1, -1):
        own[:, j] = rest % margins[j].totals.size
        rest = rest // margins[j].totals.size
    x = np.hstack([np.eye(m.totals.size)[own[:, j]] for j, m in enumerate(margins)])
    return cell, x, own


def _miss(x: FloatArray, now: FloatArray, targets: FloatArray) -> float:
    return float(np.max(np.abs(x.T @ now - targets) / np.where(targets > 0, targets, 1.0)))


def _newton(x: FloatArray, now: FloatArray, targets: FloatArray, tolerance: float) -> FloatArray:
    """Improve cell totals by w ← w exp(xλ) until the margins are met or no step helps."""
    best = _miss(x, now, targets)
    for _ in range(40):
        move = np.linalg.lstsq(x.T @ (x * now[:, None]), targets - x.T @ now, rcond=1e-12)[0]
        for halving in range(12):
            trial = now * np.exp(np.clip(x @ move / 2**halving, -50, 50))
            miss = _miss(x, trial, targets)
            if miss < best:
                break
        else:
            break
        now, best = trial, miss
        if best <= tolerance:
            break
    return now


def _unmet(
    margins: Sequence[Margin], x: FloatArray, now: FloatArray, targets: FloatArray
) -> ConvergenceFailure:
    got = x.T @ now
    at = int(np.argmax(np.abs(got - targets) / np.where(targets > 0, targets, 1.0)))
    named = [(m.name, c) for m in margins for c in m.categories]
    return ConvergenceFailure(
        *named[at],
        expected=float(targets[at]),
        got=float(got[at]),
        hint="the margins contradict each other in this sample; join this category or leave a margin out",
    )
