"""A cube from interviews counted alike: where the answers of a row are known, their products need not be kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from survey.methods.cube import Cube
from survey.methods.cube_counting import check
from survey.methods.cube_layout import Layout
from survey.methods.design import FloatArray, IntArray


def gathered(
    layout: Layout,
    *,
    strata: IntArray,
    keys: Sequence[IntArray],
    rows: IntArray,
    weights: FloatArray,
    squares: FloatArray,
    answers: Sequence[FloatArray],
) -> Cube:
    """Make a cube from groups of respondents who answered alike (all arrays: one entry a group).

    `rows` respondents of weight above 0 with Σ d in `weights` and Σ d² in `squares`; answers 0, 1 (any
    number) or NaN. The same cube as `cube.count` makes from the single rows.
    """
    check(layout, strata, weights, answers)
    address = layout.cell(keys) if keys else np.zeros(strata.size, dtype=np.int64)
    occupied, at = np.unique(address + strata * layout.key_space, return_inverse=True)
    cells = occupied.size
    atoms: dict[tuple[int, int], FloatArray] = {}
    for j, y in enumerate(answers):
        missing = np.isnan(y)
        atoms[j, 0], atoms[j, 1] = (~missing).astype(np.float64), np.where(missing, 0.0, y)
        atoms[j, 2] = atoms[j, 1] ** 2
    counts = np.zeros((cells, 1 + len(layout.masks)), dtype=np.int64)
    first, second = np.zeros((cells, len(layout.sums))), np.zeros((cells, len(layout.sums)))
    counts[:, 0] = np.bincount(at, rows, cells)
    for q, asked in enumerate(layout.sums):
        value = np.ones(strata.size)
        if asked.is_any:
            value = np.max([atoms[power] for power in asked.powers], axis=0)
        else:
            for power in asked.powers:
                value = value * atoms[power]
        first[:, q] = np.bincount(at, value * weights, cells)
        second[:, q] = np.bincount(at, value * squares, cells)
        if q in layout.masks:
            counts[:, 1 + layout.masks.index(q)] = np.bincount(at, value * rows, cells)
    return Cube(layout, occupied, counts, first, second)
