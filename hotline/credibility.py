"""How far a small experience of its own is to be believed beside the larger one it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Believed:
    """A mean between one's own and that of the group, and what is still unknown about it."""

    mean: float
    variance: float
    weight: float  # of one's own experience, 0–1


def believe(own: float, noise: float, group: float, spread: float) -> Believed:
    """Return Z·own + (1 - Z)·group with Z = spread / (spread + noise), and the variance left, spread·(1 - Z).

    `noise` is the variance of one's own mean about its true value, `spread` that of true values about the group's
    mean. For Poisson counts with gamma rates this is the gamma posterior's mean. Source: Bühlmann & Straub 1970.
    """
    if spread <= 0:
        return Believed(group, 0.0, 0.0)
    weight = spread / (spread + noise)
    return Believed(weight * own + (1 - weight) * group, spread * (1 - weight), weight)


def mean(values: Sequence[float]) -> float:
    """Return the mean of at least one value."""
    return sum(values) / len(values)


def variance(values: Sequence[float]) -> float:
    """Return the unbiased variance of at least two values."""
    centre = mean(values)
    return sum((v - centre) ** 2 for v in values) / (len(values) - 1)
