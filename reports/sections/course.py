"""The course of a topic: how many matters came in week by week, over the span of a special report and before it."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import sqlalchemy as sa

from core import clock
from core.terms import Words
from matters.keeping_away import IN_REPORTS
from matters.matter import Matter
from matters.states import MatterState
from reports.blocks import Cell, Chart, Column, Section, Table, Text
from reports.context import Context

BEFORE = 13
"""Weeks shown before the span, for comparison."""
MOST = 78


def section(c: Context) -> Section:
    """Count the weeks of the topic, the last one up to the data cut."""
    source = c.source(
        "course",
        "matter(registered_at) by week",
        Words(
            "按登记时间逐周（周一至周日）计件；首尾两周可能不完整",
            "Matters by when they were registered, week by week (Monday to Sunday); the first and last may be partial",
        ),
    )
    last = min(c.period.ends_on, clock.local(c.as_of).date())
    first = _monday(c.period.starts_on) - timedelta(weeks=BEFORE)
    first = max(first, _monday(last) - timedelta(weeks=MOST - 1))
    query = (
        sa.select(Matter.registered_at)
        .where(Matter.registered_at >= clock.midnight(first), Matter.registered_at < c.until)
        .where(Matter.state != MatterState.DRAFT, IN_REPORTS, c.scope)
    )
    counts = Counter(_monday(clock.local(at).date()) for at in c.session.scalars(query) if at is not None)
    rows: list[tuple[Cell, ...]] = []
    monday = first
    while monday <= last:
        is_inside = monday + timedelta(days=6) >= c.period.starts_on
        rows.append(
            (
                monday.isoformat(),
                counts[monday],
                Text("本期", "this span") if is_inside else Text("此前", "before"),
            )
        )
        monday += timedelta(weeks=1)
    columns = (
        Column("week", Text("周一", "Week from"), "date"),
        Column("n", Text("件数", "Matters"), "count"),
        Column("when", Text("时段", "When")),
    )
    title = Text("逐周走势", "Week by week")
    chart = Chart("course.chart", title, "lines", "course", "week", ("n",))
    table = Table("course", title, columns, tuple(rows), source, is_annex=True)
    return Section(0, "course", Text("走势", "Trend"), (chart, table))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
