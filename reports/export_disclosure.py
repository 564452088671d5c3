"""Keeping respondents unknown in a data file: rare combinations lose their township, and the rows their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from survey.methods.design import BoolArray, FloatArray, IntArray

LEAST = 5
"""k: a combination of county, sex, age group, education and urban or rural that fewer respondents share is rare."""
SHUFFLE_SEED = 20_261_116


@dataclass(frozen=True, eq=False)
class Disclosure:
    """Which rows are rare, and which give no township."""

    rare: BoolArray  # (rows,)
    blanked: BoolArray  # (rows,)
    smallest: int
    """How many respondents share the rarest combination."""
    least: int


def disclosure(combinations: Sequence[Hashable], strata: IntArray, *, least: int = LEAST) -> Disclosure:
    """Find rows whose combination fewer than `least` share, and blank the townships of their whole stratum.

    The stratum must stay in the file, as errors need it, and lies in one township as a rule: a neighbour in the
    stratum who kept the township would tell it of the others.
    """
    count = Counter(combinations)
    shared = np.array([count[c] for c in combinations], dtype=np.int64)
    rare = shared < least
    touched = np.zeros(int(strata.max(initial=-1)) + 1, dtype=np.bool_)
    touched[strata[rare]] = True
    return Disclosure(rare, touched[strata], int(shared.min()) if shared.size else 0, least)


def meaningless_order(columns: Sequence[FloatArray], *, seed: int = SHUFFLE_SEED) -> IntArray:
    """Give an order of the rows that knows nothing but their contents: sorted by all columns, then shuffled.

    What one may undo of it with the seed is the sorting, never the order in which people were interviewed.
    """
    contents = np.lexsort([np.nan_to_num(c, nan=-1.0) for c in columns])
    return contents[np.random.default_rng(seed).permutation(contents.size)].astype(np.int64)


def renumbered(codes: IntArray) -> IntArray:
    """Number groups 1, 2, … as they first appear, so that the number tells nothing of the group."""
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    rank = np.empty(first.size, dtype=np.int64)
    rank[np.argsort(first)] = np.arange(1, first.size + 1)
    return rank[inverse.reshape(-1)]
