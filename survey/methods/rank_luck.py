"""How far chance alone moves a rank: what a league table would say of places where nothing has changed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from survey.methods.failures import MethodFailure

DRAWS = 1_000
SEED = 119
"""Fixed: the same figures give the same sentence."""


def largest_climb(
    estimates: ArrayLike, variances: ArrayLike, *, draws: int = DRAWS, seed: int = SEED
) -> float:
    """Return by how many places the luckiest climbs on average between two surveys of unchanged places.

    estimates (k,), variances (k,) of one survey. True values are normal about the mean with variance
    max(S² − mean variance, 0), S² that of the estimates (method of moments); each survey adds an error of its own.
    """
    value, noise = np.asarray(estimates, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if value.ndim != 1 or value.size < 2 or value.shape != noise.shape or not (noise >= 0).all():
        raise MethodFailure("ranks", expected="one figure and variance a place, at least 2", got=value.shape)
    between = max(float(value.var(ddof=1) - noise.mean()), 0.0)
    rng = np.random.default_rng(seed)
    true = value.mean() + np.sqrt(between) * rng.standard_normal((draws, value.size))
    first, second = (
        (-(true + np.sqrt(noise) * rng.standard_normal(true.shape))).argsort(axis=1).argsort(axis=1)
        for _ in range(2)
    )
    return float((first - second).max(axis=1).mean())
