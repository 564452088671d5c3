"""Charts of a bulletin for paper: the same tables as on the screen, drawn sharp and the same to the byte each time."""

from __future__ import annotations

import io
from functools import cache
from typing import Any, Literal

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from core.problems import Refused
from core.terms import Words
from reports.blocks import Cell, Chart, Column, Table, Text
from reports.cells import number_of, shown
from reports.maps import Ring
from reports.web_lines import series_of

FAMILY = "Noto Sans CJK SC"
INK, SOFT, LINE, ACCENT, SECOND = "#1f2933", "#5b6770", "#d5dbe0", "#1b5e8c", "#9aa7b1"
SHADES = ("#eceff1", "#dbe9f4", "#b3d0e6", "#82b1d5", "#4f8dbd", "#2a6a9c")
WIDE, HALF = 6.6, 3.3
"""Inches: the text's width on A4, and half of it."""
STYLE: Any = {
    "font.family": FAMILY,
    "font.size": 8.5,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "xtick.color": SOFT,
    "ytick.color": INK,
    "text.color": INK,
    "axes.unicode_minus": True,
    "svg.hashsalt": "tingmin",
    "svg.fonttype": "path",
}


class NoChineseType(Refused):
    """The machine can't draw Chinese letters."""

    words = Words(
        "这台机器没有中文字体，画不出图。请安装 fonts-noto-cjk 后再试；简报本身没有变动。",
        "This machine has no Chinese type, so nothing can be drawn. Install fonts-noto-cjk and try again; the bulletin "
        "itself is unchanged.",
    )


@cache
def has_type() -> bool:
    """Say whether Chinese can be drawn."""
    return any(font.name == FAMILY for font in font_manager.fontManager.ttflist)


def draw(
    chart: Chart,
    table: Table,
    language: str,
    outlines: dict[str, list[Ring]] | None = None,
    *,
    form: Literal["svg", "png"] = "svg",
) -> bytes | None:
    """Draw a chart as SVG or PNG bytes, or None where there is nothing to draw."""
    if not has_type():
        raise NoChineseType
    rows = [
        row for row in table.rows if any(number_of(row[table.column(v)]) is not None for v in chart.values)
    ]
    if not rows or (chart.kind == "map" and not outlines):
        return None
    with mpl.rc_context(STYLE):
        figure = Figure(
            figsize=(HALF if chart.is_half else WIDE, _height(chart, len(rows))), layout="constrained"
        )
        axes = figure.add_subplot()
        match chart.kind:
            case "map":
                _map(axes, chart, table, language, outlines or {})
            case "intervals":
                _intervals(axes, chart, table, rows, language)
            case "lines":
                _lines(axes, chart, table, rows, language)
            case _:
                _bars(axes, chart, table, rows, language)
        out = io.BytesIO()
        metadata = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
        figure.savefig(out, format=form, dpi=200, metadata=metadata)
    return out.getvalue()


def _height(chart: Chart, rows: int) -> float:
    if chart.kind == "map":
        return 4.2
    if chart.kind == "lines":
        return 1.9
    narrow = 0.175 if chart.is_half else 0.21  # two pages are all there is
    return 0.55 + rows * (narrow if chart.kind == "intervals" else 0.3)


def _values(table: Table, key: str, rows: list[tuple[Cell, ...]]) -> list[float]:
    at = table.column(key)
    scale = 100.0 if table.columns[at].kind == "percent" else 1.0
    return [float("nan") if (n := number_of(row[at])) is None else n * scale for row in rows]


def _names(chart: Chart, table: Table, rows: list[tuple[Cell, ...]], language: str) -> list[str]:
    at = table.column(chart.label)
    return [shown(row[at], table.columns[at], language) for row in rows]


def _calm(axes: Axes, column: Column, *, along: Literal["x", "y"]) -> None:
    """Leave of the frame what is read."""
    for side in ("top", "right", "left" if along == "x" else "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0)
    axes.grid(axis=along, color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    if column.kind == "percent":
        axis = axes.xaxis if along == "x" else axes.yaxis
        axis.set_major_formatter(lambda value, _: f"{value:g} %")


def _intervals(axes: Axes, chart: Chart, table: Table, rows: list[tuple[Cell, ...]], language: str) -> None:
    values = _values(table, chart.values[0], rows)
    places = list(range(len(rows)))[::-1]
    if chart.low and chart.high:
        axes.hlines(
            places,
            _values(table, chart.low, rows),
            _values(table, chart.high, rows),
            color=ACCENT,
            linewidth=2,
        )
    axes.plot(values, places, "o", color=ACCENT, markersize=5)
    axes.set_yticks(places, _names(chart, table, rows, language))
    axes.set_ylim(-0.7, len(rows) - 0.3)
    _calm(axes, table.columns[table.column(chart.values[0])], along="x")


def _bars(axes: Axes, chart: Chart, table: Table, rows: list[tuple[Cell, ...]], language: str) -> None:
    places = list(range(len(rows)))[::-1]
    thick = 0.76 / len(chart.values)
    for i, key in enumerate(chart.values):
        at = [p + 0.38 - thick * (i + 0.5) for p in places]
        colour = (ACCENT, SECOND)[i % 2]
        words = table.columns[table.column(key)].words.in_language(language)
        axes.barh(at, _values(table, key, rows), height=thick * 0.92, color=colour, label=words)
    axes.set_yticks(places, _names(chart, table, rows, language))
    if len(chart.values) > 1:
        axes.figure.legend(frameon=False, loc="outside lower center", ncols=len(chart.values))
    _calm(axes, table.columns[table.column(chart.values[0])], along="x")


def _lines(axes: Axes, chart: Chart, table: Table, rows: list[tuple[Cell, ...]], language: str) -> None:
    names = _names(chart, table, rows, language)
    drawn = series_of(chart)
    for key, i, mode in drawn:
        colour, mark = ((ACCENT, "o"), (SECOND, "s"))[i % 2]
        values = _values(table, key, rows)
        if mode != "lines" and chart.low and chart.high:
            low, high = (_values(table, key + end, rows) for end in (chart.low, chart.high))
            axes.vlines(range(len(rows)), low, high, color=colour, linewidth=1)
        axes.plot(
            range(len(rows)), values, color=colour, linestyle="none" if mode == "markers" else "-",
            marker="" if mode == "lines" else mark, markersize=4,
            # A smoothed line has the colour of its points, which are named.
            label=None if mode == "lines" else table.columns[table.column(key)].words.in_language(language),
        )  # fmt: skip
    step = max(1, len(rows) // 12)
    axes.set_xticks(range(0, len(rows), step), names[::step])
    if sum(mode != "lines" for _, _, mode in drawn) > 1:
        axes.legend(frameon=False)
    _calm(axes, table.columns[table.column(chart.values[0])], along="y")


def _map(axes: Axes, chart: Chart, table: Table, language: str, outlines: dict[str, list[Ring]]) -> None:
    at, code = table.column(chart.values[0]), table.column(chart.label)
    known = {str(row[code]): row for row in table.rows}
    values = [n for row in known.values() if (n := number_of(row[at])) is not None]
    low, high = (min(values), max(values)) if values else (0.0, 0.0)
    for place, rings in outlines.items():
        row = known.get(place)
        value = number_of(row[at]) if row else None
        shade = 0 if value is None else 1 + min(int((value - low) / ((high - low) or 1) * 5), 4)
        for ring in rings:
            axes.add_patch(
                Polygon(ring, closed=True, facecolor=SHADES[shade], edgecolor="white", linewidth=1)
            )
        if row is not None:
            widest = max(rings, key=len)
            x, y = (sum(p[i] for p in widest) / len(widest) for i in (0, 1))
            name = row[0].in_language(language) if isinstance(row[0], Text) else str(row[0])
            text = f"{name}\n{shown(row[at], table.columns[at], language)}"
            axes.text(x, y, text, ha="center", va="center", color="white" if shade > 3 else INK, fontsize=7.5)
    axes.autoscale_view()
    axes.set_aspect(1.15)
    axes.axis("off")
