"""Tiles: one part of a dashboard; a table, the chart drawn from it, and how its numbers were made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from core.terms import Words, language
from reports.blocks import Cell, Chart, Figure, Table, Text
from reports.chart_cells import Plot
from reports.code_mark import code_version
from reports.estimates import Known
from reports.maps import Ring, outlines
from reports.web_charts import plot


@dataclass(frozen=True)
class Made:
    """How numbers were made: what a reader needs to ask for them again."""

    words: Text
    """The method."""
    query: str
    as_of: datetime
    """Data cut."""
    code_version: str
    definition_version: int | None = None
    weight_sets: tuple[int, ...] = ()
    n: int | None = None
    effective_n: float | None = None
    deff: float | None = None
    interval: str = ""
    """How the interval of the figure was made."""


@dataclass(frozen=True)
class Tile:
    """One part of a dashboard."""

    table: Table
    made: Made
    chart: Chart | None = None
    figure: Figure | None = None
    """The number that is read first."""
    missing: Text | None = None
    """What to do where there is nothing to show yet."""
    shown: int = 0
    """Rows that the dashboard lists; the tile's own page lists them all. 0: the chart stands for the table."""
    columns: tuple[str, ...] = ()
    """Columns that the dashboard lists; none: all."""

    @property
    def key(self) -> str:
        """Its name in addresses."""
        return self.table.id

    @property
    def words(self) -> Text:
        """What it shows."""
        return self.table.words

    @property
    def head(self) -> Table:
        """The few rows and columns that stand on the dashboard."""
        t = self.table
        kept = [t.column(key) for key in self.columns] or list(range(len(t.columns)))
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            tuple(row[i] for i in kept) for row in t.rows[: self.shown]
        )
        return Table(t.id, t.words, tuple(t.columns[i] for i in kept), rows, t.source, t.note)


def counted(words: Words, query: str, *, at: datetime) -> Made:
    """Say how numbers were made that are counts of the moment: no weights, no definition."""
    return Made(Text.of(words), query, at, code_version())


def estimated(words: Words, query: str, found: list[Known], *, at: datetime) -> Made:
    """Say how estimates were made; the newest of them gives n, effective n and design effect."""
    if not found:
        return counted(words, query, at=at)
    e = found[-1].estimate
    n, effective_n, deff = (e.n, e.effective_n, e.deff) if e.is_shown else (None, None, None)
    return Made(
        Text.of(words), query, found[-1].weight_set.as_of, found[-1].made.code_version,
        found[-1].made.definition_version, tuple(sorted({k.weight_set.id for k in found})),
        n, effective_n, deff, e.method,
    )  # fmt: skip


def drawn(session: Session, tile: Tile) -> Plot | None:
    """Return what Plotly draws, or None where there is nothing to draw: a map needs outlines."""
    chart, table = tile.chart, tile.table
    if chart is None:
        return None
    rings: dict[str, list[Ring]] = {}
    if chart.kind == "map":
        at = table.column(chart.label)
        rings = outlines(session, sorted({str(row[at]) for row in table.rows}))
    return plot(chart, table, language(), rings)
