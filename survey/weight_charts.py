"""Charts of weight sets as Plotly's data: spread, margins before and after, influence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.terms import t
from survey.weight_comparison import ClassLine, Comparison, MarginLine
from survey.weight_influence import Influence
from survey.weight_publishing import Spread

Chart = dict[str, Any]
FIRST, SECOND = "token:accent", "token:yellow"
ABOVE = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
"""A legend over the chart: below it, slanted or many labels would run through it."""


def histogram(spread: Spread) -> Chart:
    """Draw how the weights of one set spread."""
    return {
        "data": [
            {
                "type": "bar",
                "x": [(low + high) / 2 for low, high, _ in spread.bars],
                "y": [count for _, _, count in spread.bars],
                "width": [high - low for low, high, _ in spread.bars],
                "customdata": [[low, high] for low, high, _ in spread.bars],
                "marker": {"color": FIRST},
                "hovertemplate": "%{customdata[0]:,.0f}–%{customdata[1]:,.0f}: %{y}<extra></extra>",
            }
        ],
        "layout": {"bargap": 0.04, "xaxis": {"tickformat": ",.0f"}, "yaxis": {"rangemode": "tozero"}},
    }


def overlaid(found: Comparison, names: tuple[str, str]) -> Chart:
    """Draw both sets' weights, each relative to its own mean, on the same edges."""
    x = [(low + high) / 2 for low, high, *_ in found.bars]
    sides = ([b[2] for b in found.bars], [b[3] for b in found.bars])
    return {
        "data": [
            {
                "type": "bar",
                "name": name,
                "x": x,
                "y": side,
                "marker": {"color": colour},
                "opacity": 0.6,
                "hovertemplate": "%{x:.2f}: %{y:.1%}<extra></extra>",
            }
            for name, side, colour in zip(names, sides, (FIRST, SECOND), strict=True)
        ],
        "layout": {"barmode": "overlay", "bargap": 0.04, "yaxis": {"tickformat": ".0%"}},
    }


def before_raking(lines: Sequence[MarginLine], words: Mapping[str, str], names: tuple[str, str]) -> Chart:
    """Draw each category's share before raking over its share of the population; after raking it is 1."""
    return {
        "data": [
            {
                "type": "bar",
                "name": name,
                "x": [words.get(m.category, m.category) for m in lines],
                "y": _shares_over(lines, k),
                "marker": {"color": colour},
                "hovertemplate": "%{x}: %{y:.0%}<extra></extra>",
            }
            for k, (name, colour) in enumerate(zip(names, (FIRST, SECOND), strict=True))
        ],
        "layout": {
            "barmode": "group",
            "legend": ABOVE,
            "margin": {"l": 56, "r": 16, "t": 32, "b": 40},
            "yaxis": {"tickformat": ".0%", "rangemode": "tozero"},
            "shapes": [
                {
                    "type": "line",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": 1,
                    "y1": 1,
                    "line": {"color": "token:soft", "dash": "dot", "width": 1},
                }
            ],
        },
    }


def _shares_over(lines: Sequence[MarginLine], k: int) -> list[float | None]:
    sample = sum(m.before[k] or 0.0 for m in lines)
    people = sum(m.population[k] or 0.0 for m in lines)
    found: list[float | None] = []
    for m in lines:
        part, whole = m.before[k], m.population[k]
        found.append(part / sample / (whole / people) if part is not None and whole and sample else None)
    return found


def changes(lines: Sequence[ClassLine], labels: Sequence[str]) -> Chart:
    """Draw the relative change of the classes' mean weights."""
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "y": list(labels)[::-1],
                "x": [line.change for line in lines][::-1],
                "marker": {"color": FIRST},
                "hovertemplate": "%{y}: %{x:+.1%}<extra></extra>",
            }
        ],
        "layout": {"xaxis": {"tickformat": "+.0%"}, "margin": {"l": 8, "r": 16, "t": 8, "b": 40}},
    }


def by_class(found: Influence, labels: Sequence[str]) -> Chart:
    """Draw each class's part of the interviews beside its part of the variance."""
    sides = (
        (t("占访问", "Of the interviews"), [c.part for c in found.classes], SECOND),
        (t("占方差", "Of the variance"), [c.share for c in found.classes], FIRST),
    )
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "name": name,
                "y": list(labels)[::-1],
                "x": values[::-1],
                "marker": {"color": colour},
                "hovertemplate": "%{y}: %{x:.1%}<extra></extra>",
            }
            for name, values, colour in sides
        ],
        "layout": {
            "barmode": "group",
            "legend": ABOVE,
            "xaxis": {"tickformat": ".0%", "rangemode": "tozero"},
            "margin": {"l": 8, "r": 16, "t": 32, "b": 40},
        },
    }


def concentration(found: Influence) -> Chart:
    """Draw how much of the variance the most influential interviews carry."""
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": [part for part, _ in found.concentration],
                "y": [share for _, share in found.concentration],
                "line": {"color": FIRST},
                "hovertemplate": "%{x:.0%}: %{y:.0%}<extra></extra>",
            }
        ],
        "layout": {
            "xaxis": {"tickformat": ".0%", "rangemode": "tozero"},
            "yaxis": {"tickformat": ".0%", "range": [0, 1.02]},
        },
    }
