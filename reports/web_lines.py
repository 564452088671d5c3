"""Lines on the screen: a course over time with its intervals, broken where what is counted became another number."""

from __future__ import annotations

from reports.blocks import Cell, Chart, Table
from reports.cells import shown
from reports.chart_cells import COLOURS, Plot, gap, names_of, scaled, suffix

LEVEL = "_level"
"""Ends the name of a column that is another one smoothed."""
DEFINITION = "_definition"
"""Ends the name of a column that says by which definition another one is counted: where it changes a line breaks."""
MARKS = ("circle", "square", "diamond", "triangle-up")


def lines(chart: Chart, table: Table, rows: list[tuple[Cell, ...]], language: str) -> Plot:
    """Draw the columns of a chart as lines over time, with their intervals, broken where their definition changes."""
    traces, breaks = [], []
    for key, i, mode in series_of(chart):
        at = table.column(key)
        column = table.columns[at]
        mine, cuts = _cut(chart, table, rows, key)
        breaks += [(n, COLOURS[i % 4], words) for n, words in cuts]
        traces.append(
            {
                "type": "scatter", "mode": mode, "name": column.words.in_language(language),
                "x": names_of(chart, table, mine, language), "y": [scaled(row[at], column) for row in mine],
                "line": {"color": COLOURS[i % 4], "width": 2}, **_reach(chart, table, mine, key, COLOURS[i % 4]),
                "marker": {"color": COLOURS[i % 4], "size": 8, "symbol": MARKS[i % 4]},
            }
        )  # fmt: skip
    unit = table.columns[table.column(chart.values[0])]
    layout: Plot = {"xaxis": {"type": "category"}, "yaxis": suffix(unit)}
    if breaks:
        ends = {"type": "line", "yref": "paper", "y0": 0, "y1": 1}
        layout["shapes"] = [
            {"x0": n - 0.5, "x1": n - 0.5, **ends, "line": {"color": colour, "width": 1, "dash": "dash"}}
            for n, colour, _ in breaks
        ]
        layout["annotations"] = [
            {
                "x": n - 0.5, "yref": "paper", "y": 1, "yanchor": "bottom", "showarrow": False,
                "text": shown(words, table.columns[0], language), "font": {"color": "token:soft", "size": 12},
            }
            for n, words in {n: words for n, _, words in breaks}.items()
        ]  # fmt: skip
        layout["margin"] = {"t": 28}
    return {"data": traces, "layout": layout}


def _cut(
    chart: Chart, table: Table, rows: list[tuple[Cell, ...]], key: str
) -> tuple[list[tuple[Cell, ...]], list[tuple[int, Cell]]]:
    """Leave a gap in a line wherever the column that says by which definition it is counted changes.

    Returns the rows with the gaps, and where the line breaks with what begins there.
    """
    if key + DEFINITION not in {c.key for c in table.columns}:
        return rows, []
    place, told, last = table.column(chart.label), table.column(key + DEFINITION), None
    found: list[tuple[Cell, ...]] = []
    cuts: list[tuple[int, Cell]] = []
    for n, row in enumerate(rows):
        if row[told] is not None:
            if last is not None and row[told] != last:
                found.append(tuple(row[place] if i == place else None for i in range(len(row))))
                cuts.append((n, row[told]))
            last = row[told]
        found.append(row)
    return found, cuts


def series_of(chart: Chart) -> list[tuple[str, int, str]]:
    """Return the columns of a chart of lines with their colour and how they are drawn.

    A column that another one smooths is drawn as points, the smoothed one as a line of the same colour.
    """
    plain = [
        key for key in chart.values if key.removesuffix(LEVEL) not in chart.values or not key.endswith(LEVEL)
    ]
    found = []
    for key in chart.values:
        if key in plain:
            found.append(
                (key, plain.index(key), "markers" if key + LEVEL in chart.values else "lines+markers")
            )
        else:
            found.append((key, plain.index(key.removesuffix(LEVEL)), "lines"))
    return found


def _reach(chart: Chart, table: Table, rows: list[tuple[Cell, ...]], key: str, colour: str) -> Plot:
    """Give the points of a line their intervals; its limits are in the columns named like it, with these endings."""
    if not chart.low or not chart.high or key + chart.low not in {c.key for c in table.columns}:
        return {}
    column = table.columns[table.column(key)]
    value, low, high = (
        [scaled(row[table.column(name)], column) for row in rows]
        for name in (key, key + chart.low, key + chart.high)
    )
    return {
        "error_y": {
            "type": "data", "symmetric": False, "color": colour, "thickness": 1.5, "width": 4,
            "array": [gap(h, v) for h, v in zip(high, value, strict=True)],
            "arrayminus": [gap(v, w) for v, w in zip(value, low, strict=True)],
        }
    }  # fmt: skip
