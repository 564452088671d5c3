"""Tiles of the promises: of what was promised to be answered by a day, how much was, with its interval."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import inf, sqrt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import UtcDateTime
from core.places import Place
from core.terms import Words
from matters.keeping_away import IN_REPORTS
from matters.log import MatterEvent
from matters.matter import Matter
from matters.promise_ledger import KEPT_BY, CallerPromise, PromisedDeed, slip_of
from matters.reporters import Reporter
from matters.states import MatterState
from reports.blocks import Cell, Chart, Column, Figure, Table, Text
from reports.matter_tiles import LEAST, NO_MATTERS, SPAN, places_in
from reports.tiles import Tile, counted
from survey.methods.intervals import Method
from survey.methods.intervals import interval as limits_of

WEEKS = 8
S = MatterState


def _answered(first: date) -> sa.Subquery:
    return (
        sa.select(MatterEvent.matter_id, sa.func.min(MatterEvent.at).label("at"))
        .where(MatterEvent.action.in_([a.value for a in KEPT_BY[PromisedDeed.ANSWER]]))
        .where(MatterEvent.at >= clock.midnight(first - timedelta(days=180)))
        .group_by(MatterEvent.matter_id)
        .subquery()
    )


def _ends(first: date, last: date) -> dict[date, sa.ColumnElement[Any]]:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return {day: sa.literal(clock.midnight(day + timedelta(days=1)), UtcDateTime()) for day in days}


def _due(*columns: Any, where: sa.ColumnElement[bool], first: date, last: date) -> sa.Select[Any]:
    return (
        sa.select(*columns)
        .select_from(Matter)
        .where(Matter.promised_on >= first, Matter.promised_on <= last, IN_REPORTS, where)
        .where(Matter.state.not_in([S.DRAFT, S.MERGED, S.WITHDRAWN]))
    )


def slips(
    session: Session, where: sa.ColumnElement[bool], first: date, last: date, *, at: datetime
) -> dict[date, tuple[int, int]]:
    """Count by the day first promised how many were told a later one, and the days that answers are late in all.

    What is not answered yet is late by the days gone since; what came in time slips by nothing.
    """
    answered = _answered(first)
    within: dict[str, Any] = {"where": where, "first": first, "last": last}
    is_late = sa.or_(
        answered.c.at.is_(None), answered.c.at >= sa.case(_ends(first, last), value=Matter.promised_on)
    )
    late = _due(Matter.promised_on, answered.c.at, **within)
    late = late.outerjoin(answered, answered.c.matter_id == Matter.id).where(is_late)
    is_moved = sa.exists().where(
        Reporter.matter_id == Matter.id,
        CallerPromise.reporter_id == Reporter.id,
        CallerPromise.deed == PromisedDeed.ANSWER,
        CallerPromise.promised_on > Matter.promised_on,
    )
    moved = _due(Matter.promised_on, sa.func.count(), **within).where(is_moved)
    found: dict[date, tuple[int, int]] = {
        on: (n, 0) for on, n in session.execute(moved.group_by(Matter.promised_on))
    }
    for on, moment in session.execute(late):
        days = slip_of(on, clock.local(moment).date() if moment else None, clock.today(at)) or 0
        n, total = found.get(on, (0, 0))
        found[on] = (n, total + days)
    return found


def kept_by_week(
    session: Session,
    where: sa.ColumnElement[bool],
    first: date,
    last: date,
    group: sa.ColumnElement[Any] | None = None,
) -> dict[tuple[object, date], tuple[int, int]]:
    """Count by promised day (and a group) how many answers were due, and how many had come by the end of the day.

    An answer is that every caller was told, that the enquiry was answered, put through or declined with its reason,
    or that the centre closed it. What was merged or withdrawn owes nobody an answer of its own.
    """
    answered = _answered(first)
    is_kept = answered.c.at < sa.case(_ends(first, last), value=Matter.promised_on)
    counts = (Matter.promised_on, sa.func.count(), sa.func.count().filter(is_kept))
    query = _due(*counts, where=where, first=first, last=last).group_by(Matter.promised_on)
    query = query.outerjoin(answered, answered.c.matter_id == Matter.id)
    if group is not None:
        query = query.add_columns(group).where(group.is_not(None)).group_by(group)
    rows: list[tuple[Any, ...]] = [tuple(row) for row in session.execute(query)]
    return {(row[3] if group is not None else None, row[0]): (row[1], row[2]) for row in rows}


def promises(session: Session, *, county: Place | None, at: datetime) -> Tile:
    """Return the share of matters answered by their promised day: the last four weeks, and week by week."""
    last = clock.today(at) - timedelta(days=1)
    monday = last - timedelta(days=last.weekday())
    first = min(monday - timedelta(weeks=WEEKS - 1), last - SPAN + timedelta(days=1))
    found = kept_by_week(session, places_in(session, county), first, last)

    def between(start: date, end: date) -> tuple[int, int]:
        inside = [pair for (_, day), pair in found.items() if start <= day <= end]
        return sum(n for n, _ in inside), sum(kept for _, kept in inside)

    moves = slips(session, places_in(session, county), first, last, at=at)

    def slipped(start: date, end: date, due: int) -> tuple[Cell, ...]:
        inside = [pair for day, pair in moves.items() if start <= day <= end]
        return sum(n for n, _ in inside), sum(days for _, days in inside) / due if due >= LEAST else None

    rows: list[tuple[Cell, ...]] = []
    for n in range(WEEKS - 1, -1, -1):
        start = monday - timedelta(weeks=n)
        until = min(start + timedelta(days=6), last)
        due, kept = between(start, until)
        rows.append((f"{start:%m-%d}", *share_cells(due, kept), *slipped(start, until, due)))
    columns = (
        Column("week", Text("周一", "Week of"), "date"),
        *share_columns(),
        Column("moved", Text("改告日期", "Told a later day"), "count"),
        Column("slip", Text("平均晚（天）", "Mean slip, days"), "number"),
    )
    words = Text("承诺兑现", "Promises kept")
    due, kept = between(last - SPAN + timedelta(days=1), last)
    whole = _share_figure(due, kept)
    table = Table("promises", words, columns, tuple(rows), "promises")
    chart = Chart("promises.chart", words, "lines", "promises", "week", ("share",), "_low", "_high")
    made = counted(PROMISE_METHOD, "matter(promised_on), matter_event(first answer)", at=at)
    return Tile(table, made, chart, whole, None if due else NO_MATTERS)


PROMISE_METHOD = Words(
    "分母：承诺日落在这段时间的诉求，并案和撤回的除外；分子：到承诺日当天结束时，诉求人都已得到答复的。承诺日是登记时"
    "最初说的一天，后来改告的另计；平均晚几天按全部到期的算，按期的为 0，还没有答复的算到今天。区间为 Clopper–Pearson；"
    "不足 10 件的不给比例",
    "Of the matters whose promised day lies in the period (merged and withdrawn ones left out), those of which every caller "
    "had an answer by the end of that day. The day is the one told first, at registration; who was told a later one is counted "
    "beside it. The mean slip is over all that were due: 0 where in time, and up to today where nothing was answered. "
    "Clopper–Pearson limits; no share under 10",
)


def share_columns(key: str = "share") -> tuple[Column, ...]:
    """Return the columns of a share of counts."""
    return (
        Column("due", Text("到期", "Due"), "count"),
        Column("kept", Text("按期", "In time"), "count"),
        Column(key, Text("按期率", "Share in time"), "percent"),
        Column(f"{key}_low", Text("下限", "Low"), "percent"),
        Column(f"{key}_high", Text("上限", "High"), "percent"),
    )


def share_cells(n: int, k: float, *, least: int = LEAST) -> tuple[Cell, ...]:
    """Return a denominator, a numerator and their share with limits; too few have no share."""
    return (n, k, *(share_limits(n, k) if n >= least else (None, None, None)))


def share_limits(n: int, k: float) -> tuple[float, float, float]:
    """Return a share of counts with its 95 % limits (Clopper & Pearson 1934)."""
    p = k / n
    found = limits_of(p, sqrt(p * (1 - p) / n), n=n, df=inf, method=Method.BETA)
    return p, found.low, found.high


def _share_figure(due: int, kept: int) -> Figure:
    words = Text("近四周承诺兑现率", "Promises kept, four weeks")
    if due < LEAST:
        return Figure(
            "promises", words, "promises", n=due, withheld=Text("到期不足 10 件", "Fewer than 10 were due")
        )
    share, low, high = share_limits(due, kept)
    return Figure("promises", words, "promises", estimate=share, low=low, high=high, n=due, method="beta")
