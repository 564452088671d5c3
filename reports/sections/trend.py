"""The weeks before: both indices of the city week by week, as they were, and what lies under their noise."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import sqlalchemy as sa

from core.terms import Words
from reports.blocks import Block, Cell, Chart, Column, Table, Text
from reports.context import Context
from reports.definitions import ENFORCEMENT, SAFETY
from reports.estimates import By, EstimateSet, IndexEstimate, Measure
from survey.indices import CITY
from survey.methods.trend import local_level
from survey.weight_choice import by_period
from survey.weighting import IndexFigure, WeightSet

Weekly = IndexFigure | IndexEstimate
WEEKS = 13
LEAST = 4
"""A line through fewer weeks says nothing."""
WEEK = timedelta(days=7)


def trend(c: Context) -> list[Block]:
    """Return the last thirteen whole weeks with the smoothed level beside each figure; a week without one is a gap."""
    weeks = _weeks(c)
    if len(weeks) < LEAST:
        return []
    first, last = min(weeks), max(weeks)
    days = [first + n * WEEK for n in range((last - first) // WEEK + 1)]
    smooth = {i: _level([weeks.get(day, {}).get(i) for day in days]) for i in (SAFETY, ENFORCEMENT)}
    rows: list[tuple[Cell, ...]] = []
    for i, day in enumerate(days):
        cells: list[Cell] = [f"{day:%m-%d}"]
        for index in (SAFETY, ENFORCEMENT):
            f = weeks.get(day, {}).get(index)
            cells += [*((f.estimate, f.low, f.high) if f else (None, None, None)), smooth[index][i]]
        rows.append(tuple(cells))
    source = c.source(
        "trend",
        "index_figure by week",
        Words(
            "每周估计值与 95 % 区间，以及按各周已知抽样方差的局部水平模型平滑后的水平（模型估计）；没有结果的周照算一步",
            "Each week's figure with its 95 % interval, and the level under it by a local-level model with each week's known "
            "sampling variance (modelled); a week without a figure counts as a step all the same",
        ),
    )
    columns = (
        Column("week", Text("周末日", "Week ending"), "date"),
        *_columns("safety", "安全感", "Security"),
        *_columns("enforcement", "执法满意度", "Enforcement"),
    )
    title = Text("近十三周", "The last thirteen weeks")
    drawn = Text(
        "近十三周：点为每周估计与 95 % 区间，线为平滑后的水平",
        "The last thirteen weeks: each week's figure with its 95 % interval, and the smoothed level as a line",
    )
    shown = ("safety", "safety_level", "enforcement", "enforcement_level")
    chart = Chart("trend.chart", drawn, "lines", "trend", "week", shown, "_low", "_high", is_half=True)
    return [Table("trend", title, columns, tuple(rows), source, is_annex=True), chart]


def _columns(key: str, zh: str, en: str) -> tuple[Column, ...]:
    return (
        Column(key, Text(zh, en), "percent"),
        Column(f"{key}_low", Text(f"{zh}·下限", f"{en}, low"), "percent"),
        Column(f"{key}_high", Text(f"{zh}·上限", f"{en}, high"), "percent"),
        Column(f"{key}_level", Text(f"{zh}（平滑）", f"{en}, smoothed"), "percent"),
    )


def _weeks(c: Context) -> dict[date, dict[str, Weekly]]:
    """Return the figures that may be printed by the Sunday of their week, from the set that stands for it.

    As they were kept with the set, or under a definition with weights of its own as it counts them.
    """
    first = c.period.ends_on - timedelta(weeks=WEEKS) + timedelta(days=1)
    first = max(first, c.series_since or first)
    within = sa.select(WeightSet).where(
        WeightSet.starts_on >= first, WeightSet.ends_on <= c.period.ends_on, WeightSet.as_of <= c.as_of
    )
    standing = {
        made.id: made.ends_on
        for (starts_on, ends_on), made in by_period(
            c.session, c.session.scalars(within), c.definition.questions, at=c.as_of
        ).items()
        if starts_on.weekday() == 0 and ends_on - starts_on == WEEK - timedelta(days=1)
    }
    found: dict[date, dict[str, Weekly]] = {}
    for set_id, figure in c.session.execute(_figures(c, list(standing))):
        is_hidden = figure.is_suppressed if isinstance(figure, IndexFigure) else not figure.is_shown
        if not is_hidden:
            found.setdefault(standing[set_id], {})[figure.index] = figure
    return found


def _figures(c: Context, sets: list[int]) -> sa.Executable:
    """Select both indices of the city from weight sets."""
    if len({a.weight for a in c.definition.agencies}) == 1:
        return sa.select(IndexFigure.weight_set_id, IndexFigure).where(
            IndexFigure.weight_set_id.in_(sets),
            IndexFigure.domain == CITY,
            IndexFigure.index.in_([SAFETY, ENFORCEMENT]),
        )
    return (
        sa.select(EstimateSet.weight_set_id, IndexEstimate)
        .join(IndexEstimate, IndexEstimate.estimate_set_id == EstimateSet.id)
        .where(EstimateSet.weight_set_id.in_(sets), EstimateSet.definition_version == c.definition.version)
        .where(IndexEstimate.by == By.CITY, IndexEstimate.measure == Measure.SHARE)
        .where(IndexEstimate.index.in_([SAFETY, ENFORCEMENT]))
    )


def _level(figures: list[Weekly | None]) -> list[float | None]:
    series = np.array([f.estimate if f and f.standard_error else np.nan for f in figures], dtype=np.float64)
    errors = np.array(
        [f.standard_error if f and f.standard_error else np.nan for f in figures], dtype=np.float64
    )
    if np.count_nonzero(~np.isnan(series)) < LEAST:
        return [None] * len(figures)
    return [round(float(v), 12) for v in local_level(series, errors**2).level]
