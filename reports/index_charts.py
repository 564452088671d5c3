"""Charts of one weighted period: the tables behind them, drawn as those of bulletins and dashboards are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from core.dates import day_words
from core.terms import language, t
from reports.blocks import Cell, Chart, Column, Table, Text
from reports.chart_cells import Plot
from reports.index_blocks import places_of
from reports.index_figures import Row, is_shown
from reports.web_charts import plot
from reports.web_lines import DEFINITION
from survey.indices import INDICES, WORDS
from survey.weighting import IndexFigure, WeightSet

NOTHING = Text("", "")


def by_county(rows: Sequence[Row]) -> Plot | None:
    """Draw one index by county, with its intervals, places and bands; the city's value is a line across."""
    cells: list[tuple[Cell, ...]] = [
        (
            r.place,
            r.place_code,
            *limits(r.figure),
            places_of(r.rank),
            str(r.rank.band) if r.rank else None,
        )
        for r in rows
        if r.is_shown
    ]
    table = Table(
        "counties",
        NOTHING,
        columns("place", "code", "estimate", "low", "high", "places", "band"),
        tuple(cells),
        "",
    )
    chart = Chart("counties.chart", NOTHING, "intervals", "counties", "place", ("estimate",), "low", "high")
    return plot(chart, table, language())


def by_week(
    weeks: Sequence[tuple[WeightSet, dict[str, IndexFigure]]], scales: Sequence[date | None] = ()
) -> Plot | None:
    """Draw both indices of the city week by week, with their intervals; `scales`: since when each week's scale stands."""
    keys = [f"{index}{end}" for index in INDICES for end in ("", "_low", "_high")]
    marks = [f"{index}{DEFINITION}" for index in INDICES] if len(set(scales)) > 1 else []
    rows: list[tuple[Cell, ...]] = []
    for n, (made, found) in enumerate(weeks):
        cells: list[Cell] = [str(day_words(made.ends_on))]
        cells += [_scale(scales[n]) for _ in marks]
        for index in INDICES:
            figure = found.get(index)
            cells += limits(figure) if figure is not None and is_shown(figure) else (None, None, None)
        rows.append(tuple(cells))
    table = Table("weeks", NOTHING, columns("week", *marks, *keys), tuple(rows), "")
    chart = Chart("weeks.chart", NOTHING, "lines", "weeks", "week", tuple(INDICES), "_low", "_high")
    return plot(chart, table, language())


def _scale(since: date | None) -> Text:
    """Name the scale on which a week is counted."""
    if since is None:
        return Text("原量表", "Former scale")
    return Text(f"{since} 起的量表", f"Scale since {since}")


def limits(figure: IndexFigure) -> tuple[Cell, ...]:
    """Return a figure with its limits."""
    return figure.estimate, figure.low, figure.high


def columns(*keys: str) -> tuple[Column, ...]:
    """Name columns; shares are percentages."""
    plain = {"place", "code", "places", "band", "week"}
    return tuple(
        Column(
            key,
            Text(WORDS[key].zh, WORDS[key].en) if key in WORDS else NOTHING,
            "text" if key in plain or key.endswith(DEFINITION) else "percent",
        )
        for key in keys
    )


def place_words(row: Row) -> str:
    """Say which places a county may hold: 第 1–4 位."""
    found = places_of(row.rank)
    return (
        t("第 {a} 位", "places {a}", a=found)
        if found and "–" in found
        else t("第 {a} 位", "place {a}", a=found)
        if found
        else ""
    )
