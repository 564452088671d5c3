"""Confidence sets for ranks: which places each county may hold, from estimates and their covariance."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from survey.methods.design import BoolArray, FloatArray, IntArray
from survey.methods.failures import MethodFailure

DRAWS = 100_000
SEED = 20_240_601
"""Fixed, so that a published band never changes between runs."""
BLOCK = 4096


class Side(StrEnum):
    """Which ends of a rank are bounded: both, only the best place, only the worst."""

    BOTH = "two-sided"
    BEST = "lower"
    WORST = "upper"


@dataclass(frozen=True, eq=False)
class RankSets:
    """Ranks, 1 the largest estimate, with the best and the worst place each may hold."""

    rank: IntArray  # (p,)
    best: IntArray  # (p,)
    worst: IntArray  # (p,)
    above: BoolArray  # (p, p) row significantly above column
    level: float
    is_simultaneous: bool


def rank_sets(
    estimates: ArrayLike,
    covariance: ArrayLike,
    *,
    level: float = 0.95,
    simultaneous: bool = True,
    step_down: bool = True,
    side: Side = Side.BOTH,
    draws: int = DRAWS,
    seed: int = SEED,
) -> RankSets:
    """Give sets that cover all ranks at once, or each alone, with probability `level` (Mogstad et al. 2024).

    estimates (p,), covariance (p, p) or variances (p,). L = 1 + those significantly above, U = p − those
    significantly below, by the largest studentised difference over the pairs not yet rejected (step-down).
    """
    value, sigma = _checked(estimates, covariance)
    if not 0 < level < 1 or draws < 1000:
        raise MethodFailure("rank sets", expected="0 < level < 1, at least 1,000 draws", got=(level, draws))
    p = value.size
    spread = _spread(sigma)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (value[:, None] - value[None, :]) / spread
    t[np.isnan(t)] = 0.0  # equal estimates without an error cannot be told apart
    noise = _noise(sigma, draws, seed)
    families = [np.arange(p)] if simultaneous else [np.array([j]) for j in range(p)]
    above = np.zeros((p, p), dtype=np.bool_)
    best, worst = np.ones(p, dtype=np.int64), np.full(p, p, dtype=np.int64)
    for members in families:
        rejected = _rejected(t, noise, spread, members, level, side, step_down)
        if side is not Side.WORST:
            best[members] += rejected[:, members].sum(axis=0)
        if side is not Side.BEST:
            worst[members] -= rejected[members].sum(axis=1)
        above |= rejected
    rank = 1 + (value[None, :] > value[:, None]).sum(axis=1)
    return RankSets(rank.astype(np.int64), best, worst, above, level, simultaneous)


def critical_value(
    covariance: ArrayLike,
    *,
    of: int | None = None,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = SEED,
) -> float:
    """Give the quantile of the largest |studentised difference|: all pairs, or those with one item `of`."""
    sigma = np.atleast_2d(np.asarray(covariance, dtype=np.float64))
    spread = _spread(sigma)
    pairs = _pairs(sigma.shape[0], np.arange(sigma.shape[0]) if of is None else np.array([of]), Side.BOTH)
    return _quantile(_noise(sigma, draws, seed), spread, pairs, level)


def bands(above: BoolArray, order: IntArray) -> IntArray:
    """Number bands that can be told apart, going down `order`: a new one begins below its band's first."""
    band, first = np.ones(order.size, dtype=np.int64), 0
    for i in range(1, order.size):
        apart = bool(above[order[first], order[i]])
        band[order[i]] = band[order[i - 1]] + int(apart)
        first = i if apart else first
    return band


def _rejected(
    t: FloatArray,
    noise: FloatArray,
    spread: FloatArray,
    members: IntArray,
    level: float,
    side: Side,
    step_down: bool,
) -> BoolArray:
    """Tell for the family of some members which pairs (above, below) are significant."""
    rejected = np.zeros(t.shape, dtype=np.bool_)
    open_pairs = _pairs(t.shape[0], members, side)
    while open_pairs.any():
        clear = open_pairs & (t > _quantile(noise, spread, open_pairs, level))
        if not clear.any():
            break
        rejected |= clear
        open_pairs &= ~clear  # the hypothesis the other way round stays open: no error of direction
        if not step_down:
            break
    return rejected


def _pairs(p: int, members: IntArray, side: Side) -> BoolArray:
    """Give the directed pairs (above, below) that bound the members' ranks."""
    mine = np.zeros(p, dtype=np.bool_)
    mine[members] = True
    best = np.broadcast_to(mine[None, :], (p, p))  # somebody above a member raises its best place
    worst = np.broadcast_to(mine[:, None], (p, p))
    chosen = best | worst if side is Side.BOTH else best if side is Side.BEST else worst
    result: BoolArray = chosen & ~np.eye(p, dtype=np.bool_)
    return result


def _quantile(noise: FloatArray, spread: FloatArray, pairs: BoolArray, level: float) -> float:
    """Give the quantile over the draws of the largest noise difference among directed pairs."""
    over, under = np.nonzero(pairs & np.isfinite(spread) & (spread > 0))
    if over.size == 0:
        return 0.0
    both = pairs[under, over] & (over < under)
    single = ~pairs[under, over]
    largest = np.empty(noise.shape[1])
    for start in range(0, noise.shape[1], BLOCK):
        block = noise[:, start : start + BLOCK]
        top = np.full(block.shape[1], -np.inf)
        for i, j in zip(over[both].tolist(), under[both].tolist(), strict=True):
            np.maximum(top, np.abs(block[i] - block[j]) / spread[i, j], out=top)
        for i, j in zip(over[single].tolist(), under[single].tolist(), strict=True):
            np.maximum(top, (block[i] - block[j]) / spread[i, j], out=top)
        largest[start : start + BLOCK] = top
    return float(np.quantile(largest, level))


def _spread(sigma: FloatArray) -> FloatArray:
    variance = np.diag(sigma)
    square = variance[:, None] + variance[None, :] - 2 * sigma
    square[square < 1e-12 * (variance[:, None] + variance[None, :])] = 0.0
    return np.asarray(np.sqrt(np.maximum(square, 0.0)), dtype=np.float64)


def _noise(sigma: FloatArray, draws: int, seed: int) -> FloatArray:
    """Draw (p, draws) from N(0, sigma); sigma may be singular."""
    values, vectors = np.linalg.eigh(sigma)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    normal: NDArray[np.float64] = np.random.default_rng(seed).standard_normal((sigma.shape[0], draws))
    return np.asarray(root @ normal, dtype=np.float64)


def _checked(estimates: ArrayLike, covariance: ArrayLike) -> tuple[FloatArray, FloatArray]:
    value = np.asarray(estimates, dtype=np.float64)
    sigma = np.asarray(covariance, dtype=np.float64)
    if sigma.ndim == 1:
        sigma = np.diag(sigma)
    if value.ndim != 1 or value.size == 0 or sigma.shape != (value.size, value.size):
        raise MethodFailure("ranks", expected="p estimates, p × p covariance", got=(value.shape, sigma.shape))
    if not (np.isfinite(value).all() and np.isfinite(sigma).all()):
        raise MethodFailure("ranks", expected="finite numbers", got="missing or infinite ones")
    if not np.allclose(sigma, sigma.T, rtol=1e-8, atol=0) or (np.diag(sigma) < 0).any():
        raise MethodFailure("covariance", expected="symmetric, no negative variance", got="another matrix")
    return value, sigma
