"""Section 3: what residents raised; matters by kind, topic and door, against the four-week mean and last year."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.places import Level
from core.terms import Words
from matters.attributes import MatterKind, Origin
from matters.keeping_away import IN_REPORTS
from matters.matter import Matter
from matters.states import MatterState
from matters.topics import Field, topic
from reports.blocks import Block, Cell, Chart, Column, Section, Table, Text
from reports.context import Context
from reports.periods import wide
from reports.sections.beside import Sums, columns, judged, kept_beside, kept_since
from reports.sections.contacts import contacts
from reports.sections.dark import dark
from survey.weight_making import margin_totals

EVERY = Text("合计", "All")
PER = 10_000
Counts = Counter[tuple[str, str, str]]
"""By kind, topic and origin."""


@dataclass(frozen=True)
class Came:
    """What came in: now, in the like periods before that were whole, and a year ago, where anything was kept then."""

    now: Counts
    before: list[Counts]
    year: Counts | None

    def sums(self, place: int | None = None, code: str = "") -> Sums:
        """Add up what has a code at a place of the key."""

        def total(counts: Counts) -> int:
            return sum(n for key, n in counts.items() if place is None or key[place] == code)

        year = None if self.year is None else total(self.year)
        return total(self.now), [total(counts) for counts in self.before], year


def section(c: Context) -> Section:
    """Say what came in."""
    came = all_that_came(c)
    blocks: list[Block] = [
        *totals(c, came), *contacts(c), *dark(c, wide(c.period)), *by_topic(c, came), *by_county(c),
    ]  # fmt: skip
    return Section(3, "intake", Text("诉求受理", "What residents raised"), tuple(blocks))


def counted(c: Context, first: datetime, last: datetime) -> Counts:
    """Count what was registered between two moments, in one query."""
    query = (
        sa.select(Matter.kind, Matter.topic, Matter.origin, sa.func.count())
        .where(Matter.registered_at >= first, Matter.registered_at < last)
        .where(Matter.state != MatterState.DRAFT, IN_REPORTS, c.scope)
        .group_by(Matter.kind, Matter.topic, Matter.origin)
    )
    found: Counts = Counter()
    for kind, code, origin, n in c.session.execute(query):
        found[kind.value if kind else "", code or "", origin.value] += n
    return found


def all_that_came(c: Context) -> Came:
    """Count now, before and a year ago; what lies before the first matter ever registered says nothing."""
    periods, year = kept_beside(c, kept_since(c, Matter.registered_at))
    return Came(
        counted(c, c.since, c.until),
        [counted(c, *c.bounds(p)) for p in periods],
        counted(c, *c.bounds(year)) if year else None,
    )


def source(c: Context) -> str:
    """Note how matters are counted."""
    return c.source(
        "intake",
        "matter(registered_at, kind, topic, origin)",
        Words(
            "按登记时间计件，反映本中心的除外；均值为之前四期中完整各期的平均（日报为前四周同一星期几），范围是由它们推算的本期 95 % "
            "可能范围，落在范围外、且检验仍显著的才写升或降：合计单独检验，一张表里的其余各行一并检验（Holm）；本期没有结束的不作比较；每万人按人口边际"
            "计算",
            "Matters by when they were registered, those about the centre left out; the mean is of those of the four periods "
            "before that were whole (for a day, of its weekday in the four weeks before), the range where 95 % of such counts "
            "lie by them; up or down only outside of it: the total by its own test, the other rows of a table together by Holm; a period that is not over is compared with none; per "
            "10,000 by the margins of the population",
        ),
    )


def totals(c: Context, came: Came) -> list[Block]:
    """Return how many came by kind and by door."""
    lines: list[tuple[Text, int, str]] = [
        *((Text(k.zh, k.en), 0, k.value) for k in MatterKind),
        *((Text(o.zh, o.en), 2, o.value) for o in Origin),
    ]
    whole = came.sums()
    parts = [(words, came.sums(place, code)) for words, place, code in lines]
    parts = [(words, sums) for words, sums in parts if sums[0] or any(sums[1]) or sums[2]]
    rows: list[tuple[Cell, ...]] = [(EVERY, *judged([whole])[0])]
    rows += [(words, *cells) for (words, _), cells in zip(parts, judged([p[1] for p in parts]), strict=True)]
    heads = (Column("kind", Text("类型与来源", "Kind and door")), *columns(c.period.kind))
    return [Table("intake", Text("受理总量", "What came in"), heads, tuple(rows), source(c))]


def by_topic(c: Context, came: Came) -> list[Block]:
    """Return how many came by field and topic."""
    codes = {key[1] for counts in (came.now, *came.before, came.year or Counter()) for key in counts}
    found = {code: came.sums(1, code) for code in codes}
    order = sorted(codes, key=lambda v: (-found[v][0], v))
    cells_of = judged([found[code] for code in order])
    rows = [(_topic(code), code, *cells) for code, cells in zip(order, cells_of, strict=True)]
    named = (
        Column("topic", Text("事项类别", "Topic")),
        Column("code", Text("代码", "Code")),
        *columns(c.period.kind),
    )
    table = Table("topics", Text("按类别", "By topic"), named, tuple(rows), source(c), is_annex=True)
    lines: list[tuple[Cell, ...]] = []
    for f in Field:
        mine = [sums for code, sums in found.items() if code.partition(".")[0] == f.value]
        if mine:
            mean = sum(sum(sums[1]) for sums in mine) / len(came.before) if came.before else None
            lines.append((Text(f.zh, f.en), sum(sums[0] for sums in mine), mean))
    heads = (Column("field", Text("领域", "Field")), *columns(c.period.kind)[:2])
    title = Text("各领域诉求", "Matters by field")
    chart = Chart("fields.chart", title, "bars", "fields", "field", ("now", "mean"), is_annex=True)
    return [Table("fields", title, heads, tuple(lines), source(c), is_annex=True), chart, table]


def _topic(code: str) -> Text:
    known = topic(code)
    return Text(known.in_language("zh"), known.in_language("en")) if known else Text(code, code)


def by_county(c: Context) -> list[Block]:
    """Return how many came from each county, and per 10,000 residents; of a township alone the totals say it."""
    if c.within is not None and c.within.level not in (Level.CITY, Level.COUNTY):
        return []
    query = (
        sa.select(Matter.place_id, sa.func.count())
        .where(Matter.registered_at >= c.since, Matter.registered_at < c.until)
        .where(Matter.state != MatterState.DRAFT, IN_REPORTS, c.scope)
        .group_by(Matter.place_id)
    )
    counts = Counter[str]()
    for place_id, n in c.session.execute(query):
        county = c.above(place_id, Level.COUNTY)
        counts[county.code if county else ""] += n
    people = margin_totals(c.session).get("county", {})
    rows: list[tuple[Cell, ...]] = [
        (c.of_place(p), p.code, counts[p.code], _per(counts[p.code], people.get(p.code))) for p in c.counties
    ]
    if counts[""]:
        rows.append((c.of_place(None), "", counts[""], None))
    heads = (
        Column("place", Text("县（区）", "County")),
        Column("code", Text("代码", "Code")),
        Column("now", Text("本期", "This period"), "count"),
        Column("per", Text("每万人", "Per 10,000 residents"), "number"),
    )
    title = Text("各县（区）诉求", "Matters by county")
    return [
        Table("intake.counties", title, heads, tuple(rows), source(c), is_annex=True),
        Chart("intake.map", title, "map", "intake.counties", "code", ("per",), is_annex=True),
    ]


def _per(n: int, people: int | None) -> float | None:
    return n / people * PER if people else None
