"""Thin places: a township's figure drawn towards what its covariates predict (Fay–Herriot), with its error."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from survey.methods.design import FloatArray, IntArray
from survey.methods.failures import MethodFailure


class Fit(StrEnum):
    """How the variance between places is estimated."""

    REML = "reml"
    ML = "ml"
    MOMENT = "fh_moment"  # Fay & Herriot 1979


@dataclass(frozen=True, eq=False)
class SmallAreas:
    """Modelled figures beside what made them; a place without interviews gets the prediction alone."""

    estimate: FloatArray  # (m,) EBLUP, γ y + (1−γ) x'β
    mse: FloatArray  # (m,)
    gamma: FloatArray  # (m,) the direct figure's share; 0 where there is none
    variance_between: float  # σ²_u
    beta: FloatArray  # (p,)
    beta_se: FloatArray  # (p,)
    g1: FloatArray
    g2: FloatArray
    g3: FloatArray


def fay_herriot(direct: ArrayLike, variances: ArrayLike, x: ArrayLike, *, fit: Fit = Fit.REML) -> SmallAreas:
    """Fit y = x'β + u + e, var(e) = v known (Fay & Herriot 1979), and give EBLUPs with their MSE.

    direct, variances (m,): NaN where a place has no figure; x (m, p) with the intercept's column. MSE = g1 + g2
    + 2 g3, less the bias of σ²_u for ML and moments (Prasad & Rao 1990; Datta & Lahiri 2000; Datta, Rao & Smith
    2005). Give smoothed variances: a direct estimate of v from few interviews is itself noise.
    """
    y_all, v_all, x_all = (np.asarray(a, dtype=np.float64) for a in (direct, variances, x))
    has = np.isfinite(y_all) & np.isfinite(v_all)
    _check(y_all, v_all, x_all, has)
    y, v, xs = y_all[has], v_all[has], x_all[has]
    a = _between(y, v, xs, fit)
    inverse = 1 / (a + v)
    gram = np.linalg.inv(xs.T @ (xs * inverse[:, None]))
    beta = gram @ (xs.T @ (inverse * y))
    bias, of_a = 0.0, 2 / float(np.sum(inverse**2))
    if fit is Fit.ML:
        bias = -float(np.trace(gram @ (xs.T @ (xs * (inverse**2)[:, None])))) / float(np.sum(inverse**2))
    elif fit is Fit.MOMENT:
        of_a = 2 * y.size / float(np.sum(inverse)) ** 2
        bias = 2 * (y.size * np.sum(inverse**2) - np.sum(inverse) ** 2) / np.sum(inverse) ** 3
    gamma = np.zeros(y_all.size)
    gamma[has] = a * inverse
    g1, g3, slope = np.full(y_all.size, a), np.zeros(y_all.size), np.zeros(y_all.size)
    g1[has] = gamma[has] * v
    g3[has] = v**2 * inverse**3 * of_a
    slope[has] = (v * inverse) ** 2
    g2 = (1 - gamma) ** 2 * np.einsum("ij,jk,ik->i", x_all, gram, x_all)
    fitted = x_all @ beta
    estimate = np.where(has, gamma * np.where(has, y_all, 0.0) + (1 - gamma) * fitted, fitted)
    mse = np.maximum(g1 + g2 + 2 * g3 - bias * slope, 0.0)
    return SmallAreas(estimate, mse, gamma, a, beta, np.sqrt(np.diag(gram)), g1, g2, g3)


def smoothed_variance(share: ArrayLike, n: ArrayLike, deff: ArrayLike = 1.0) -> FloatArray:
    """Give p(1−p)·deff/n with a pooled share p (such as the county's); n 0 gives NaN: no direct figure."""
    p, size, effect = (np.asarray(a, dtype=np.float64) for a in (share, n, deff))
    if ((p <= 0) | (p >= 1)).any() or (size < 0).any() or (effect <= 0).any():
        raise MethodFailure("smoothed variance", expected="0 < p < 1, n ≥ 0, deff > 0", got="others")
    return np.asarray(
        np.divide(
            p * (1 - p) * effect,
            size,
            out=np.full(np.broadcast(p, size, effect).shape, np.nan),
            where=size > 0,
        )
    )


def benchmarked(
    estimate: FloatArray, population: ArrayLike, group: IntArray, direct: ArrayLike
) -> FloatArray:
    """Scale places so that their population-weighted mean is the direct figure of their county.

    group (m,) numbers the counties, direct (counties,) holds their figures, NaN = leave that county alone.
    """
    size, target = np.asarray(population, dtype=np.float64), np.asarray(direct, dtype=np.float64)
    total = np.bincount(group, size, minlength=target.size)
    modelled = np.bincount(group, size * estimate, minlength=target.size)
    wrong = ~np.isnan(target) & ((total <= 0) | (modelled <= 0))
    if wrong.any() or (size < 0).any():
        raise MethodFailure(
            f"county {int(np.argmax(wrong))}", expected="population and modelled figures above 0", got="none"
        )
    factor = np.divide(target * total, modelled, out=np.ones_like(target), where=~np.isnan(target))
    return np.asarray(estimate * factor[group], dtype=np.float64)


def _between(y: FloatArray, v: FloatArray, x: FloatArray, fit: Fit) -> float:
    """Estimate σ²_u: the root of its equation next to the best of a grid, or 0."""

    def parts(a: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        inverse = 1 / (a + v)
        gram: FloatArray = np.linalg.inv(x.T @ (x * inverse[:, None])).astype(np.float64)
        return inverse, gram, y - x @ (gram @ (x.T @ (inverse * y)))

    def score(a: float) -> float:
        inverse, gram, r = parts(a)
        if fit is Fit.MOMENT:
            return float(np.sum(r**2 * inverse)) - float(y.size - x.shape[1])
        trace = inverse.sum()
        if fit is Fit.REML:
            trace -= np.trace(gram @ (x.T @ (x * (inverse**2)[:, None])))
        return float(np.sum((r * inverse) ** 2) - trace)

    def likelihood(a: float) -> float:
        inverse, gram, r = parts(a)
        value = float(np.sum(np.log(inverse)) - np.sum(r**2 * inverse))
        return value + float(np.linalg.slogdet(gram)[1]) if fit is Fit.REML else value

    top = 10 * float(np.var(y)) + float(np.max(v))
    grid = np.concatenate(([0.0], top * np.geomspace(1e-6, 1, 25)))
    if fit is Fit.MOMENT:
        if score(0.0) <= 0:
            return 0.0
        low, high = 0.0, top
    else:
        best = int(np.argmax([likelihood(a) for a in grid.tolist()]))
        low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, grid.size - 1)])
        if score(low) <= 0:
            return 0.0
    while score(high) > 0:
        high *= 4
    return float(optimize.brentq(score, low, high, xtol=1e-18, rtol=1e-14))


def _check(
    y: FloatArray, v: FloatArray, x: FloatArray, has: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
) -> None:
    if x.ndim != 2 or not y.shape == v.shape == (x.shape[0],):
        raise MethodFailure(
            "small areas", expected="y (m,), v (m,), x (m, p)", got=(y.shape, v.shape, x.shape)
        )
    if not np.isfinite(x).all() or (v[has] <= 0).any():
        raise MethodFailure("small areas", expected="covariates everywhere, variances above 0", got="others")
    if np.count_nonzero(has) <= x.shape[1] or np.linalg.matrix_rank(x[has]) < x.shape[1]:
        raise MethodFailure(
            "small areas", expected=f"more than {x.shape[1]} places, covariates not collinear",
            got=int(np.count_nonzero(has)), hint="leave a covariate out",
        )  # fmt: skip
