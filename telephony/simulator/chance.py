"""Chance that remembers: the same seed and words always give the same number."""

from __future__ import annotations

import math
from hashlib import blake2b

_SCALE = 1.0 / (1 << 53)


def chance(seed: int, *words: object) -> float:
    """Return a number in [0, 1), uniform over words and fixed for each of them."""
    return uniform("\x1f".join(map(str, (seed, *words))))


def uniform(text: str) -> float:
    """Return a number in [0, 1) fixed for a text."""
    return (int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 11) * _SCALE


def exponential(mean: float, u: float) -> float:
    """Turn a uniform number into an exponential one of that mean."""
    return -mean * math.log1p(-u)


def lognormal(median: float, spread: float, u: float, v: float) -> float:
    """Turn two uniform numbers into a lognormal one (spread = standard deviation of the logarithm)."""
    return median * math.exp(spread * math.sqrt(-2.0 * math.log1p(-u)) * math.cos(2.0 * math.pi * v))


def token(seed: int, *words: object) -> str:
    """Return 32 hexadecimal digits, fixed for the words."""
    return blake2b("\x1f".join(map(str, (seed, *words))).encode(), digest_size=16).hexdigest()
