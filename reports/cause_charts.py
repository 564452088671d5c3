"""Charts of clusters and dark figures as Plotly's data: what came beside what was to be expected, ratios with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.terms import t
from reports.clusters import ClusterRow
from reports.dark_cells import DarkRow

Chart = dict[str, Any]
_MARGIN = {"l": 90, "r": 24, "t": 8, "b": 36}


def by_cluster(rows: Sequence[ClusterRow]) -> Chart:
    """Draw each cluster's matters as a bar, with a mark where place, topic and days alone would have put it."""
    shown = list(reversed(rows))  # Plotly draws the first one lowest
    names = [f"{row.zone.words} · {row.words}" for row in shown]
    colours = ["token:accent" if row.is_clear else "token:soft" for row in shown]
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "name": t("实际", "Came"),
                "x": [row.observed for row in shown],
                "y": names,
                "marker": {"color": colours},
                "customdata": [[round(row.p, 3), row.days] for row in shown],
                "hovertemplate": "%{y}: %{x}<br>p = %{customdata[0]}<extra></extra>",
            },
            {
                "type": "scatter",
                "mode": "markers",
                "name": t("预期", "Expected"),
                "x": [round(row.expected, 1) for row in shown],
                "y": names,
                "marker": {"symbol": "line-ns", "size": 22, "line": {"color": "token:yellow", "width": 4}},
                "hovertemplate": "%{y}: %{x}<extra></extra>",
            },
        ],
        "layout": {"margin": _MARGIN, "yaxis": {"showgrid": False}, "xaxis": {"rangemode": "tozero"}},
    }


def by_place(rows: Sequence[tuple[str, DarkRow]]) -> Chart:
    """Draw the ratios with their intervals on a scale of powers: twice is as far everywhere."""
    shown = [(name, row.figure) for name, row in reversed(rows) if row.figure and row.figure.ratio]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "markers",
                "x": [round(f.ratio or 0, 2) for _, f in shown],
                "y": [name for name, _ in shown],
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": [round((f.high or 0) - (f.ratio or 0), 3) for _, f in shown],
                    "arrayminus": [round((f.ratio or 0) - f.low, 3) for _, f in shown],
                    "color": "token:accent",
                    "thickness": 2.5,
                    "width": 0,
                },
                "marker": {"color": "token:accent", "size": 10},
                "customdata": [[round(f.low, 1), round(f.high or 0, 1)] for _, f in shown],
                "hovertemplate": "%{y} %{x:.1f} (%{customdata[0]:.1f}–%{customdata[1]:.1f})<extra></extra>",
            }
        ],
        "layout": {"margin": _MARGIN, "xaxis": {"type": "log"}, "yaxis": {"showgrid": False}},
    }
