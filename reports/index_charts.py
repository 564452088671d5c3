"""Charts of the indices as Plotly's data: intervals as bars, points on them, weeks along the line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.dates import day_words
from core.terms import t
from reports.index_figures import INDEX_WORDS, Row, is_shown
from survey.weighting import IndexFigure, WeightSet

Chart = dict[str, Any]


def _percent(value: float | None) -> float | None:
    return None if value is None else round(100 * value, 2)


def by_county(rows: Sequence[Row]) -> Chart:
    """Draw one index by county, with its intervals, places and bands; the city's value is a line across."""
    shown = [r for r in rows if r.place_code != "city" and r.is_shown]
    shown.reverse()  # Plotly draws the first one lowest
    estimates = [_percent(r.figure.estimate) or 0.0 for r in shown]
    city = next((_percent(r.figure.estimate) for r in rows if r.place_code == "city" and r.is_shown), None)
    shapes: list[Chart] = _bands(shown)
    if city is not None:
        line = {"color": "token:soft", "width": 1, "dash": "dot"}
        shapes.append(
            {"type": "line", "x0": city, "x1": city, "yref": "paper", "y0": 0, "y1": 1, "line": line}
        )
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "markers",
                "x": estimates,
                "y": [r.place for r in shown],
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": [
                        (_percent(r.figure.high) or e) - e for r, e in zip(shown, estimates, strict=True)
                    ],
                    "arrayminus": [
                        e - (_percent(r.figure.low) or e) for r, e in zip(shown, estimates, strict=True)
                    ],
                    "color": "token:accent",
                    "thickness": 2.5,
                    "width": 0,
                },
                "marker": {"color": "token:accent", "size": 10},
                "customdata": [[r.figure.n, _percent(r.figure.low), _percent(r.figure.high)] for r in shown],
                "hovertemplate": "%{y} %{x:.1f}% (%{customdata[1]:.1f}–%{customdata[2]:.1f})<br>n = %{customdata[0]}<extra></extra>",
            }
        ],
        "layout": {
            "xaxis": {"ticksuffix": "%"},
            "yaxis": {"showgrid": False, "range": [-0.6, len(shown) - 0.4]},
            "shapes": shapes,
            "annotations": _places(shown),
            "margin": {"l": 90, "r": 92, "t": 8, "b": 36},
        },
    }


def _bands(shown: Sequence[Row]) -> list[Chart]:
    """Shade the bands that can be told apart; where there is one only, nothing is shaded."""
    bands = [r.rank.band for r in shown if r.rank]
    lowest = max(bands, default=1)
    if lowest == 1:
        return []
    colour = {1: "token:green-weak", lowest: "token:yellow-weak"}
    return [
        {
            "type": "rect",
            "layer": "below",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": bands.index(band) - 0.5,
            "y1": bands.index(band) + bands.count(band) - 0.5,
            "line": {"width": 0},
            "fillcolor": colour.get(band, "token:paper"),
        }
        for band in sorted(set(bands))
    ]


def _places(shown: Sequence[Row]) -> list[Chart]:
    """Write beside each county the places it may hold."""
    return [
        {
            "xref": "paper",
            "x": 1,
            "xanchor": "left",
            "xshift": 8,
            "y": i,
            "showarrow": False,
            "text": place_words(r),
            "font": {"color": "token:soft", "size": 12},
        }
        for i, r in enumerate(shown)
    ]


def place_words(row: Row) -> str:
    """Say which places a county may hold: 第 1–4 位."""
    if row.rank is None:
        return ""
    if row.rank.best == row.rank.worst:
        return t("第 {a} 位", "place {a}", a=row.rank.best)
    return t("第 {a}–{b} 位", "places {a}–{b}", a=row.rank.best, b=row.rank.worst)


def by_week(weeks: Sequence[tuple[WeightSet, dict[str, IndexFigure]]]) -> Chart:
    """Draw both indices of the city week by week, with their intervals."""
    traces = []
    for index, colour in (("safety", "token:accent"), ("enforcement", "token:green")):
        points = [(s, f[index]) for s, f in weeks if is_shown(f.get(index))]
        values = [_percent(f.estimate) or 0.0 for _, f in points]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": str(INDEX_WORDS[index]),
                "x": [str(day_words(s.ends_on)) for s, _ in points],
                "y": values,
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": [(_percent(f.high) or v) - v for (_, f), v in zip(points, values, strict=True)],
                    "arrayminus": [
                        v - (_percent(f.low) or v) for (_, f), v in zip(points, values, strict=True)
                    ],
                    "color": colour,
                    "thickness": 1.5,
                    "width": 5,
                },
                "line": {"color": colour, "width": 2},
                "marker": {"color": colour, "size": 8, "symbol": "circle" if index == "safety" else "square"},
            }
        )
    return {"data": traces, "layout": {"yaxis": {"ticksuffix": "%"}, "xaxis": {"type": "category"}}}
