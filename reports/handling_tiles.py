"""Tiles of the handling: what is open by clock, holder and unit, and the office's queues, as one of it may know of them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.people import Staff, Unit
from core.places import Place
from core.terms import Words
from matters import board
from matters.attributes import ClockColour
from matters.board import Queue
from matters.keeping_away import within_sight
from matters.matter import Matter
from matters.states import OPEN, Holder, MatterState, holder
from reports.blocks import Cell, Chart, Column, Table, Text
from reports.matter_tiles import what
from reports.tiles import Tile, counted

C = ClockColour
SHOWN = (C.RED, C.YELLOW, C.GREEN, C.PAUSED)
LISTED = 200
Standing = Counter[tuple[MatterState, int | None, ClockColour]]
"""Open matters by state, lead unit and the colour of the clock."""
NOTHING_OPEN = Text("现在没有在办的诉求。", "Nothing is open now.")


def standing(session: Session, staff: Staff, at: datetime) -> Standing:
    """Count the open matters that someone may know of, in one query."""
    colour = sa.case(
        (Matter.is_paused, C.PAUSED.value),
        (Matter.due_at.is_(None), C.NONE.value),
        (Matter.due_at <= at, C.RED.value),
        (Matter.yellow_at <= at, C.YELLOW.value),
        else_=C.GREEN.value,
    ).label("colour")
    query = sa.select(Matter.state, Matter.lead_unit_id, colour, sa.func.count()).where(
        Matter.state.in_(OPEN), Matter.state != MatterState.DRAFT
    )
    seen = within_sight(session, staff, query).group_by(Matter.state, Matter.lead_unit_id, colour)
    return Counter({(row[0], row[1], C.of(row[2])): row[3] for row in session.execute(seen)})


def colours(found: Standing, *, at: datetime) -> Tile:
    """Return what is open by the colour of its clock."""
    counts = {c: sum(n for key, n in found.items() if key[2] is c) for c in C}
    rows = tuple((Text(c.zh, c.en), counts[c]) for c in (*SHOWN, C.NONE) if counts[c] or c in SHOWN)
    columns = (Column("colour", Text("时钟", "Clock")), Column("n", Text("在办", "Open"), "count"))
    words = Text("在办诉求的时钟", "Clocks of what is open")
    method = Words("此刻在办的诉求按时钟颜色", "Matters open at this moment, by the colour of their clock")
    table = Table("colours", words, columns, rows, "colours")
    made = counted(method, "matter(due_at, yellow_at, is_paused)", at=at)
    return Tile(table, made, None, None, None if sum(counts.values()) else NOTHING_OPEN, shown=len(rows))


def holders(found: Standing, *, at: datetime) -> Tile:
    """Return what is open by who must act now."""
    rows: list[tuple[Cell, ...]] = []
    for each in (Holder.CENTRE, Holder.SUPERVISION, Holder.UNIT, Holder.CALLER):
        mine = {key: n for key, n in found.items() if holder(key[0]) is each}
        rows.append((Text(each.zh, each.en), sum(mine.values()), *_coloured(mine)))
    words = Text("在谁手里", "Who must act")
    method = Words(
        "此刻在办的诉求按应当行动的一方；暂停计时的只计入在办",
        "Matters open at this moment by who must act; those with a stopped clock count as open alone",
    )
    table = Table(
        "holders",
        words,
        (Column("holder", Text("持有方", "Holder")), *_colour_columns()),
        tuple(rows),
        "holders",
    )
    chart = Chart("holders.chart", words, "bars", "holders", "holder", ("open", "red"))
    return Tile(table, counted(method, "matter(state)", at=at), chart, None, None if found else NOTHING_OPEN)


def units(session: Session, found: Standing, *, at: datetime) -> Tile:
    """Return what is open by lead unit, those with most overdue first, by name among equals."""
    names = {u.id: u for u in session.scalars(sa.select(Unit))}
    rows: list[tuple[Cell, ...]] = []
    for unit_id in {key[1] for key in found if key[1] is not None}:
        mine = {key: n for key, n in found.items() if key[1] == unit_id}
        unit = names[unit_id]
        rows.append((Text(unit.name, unit.name_en), sum(mine.values()), *_coloured(mine)))
    rows.sort(key=lambda row: (-int(str(row[3])), -int(str(row[1])), str(row[0])))
    words = Text("各单位在办", "Open by unit")
    method = Words("此刻在办的诉求按主办单位", "Matters open at this moment by their lead unit")
    table = Table(
        "units", words, (Column("unit", Text("单位", "Unit")), *_colour_columns()), tuple(rows), "units"
    )
    made = counted(method, "matter(lead_unit, due_at)", at=at)
    return Tile(table, made, None, None, None if rows else NOTHING_OPEN, shown=7)


def _colour_columns() -> tuple[Column, ...]:
    return (
        Column("open", Text("在办", "Open"), "count"),
        Column("yellow", Text("将到期", "Nearly due"), "count"),
        Column("red", Text("已超期", "Overdue"), "count"),
    )


def _coloured(found: dict[tuple[MatterState, int | None, ClockColour], int]) -> tuple[int, int]:
    return (
        sum(n for key, n in found.items() if key[2] is C.YELLOW),
        sum(n for key, n in found.items() if key[2] is C.RED),
    )


def queue(session: Session, staff: Staff, which: Queue, words: Text, *, at: datetime) -> Tile:
    """Return the head of one of the office's queues, as its own page lists it."""
    found = board.listed(session, staff, which, {}, at=at, per_page=LISTED)
    rows: list[tuple[Cell, ...]] = []
    for m in found.rows:
        unit, since = m.lead_unit, m.registered_at or m.raised_at
        rows.append(
            (
                m.receipt, what(m.topic), _where(m.place), Text(unit.name, unit.name_en) if unit else None,
                f"{clock.local(m.due_at):%m-%d %H:%M}" if m.due_at else None, f"{clock.local(since):%m-%d}",
            )
        )  # fmt: skip
    columns = (
        Column("receipt", Text("编号", "Receipt")),
        Column("what", Text("事项", "What")),
        Column("where", Text("地点", "Where")),
        Column("unit", Text("主办", "Lead")),
        Column("due", Text("期限", "Due"), "date"),
        Column("since", Text("登记", "Since"), "date"),
    )
    method = Words(
        "督办待办页的同一个队列，最紧的在前，最多列 200 件",
        "The same queue as on the board, the most pressing first, 200 at most",
    )
    table = Table(f"queue.{which.value}", words, columns, tuple(rows), "queue")
    made = counted(method, f"matter(queue {which.value})", at=at)
    empty = Text(f"“{which.zh}”里现在没有诉求。", f"“{which.en}” is empty now.")
    return Tile(
        table, made, None, None, None if rows else empty, shown=6, columns=("receipt", "what", "where", "due")
    )


def _where(place: Place | None) -> Text | None:
    return Text(place.name, place.name_en) if place else None
