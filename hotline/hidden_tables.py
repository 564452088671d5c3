"""Hidden tables: a table of totals in which small cells, and all that would give them away, are not shown."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

LEAST = 10
Cell = tuple[int, int]


@dataclass(frozen=True)
class Concealed:
    """A table as it may be shown: None where a number is hidden; totals are hidden like any other cell."""

    cells: list[list[int | None]]
    rows: list[int | None]
    columns: list[int | None]
    total: int | None


def conceal(counts: Sequence[Sequence[int]], *, least: int = LEAST, also: Collection[Cell] = ()) -> Concealed:
    """Hide every count from 1 to `least` − 1, and then as few others as make each hidden one impossible to work out.

    `counts` is a table of whole numbers, rows × columns, shown with its margins; `also` are cells hidden for another
    reason, a margin's index being one more than the last. No line shows all but one of its
    numbers, no line's hidden cells add up to a small count, and no chain of subtractions through rows and columns
    isolates one (a hidden cell follows from the others exactly when, in the graph of rows and columns joined by
    hidden cells, it is a bridge). Zero stays zero. Source: Hundepool et al., Statistical Disclosure Control (2012),
    chapter 4; Gusfield (1988), A graph theoretic approach to statistical data security, SIAM J. Comput. 17.
    """
    grid = [[*row, sum(row)] for row in counts]
    grid.append([sum(column) for column in zip(*grid, strict=True)])
    height, width = len(grid), len(grid[0])
    hidden = {(r, c) for r in range(height) for c in range(width) if 0 < grid[r][c] < least} | set(also)
    while (weak := _weakest(grid, hidden, least)) is not None:
        hidden.add(weak)
    shown = [[None if (r, c) in hidden else grid[r][c] for c in range(width)] for r in range(height)]
    return Concealed(
        [row[:-1] for row in shown[:-1]], [row[-1] for row in shown[:-1]], shown[-1][:-1], shown[-1][-1]
    )


def _lines(height: int, width: int) -> Iterator[list[Cell]]:
    """Yield every row and column, its total last."""
    for r in range(height):
        yield [(r, c) for c in range(width)]
    for c in range(width):
        yield [(r, c) for r in range(height)]


def _weakest(grid: Sequence[Sequence[int]], hidden: set[Cell], least: int) -> Cell | None:
    """Return one more cell to hide, None when nothing hidden can be worked out."""
    height, width = len(grid), len(grid[0])
    for line in _lines(height, width):
        secret = [cell for cell in line if cell in hidden]
        inside = sum(grid[r][c] for r, c in secret if (r, c) != line[-1])
        is_small = line[-1] not in hidden and 0 < inside < least
        if len(secret) == 1 or (secret and is_small):
            found = _smallest(grid, [cell for cell in line if cell not in hidden])
            if found is not None:
                return found
    for r, c in _bridges(hidden, height, width):
        cross = [(r, j) for j in range(width)] + [(i, c) for i in range(height)]
        found = _smallest(grid, [cell for cell in cross if cell not in hidden])
        if found is not None:
            return found
    return None


def _smallest(grid: Sequence[Sequence[int]], cells: Sequence[Cell]) -> Cell | None:
    """Return the cell whose hiding loses least; a zero hides nothing, so it comes last."""
    return min(cells, key=lambda cell: (grid[cell[0]][cell[1]] == 0, grid[cell[0]][cell[1]]), default=None)


def _bridges(hidden: set[Cell], height: int, width: int) -> list[Cell]:
    """Return the hidden cells that are on no cycle of rows and columns: these follow by subtraction."""
    near: list[list[int]] = [[] for _ in range(height + width)]
    for r, c in hidden:
        near[r].append(height + c)
        near[height + c].append(r)
    found = []
    for r, c in sorted(hidden):
        if not _is_reached(near, r, height + c):
            found.append((r, c))
    return found


def _is_reached(near: Sequence[Sequence[int]], start: int, end: int) -> bool:
    """Say whether the end is reached without using the edge between the two."""
    seen, todo = {start}, [n for n in near[start] if n != end]
    while todo:
        here = todo.pop()
        if here == end:
            return True
        if here not in seen:
            seen.add(here)
            todo += near[here]
    return False
