"""Section 3: what residents raised; matters by kind, topic and door, against the four-week mean and last year."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

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
from reports.periods import Period, PeriodKind, wide
from reports.sections.dark import dark
from survey.weight_making import margin_totals

WEEKS = 4
PER = 10_000
Counts = Counter[tuple[str, str, str]]
"""By kind, topic and origin."""


def section(c: Context) -> Section:
    """Say what came in."""
    blocks: list[Block] = [*totals(c), *dark(c, wide(c.period)), *by_topic(c), *by_county(c)]
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


def earlier(c: Context) -> tuple[list[Counts], Counts]:
    """Return the counts of the four periods before, for a day of its weekday in four weeks, and of a year ago."""
    periods: list[Period] = []
    step = c.period
    for _ in range(WEEKS):
        step = _week_before(step) if step.kind is PeriodKind.DAY else step.previous
        periods.append(step)
    return [counted(c, *c.bounds(p)) for p in periods], counted(c, *c.bounds(c.period.last_year))


def _week_before(day: Period) -> Period:
    """A Sunday is like Sundays, not like the Saturday before."""
    return Period.with_day(PeriodKind.DAY, day.starts_on - timedelta(weeks=1))


def source(c: Context) -> str:
    """Note how matters are counted."""
    return c.source(
        "intake",
        "matter(registered_at, kind, topic, origin)",
        Words(
            "按登记时间计件，反映本中心的除外；均值为之前四期的平均（日报为前四周同一星期几）；每万人按人口边际计算",
            "Matters by when they were registered, those about the centre left out; the mean is of the four periods before "
            "(for a day, of its weekday in the four weeks before); per 10,000 by the margins of the population",
        ),
    )


def totals(c: Context) -> list[Block]:
    """Return how many came by kind and by door."""
    now, (before, year) = counted(c, c.since, c.until), earlier(c)
    lines: list[tuple[Text, int, str]] = [
        *((Text(k.zh, k.en), 0, k.value) for k in MatterKind),
        *((Text(o.zh, o.en), 2, o.value) for o in Origin),
    ]
    rows: list[tuple[Cell, ...]] = [(Text("合计", "All"), *_sums(now, before, year))]
    for words, place, code in lines:
        sums = _sums(now, before, year, place, code)
        if any(sums):
            rows.append((words, *sums))
    columns = (Column("kind", Text("类型与来源", "Kind and door")), *_columns(c.period.kind))
    return [Table("intake", Text("受理总量", "What came in"), columns, tuple(rows), source(c))]


def by_topic(c: Context) -> list[Block]:
    """Return how many came by field and topic."""
    now, (before, year) = counted(c, c.since, c.until), earlier(c)
    codes = {key[1] for counts in (now, *before, year) for key in counts}
    found = {code: _sums(now, before, year, 1, code) for code in codes}
    rows = [(_topic(code), code, *found[code]) for code in sorted(codes, key=lambda v: (-found[v][0], v))]
    columns = (
        Column("topic", Text("事项类别", "Topic")),
        Column("code", Text("代码", "Code")),
        *_columns(c.period.kind),
    )
    table = Table("topics", Text("按类别", "By topic"), columns, tuple(rows), source(c), is_annex=True)
    lines: list[tuple[Cell, ...]] = []
    for f in Field:
        mine = [sums for code, sums in found.items() if code.partition(".")[0] == f.value]
        if mine:
            mean = sum(sums[1] or 0.0 for sums in mine) if before and any(before) else None
            lines.append((Text(f.zh, f.en), sum(sums[0] for sums in mine), mean))
    heads = (Column("field", Text("领域", "Field")), *_columns(c.period.kind)[:2])
    title = Text("各领域诉求", "Matters by field")
    chart = Chart("fields.chart", title, "bars", "fields", "field", ("now", "mean"), is_annex=True)
    return [Table("fields", title, heads, tuple(lines), source(c), is_annex=True), chart, table]


def _topic(code: str) -> Text:
    known = topic(code)
    return Text(known.in_language("zh"), known.in_language("en")) if known else Text(code, code)


def by_county(c: Context) -> list[Block]:
    """Return how many came from each county, and per 10,000 residents."""
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
    columns = (
        Column("place", Text("县（区）", "County")),
        Column("code", Text("代码", "Code")),
        Column("now", Text("本期", "This period"), "count"),
        Column("per", Text("每万人", "Per 10,000 residents"), "number"),
    )
    title = Text("各县（区）诉求", "Matters by county")
    return [
        Table("intake.counties", title, columns, tuple(rows), source(c), is_annex=True),
        Chart("intake.map", title, "map", "intake.counties", "code", ("per",), is_annex=True),
    ]


def _per(n: int, people: int | None) -> float | None:
    return n / people * PER if people else None


def _columns(kind: PeriodKind) -> tuple[Column, ...]:
    is_day = kind is PeriodKind.DAY
    mean = (
        Text("前四周同日均值", "Mean of its weekday") if is_day else Text("前四期均值", "Mean of four before")
    )
    return (
        Column("now", Text("本期", "This period"), "count"),
        Column("mean", mean, "number"),
        Column("year", Text("上年同期", "Last year"), "count"),
    )


def _sums(
    now: Counts, before: list[Counts], year: Counts, place: int | None = None, code: str = ""
) -> tuple[int, float | None, int | None]:
    """Add up what has a code at a place of the key: now, on average before, a year ago; None where nothing was kept."""

    def total(counts: Counts) -> int:
        return sum(n for key, n in counts.items() if place is None or key[place] == code)

    held = [counts for counts in before if counts]
    mean = sum(total(counts) for counts in held) / len(held) if held else None
    return total(now), mean, total(year) if year else None
