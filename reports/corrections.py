"""Corrections: what a later snapshot says otherwise than the one before, cell by cell."""

from __future__ import annotations

from typing import Any

from reports.blocks import Cell, Figure, Snapshot, Table, Text

MOST_CORRECTIONS = 200
OF_ONE_MATTER = frozenset({"red.list", "outstanding", "incidents"})
"""Tables with a row for every matter: one goes when it turns out about whom it is, so that what went is not named."""


def differences(before: Snapshot, after: Snapshot) -> list[Any]:
    """List what two snapshots say differently: the block, the row, the column, what stood and what stands."""
    found: list[Any] = []
    old = {f.id: f for f in before.figures()}
    for figure in after.figures():
        was = old.get(figure.id)
        if was is not None and _value(was) != _value(figure):
            kind = "percent" if figure.unit == "percent" else "score"
            found.append(_line(figure.words, None, None, _value(was), _value(figure), kind))
    tables = {t.id: t for t in before.tables()}
    for table in after.tables():
        earlier = tables.get(table.id)
        if earlier is not None and [c.key for c in earlier.columns] == [c.key for c in table.columns]:
            found += _cells(earlier, table)
    return found[:MOST_CORRECTIONS]


def _value(figure: Figure) -> float | None:
    return None if figure.estimate is None else round(figure.estimate, 4)


def _cells(before: Table, after: Table) -> list[Any]:
    width = _naming(before, after)
    rows = {_name(row[:width]): row for row in before.rows}
    found = []
    for row in after.rows:
        called = _joined(row[:width])
        was = rows.pop(_name(row[:width]), None)
        if was is None:
            found.append(_line(after.words, called, None, None, Text("新增一行", "A row was added")))
            continue
        for column, old, new in zip(after.columns[width:], was[width:], row[width:], strict=True):
            if _rounded(old) != _rounded(new):
                found.append(_line(after.words, called, column.words, old, new, column.kind))
    if after.id in OF_ONE_MATTER:
        n, rest = len(before.rows), len(after.rows)
        return found + (
            [_line(after.words, None, Text("行数", "Rows"), n, rest, "count")] if n > rest else []
        )
    found += [
        _line(after.words, _joined(row[:width]), None, Text("有此行", "The row stood"), None)
        for row in rows.values()
    ]
    return found


def _naming(*tables: Table) -> int:
    """Return how many cells at its head tell a row from the others of its table."""
    most = len(tables[0].columns)
    for width in range(1, most):
        if all(len({_name(row[:width]) for row in table.rows}) == len(table.rows) for table in tables):
            return width
    return most


def _rounded(cell: Cell) -> object:
    return round(cell, 6) if isinstance(cell, float) else cell


def _name(cells: tuple[Cell, ...]) -> tuple[str, ...]:
    return tuple(cell.zh if isinstance(cell, Text) else str(cell) for cell in cells)


def _joined(cells: tuple[Cell, ...]) -> Cell:
    """Name a row by the cells at its head."""
    if len(cells) == 1:
        return cells[0]
    texts = [
        cell if isinstance(cell, Text) else Text(str(cell), str(cell)) for cell in cells if cell is not None
    ]
    return Text("·".join(x.zh for x in texts), " · ".join(x.en for x in texts))


def _line(what: Text, row: Cell, column: Text | None, was: Cell, now: Cell, kind: str = "") -> dict[str, Any]:
    def plain(cell: Cell) -> object:
        return [cell.zh, cell.en] if isinstance(cell, Text) else cell

    return {
        "what": plain(what), "row": plain(row), "column": plain(column), "was": plain(was), "now": plain(now), "kind": kind,
    }  # fmt: skip
