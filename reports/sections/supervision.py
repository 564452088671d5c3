"""Sections 7 and 8: incidents with their report times, and supervision: the red list, days overdue, who held how long."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from statistics import median

import sqlalchemy as sa

from core import clock
from core.people import Unit
from core.places import Level
from core.terms import Words
from matters.attributes import ClockColour, Conflict
from matters.flow import MatterAction
from matters.keeping_away import IN_REPORTS
from matters.log import MatterEvent
from matters.matter import Matter
from matters.outstanding import is_outstanding
from matters.topics import topic
from reports.blocks import Block, Cell, Column, Prose, Section, Table, Text
from reports.context import Context
from reports.sections.holders import holders
from reports.stood import Stood

MOST_RED = 10
HOUR = timedelta(hours=1)
A = MatterAction
INCIDENTS = Text("突发事件", "Incidents")
SUPERVISION = Text("督办情况", "Supervision")


def incidents(c: Context) -> Section:
    """Say which incidents were flagged and how soon the first report came."""
    query = (
        sa.select(MatterEvent.matter_id, MatterEvent.action, sa.func.min(MatterEvent.at))
        .join(Matter, Matter.id == MatterEvent.matter_id)
        .where(Matter.is_incident.is_(True), MatterEvent.at < c.until, c.scope)
        .where(Matter.conflict == Conflict.NONE)
        .where(MatterEvent.action.in_([a.value for a in (A.FLAG_INCIDENT, A.ACKNOWLEDGE, A.REPORT_INCIDENT)]))
        .group_by(MatterEvent.matter_id, MatterEvent.action)
        .order_by(MatterEvent.matter_id)
    )
    times: dict[int, dict[str, datetime]] = defaultdict(dict)
    for matter_id, action, at in c.session.execute(query):
        times[matter_id][action] = at
    rows: list[tuple[Cell, ...]] = []
    for matter_id, known in times.items():
        begun = known.get(A.FLAG_INCIDENT.value)
        if begun is None or begun < c.since:
            continue
        matter = c.session.get_one(Matter, matter_id)
        rows.append(
            (
                _what(matter.topic), _where(c, matter.place_id), f"{clock.local(begun):%Y-%m-%d %H:%M}",
                _hours(begun, known.get(A.ACKNOWLEDGE.value)), _hours(begun, known.get(A.REPORT_INCIDENT.value)),
            )
        )  # fmt: skip
    if not rows:
        return Section(
            7, "incidents", INCIDENTS, (Prose(Text("本期没有突发事件。", "No incident in this period.")),)
        )
    source = c.source(
        "incidents",
        "matter_event(flag_incident, acknowledge, report_incident)",
        Words(
            "从上报到确认收到、到首次报告的时长",
            "Time from the flag to the acknowledgement and to the first report",
        ),
    )
    columns = (
        Column("what", Text("事项", "What")),
        Column("where", Text("地点", "Where")),
        Column("at", Text("上报时间", "Flagged at")),
        Column("acknowledged", Text("确认用时（小时）", "Acknowledged after (h)"), "hours"),
        Column("reported", Text("首报用时（小时）", "First report after (h)"), "hours"),
    )
    return Section(7, "incidents", INCIDENTS, (Table("incidents", INCIDENTS, columns, tuple(rows), source),))


def supervision(c: Context) -> Section:
    """Say what is overdue, by how much, and where time went."""
    blocks: list[Block] = []
    red = [m for m in c.stood if m.is_open and m.colour(c.until) is ClockColour.RED]
    red.sort(key=lambda m: (m.due_at or c.until, m.id))
    # Where a complaint is about somebody, a place and a topic would tell who is meant.
    named = [m for m in red if m.conflict is Conflict.NONE]
    units = {u.id: Text(u.name, u.name_en) for u in c.session.scalars(sa.select(Unit))}
    source = c.source(
        "supervision",
        "matter(due_at, lead_unit)",
        Words(
            "本期末已过时限而未办结的事项；超期天数按自然日计；反映单位或人员的计入件数，不列入清单",
            "Matters past their limit and open at the end of the period; days overdue are calendar days; complaints about "
            "staff or a unit count and are not listed",
        ),
    )
    if red:
        blocks.append(_by_unit(c, red, units, source))
        blocks.append(_listed(c, named[:MOST_RED], units, source))
    else:
        blocks.append(Prose(Text("本期末没有超期事项。", "Nothing was overdue at the end of the period.")))
    blocks += _outstanding(c, units)
    blocks += [*holders(c), _urged(c)]
    return Section(8, "supervision", SUPERVISION, tuple(blocks))


def _by_unit(c: Context, red: list[Stood], units: dict[int, Text], source: str) -> Table:
    days: dict[int, list[int]] = defaultdict(list)
    for m in red:
        days[m.unit_id or 0].append(_days_over(c, m))
    nobody = Text("尚未交办", "Not assigned yet")
    rows = sorted(
        ((units.get(unit, nobody), len(held), max(held), float(median(held))) for unit, held in days.items()),
        key=lambda row: (-row[1], row[0].zh),
    )
    columns = (
        Column("unit", Text("单位", "Unit")),
        Column("red", Text("超期件", "Overdue"), "count"),
        Column("most", Text("最长超期（天）", "Longest (days)"), "count"),
        Column("median", Text("超期中位数（天）", "Median (days)"), "number"),
    )
    return Table("red", Text("超期分布", "Overdue by unit"), columns, tuple(rows), source)


def _listed(c: Context, red: list[Stood], units: dict[int, Text], source: str) -> Table:
    rows = tuple(
        (
            m.receipt,
            _what(m.topic),
            _where(c, m.place_id),
            units.get(m.unit_id or 0),
            _days_over(c, m),
            m.level,
        )
        for m in red
    )
    columns = (
        Column("receipt", Text("编号", "Receipt number")),
        Column("what", Text("事项", "What")),
        Column("where", Text("地点", "Where")),
        Column("unit", Text("承办单位", "Held by")),
        Column("days", Text("超期（天）", "Overdue (days)"), "count"),
        Column("level", Text("上报级别", "Level"), "count"),
    )
    return Table(
        "red.list",
        Text("红灯清单：超期最久的事项", "Red list: longest overdue"),
        columns,
        rows,
        source,
        is_annex=True,
    )


def _outstanding(c: Context, units: dict[int, Text]) -> list[Block]:
    """List what stays in the bulletin until it is done: suspended, or in its fourth round; nobody is named in it."""
    found = [m for m in c.stood if m.is_open and is_outstanding(m.state, m.round)]
    if not found:
        return []
    rows = tuple(
        (
            _what(m.topic),
            _where(c, m.place_id),
            units.get(m.unit_id or 0),
            Text(m.state.zh, m.state.en),
            f"{clock.local(m.since):%Y-%m-%d}",
            m.round,
        )
        for m in sorted(found, key=lambda m: (m.since, m.id))
        if m.conflict is Conflict.NONE
    )
    source = c.source(
        "outstanding",
        "matter_event",
        Words(
            "本期末挂账的，和第四轮及以后仍未办结的，每周都列，直到办结；反映单位或人员的计入件数，不列入清单",
            "Suspended at the end of the period, or open in the fourth round or later: here every week until it is done; "
            "complaints about staff or a unit count and are not listed",
        ),
    )
    columns = (
        Column("what", Text("事项", "What")),
        Column("where", Text("地点", "Where")),
        Column("unit", Text("承办单位", "Held by")),
        Column("state", Text("现状", "Stands at")),
        Column("since", Text("起于", "Since")),
        Column("round", Text("轮次", "Round"), "count"),
    )
    n = len(found)
    told = Text(f"挂账或第四轮及以后仍未办结的 {n} 件，清单见附表。",
                f"Suspended, or open in the fourth round or later: {n}; the list is in the annex.")  # fmt: skip
    words = Text("挂账和多轮未解决的事项", "Suspended, and unsolved after several rounds")
    return [Prose(told), Table("outstanding", words, columns, rows, source, is_annex=True)]


def _urged(c: Context) -> Table:
    """Count what the supervision offices did in the period."""
    words = {
        A.REMIND: Text("催办", "Reminders"),
        A.SUPERVISE: Text("督办", "Supervision notices"),
        A.NOTICE_LIST: Text("列入通报", "Put on the notice list"),
        A.ESCALATE: Text("升级上报", "Escalations"),
        A.FAULT: Text("认定过错", "Faults recorded"),
    }
    query = (
        sa.select(MatterEvent.action, sa.func.count())
        .join(Matter, Matter.id == MatterEvent.matter_id)
        .where(MatterEvent.at >= c.since, MatterEvent.at < c.until, IN_REPORTS, c.scope)
        .where(MatterEvent.action.in_([a.value for a in words]))
        .group_by(MatterEvent.action)
    )
    counts: Counter[str] = Counter({row[0]: row[1] for row in c.session.execute(query)})
    source = c.source(
        "urging", "matter_event", Words("按办理日志统计的件次", "Counted in the log of handling")
    )
    columns = (Column("what", Text("措施", "Step")), Column("n", Text("件次", "Times"), "count"))
    rows = tuple((text, counts[action.value]) for action, text in words.items())
    return Table(
        "urging", Text("督查措施", "What the supervision offices did"), columns, rows, source, is_annex=True
    )


def _days_over(c: Context, matter: Stood) -> int:
    assert matter.due_at is not None, "what is overdue has a limit"
    return (clock.local(c.until).date() - clock.local(matter.due_at).date()).days


def _hours(since: datetime, until: datetime | None) -> float | None:
    return None if until is None else (until - since) / HOUR


def _what(code: str | None) -> Text:
    known = topic(code) if code else None
    return Text(known.zh, known.en) if known else Text("未分类", "No topic")


def _where(c: Context, place_id: int | None) -> Text:
    """Name the township: nothing nearer leaves the desk."""
    town = c.above(place_id, Level.TOWNSHIP) or c.places.get(place_id or 0)
    county = c.above(place_id, Level.COUNTY)
    if town is None or county is None or town is county:
        return c.of_place(town)
    return Text(f"{county.name}{town.name}", f"{town.name_en}, {county.name_en}")
