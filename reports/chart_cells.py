"""What charts on the screen take from a table: names, numbers as they are drawn, and the reach of an interval."""

from __future__ import annotations

from typing import Any

from reports.blocks import Cell, Chart, Column, Table
from reports.cells import number_of, shown

Plot = dict[str, Any]
COLOURS = ("token:accent", "token:soft", "token:green", "token:yellow")


def scaled(cell: Cell, column: Column) -> float | None:
    """Return a cell's number as it is drawn: shares in percent."""
    number = number_of(cell)
    return None if number is None else round(number * (100 if column.kind == "percent" else 1), 4)


def names_of(chart: Chart, table: Table, rows: list[tuple[Cell, ...]], language: str) -> list[str]:
    """Return what the rows are called on the axis."""
    place = table.column(chart.label)
    return [shown(row[place], table.columns[place], language) for row in rows]


def suffix(column: Column) -> Plot:
    """Return what an axis of a column writes behind its numbers."""
    return {"ticksuffix": " %"} if column.kind == "percent" else {}


def gap(high: float | None, low: float | None) -> float | None:
    """Return how far an end lies from its value."""
    return None if high is None or low is None else round(high - low, 4)
