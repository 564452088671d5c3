"""The counting pass of a cube: rows turned into sums, cell by cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from survey.methods.cube_layout import Layout
from survey.methods.design import FloatArray, IntArray
from survey.methods.failures import DesignFailure


def add_up(
    layout: Layout,
    at: IntArray,
    d: FloatArray,
    answers: list[FloatArray],
    counts: IntArray,
    first: FloatArray,
    second: FloatArray,
) -> None:
    """Add rows to the sums (sums, cells) and counts in place."""
    cells = counts.shape[1]
    everybody = np.bincount(at, minlength=cells)
    has_weight = d > 0
    all_weigh = bool(has_weight.all())
    counts[0] += everybody
    atoms: dict[tuple[int, int], FloatArray] = {}
    for j, (item, y) in enumerate(zip(layout.items, answers, strict=True)):
        missing = np.isnan(y)
        if item.may_miss:
            atoms[j, 0] = (~missing).astype(np.float64)
            y = np.where(missing, 0.0, y)
        elif missing.any():
            raise DesignFailure(f"item {item.name}", expected="an answer in every row", got="a missing one")
        if item.is_share and not np.array_equal(y, y * y):
            raise DesignFailure(f"item {item.name}", expected="0, 1 or missing", got=float(y[y != y * y][0]))
        atoms[j, 1] = y
        if not item.is_share:
            atoms[j, 2] = y * y
    for q, asked in enumerate(layout.sums):
        value: FloatArray | None = None
        for power in asked.powers:
            atom = atoms[power]
            value = atom if value is None else np.maximum(value, atom) if asked.is_any else value * atom
        if q in layout.masks:
            place = 1 + layout.masks.index(q)
            if value is None:
                counts[place] += everybody if all_weigh else np.bincount(at[has_weight], minlength=cells)
            else:
                counts[place] += np.bincount(at, value * has_weight, cells).astype(np.int64)
        weighted = d if value is None else value * d
        first[q] += np.bincount(at, weighted, cells)
        second[q] += np.bincount(at, weighted * d, cells)


def check(layout: Layout, strata: IntArray, weights: FloatArray, answers: Sequence[FloatArray]) -> None:
    """Refuse columns that do not belong together."""
    if strata.size == 0 or weights.size != strata.size or any(a.size != strata.size for a in answers):
        raise DesignFailure("columns", expected="one length, at least 1", got=(strata.size, weights.size))
    if len(answers) != len(layout.items):
        raise DesignFailure("answers", expected=f"{len(layout.items)} columns", got=len(answers))
    if strata.min() < 0 or strata.max() >= len(layout.strata):
        raise DesignFailure("strata", expected=f"codes 0 to {len(layout.strata) - 1}", got=int(strata.max()))
    if not (np.isfinite(weights).all() and weights.min() >= 0):
        raise DesignFailure("base weights", expected="finite, not below 0", got=float(weights.min()))
