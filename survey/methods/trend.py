"""The weekly series smoothed: a level that drifts, seen through each week's known sampling error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from survey.methods.design import FloatArray
from survey.methods.failures import MethodFailure


@dataclass(frozen=True, eq=False)
class Trend:
    """The smoothed level of every week with its error, and what is needed for the error of a change."""

    level: FloatArray  # (n,)
    variance: FloatArray  # (n,)
    drift: float  # q, the variance of one week's step
    log_likelihood: float  # diffuse: of the weeks after the first observed
    gains: FloatArray  # (n−1,) of the backward pass

    def covariance(self, earlier: int, later: int) -> float:
        """Give the covariance of the errors of two weeks: cov(t, s) = J_t … J_{s−1} var(s)."""
        first, last = sorted((earlier, later))
        return float(np.prod(self.gains[first:last]) * self.variance[last])

    def change(self, earlier: int, later: int) -> tuple[float, float]:
        """Give level(later) − level(earlier) and its standard error."""
        square = self.variance[earlier] + self.variance[later] - 2 * self.covariance(earlier, later)
        return float(self.level[later] - self.level[earlier]), float(np.sqrt(max(square, 0.0)))


def local_level(series: ArrayLike, variances: ArrayLike, *, drift: float | None = None) -> Trend:
    """Smooth y_t = μ_t + e_t, var(e_t) = s²_t known, μ_{t+1} = μ_t + η_t, var(η) = q, flat start.

    series, variances (n,): NaN in the series = no figure that week. q None = its maximum likelihood on the
    differences (Durbin & Koopman 2012, ch. 2, with variances known instead of one unknown).
    """
    y, s2 = np.asarray(series, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    seen = ~np.isnan(y)
    if y.ndim != 1 or y.shape != s2.shape or not seen.any():
        raise MethodFailure("series", expected="one figure and variance a week", got=(y.shape, s2.shape))
    if not (np.isfinite(s2[seen]).all() and (s2[seen] > 0).all()):
        raise MethodFailure("sampling variances", expected="above 0 where there is a figure", got="others")
    if drift is not None and not (np.isfinite(drift) and drift >= 0):
        raise MethodFailure("drift", expected="not below 0", got=drift)
    if drift is None:
        drift = _drift(y, s2, seen)
    level, variance, likelihood = _filter(y, s2, seen, drift)
    return _smooth(level, variance, drift, likelihood)


def _filter(
    y: FloatArray, s2: FloatArray, seen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], q: float
) -> tuple[list[float], list[float], float]:
    """Run the Kalman filter; before the first figure the level is unknown (infinite variance)."""
    mean, variance, likelihood = 0.0, np.inf, 0.0
    means: list[float] = []
    variances: list[float] = []
    for value, noise, known in zip(y.tolist(), s2.tolist(), seen.tolist(), strict=True):
        variance += q if means else 0.0
        if known and np.isinf(variance):
            mean, variance = value, noise
        elif known:
            total, miss = variance + noise, value - mean
            likelihood -= 0.5 * (np.log(2 * np.pi * total) + miss * miss / total)
            mean += variance / total * miss
            variance *= noise / total
        means.append(mean)
        variances.append(variance)
    return means, variances, likelihood


def _smooth(means: list[float], variances: list[float], q: float, likelihood: float) -> Trend:
    """Run back over the filtered weeks (Rauch, Tung & Striebel 1965)."""
    n = len(means)
    level, variance, gains = np.array(means), np.array(variances), np.ones(max(n - 1, 0))
    for t in range(n - 2, -1, -1):
        if np.isinf(variances[t]):  # a week before the first figure
            level[t], variance[t] = level[t + 1], variance[t + 1] + q
            continue
        predicted = variances[t] + q
        gains[t] = variances[t] / predicted
        level[t] = means[t] + gains[t] * (level[t + 1] - means[t])
        variance[t] = variances[t] + gains[t] ** 2 * (variance[t + 1] - predicted)
    return Trend(level, variance, q, likelihood, gains)


def _drift(y: FloatArray, s2: FloatArray, seen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    """Maximise the likelihood over q: a grid on the logarithm, then the best neighbourhood; 0 if that is best."""
    if np.count_nonzero(seen) < 2:
        return 0.0

    def loss(log_q: float) -> float:
        return -_filter(y, s2, seen, float(np.exp(log_q)))[2]

    scale = float(np.mean(s2[seen])) + float(np.var(y[seen]))
    grid = np.log(scale) + np.linspace(-18, 3, 43)
    losses = [loss(g) for g in grid.tolist()]
    best = int(np.argmin(losses))
    if best == 0:
        return 0.0
    found = optimize.minimize_scalar(
        loss,
        bounds=(grid[best - 1], grid[min(best + 1, grid.size - 1)]),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(np.exp(found.x)) if found.fun < -_filter(y, s2, seen, 0.0)[2] else 0.0
