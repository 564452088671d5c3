"""The weeks before: both indices of the city week by week, as they were, and what lies under their noise."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import sqlalchemy as sa

from core.terms import Words
from reports.blocks import Block, Cell, Chart, Column, Table, Text
from reports.context import Context
from reports.definitions import ENFORCEMENT, SAFETY
from reports.estimates import By, EstimateSet, IndexEstimate, Measure
from survey.indices import CITY
from survey.methods.trend import local_level
from survey.weighting import IndexFigure, WeightSet

Weekly = IndexFigure | IndexEstimate
WEEKS = 13
LEAST = 4
"""A line through fewer weeks says nothing."""


def trend(c: Context) -> list[Block]:
    """Return the last thirteen whole weeks with the smoothed level beside each figure."""
    weeks: dict[str, dict[str, Weekly]] = {}
    for starts_on, ends_on, figure in c.session.execute(_kept(c)):
        is_hidden = figure.is_suppressed if isinstance(figure, IndexFigure) else not figure.is_shown
        if (ends_on - starts_on).days == 6 and starts_on.weekday() == 0 and not is_hidden:
            weeks.setdefault(ends_on.isoformat(), {})[figure.index] = figure
    if len(weeks) < LEAST:
        return []
    days = sorted(weeks)
    smooth = {index: _level([weeks[day].get(index) for day in days]) for index in (SAFETY, ENFORCEMENT)}
    rows: list[tuple[Cell, ...]] = []
    for i, day in enumerate(days):
        cells: list[Cell] = [day[5:]]
        for index in (SAFETY, ENFORCEMENT):
            f = weeks[day].get(index)
            cells += [f.estimate if f else None, smooth[index][i]]
        rows.append(tuple(cells))
    source = c.source(
        "trend",
        "index_figure by week",
        Words(
            "每周估计值，以及按各周已知抽样方差的局部水平模型平滑后的水平（模型估计）",
            "Each week's figure, and the level under it by a local-level model with each week's known sampling "
            "variance (modelled)",
        ),
    )
    columns = (
        Column("week", Text("周末日", "Week ending"), "date"),
        Column("safety", Text("安全感", "Security"), "percent"),
        Column("safety_level", Text("安全感（平滑）", "Security, smoothed"), "percent"),
        Column("enforcement", Text("执法满意度", "Enforcement"), "percent"),
        Column("enforcement_level", Text("执法满意度（平滑）", "Enforcement, smoothed"), "percent"),
    )
    title = Text("近十三周", "The last thirteen weeks")
    chart = Chart(
        "trend.chart", title, "lines", "trend", "week", ("safety_level", "enforcement_level"), is_half=True
    )
    return [Table("trend", title, columns, tuple(rows), source, is_annex=True), chart]


def _kept(c: Context) -> sa.Executable:
    """Return the weeks' figures: as they were published, or by a definition with weights of its own as it counts them."""
    first = c.period.ends_on - timedelta(weeks=WEEKS) + timedelta(days=1)
    if c.definition.breaks_series:
        first = max(first, c.definition.valid_from)
    within = (WeightSet.starts_on >= first, WeightSet.ends_on <= c.period.ends_on, WeightSet.as_of <= c.as_of)
    order = (WeightSet.is_published, WeightSet.id)
    if len({a.weight for a in c.definition.agencies}) == 1:
        return (
            sa.select(WeightSet.starts_on, WeightSet.ends_on, IndexFigure)
            .join(IndexFigure, IndexFigure.weight_set_id == WeightSet.id)
            .where(*within, IndexFigure.domain == CITY, IndexFigure.index.in_([SAFETY, ENFORCEMENT]))
            .order_by(*order)
        )
    return (
        sa.select(WeightSet.starts_on, WeightSet.ends_on, IndexEstimate)
        .join(EstimateSet, EstimateSet.weight_set_id == WeightSet.id)
        .join(IndexEstimate, IndexEstimate.estimate_set_id == EstimateSet.id)
        .where(*within, EstimateSet.definition_version == c.definition.version)
        .where(IndexEstimate.by == By.CITY, IndexEstimate.measure == Measure.SHARE)
        .where(IndexEstimate.index.in_([SAFETY, ENFORCEMENT]))
        .order_by(*order)
    )


def _level(figures: list[Weekly | None]) -> list[float | None]:
    series = np.array([f.estimate if f and f.standard_error else np.nan for f in figures], dtype=np.float64)
    errors = np.array(
        [f.standard_error if f and f.standard_error else np.nan for f in figures], dtype=np.float64
    )
    if np.count_nonzero(~np.isnan(series)) < LEAST:
        return [None] * len(figures)
    return [round(float(v), 12) for v in local_level(series, errors**2).level]
