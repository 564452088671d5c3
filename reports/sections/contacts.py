"""Calls to the citizen line, as numbers alone: how many rang, and with how many somebody spoke."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from core.terms import Words
from hotline.contacts import Contact, Source
from hotline.lines import LineKind
from reports.blocks import Block, Cell, Column, Table, Text
from reports.context import Context
from reports.sections.beside import columns, judged, kept_beside, kept_since

WHAT = (Text("来电", "Calls to the line"), Text("已通话", "Talked to"), Text("未通上话", "Not talked to"))


def contacts(c: Context) -> list[Block]:
    """Return how many rang, and with how many somebody spoke; of a topic or a place it says nothing."""
    first = kept_since(c, Contact.rung_at, Contact.line == LineKind.CITIZEN)
    if c.topics or c.within is not None or first is None:
        return []
    periods, last = kept_beside(c, first)
    now = _rang(c, c.since, c.until)
    before = [_rang(c, *c.bounds(p)) for p in periods]
    year = _rang(c, *c.bounds(last)) if last else None
    sums = [(now[n], [x[n] for x in before], year[n] if year else None) for n in range(len(WHAT))]
    rows: list[tuple[Cell, ...]] = [(words, *cells) for words, cells in zip(WHAT, judged(sums), strict=True)]
    made = c.source(
        "contacts",
        "contact(line = citizen, rung_at, talking_at)",
        Words(
            "民意热线的来电次数，只计次数，不涉及内容；本期内通过话（含回拨）的算已通话；与前四期的比较按表内三行一并检验（Holm）；"
            "心理援助热线只公布季度总数，不在其中",
            "Calls to the citizen line, as numbers alone; talked to, where somebody spoke with the caller in the period, if "
            "by calling back; compared with the four periods before, the three rows together by Holm; the counselling line publishes totals of quarters and is not in it",
        ),
    )  # fmt: skip
    heads = (Column("what", Text("民意热线", "Citizen line")), *columns(c.period.kind))
    return [
        Table(
            "contacts", Text("热线来电", "Calls to the citizen line"), heads, tuple(rows), made, is_annex=True
        )
    ]


def _rang(c: Context, first: datetime, last: datetime) -> tuple[int, int, int]:
    query = sa.select(sa.func.count(), sa.func.count().filter(Contact.talking_at < last)).where(
        Contact.line == LineKind.CITIZEN, Contact.source != Source.FOLLOW_UP,
        Contact.rung_at >= first, Contact.rung_at < last,
    )  # fmt: skip
    rang, talked = c.session.execute(query).one()
    return rang, talked, rang - talked
