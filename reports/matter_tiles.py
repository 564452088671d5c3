"""Tiles of the matters: topics raised most with their change, and what is overdue."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, defer, joinedload

from core import clock
from core.places import Level, Place
from core.terms import Words
from matters.attributes import Conflict
from matters.flow import MatterAction
from matters.log import MatterEvent
from matters.matter import Matter
from matters.states import OPEN
from matters.topics import topic
from reports.blocks import Cell, Column, Table, Text
from reports.matter_counts import CAUSES, all_townships, raised
from reports.rate_ratio import change_of_counts
from reports.tiles import Tile, counted
from reports.wording import Verdict
from survey.methods.multiplicity import adjusted

SPAN = timedelta(weeks=4)
OPENING_DAYS = 7
LEAST = 10
"""Cells under this have no figure."""
MOST_TOPICS = 40
UNKNOWN = Text(Verdict.UNKNOWN.zh, Verdict.UNKNOWN.en)
NO_MATTERS = Text(
    "还没有诉求。诉求登记之后（访问、热线、来访、网页），这里就有数字。",
    "No matters yet. Once some are registered (in interviews, on the line, at the desk, on the web), numbers appear here.",
)


def places_in(session: Session, county: Place | None) -> sa.ColumnElement[bool]:
    """Leave of a query on matters those of a county; none is the whole city."""
    if county is None:
        return sa.true()
    towns = sa.select(Place.id).where(Place.parent_id == county.id)
    inside = sa.select(Place.id).where(
        sa.or_(Place.id == county.id, Place.parent_id == county.id, Place.parent_id.in_(towns))
    )
    return Matter.place_id.in_(inside)


def hot_topics(session: Session, *, county: Place | None, at: datetime) -> Tile:
    """Return the topics raised most in the last four weeks, each against the four weeks before."""
    towns = [t for t in all_townships(session) if county is None or t.parent_id == county.id]
    last = clock.today(at) - timedelta(days=1)
    first = last - 2 * SPAN + timedelta(days=1)
    counts = raised(session, towns, first, last).counts.sum(axis=1)
    days = SPAN.days
    found = [
        (code, int(counts[n, days:].sum()), int(counts[n, :days].sum())) for n, code in enumerate(CAUSES)
    ]
    heard = sorted(
        ((code, now, before) for code, now, before in found if now >= LEAST), key=lambda f: (-f[1], f[0])
    )
    heard = heard[:MOST_TOPICS]
    changes = [change_of_counts(now, before) for _, now, before in heard]
    clear = adjusted([c.p for c in changes])
    # A centre that opened in the middle of those weeks says nothing of what has become more.
    is_new = counts[:, :OPENING_DAYS].sum() == 0
    rows: list[tuple[Cell, ...]] = []
    for (code, now, before), change, p in zip(heard, changes, clear.tolist(), strict=True):
        is_few = is_new or 0 < before < LEAST
        rows.append(
            (
                what(code), now, None if is_few else before, None if is_few else change.ratio,
                None if is_few else change.low, None if is_few else change.high, None if is_few else p,
                UNKNOWN if is_new else change.words(p),
            )
        )  # fmt: skip
    columns = (
        Column("topic", Text("类别", "Topic")),
        Column("now", Text("近四周", "Four weeks"), "count"),
        Column("before", Text("前四周", "Four before"), "count"),
        Column("ratio", Text("倍数", "Ratio"), "number"),
        Column("low", Text("下限", "Low"), "number"),
        Column("high", Text("上限", "High"), "number"),
        Column("p", Text("p（Holm）", "p (Holm)"), "p"),
        Column("change", Text("变化", "Change")),
    )
    method = Words(
        "按登记日计件，涉及投诉单位、人员和本中心的不计；两段件数按泊松比较，条件二项精确检验，区间为 Clopper–Pearson；"
        "同表各类一起看，p 按 Holm 调整；不足 10 件的不列。一件事引来许多来电时各件并不独立，区间会偏窄：升降先看是不是同一件事",
        "Matters by the day they were registered, those about units, staff or the centre left out; two Poisson counts, exact "
        "conditional binomial test, Clopper–Pearson limits; p adjusted by Holm over the table; under 10 not listed. Where one event brings "
        "many calls they are not independent and the interval is too narrow: look first whether it is one event",
    )
    table = Table("topics", Text("诉求热点", "Most raised"), columns, tuple(rows), "topics")
    made = counted(method, "matter(registered_at, topic, place)", at=at)
    empty = NO_MATTERS if not rows else None
    return Tile(table, made, None, None, empty, shown=5, columns=("topic", "now", "before", "change"))


def what(code: str | None) -> Text:
    """Name a topic."""
    known = topic(code) if code else None
    return Text(known.zh, known.en) if known else Text("未分类", "No topic")


def red_list(session: Session, *, county: Place | None, at: datetime, most: int = 200) -> Tile:
    """Return what is open past its limit, the longest first; of complaints about units or staff nothing is listed."""
    noticed = sa.exists().where(
        MatterEvent.matter_id == Matter.id, MatterEvent.action == MatterAction.NOTICE_LIST.value
    )
    town, above = aliased(Place), aliased(Place)
    query = (
        sa.select(Matter, town, above, noticed)
        .join(town, town.id == Matter.place_id)
        .outerjoin(above, above.id == town.parent_id)
        .where(Matter.due_at <= at, Matter.is_paused.is_(False))
        .where(Matter.state.in_(OPEN), Matter.receipt.is_not(None))
        .where(Matter.conflict == Conflict.NONE, places_in(session, county))
        .options(defer(Matter.narrative), defer(Matter.redacted), joinedload(Matter.lead_unit))
        .order_by(Matter.due_at, Matter.id)
        .limit(most)
    )
    rows: list[tuple[Cell, ...]] = []
    for matter, place, over, is_noticed in session.execute(query):
        assert matter.due_at is not None, "what is overdue has a limit"
        where = over if place.level is Level.VILLAGE and over is not None else place
        unit = matter.lead_unit
        rows.append(
            (
                matter.receipt, what(matter.topic), Text(where.name, where.name_en),
                Text(unit.name, unit.name_en) if unit else Text("尚未交办", "Not assigned yet"),
                (clock.today(at) - clock.today(matter.due_at)).days, matter.level,
                Text("已通报", "Yes") if is_noticed else None,
            )
        )  # fmt: skip
    columns = (
        Column("receipt", Text("编号", "Receipt")),
        Column("what", Text("事项", "What")),
        Column("where", Text("地点", "Where")),
        Column("unit", Text("承办单位", "Held by")),
        Column("days", Text("超期（天）", "Days over"), "count"),
        Column("level", Text("上报级别", "Level"), "count"),
        Column("noticed", Text("通报名单", "Notice list")),
    )
    method = Words(
        "此刻已过时限而未办结的诉求，超期最久的在前，按自然日计；涉及投诉单位、人员和本中心的不列",
        "Matters open past their limit at this moment, the longest first, in calendar days; complaints about units, staff or "
        "the centre are not listed",
    )
    table = Table("red", Text("红灯清单：超期未办结", "Red list: overdue"), columns, tuple(rows), "red")
    made = counted(method, "matter(due_at, state, lead_unit)", at=at)
    good = Text("现在没有超期的诉求。", "Nothing is overdue now.")
    return Tile(
        table, made, None, None, None if rows else good, shown=6, columns=("what", "where", "unit", "days")
    )
