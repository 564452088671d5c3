"""The tail of a weighted sum of chi-squares, also over an independent one, by the saddlepoint."""

from __future__ import annotations

import numpy as np
from scipy import optimize, special

from survey.methods.design import FloatArray


def saddlepoint(x: float, weights: FloatArray, df: float = np.inf) -> float:
    """Give P(Σ a_i χ²_1 > x χ²_df/df), weights a (k,); df infinite: P(Σ a_i χ²_1 > x).

    Lugannani–Rice after Kuonen 1999 (R `pFsum`, `pchisqsum`). A finite df enters as that many whole terms of
    weight −x/df, as in R. Where the saddlepoint is at 0, Satterthwaite's approximation stands in.
    """
    terms = weights if np.isinf(df) else np.concatenate([weights, np.full(int(df), -x / df)])
    tail = _tail(x if np.isinf(df) else 0.0, terms)
    return _satterthwaite(x, weights, df) if tail is None else tail


def _satterthwaite(x: float, weights: FloatArray, df: float) -> float:
    mean = float(weights.mean())
    second = float(np.square(weights).mean()) / mean**2
    scale, own = mean * second, weights.size / second
    if np.isinf(df):
        return float(special.chdtrc(own, x / scale))
    return float(special.fdtrc(own, df, x / own / scale))


def _tail(x: float, weights: FloatArray) -> float | None:
    largest = float(weights.max())
    a, at = weights / largest, x / largest

    def slope(zeta: float) -> float:
        return float((a / (1 - 2 * zeta * a)).sum())

    if (a < 0).any():
        low = float((1 / (2 * a[a < 0])).max()) * 0.99999
    elif at > a.sum():
        low = -0.01
    else:
        low = -a.size / (2 * at)
    high = float((1 / (2 * a[a > 0])).min()) * 0.99999
    if slope(low) - at > 0 or slope(high) - at < 0:
        return None
    zeta = float(optimize.brentq(lambda value: slope(value) - at, low, high, xtol=1e-13))
    if abs(zeta) < 1e-4:
        return None
    generating = -float(np.log(1 - 2 * zeta * a).sum()) / 2
    curvature = 2 * float((a**2 / (1 - 2 * zeta * a) ** 2).sum())
    w = float(np.sign(zeta) * np.sqrt(2 * (zeta * at - generating)))
    v = zeta * np.sqrt(curvature)
    return float(special.ndtr(-(w + np.log(v / w) / w)))
