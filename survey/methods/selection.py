"""Selection by permanent random numbers: each draw is the next window of its stratum, wrapping round."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from survey.methods.design import FloatArray, IntArray
from survey.methods.failures import SelectionFailure


@dataclass(frozen=True, eq=False)
class Window:
    """The rows drawn in order of their permanent random numbers, and where the next draw begins."""

    rows: IntArray  # (n,) positions in the array given
    position: float | None  # the last number taken; None before any draw
    has_wrapped: bool


def draw(prn: ArrayLike, n: int, *, after: float | None = None, tie: ArrayLike | None = None) -> Window:
    """Take the next n units of one stratum in order of prn on [0, 1), from beyond `after`, wrapping round.

    Any window fixed beforehand is a simple random sample without replacement (Ohlsson 1995, in Cox et al.,
    Business Survey Methods, ch. 9). Equal numbers are ordered by `tie` (such as the record's id), else by
    position. A tie with `after` itself would be jumped: keep numbers distinct inside a stratum.
    """
    numbers = np.asarray(prn, dtype=np.float64)
    if n < 0 or n > numbers.size:
        raise SelectionFailure(
            "units to draw",
            expected=f"0 to {numbers.size}",
            got=n,
            hint="the stratum is exhausted; draw fewer or let rested numbers back in",
        )
    if numbers.size and not (numbers.min() >= 0 and numbers.max() < 1):
        raise SelectionFailure("permanent random numbers", expected="0 ≤ prn < 1", got="others")
    order = np.argsort(numbers, kind="stable") if tie is None else np.lexsort((np.asarray(tie), numbers))
    start = 0 if after is None else int(np.searchsorted(numbers[order], after, side="right"))
    rows = np.concatenate((order[start:], order[:start]))[:n].astype(np.int64)
    wrapped = start + n > numbers.size
    return Window(rows, float(numbers[rows[-1]]) if n else after, wrapped)


def split(rows: ArrayLike, replicates: int) -> list[IntArray]:
    """Deal the rows of a draw into replicates that differ in size by one at most.

    A window is in random order already, so dealing in turn makes each replicate a random part.
    """
    if replicates < 1:
        raise SelectionFailure("sample replicates", expected="at least 1", got=replicates)
    array = np.asarray(rows, dtype=np.int64)
    return [array[i::replicates] for i in range(replicates)]


def inclusion_probability(drawn: ArrayLike, population: ArrayLike) -> FloatArray:
    """Give n/N by stratum."""
    n, size = np.asarray(drawn, dtype=np.float64), np.asarray(population, dtype=np.float64)
    bad = (n < 0) | (n > size) | (size <= 0)
    if np.any(bad):
        at = int(np.argmax(bad))
        raise SelectionFailure(f"stratum {at}", expected="0 ≤ n ≤ N, N > 0", got=(n.flat[at], size.flat[at]))
    return np.asarray(n / size, dtype=np.float64)
