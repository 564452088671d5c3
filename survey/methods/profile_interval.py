"""The profile-likelihood interval of a share, rescaled for the design."""

from __future__ import annotations

import numpy as np
from scipy import special

from survey.methods.design import FloatArray
from survey.methods.intervals import t_quantile
from survey.methods.regression import Family, Regression
from survey.methods.sample import Sample

STEPS = 10  # points tried each way, as in R's profile of a generalised linear model


def profile_limits(sample: Sample, y: FloatArray, *, level: float, df: float) -> tuple[float, float] | None:
    """Give limits of the share of y = 1 where the scaled drop in deviance reaches that of t (Rao & Scott 1984).

    y: 0 or 1 (rows,) in the sample's domain. None for a share of 0 or 1. The profile is laid on a grid, a
    cubic spline drawn through it and read off as R's `svyciprop(method="likelihood")` does, so that limits
    agree to 1e-6, not only to the grid's width.
    """
    counted = sample.counted
    weighted = int(counted.sum())
    if df <= 0 or weighted < 2 or np.unique(y[counted]).size < 2:
        return None
    answers = np.where(counted, y, 0.0)
    scale = sample.rows / float(sample.weights[counted].sum())
    model = Regression(
        answers, sample.inside.astype(np.float64)[:, None], sample.inside, ("(Intercept)",), Family.BINOMIAL, 1 / scale
    )  # fmt: skip
    beta, v = sample.estimate(model)
    centre, error = float(beta[0]), float(np.sqrt(max(v[0, 0], 0.0)))
    if not error > 0:
        return None
    prior, kind = sample.weights[counted] * scale, answers[counted]
    naive = 1 / float(model.solve(sample.weights)[1].sum() * scale)
    reach = t_quantile(df, level) * error / float(np.sqrt(naive))
    alpha = float(special.ndtr(-reach)) / 2
    furthest = float(np.sqrt(special.fdtri(1, sample.rows - 1, 1 - alpha))) if alpha > 1e-15 else reach * 1.1
    yes, no = float(prior[kind == 1].sum()), float(prior[kind == 0].sum())
    dispersion = weighted / (weighted - 1)

    def deviance(b: float) -> float:
        return -2 * (yes * float(special.log_expit(b)) + no * float(special.log_expit(-b)))

    at, z = [centre], [0.0]
    for sign in (-1, 1):
        now, step = 0.0, 1
        while step < STEPS and abs(now) < furthest:
            at.append(centre + sign * step * furthest / 5 * error)
            now = sign * float(np.sqrt(max((deviance(at[-1]) - deviance(centre)) / dispersion, 0.0)))
            z.append(now)
            step += 1
    order = np.argsort(z, kind="stable")
    x, heights = np.array(at)[order], np.array(z)[order]
    grid = np.linspace(x[0], x[-1], 3 * x.size)
    low, high = np.interp([-reach, reach], spline(x, heights, grid), grid)
    return float(special.expit(low)), float(special.expit(high))


def spline(x: FloatArray, y: FloatArray, at: FloatArray) -> FloatArray:
    """Interpolate by a cubic spline whose ends continue the cubic of the last four points (Forsythe et al. 1977)."""
    n = x.size
    d, slope = np.diff(x), np.diff(y) / np.diff(x)
    if n < 3:
        return np.asarray(np.interp(at, x, y))
    system, right = np.zeros((n, n)), np.zeros(n)
    for i in range(1, n - 1):
        system[i, i - 1 : i + 2] = d[i - 1], 2 * (d[i - 1] + d[i]), d[i]
        right[i] = slope[i] - slope[i - 1]
    system[0, :2], system[-1, -2:] = (-1, 1), (-1, 1)
    if n > 3:
        right[0] = d[0] * _third(x[:4], y[:4])
        right[-1] = d[-1] * _third(x[-4:], y[-4:])
    bend = np.linalg.solve(system, right)  # second derivatives over 6
    k = np.clip(np.searchsorted(x, at, side="right") - 1, 0, n - 2)
    u = at - x[k]
    first = slope[k] - d[k] * (bend[k + 1] + 2 * bend[k])
    return np.asarray(y[k] + u * (first + u * (3 * bend[k] + u * (bend[k + 1] - bend[k]) / d[k])))


def _third(x: FloatArray, y: FloatArray) -> float:
    """Give the third divided difference of four points."""
    value = y.astype(np.float64)
    for order in range(1, 4):
        value = np.diff(value) / (x[order:] - x[:-order])
    return float(value[0])
