"""Allocation of a sample to strata: sums exactly, at least the minimum, never above the stratum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from survey.methods.design import FloatArray, IntArray, codes
from survey.methods.failures import AllocationFailure

MINIMUM = 2  # two units are needed to see the spread within a stratum


def proportional(total: int, sizes: ArrayLike, *, minimum: int = MINIMUM) -> IntArray:
    """Allocate in proportion to stratum sizes N_h (strata,): n_h whole numbers that add up (Cochran 1977)."""
    n = _sizes(sizes)
    return _spread(total, n.astype(np.float64), *_limits(n, minimum))


def equal_then_proportional(
    total: int, groups: Sequence[str], sizes: ArrayLike, *, minimum: int = MINIMUM
) -> IntArray:
    """Give every group (county) the same, then within it proportional to its strata (townships).

    A group too small for its share is taken whole and the others share the rest.
    """
    n = _sizes(sizes)
    group, names = codes(list(groups))
    if group.size != n.size:
        raise AllocationFailure("groups", expected=f"{n.size} entries", got=group.size)
    low, high = _limits(n, minimum)
    floor = np.bincount(group, low, minlength=len(names)).astype(np.int64)
    roof = np.bincount(group, high, minlength=len(names)).astype(np.int64)
    shares = _spread(total, (roof > 0).astype(np.float64), floor, roof)
    result = np.zeros(n.size, dtype=np.int64)
    for k in range(len(names)):
        mine = group == k
        result[mine] = _spread(int(shares[k]), n[mine].astype(np.float64), low[mine], high[mine])
    return result


def neyman(total: int, sizes: ArrayLike, spreads: ArrayLike, *, minimum: int = MINIMUM) -> IntArray:
    """Allocate in proportion to N_h S_h, best for the whole's total (Neyman 1934)."""
    n = _sizes(sizes)
    return _spread(total, n * _not_negative("spreads", spreads, n.size), *_limits(n, minimum))


def power(
    total: int,
    sizes: ArrayLike,
    *,
    exponent: float = 0.5,
    cvs: ArrayLike | None = None,
    minimum: int = MINIMUM,
) -> IntArray:
    """Allocate in proportion to N_h^q · CV_h, between equal (q = 0) and proportional (1) (Bankier 1988)."""
    n = _sizes(sizes)
    cv = np.ones(n.size) if cvs is None else _not_negative("coefficients of variation", cvs, n.size)
    share = np.where(n > 0, np.maximum(n, 1).astype(np.float64) ** exponent, 0.0) * cv
    return _spread(total, share, *_limits(n, minimum))


def by_hand(
    table: ArrayLike, sizes: ArrayLike, *, total: int | None = None, minimum: int = MINIMUM
) -> IntArray:
    """Take a hand-made table after checking every stratum and the sum."""
    n, asked = _sizes(sizes), np.asarray(table, dtype=np.int64)
    if asked.shape != n.shape:
        raise AllocationFailure("hand table", expected=f"{n.size} strata", got=asked.size)
    low, high = _limits(n, minimum)
    for h in np.flatnonzero((asked < low) | (asked > high)):
        raise AllocationFailure(f"stratum {h}", expected=f"{low[h]} to {high[h]}", got=int(asked[h]))
    if total is not None and int(asked.sum()) != total:
        raise AllocationFailure("hand table", expected=f"sum {total}", got=int(asked.sum()))
    return asked


def _sizes(sizes: ArrayLike) -> IntArray:
    n = np.asarray(sizes, dtype=np.int64)
    if n.ndim != 1 or n.size == 0 or (n < 0).any():
        raise AllocationFailure(
            "stratum sizes", expected="one number not below 0 per stratum", got=n.tolist()[:5]
        )
    return n


def _not_negative(what: str, values: ArrayLike, size: int) -> FloatArray:
    v = np.asarray(values, dtype=np.float64)
    if v.shape != (size,) or not np.isfinite(v).all() or (v < 0).any():
        raise AllocationFailure(what, expected=f"{size} finite numbers not below 0", got=v.tolist()[:5])
    return v


def _limits(n: IntArray, minimum: int) -> tuple[IntArray, IntArray]:
    return np.minimum(n, max(minimum, 0)), n


def _spread(total: int, shares: FloatArray, low: IntArray, high: IntArray) -> IntArray:
    """Share `total` in proportion, within limits, rounding by largest remainders (ties: earlier stratum)."""
    reach = np.where(shares > 0, high, low)
    if not low.sum() <= total <= reach.sum():
        raise AllocationFailure(
            "sample size",
            expected=f"{int(low.sum())} to {int(reach.sum())}",
            got=total,
            hint="the smallest is the minimum of every stratum, the largest all units of strata with a share",
        )
    if total == reach.sum():
        return reach.astype(np.int64)
    below, above = 0.0, 1.0
    while np.clip(above * shares, low, reach).sum() < total:
        above *= 2
    for _ in range(200):
        middle = (below + above) / 2
        if np.clip(middle * shares, low, reach).sum() < total:
            below = middle
        else:
            above = middle
    exact = np.clip(above * shares, low, reach)
    whole = np.floor(exact + 1e-9).astype(np.int64)
    left = total - int(whole.sum())
    order = np.argsort(-np.round(exact - whole, 9), kind="stable")
    while left != 0:  # once round as a rule; ties at a limit may need more
        room = (whole < reach) if left > 0 else (whole > low)
        chosen = [h for h in (order if left > 0 else order[::-1]) if room[h]][: abs(left)]
        step = 1 if left > 0 else -1
        whole[chosen] += step
        left -= step * len(chosen)
    return whole
