"""The dark figure: for each problem that reaches the centre unasked, how many residents name one when asked."""

from __future__ import annotations

from core.places import Level
from core.terms import Words
from reports.blocks import Block, Cell, Column, Prose, Table, Text
from reports.context import Context
from reports.dark_cells import DarkRow
from reports.dark_figures import dark_figures
from reports.periods import Period, PeriodKind


def dark(c: Context, span: Period) -> list[Block]:
    """Return the city's ratio in a sentence and the counties' in a table; nothing without a weighted survey.

    Told from the month on: in a week too few call for it to move, and a week's issue is assembled while one waits.
    """
    if c.period.kind in (PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.SPAN):
        return []
    now = c.figures(span)
    if now is None:
        return []
    found = dark_figures(c.session, now.weight_set)
    mine = {county.id: county for county in c.counties}
    city = next((row for row in found.places if row.place is None), None)
    rows = [_row(c, row) for row in found.places if row.place is None or row.place.id in mine]
    if city is None or not rows:
        return []
    source = c.source(
        "dark",
        "weighted answers to o1_problem ÷ reporter(matter not from interviews)",
        Words(
            "暗数比：加权推算的“身边有问题”的居民数，除以同期主动反映的人次；区间按对数正态近似，计入抽样、来电两方的误差",
            "Dark figure: residents who name a problem when asked (weighted), over those who raised one unasked in the same "
            "days; the interval counts the error of both",
        ),
    )
    columns = (
        Column("place", Text("地点", "Place")),
        Column("interviews", Text("访问份数", "Interviews"), "count"),
        Column("ratio", Text("暗数比", "Dark figure"), "number"),
        Column("low", Text("下限", "Low"), "number"),
        Column("high", Text("上限", "High"), "number"),
        Column("called", Text("主动反映", "Raised unasked"), "count"),
        Column("why", Text("说明", "Note")),
    )
    title = Text("问到的与主动反映的", "Named when asked, and raised unasked")
    return [
        Prose(_sentence(city, span)),
        Table("dark", title, columns, tuple(rows), source, is_annex=True),
    ]


def _sentence(row: DarkRow, span: Period) -> Text:
    when = Text(
        f"{span.starts_on:%m-%d} 至 {span.ends_on:%m-%d}", f"{span.starts_on:%d %b} to {span.ends_on:%d %b}"
    )
    f = row.figure
    if f is None or f.ratio is None or f.high is None:
        why = row.hidden
        zh, en = (why.zh, why.en) if why else ("没有人主动反映", "nobody called")
        return Text(
            f"暗数比（{when.zh}）不公布：{zh}。", f"The dark figure ({when.en}) is not published: {en}."
        )
    return Text(
        f"暗数比（{when.zh}）：每有 1 人次主动反映，问到时有 {f.ratio:,.0f} 人说身边有问题（{f.low:,.0f} 至 {f.high:,.0f}）。",
        f"Dark figure ({when.en}): for each problem raised unasked, {f.ratio:,.0f} residents name one when asked "
        f"({f.low:,.0f} to {f.high:,.0f}).",
    )


def _row(c: Context, row: DarkRow) -> tuple[Cell, ...]:
    name = c.of_place(row.place) if row.place and row.place.level is Level.COUNTY else c.city
    f = row.figure
    why = row.hidden or (f.flag if f else None)
    note = Text(why.zh, why.en) if why else None
    if f is None:
        return (name, row.interviews, None, None, None, None, note)
    return (name, row.interviews, f.ratio, f.low, f.high, f.called, note)
