"""Hidden tables: nothing small is shown, and an equation solver finds none of what was hidden."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.hidden_tables import LEAST, Concealed, conceal

Table = list[list[int]]


def grid_of(shown: Concealed) -> list[list[int | None]]:
    """Put the margins back."""
    rows = [[*row, total] for row, total in zip(shown.cells, shown.rows, strict=True)]
    return [*rows, [*shown.columns, shown.total]]


def found_out(shown: list[list[int | None]]) -> dict[tuple[int, int], float]:
    """Solve for hidden cells with every row's and column's sum: those that linear algebra determines, with values."""
    height, width = len(shown), len(shown[0])
    unknown = [(r, c) for r in range(height) for c in range(width) if shown[r][c] is None]
    if not unknown:
        return {}
    place = {cell: n for n, cell in enumerate(unknown)}
    lines = [[(r, c) for c in range(width)] for r in range(height)]
    lines += [[(r, c) for r in range(height)] for c in range(width)]
    matrix, right = np.zeros((len(lines), len(unknown))), np.zeros(len(lines))
    for n, line in enumerate(lines):
        for cell in line:
            sign = -1 if cell == line[-1] else 1
            value = shown[cell[0]][cell[1]]
            if value is None:
                matrix[n, place[cell]] += sign
            else:
                right[n] -= sign * value
    solution: Any = np.linalg.lstsq(matrix, right, rcond=None)[0]
    _, size, basis = np.linalg.svd(matrix)
    free = basis[int((size > 1e-9).sum()) :]
    return {cell: float(solution[n]) for cell, n in place.items() if np.abs(free[:, n]).max(initial=0) < 1e-9}


@given(
    st.integers(1, 6).flatmap(
        lambda width: st.lists(
            st.lists(st.sampled_from([0, 0, 1, 3, 9, 10, 11, 14, 30, 200]), min_size=width, max_size=width),
            min_size=1,
            max_size=7,
        )
    )
)
def test_nothing_hidden_follows_from_what_is_shown(table: Table) -> None:
    shown = grid_of(conceal(table))
    whole = [[*row, sum(row)] for row in table]
    whole.append([sum(column) for column in zip(*whole, strict=True)])
    for shown_row, row in zip(shown, whole, strict=True):
        for seen, real in zip(shown_row, row, strict=True):
            assert seen is None or (seen == real and not 0 < seen < LEAST)
    assert found_out(shown) == {}
    for line in [*shown, *map(list, zip(*shown, strict=True))]:
        if line[-1] is not None and None in line[:-1]:
            assert line[-1] - sum(n for n in line[:-1] if n is not None) >= LEAST


def test_the_solver_would_notice() -> None:
    """Hiding only the small cell gives it away, which is why more is hidden."""
    assert found_out([[None, 20, 23], [15, 30, 45], [18, 50, 68]]) == pytest.approx({(0, 0): 3})


def test_two_pairs_joined_by_one_cell_are_not_enough() -> None:
    """Each line hides two cells, yet the one cell between two squares follows by subtraction: a bridge."""
    table = [[5, 5, 40, 40], [5, 5, 40, 40], [40, 40, 5, 5], [40, 40, 5, 5]]
    square: list[list[int | None]] = [[*row, sum(row)] for row in table]
    square.append([sum(c or 0 for c in column) for column in zip(*square, strict=True)])
    for r, c in ((0, 0), (0, 1), (1, 0), (1, 1), (2, 2), (2, 3), (3, 2), (3, 3), (1, 2)):
        square[r][c] = None
    assert list(found_out(square)) == [(1, 2)]
    assert found_out(grid_of(conceal(table))) == {}


def test_a_table_without_small_cells_is_shown_whole() -> None:
    shown = conceal([[10, 0], [25, 30]])
    assert shown == Concealed([[10, 0], [25, 30]], [10, 55], [35, 30], 65)


def test_as_little_as_possible_is_hidden_where_one_cell_is_small() -> None:
    shown = conceal([[3, 50, 60], [40, 20, 70], [80, 90, 100]])
    hidden = sum(n is None for row in grid_of(shown) for n in row)
    assert shown.cells[0][0] is None
    assert hidden == 4
    assert shown.total == 513


def test_a_table_of_a_handful_is_hidden_altogether() -> None:
    shown = conceal([[1, 2], [0, 1]])
    assert shown.total is None
    assert all(n in (None, 0) for row in grid_of(shown) for n in row)
