"""Section 4: prominent problems; where several residents raised the same, since when, who holds it, what was answered."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa

from core import clock
from core.people import Unit
from core.places import Level
from core.terms import Words
from matters.attributes import Conflict
from matters.matter import Matter
from matters.reporters import Reporter
from matters.states import CLOSED, MatterState
from matters.topics import topic
from reports.blocks import Cell, Column, Prose, Section, Table, Text
from reports.context import Context, listed

MOST = 5
LEAST_CALLERS = 3
"""A place and a topic named by fewer might point at somebody."""
S = MatterState
ANSWERED = frozenset({S.RESULT_IN, S.FEEDBACK_DUE, S.REVISIT_DUE, S.ANSWERED}) | CLOSED


@dataclass
class Problem:
    """One topic at one place."""

    township_id: int
    topic: str
    callers: int = 0
    matters: int = 0
    open: int = 0
    red: int = 0
    answered: int = 0
    since: date | None = None
    units: set[int] = field(default_factory=set)


def problems(c: Context) -> list[Problem]:
    """Return topics by township with at least three callers, the most callers first, the longest open among equals.

    Complaints about staff, units or the centre are left out: a place and a topic would tell who is meant.
    """
    callers = (
        sa.select(Reporter.matter_id, sa.func.count().label("n")).group_by(Reporter.matter_id).subquery()
    )
    query = (
        sa.select(
            Matter.place_id, Matter.topic, Matter.state, Matter.lead_unit_id, Matter.due_at, Matter.registered_at,
            Matter.ended_at, sa.func.coalesce(callers.c.n, 1),
        )
        .outerjoin(callers, callers.c.matter_id == Matter.id)
        .where(Matter.registered_at < c.until, Matter.topic.is_not(None), Matter.place_id.is_not(None))
        .where(Matter.state.not_in([S.DRAFT, S.WITHDRAWN, S.NOT_ACCEPTED]), Matter.conflict == Conflict.NONE)
        .where(sa.or_(Matter.ended_at.is_(None), Matter.ended_at >= c.since, Matter.registered_at >= c.since))
        .where(c.scope)
        .order_by(Matter.id)
    )  # fmt: skip
    found: dict[tuple[int, str], Problem] = {}
    for place_id, code, state, unit, due_at, registered_at, ended_at, n in c.session.execute(query):
        town = c.above(place_id, Level.TOWNSHIP)
        if town is None or code is None or registered_at is None:
            continue
        p = found.setdefault((town.id, code), Problem(town.id, code))
        p.callers += n
        p.matters += 1
        is_open = ended_at is None or ended_at >= c.until
        p.open += is_open
        p.red += bool(is_open and due_at and due_at < c.until)
        p.answered += state in ANSWERED
        on = clock.local(registered_at).date()
        p.since = min(p.since or on, on)
        if unit:
            p.units.add(unit)
    wide = [p for p in found.values() if p.callers >= LEAST_CALLERS]
    return sorted(wide, key=lambda p: (-p.callers, p.since or date.max, p.township_id, p.topic))


def section(c: Context) -> Section:
    """Say what was raised most, by place."""
    shown = problems(c)[:MOST]
    heading = Text("突出问题", "Prominent problems")
    if not shown:
        words = Text(
            "本期没有三人以上在同一乡镇反映的同类问题。",
            "No problem was raised by three or more residents of one township.",
        )
        return Section(4, "problems", heading, (Prose(words),))
    source = c.source(
        "problems",
        "matter(place, topic) × reporter",
        Words(
            "同一乡镇同一类别归为一个问题，按反映人数排序；三人以上才列出；涉及投诉单位或人员的不列",
            "Matters of one topic in one township are one problem, the most callers first; listed from three callers on; "
            "complaints about units or staff are left out",
        ),
    )
    units = {u.id: Text(u.name, u.name_en) for u in c.session.scalars(sa.select(Unit))}
    holders: dict[tuple[int, str], Text] = defaultdict(lambda: Text("尚未交办", "Not assigned yet"))
    for p in shown:
        if p.units:
            holders[p.township_id, p.topic] = listed(units[u] for u in sorted(p.units))
    rows: list[tuple[Cell, ...]] = []
    for p in shown:
        known = topic(p.topic)
        what = Text(known.zh, known.en) if known else Text(p.topic, p.topic)
        town = c.places[p.township_id]
        county = c.above(p.township_id, Level.COUNTY)
        where = Text(
            f"{county.name if county else ''}{town.name}",
            f"{town.name_en}, {county.name_en if county else ''}",
        )
        rows.append(
            (what, where, p.callers, p.matters, p.since.isoformat() if p.since else None,
             holders[p.township_id, p.topic], p.answered, p.open, p.red)
        )  # fmt: skip
    columns = (
        Column("what", Text("问题", "What")),
        Column("where", Text("地点", "Where")),
        Column("callers", Text("反映人数", "Callers"), "count"),
        Column("matters", Text("件数", "Matters"), "count"),
        Column("since", Text("最早反映", "Since"), "date"),
        Column("holder", Text("承办单位", "Held by")),
        Column("answered", Text("已答复", "Answered"), "count"),
        Column("open", Text("在办", "Open"), "count"),
        Column("red", Text("超期", "Overdue"), "count"),
    )
    return Section(4, "problems", heading, (Table("problems", heading, columns, tuple(rows), source),))
