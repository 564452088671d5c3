"""The tile of an index over time: week by week and over four weeks rolling, with the newest number and its changes."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.places import Place
from reports.blocks import Cell, Chart, Column, Figure, Table, Text
from reports.definitions import counted_alike_since, in_force, versions
from reports.estimates import CITY, By, IndexEstimate, Known, Measure
from reports.index_blocks import METHOD, figure, interval, numbers_of
from reports.index_series import Series, series
from reports.index_tiles import NO_WEIGHTS, names
from reports.periods import LAST_YEAR, PREVIOUS, Period, PeriodKind
from reports.tiles import Tile, estimated
from reports.web_lines import DEFINITION

K = PeriodKind
Where = tuple[By, str]
"""Whose figures: a grouping and one of its domains."""
WEEKS = 13
NO_WEEKS = Text(
    "县（区）一周的样本量不列：从近四周的样本量里减得出少数人。",
    "A county's number of interviews is not given by the week: the four weeks less the others would tell a few.",
)
BROKEN = Text(
    "虚线处指数的定义变了，前后是两个不同的数：线在那里断开，也不相互比较。",
    "At the dashed line the definition changed. Before and after it are two different numbers: the line breaks there, and "
    "they are not compared.",
)
DEFINED = (
    Column(f"week{DEFINITION}", Text("一周·定义", "Week, definition")),
    Column(f"weeks4{DEFINITION}", Text("近四周·定义", "Four weeks, definition")),
)


def over_time(session: Session, index: str, *, county: Place | None, at: datetime) -> Tile:
    """Return an index week by week and over four weeks rolling, with the newest four weeks as its number."""
    today = clock.today(at)
    definition = in_force(session, today)
    words = names(definition)[index]
    where = (By.COUNTY, county.code) if county else (By.CITY, CITY)
    back = today - timedelta(weeks=WEEKS)
    weeks = series(session, K.WEEK, since=back, until=today, by=where[0], domain=where[1])
    months = series(session, K.FOUR_WEEKS, since=back, until=today, by=where[0], domain=where[1])
    whole = {p: found for p, found in months.items() if p.ends_on.weekday() == 6}
    ends = sorted({p.ends_on for p in weeks} | {p.ends_on for p in whole})
    by_end = [{p.ends_on: found.get(index) for p, found in held.items()} for held in (weeks, whole)]
    sizes = _sizes(session, index, [k for held in by_end for k in held.values() if k], where)
    rows: list[tuple[Cell, ...]] = []
    for end in ends:
        cells: list[Cell] = [f"{end:%m-%d}"]
        week, month = (held.get(end) for held in by_end)
        cells += interval(week.estimate if week else None)
        if not county:
            cells.append(sizes.get(week.made.id) if week else None)
        cells += [*interval(month.estimate if month else None), sizes.get(month.made.id) if month else None]
        rows.append(tuple(cells))
    week_columns = _columns("week")[:-1] if county else _columns("week")
    columns = (Column("ends_on", Text("截至", "Up to"), "date"), *week_columns, *_columns("weeks4"))
    note = NO_WEEKS if county else None
    marks = _definitions(session, index, [[held.get(end) for held in by_end] for end in ends])
    if marks:
        rows = [(*row, *mark) for row, mark in zip(rows, marks, strict=True)]
        columns = (*columns, *DEFINED)
        note = Text(BROKEN.zh + NO_WEEKS.zh, f"{BROKEN.en} {NO_WEEKS.en}") if county else BROKEN
    table = Table(f"trend.{index}", words, columns, tuple(rows), "index", note)
    chart = Chart(
        f"trend.{index}.chart", words, "lines", table.id, "ends_on", ("weeks4", "week"), "_low", "_high"
    )
    held = [k for found in (weeks, months) for period in found.values() if (k := period.get(index))]
    made = estimated(METHOD, "index_estimate(estimate_set)", held, at=at)
    number = _newest(session, index, words, months, weeks, where)
    return Tile(table, made, chart, number, None if rows else NO_WEIGHTS)


def _definitions(
    session: Session, index: str, found: list[list[Known | None]]
) -> list[tuple[Text | None, ...]]:
    """Say of every week and four weeks since which version they are counted alike; nothing where all are."""
    every = versions(session)
    counted = [
        [counted_alike_since(every, index, k.made.definition_version) if k else None for k in row]
        for row in found
    ]
    if len({version for row in counted for version in row} - {None}) < 2:
        return []
    return [
        tuple(Text(f"定义第 {v} 版起", f"Definition {v} on") if v else None for v in row) for row in counted
    ]


def _sizes(session: Session, index: str, found: list[Known], where: Where) -> dict[int, int | None]:
    """Return by estimate set how many answered: of a county not what is few, or would tell another county's few."""
    if where[0] is not By.COUNTY:
        return {k.made.id: numbers_of([k.estimate])[0] for k in found}
    query = (
        sa.select(IndexEstimate)
        .where(IndexEstimate.estimate_set_id.in_([k.made.id for k in found]), IndexEstimate.index == index)
        .where(IndexEstimate.by == By.COUNTY, IndexEstimate.measure == Measure.SHARE)
        .order_by(IndexEstimate.domain)
    )
    sets: dict[int, list[IndexEstimate]] = {}
    for e in session.scalars(query):
        sets.setdefault(e.estimate_set_id, []).append(e)
    told = {made: dict(zip((e.domain for e in es), numbers_of(es), strict=True)) for made, es in sets.items()}
    return {made: numbers.get(where[1]) for made, numbers in told.items()}


def _columns(key: str) -> tuple[Column, ...]:
    zh, en = {"week": ("一周", "Week"), "weeks4": ("近四周", "Four weeks")}[key]
    return (
        Column(key, Text(zh, en), "percent"),
        Column(f"{key}_low", Text(f"{zh}·下限", f"{en}, low"), "percent"),
        Column(f"{key}_high", Text(f"{zh}·上限", f"{en}, high"), "percent"),
        Column(f"{key}_n", Text(f"{zh}·样本量", f"{en}, n"), "count"),
    )


def _newest(
    session: Session, index: str, words: Text, months: Series, weeks: Series, where: Where
) -> Figure | None:
    """Return the newest four weeks, or the newest week where there are none, with its changes and the week's."""
    held = months or weeks
    if not held:
        return None
    period = max(held, key=lambda p: p.ends_on)
    title = Text(
        f"{words.zh}（{period.words.in_language('zh')}）", f"{words.en} ({period.words.in_language('en')})"
    )
    found = _compared(session, index, title, period, held[period].get(index), where)
    if period.kind is K.WEEK or not weeks:
        return found
    week = max(weeks, key=lambda p: p.ends_on)
    lately = _compared(session, index, title, week, weeks[week].get(index), where)
    return msgspec.structs.replace(found, comparisons=(*found.comparisons, *lately.comparisons[:1]))


def _compared(
    session: Session, index: str, title: Text, period: Period, known: Known | None, where: Where
) -> Figure:
    others = [
        (comparable(known, of_span(session, earlier, index, where)), than)
        for earlier, than in (
            (period.previous, PREVIOUS[period.kind]),
            (period.last_year, LAST_YEAR[period.kind]),
        )
    ]
    return figure(f"index.{index}", title, "index", known.estimate if known else None, others)


def of_span(session: Session, period: Period, index: str, where: Where) -> Known | None:
    """Return one index of one period."""
    found = series(
        session, period.kind, since=period.ends_on, until=period.ends_on, by=where[0], domain=where[1]
    )
    return found.get(period, {}).get(index)


def comparable(now: Known | None, other: Known | None) -> IndexEstimate | None:
    """Return the other estimate where both stand on one definition: another one is another index."""
    if now is None or other is None or now.made.definition_version != other.made.definition_version:
        return None
    return other.estimate
