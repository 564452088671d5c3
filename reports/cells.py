"""How numbers are written: percentages with one digit, counts with commas, and a dash where there is nothing."""

from __future__ import annotations

from typing import cast

from reports.blocks import CELLS, Cell, Column, Comparison, Figure, Table, Text

NOTHING = "—"
_DIGITS = {"percent": 1, "points": 1, "score": 1, "number": 1, "hours": 1, "p": 3}


def shown(cell: Cell, column: Column, language: str) -> str:
    """Write one cell for a reader."""
    if cell is None:
        return NOTHING
    if isinstance(cell, Text):
        return cell.in_language(language)
    if isinstance(cell, str):
        return cell
    if column.kind == "percent":
        return f"{100 * cell:.1f} %"
    if column.kind in _DIGITS:
        return f"{cell:,.{_DIGITS[column.kind]}f}"
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:,.1f}"


def is_number(column: Column) -> bool:
    """Say whether a column is set to the right."""
    return column.kind not in ("text", "date", "rank")


def plain(cell: Cell, language: str) -> str | int | float:
    """Write one cell for a file: full precision, nothing where there is nothing; a number stays one, below 0 as well."""
    if cell is None:
        return ""
    if isinstance(cell, Text):
        return cell.in_language(language)
    return cell


def told(value: object, kind: str, language: str) -> str:
    """Write one side of a correction: a pair is a text in both languages, a number is written as its column does."""
    if value is None:
        return NOTHING
    if isinstance(value, list | tuple):
        return str(value[1 if language == "en" else 0])
    if isinstance(value, int | float) and kind:
        return shown(value, Column("", Text("", ""), cast(CELLS, kind)), language)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def lines(table: Table, language: str) -> list[list[str]]:
    """Write a table for a reader, without its head."""
    return [
        [shown(cell, column, language) for cell, column in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]


def value(figure: Figure) -> str:
    """Write an index."""
    if figure.estimate is None:
        return NOTHING
    return f"{figure.estimate:.1f}" if figure.unit == "score" else f"{100 * figure.estimate:.1f} %"


def interval(figure: Figure) -> str:
    """Write the interval of an index."""
    if figure.low is None or figure.high is None:
        return NOTHING
    scale = 1.0 if figure.unit == "score" else 100.0
    unit = "" if figure.unit == "score" else " %"
    return f"{scale * figure.low:.1f}–{scale * figure.high:.1f}{unit}"


TONES = {"up": "green", "down": "red", "none": "", "unknown": ""}
SIGNS = {"up": "▲", "down": "▼", "none": "＝", "unknown": "·"}


def sign(comparison: Comparison) -> str:
    """Return the sign of a comparison: never colour alone."""
    return SIGNS.get(comparison.verdict, "·")


def number_of(cell: Cell) -> float | None:
    """Return a cell's number, or None for a text or nothing."""
    return float(cell) if isinstance(cell, int | float) else None


def title_of(row: tuple[Cell, ...], language: str) -> str:
    """Return what a row is called: its first cell."""
    first = row[0]
    return first.in_language(language) if isinstance(first, Text) else str(first)
