"""Who held how long: the time of the matters that ended in a period, by whose turn it was, read off their logs."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta

import sqlalchemy as sa

from core.terms import Words
from matters.ledger import ledger
from matters.log import MatterEvent
from matters.matter import Matter
from matters.rules import begin
from matters.standing import Deed
from matters.states import Holder
from reports.blocks import Block, Cell, Column, Table, Text
from reports.context import Context

DAY = timedelta(days=1)
LONGEST = 31
"""Days of a period: a year's logs are too many to be read while one waits."""


def holders(c: Context) -> list[Block]:
    """Return for every holder in how many of the ended matters they had a turn, and for how many days on average."""
    ended = {m.id for m in c.stood if m.ended_at is not None and c.since <= m.ended_at < c.until}
    if c.period.days > LONGEST or not ended:
        return []
    e = MatterEvent
    query = (
        sa.select(e.matter_id, e.action, e.at, e.staff_id, e.unit_id, e.facts, e.number, Matter.raised_at)
        .join(Matter, Matter.id == e.matter_id)
        .where(e.matter_id.in_(sorted(ended)), e.at < c.until)
        .order_by(e.matter_id, e.number)
    )
    logs: dict[int, list[Deed]] = defaultdict(list)
    raised = {}
    for row in c.session.execute(query):
        if row.number == len(logs[row.matter_id]) + 1:  # what was brought in from elsewhere has no whole log
            logs[row.matter_id].append(Deed(row.action, row.at, row.staff_id, row.unit_id, row.facts))
            raised[row.matter_id] = row.raised_at
    spent: dict[Holder, float] = defaultdict(float)
    turns, whole = Counter[Holder](), 0
    for matter_id, log in logs.items():
        if not log:
            continue
        whole += 1
        mine: dict[Holder, timedelta] = defaultdict(timedelta)
        for held, length in ledger(begin(raised[matter_id]), log, until=c.until).totals.items():
            mine[held.holder] += length
        for holder, length in mine.items():
            spent[holder] += length / DAY
            turns[holder] += 1
    if not whole:
        return []
    rows: list[tuple[Cell, ...]] = [
        (Text(h.zh, h.en), turns[h], spent[h] / turns[h], spent[h] / sum(spent.values()))
        for h in Holder
        if turns[h]
    ]
    source = c.source(
        "holders",
        "matter_event → matters.ledger",
        Words(
            f"本期终结的 {whole} 件，从提出到终结的每一段时间只属于一个责任方",
            f"Of the {whole} matters that ended in the period: every second from the first word to the end is one holder's",
        ),
    )
    columns = (
        Column("holder", Text("谁手里", "Held by")),
        Column("n", Text("件数", "Matters"), "count"),
        Column("days", Text("平均天数", "Days on average"), "number"),
        Column("share", Text("占全部时间", "Share of all time"), "percent"),
    )
    return [
        Table(
            "holders",
            Text("时间花在谁手里", "In whose hands time went"),
            columns,
            tuple(rows),
            source,
            is_annex=True,
        )
    ]
