"""Seeded chance: the same seed and names give the same number on every machine."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

SEED = 20261122

T = TypeVar("T")


def uniform(*names: object) -> float:
    """Return a number in [0, 1) that depends on the names alone."""
    digest = blake2b("\x1f".join(map(str, names)).encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) * 2.0**-53


def below(limit: int, *names: object) -> int:
    """Return a whole number in 0 … limit - 1."""
    return int(uniform(*names) * limit)


def pick(items: Sequence[T], *names: object) -> T:
    """Return one of the items."""
    return items[below(len(items), *names)]


def shuffled(items: Sequence[T], *names: object) -> list[T]:
    """Return the items in a chance order."""
    order = sorted(range(len(items)), key=lambda index: uniform(*names, index))
    return [items[index] for index in order]


def uniforms(positions: NDArray[np.uint64], *names: object) -> NDArray[np.float64]:
    """Return one number in [0, 1) for each position (splitmix64), whatever the size of the batch."""
    salt = int.from_bytes(blake2b("\x1f".join(map(str, names)).encode(), digest_size=8).digest(), "big")
    with np.errstate(over="ignore"):
        z = positions * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    uniform_bits: NDArray[np.float64] = (z >> np.uint64(11)).astype(np.float64)
    return uniform_bits * 2.0**-53


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Share a whole total in proportion to the weights by largest remainders, so that it adds up exactly."""
    scale = total / sum(weights)
    shares = [weight * scale for weight in weights]
    whole = [int(share) for share in shares]
    rest = total - sum(whole)
    by_remainder = sorted(range(len(shares)), key=lambda index: (whole[index] - shares[index], index))
    for index in by_remainder[:rest]:
        whole[index] += 1
    return whole
