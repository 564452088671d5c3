"""What people read of a round of appraisal: the table in bands, one indicator with its counts, one subject alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.terms import Words
from reports.appraisal_disclosure import FEW, SAID, own_row
from reports.appraisal_scores import RATIOS
from reports.appraisal_snapshot import Appraisal, Measured, Row
from reports.appraisal_terms import HOW, QUERIES, Appraised, Indicator
from reports.blocks import Cell, Chart, Column, Table, Text
from reports.sections.handling import VOLUME

LEAST_OTHERS = 5
"""A group's range is shown from so many on: of fewer one could work out the others."""
LOW_END, HIGH_END = 10, 90
WHO = {
    Appraised.UNIT: Text("单位", "Unit"),
    Appraised.COUNTY: Text("县（区）", "County"),
    Appraised.INTERVIEWER: Text("访员", "Interviewer"),
}


def group_words(content: Appraisal, group: int) -> Text:
    """Name a group of like volume."""
    return VOLUME[group] if content.appraised == Appraised.UNIT else Text("全部", "All")


def places_words(row: Row) -> Text:
    """Say which places a row may hold: a band, never a bare place."""
    if row.best is None or row.worst is None:
        return Text("件量不足，不排", "too few to place")
    return Text(f"第 {row.best}–{row.worst} 名之间", f"{row.best} to {row.worst}")


def ordered(content: Appraisal) -> list[Row]:
    """Return the rows by group, the largest first, then by band, then by name."""

    def key(row: Row) -> tuple[int, int, str]:
        return -row.group, row.band or 10_000, row.words.zh if row.words else ""

    return sorted(content.rows, key=key)


def _column(indicator: Indicator) -> Column:
    return Column(
        indicator.value,
        Text(indicator.zh, indicator.en),
        "number" if indicator in RATIOS else "percent",
    )


def table(content: Appraisal) -> Table:
    """Return the round's table; never of interviewers."""
    appraised = Appraised.of(content.appraised)
    if appraised is Appraised.INTERVIEWER:
        raise ValueError("people are never set in a table")
    indicators = [Indicator.of(code) for code, _ in content.weights]
    columns = (
        Column("who", WHO[appraised]),
        Column("group", Text("件量组", "Volume")),
        Column("volume", Text("件量", "n"), "count"),
        Column("points", Text("得分", "Points"), "score"),
        Column("points_low", Text("区间下限", "Low"), "score"),
        Column("points_high", Text("区间上限", "High"), "score"),
        Column("band", Text("档", "Band"), "rank"),
        Column("places", Text("可能的名次", "Places it may hold"), "rank"),
        *(_column(i) for i in indicators),
    )
    few = FEW if appraised is Appraised.UNIT else Text("", "")
    note = Text(
        f"名次只给范围，分不出先后的同属一档；件量不足 {content.minimum} 的照常列出，不排。{few.zh}",
        f"Places are ranges, and who can't be told apart share a band; under {content.minimum} one is listed without. "
        f"{few.en}".strip(),
    )
    return Table(
        "appraisal",
        Text("考核结果", "Result"),
        columns,
        tuple(_line(content, row, indicators) for row in ordered(content)),
        "appraisal",
        note,
    )


def _line(content: Appraisal, row: Row, indicators: Sequence[Indicator]) -> tuple[Cell, ...]:
    return (
        row.words,
        group_words(content, row.group),
        row.volume,
        row.points,
        row.low,
        row.high,
        None if row.band is None else str(row.band),
        None if row.best is None else f"{row.best}–{row.worst}",
        *(row.of(i.value).share for i in indicators),
    )


def chart(id: str = "bands") -> Chart:
    """Return the drawing of the points with their intervals."""
    return Chart(
        id,
        Text("得分与 95 % 区间：区间相交的，先后不能断定", "Points with 95 % intervals: where they overlap, the order is open"),
        "intervals",
        "appraisal",
        "who",
        ("points",),
        "points_low",
        "points_high",
    )  # fmt: skip


def figures(content: Appraisal, indicator: Indicator) -> Table:
    """Return one indicator of everybody with its counts; never of interviewers."""
    appraised = Appraised.of(content.appraised)
    if appraised is Appraised.INTERVIEWER:
        raise ValueError("people are never set in a table")
    kind = _column(indicator).kind
    columns = (
        Column("who", WHO[appraised]),
        Column("group", Text("件量组", "Volume")),
        Column("numerator", Text("分子", "Part"), "number" if _is_broken(content, indicator) else "count"),
        Column("denominator", Text("分母", "Whole"), "count"),
        Column("raw", Text("原始比率", "As counted"), kind),
        Column("share", Text("收缩后", "Shrunk"), kind),
        Column("low", Text("区间下限", "Low"), kind),
        Column("high", Text("区间上限", "High"), kind),
    )
    rows = []
    for row in ordered(content):
        m = row.of(indicator.value)
        is_told = any(held.indicator == indicator.value for held in row.measured)
        counts = (_count(m.numerator), _count(m.denominator)) if is_told else (None, None)
        rows.append((row.words, group_words(content, row.group), *counts, m.raw, m.share, m.low, m.high))
    words, note = Text(indicator.zh, indicator.en), FEW if indicator in SAID else None
    return Table(f"figures-{indicator.value}", words, columns, tuple(rows), indicator.value, note)


def _count(value: float) -> Cell:
    return int(value) if float(value).is_integer() else value


def _is_broken(content: Appraisal, indicator: Indicator) -> bool:
    return any(not float(row.of(indicator.value).numerator).is_integer() for row in content.rows)


@dataclass(frozen=True)
class OwnFigure:
    """One indicator of one subject, beside the range of its group."""

    indicator: Indicator
    weight: int
    measured: Measured
    ends: tuple[float, float, float] | None
    """The tenth, the half and the ninth tenth of the group; None where the group is too small to show."""
    is_hidden: bool = False
    """Fewer than ten callers said it."""

    @property
    def is_ratio(self) -> bool:
        """Say whether it is a ratio to what was to be expected, not a share."""
        return self.indicator in RATIOS

    @property
    def how(self) -> Words:
        """How it is counted."""
        return HOW[self.indicator]

    @property
    def query(self) -> str:
        """Where it comes from."""
        return QUERIES[self.indicator]


def own_figures(content: Appraisal, row: Row) -> list[OwnFigure]:
    """Return everything that a round says of one subject to itself, each figure beside its group's range."""
    shown, known = own_row(content, row), {m.indicator for m in row.measured}
    others = [r for r in content.rows if r.group == row.group]
    found = []
    for code, weight in content.weights:
        shares = [m.share for r in others if (m := r.of(code)).share is not None]
        ends, measured = None, shown.of(code)
        is_hidden = code in known and code not in {m.indicator for m in shown.measured}
        if len(shares) > LEAST_OTHERS and not is_hidden:
            low, middle, high = np.percentile(np.array(shares, dtype=np.float64), [LOW_END, 50, HIGH_END])
            ends = (float(low), float(middle), float(high))
        found.append(OwnFigure(Indicator.of(code), weight, measured, ends, is_hidden))
    return found
