"""Charts of a bulletin for the screen: Plotly's data, drawn from the table that each stands on."""

from __future__ import annotations

from itertools import groupby

from core.terms import t
from reports.blocks import Cell, Chart, Table
from reports.cells import number_of
from reports.chart_cells import COLOURS, Plot, gap, names_of, scaled, suffix
from reports.maps import Ring
from reports.web_lines import lines
from reports.web_maps import map_plot


def plot(
    chart: Chart, table: Table, language: str, outlines: dict[str, list[Ring]] | None = None
) -> Plot | None:
    """Return what Plotly draws, or None where there is nothing to draw."""
    if chart.kind == "map":
        return map_plot(chart, table, language, outlines or {})
    rows = [
        row for row in table.rows if any(number_of(row[table.column(v)]) is not None for v in chart.values)
    ]
    if not rows:
        return None
    if chart.kind == "intervals":
        return _intervals(chart, table, rows, language)
    if chart.kind == "lines":
        return lines(chart, table, rows, language)
    return _bars(chart, table, rows, language)


def _intervals(chart: Chart, table: Table, rows: list[tuple[Cell, ...]], language: str) -> Plot:
    rows, across = _apart(chart, table, rows[::-1])  # Plotly draws the first one lowest
    names = names_of(chart, table, rows, language)
    at = table.column(chart.values[0])
    column = table.columns[at]
    values = [scaled(row[at], column) for row in rows]
    ends = [
        [scaled(row[table.column(key)], column) for row in rows] if key else values
        for key in (chart.low, chart.high)
    ]
    error = {
        "type": "data",
        "symmetric": False,
        "arrayminus": [gap(v, low) for v, low in zip(values, ends[0], strict=True)],
        "array": [gap(high, v) for v, high in zip(values, ends[1], strict=True)],
        "color": "token:accent",
        "thickness": 2.5,
        "width": 0,
    }
    label = _places(table, rows)
    return {
        "data": [
            {
                "type": "scatter", "mode": "markers", "x": values, "y": names, "error_x": error,
                "marker": {"color": "token:accent", "size": 10},
                "customdata": [list(pair) for pair in zip(*ends, strict=True)],
                "hovertemplate": "%{y} %{x:.1f} (%{customdata[0]:.1f}–%{customdata[1]:.1f})<extra></extra>",
            }
        ],
        "layout": {
            "xaxis": suffix(column),
            "yaxis": {"type": "category", "showgrid": False, "range": [-0.6, len(rows) - 0.4]},
            "shapes": [*_bands(table, rows), *across],
            "annotations": label,
            "margin": {"l": 120, "r": 92 if label else 20, "t": 8, "b": 36},
        },
    }  # fmt: skip


def _apart(
    chart: Chart, table: Table, rows: list[tuple[Cell, ...]]
) -> tuple[list[tuple[Cell, ...]], list[Plot]]:
    """Take the whole city out of a table of counties: it is a line across them."""
    keys = [c.key for c in table.columns]
    city = [row for row in rows if "code" in keys and row[keys.index("code")] == "city"]
    at = table.column(chart.values[0])
    ends = {"yref": "paper", "y0": 0, "y1": 1, "line": {"color": "token:soft", "width": 1, "dash": "dot"}}
    value = [scaled(row[at], table.columns[at]) for row in city]
    return [row for row in rows if row not in city], [
        {"type": "line", "x0": v, "x1": v, **ends} for v in value
    ]


def _bands(table: Table, rows: list[tuple[Cell, ...]]) -> list[Plot]:
    """Shade the bands that can be told apart, where the table names them and each lies together (groups have their own)."""
    keys = [c.key for c in table.columns]
    bands = [int(str(row[keys.index("band")] or 0)) for row in rows] if "band" in keys else []
    lowest = max(bands, default=1)
    runs = [band for band, _ in groupby(bands) if band]
    if lowest <= 1 or len(runs) > len(set(runs)):
        return []
    colour = {1: "token:green-weak", lowest: "token:yellow-weak"}
    return [
        {
            "type": "rect", "layer": "below", "xref": "paper", "x0": 0, "x1": 1, "y0": bands.index(band) - 0.5,
            "y1": bands.index(band) + bands.count(band) - 0.5, "line": {"width": 0},
            "fillcolor": colour.get(band, "token:paper"),
        }
        for band in sorted(set(bands) - {0})
    ]  # fmt: skip


def _places(table: Table, rows: list[tuple[Cell, ...]]) -> list[Plot]:
    """Write beside each row the places it may hold, where the table has them: 第 1–4 位."""
    keys = [c.key for c in table.columns]
    if "places" not in keys:
        return []
    return [
        {
            "xref": "paper", "x": 1, "xanchor": "left", "xshift": 8, "y": i, "showarrow": False,
            "text": t("第 {a} 位", "places {a}", a=row[keys.index("places")]), "font": {"color": "token:soft", "size": 12},
        }
        for i, row in enumerate(rows)
        if row[keys.index("places")]
    ]  # fmt: skip


def _bars(chart: Chart, table: Table, rows: list[tuple[Cell, ...]], language: str) -> Plot:
    rows = rows[::-1]
    names = names_of(chart, table, rows, language)
    traces = []
    for i, key in reversed(list(enumerate(chart.values))):
        at = table.column(key)
        column = table.columns[at]
        traces.append(
            {
                "type": "bar", "orientation": "h", "name": column.words.in_language(language), "y": names,
                "x": [scaled(row[at], column) for row in rows], "marker": {"color": COLOURS[i % 4]},
            }
        )  # fmt: skip
    layout = {
        "barmode": "group", "yaxis": {"type": "category", "showgrid": False}, "legend": {"traceorder": "reversed"},
        "margin": {"l": 120, "r": 20, "t": 8, "b": 36},
    }  # fmt: skip
    return {"data": traces, "layout": layout}
