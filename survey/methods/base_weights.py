"""Base weights: the inverse of the chance a person had to be interviewed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from survey.methods.design import BoolArray, FloatArray
from survey.methods.failures import WeightFailure


def number_weights(population: ArrayLike, released: ArrayLike) -> FloatArray:
    """Give N_h/n_h of released numbers, element by element: 1/π (Horvitz & Thompson 1952)."""
    size, n = np.asarray(population, dtype=np.float64), np.asarray(released, dtype=np.float64)
    bad = ~((n > 0) & (size >= n))
    if np.any(bad):
        at = int(np.argmax(bad))
        raise WeightFailure(
            f"row {at}", expected="0 < released ≤ population", got=(n.flat[at], size.flat[at])
        )
    return np.asarray(size / n, dtype=np.float64)


def landline_factor(adults: ArrayLike, lines: ArrayLike, *, most_adults: float = np.inf) -> FloatArray:
    """Give eligible adults / lines of the household; one adult was picked, each line was a chance.

    `most_adults` caps the count against answers that would make one person speak for a crowd.
    """
    return np.minimum(_counts("adults", adults), most_adults) / _counts("lines", lines)


def mobile_factor(mobiles: ArrayLike) -> FloatArray:
    """Give 1 / number of own mobiles."""
    return 1.0 / _counts("own mobiles", mobiles)


def person_weights(
    number_weight: FloatArray,
    is_landline: BoolArray,
    *,
    adults: FloatArray,
    lines: FloatArray,
    mobiles: FloatArray,
    is_dual: BoolArray,
    share: float = 0.5,
) -> FloatArray:
    """Give base weights of persons from two overlapping frames; all arrays (rows,).

    Landline rows take adults/lines, mobile rows 1/mobiles; dual users, who could be reached in both frames,
    are composited: times λ = `share` from the landline frame, 1 − λ from the mobile one (Hartley 1962).
    Columns of the other kind of number are not read, so they may hold NaN.
    """
    if not 0 <= share <= 1:
        raise WeightFailure("share of the landline frame", expected="0 to 1", got=share)
    factor = np.ones(number_weight.size)
    factor[is_landline] = landline_factor(adults[is_landline], lines[is_landline])
    factor[~is_landline] = mobile_factor(mobiles[~is_landline])
    overlap = np.where(is_landline, share, 1 - share)
    return number_weight * factor * np.where(is_dual, overlap, 1.0)


def _counts(what: str, values: ArrayLike) -> FloatArray:
    v = np.asarray(values, dtype=np.float64)
    bad = ~(np.isfinite(v) & (v > 0))
    if np.any(bad):
        at = int(np.argmax(bad))
        raise WeightFailure(
            f"{what} in row {at}",
            expected="a number above 0",
            got=float(v.flat[at]),
            hint="decide a value for missing answers (such as 1) before weighting, and record it",
        )
    return v
