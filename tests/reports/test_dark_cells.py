"""Hidden cells of the dark figures: none of the small ones follows from what is shown, in either direction."""

from __future__ import annotations

import numpy as np
import pytest

from reports.dark_cells import Cell, Family, given_away
from reports.scan_statistic import IntArray

PLACES: list[Family] = [(0, [1, 2, 3]), (1, [4, 5, 6]), (2, [7, 8]), (3, [9, 10, 11])]
"""A city, three counties, their townships."""
LEVELS: list[Family] = [(0, [1, 2]), (0, [3, 4, 5, 6, 7]), (1, [3, 4, 5]), (2, [6, 7])]
"""All, two fields, five topics."""


def a_table(seed: int) -> IntArray:
    """Count callers of townships by topic, some few, some many, and add up."""
    rng = np.random.default_rng(seed)
    called = np.zeros((12, 8), dtype=np.int64)
    called[4:, 3:] = rng.choice([0, 2, 7, 14, 40, 90], (8, 5), p=[0.1, 0.1, 0.1, 0.2, 0.3, 0.2])
    for whole, parts in (*PLACES[1:], PLACES[0]):
        called[whole] = called[parts].sum(axis=0)
    for whole, parts in (LEVELS[2], LEVELS[3], LEVELS[0]):
        called[:, whole] = called[:, parts].sum(axis=1)
    return called


def follow(called: IntArray, hidden: set[Cell]) -> set[Cell]:
    """Return the hidden cells that linear algebra finds from those shown: every whole is the sum of its parts."""
    place = {cell: n for n, cell in enumerate(sorted(hidden))}
    lines = [
        [(whole, n), *((p, n) for p in parts)] for whole, parts in PLACES for n in range(called.shape[1])
    ]
    lines += [
        [(p, whole), *((p, n) for n in parts)] for whole, parts in LEVELS for p in range(called.shape[0])
    ]
    rows = []
    for first, *others in lines:
        row = np.zeros(len(place))
        for cell, sign in ((first, 1.0), *((cell, -1.0) for cell in others)):
            if cell in place:
                row[place[cell]] = sign
        rows.append(row)
    known = np.array(rows)
    _, size, basis = np.linalg.svd(known)
    free = basis[np.count_nonzero(size > 1e-9) :]
    return {cell for cell, n in place.items() if np.abs(free[:, n]).max(initial=0.0) < 1e-9}


@pytest.mark.parametrize("seed", range(40))
def test_no_small_cell_follows_from_the_others(seed: int) -> None:
    called = a_table(seed)
    small = {(int(p), int(n)) for p, n in np.argwhere((called > 0) & (called < 10))}
    assert not follow(called, small | given_away(called, small, PLACES, LEVELS)) & small


def test_primary_cells_alone_would_not_do() -> None:
    tables = [a_table(seed) for seed in range(40)]
    small = [{(int(p), int(n)) for p, n in np.argwhere((c > 0) & (c < 10))} for c in tables]
    assert any(follow(called, cells) & cells for called, cells in zip(tables, small, strict=True))


def test_one_county_that_few_called_from_takes_another_with_it() -> None:
    called = np.zeros((12, 8), dtype=np.int64)
    called[:4, 0] = called[:4, 1] = called[:4, 3] = [97, 50, 40, 7]
    hidden = {(3, 0), (3, 1), (3, 3)}
    places = [PLACES[0]]
    levels: list[Family] = [(0, [1]), (1, [3])]
    assert {(2, 0), (2, 1), (2, 3)} <= given_away(called, hidden, places, levels)
    assert given_away(called, set(), places, levels) == set()
