"""Maps for the screen: every place filled by its value, drawn from the table that the map stands on."""

from __future__ import annotations

from reports.blocks import Chart, Table
from reports.cells import number_of, shown, title_of
from reports.chart_cells import Plot
from reports.maps import Ring

SHADES = 5


def map_plot(chart: Chart, table: Table, language: str, outlines: dict[str, list[Ring]]) -> Plot | None:
    """Fill every outline by its value, five shades from the lowest to the highest; withheld places stay blank."""
    at, code = table.column(chart.values[0]), table.column(chart.label)
    column = table.columns[at]
    known = {str(row[code]): row for row in table.rows}
    values = [n for row in known.values() if (n := number_of(row[at])) is not None]
    if not outlines or not values:
        return None
    low, high = min(values), max(values)
    traces: list[Plot] = []
    for place, rings in outlines.items():
        row = known.get(place)
        value = number_of(row[at]) if row else None
        shade = 0 if value is None else 1 + min(int((value - low) / ((high - low) or 1) * SHADES), SHADES - 1)
        name = title_of(row, language) if row else place
        told = shown(row[at], column, language) if row else "—"
        xs: list[float | None] = []
        ys: list[float | None] = []
        for ring in rings:
            xs += [*(x for x, _ in ring), None]
            ys += [*(y for _, y in ring), None]
        traces.append(
            {
                "type": "scatter", "mode": "lines", "fill": "toself", "x": xs[:-1], "y": ys[:-1],
                "hoveron": "fills", "hoverinfo": "text", "text": f"{name} {told}", "name": name, "showlegend": False,
                "line": {"color": "token:card", "width": 1.5}, "fillcolor": f"token:map-{shade}",
            }
        )  # fmt: skip
        traces.append(_label(rings, f"{_short(name)}<br>{told}"))
    hidden = {"visible": False}
    layout = {
        "xaxis": hidden, "yaxis": {**hidden, "scaleanchor": "x", "scaleratio": 1.15},
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0}, "showlegend": False,
    }  # fmt: skip
    return {"data": traces, "layout": layout}


def _short(name: str) -> str:
    """Leave a place's level out of its English name: beside each other on a map that is plain."""
    return name.removesuffix(" County").removesuffix(" District").removesuffix(" City")


def _label(rings: list[Ring], text: str) -> Plot:
    ring = max(rings, key=len)
    x = (min(p[0] for p in ring) + max(p[0] for p in ring)) / 2
    y = (min(p[1] for p in ring) + max(p[1] for p in ring)) / 2
    return {
        "type": "scatter", "mode": "text", "x": [x], "y": [y], "text": [text], "hoverinfo": "skip", "showlegend": False,
        "textfont": {"size": 12},
    }  # fmt: skip
