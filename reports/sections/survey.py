"""Section 2: the survey of the period; dials, completes, rates, coverage, and both indices with their changes."""

from __future__ import annotations

from reports import index_blocks
from reports.blocks import Block, Cell, Chart, Column, Figure, Prose, Section, Table, Text
from reports.context import Context
from reports.definitions import ENFORCEMENT, ENFORCEMENT_WORDS, SAFETY
from reports.estimates import By, IndexEstimate, Measure, since
from reports.estimating import OTHERS, USERS
from reports.index_blocks import HOLM, METHOD, MISSING, interval, interval_columns, numbers_of, verdicts_of
from reports.luck import luck_of
from reports.periods import LAST_YEAR, PREVIOUS, Period, PeriodKind
from reports.sections.coached import coached
from reports.sections.fieldwork import fieldwork
from reports.sections.trend import trend


def section(c: Context) -> Section:
    """Say what the survey found and how it went."""
    blocks: list[Block] = [*indices(c), *trend(c), *places(c), *coached(c, wide(c.period)), *fieldwork(c)]
    return Section(2, "survey", Text("本期调查", "The survey"), tuple(blocks))


def named(c: Context) -> list[tuple[str, Text]]:
    """Return every index with its name: both indices, then the agencies."""
    return [
        (SAFETY, c.definition.safety.words),
        (ENFORCEMENT, ENFORCEMENT_WORDS),
        *((a.code, a.words) for a in c.definition.agencies),
    ]


def figure(c: Context, index: str, words: Text, measure: Measure = Measure.SHARE) -> Figure:
    """Return one index of the city with its comparisons to the period before and the same a year ago."""
    now, before, year = (c.figures(p) for p in (c.period, c.period.previous, c.period.last_year))
    source = c.source("index", "index_estimate(estimate_set)", METHOD)
    block_id = f"index.{index}" if measure is Measure.SHARE else f"index.{index}.{measure.value}"
    others = [
        (found.get(index, measure=measure) if found else None, than)
        for found, than in ((before, PREVIOUS[c.period.kind]), (year, LAST_YEAR[c.period.kind]))
    ]
    e = now.get(index, measure=measure) if now else None
    return index_blocks.figure(block_id, words, source, e, others, measure)


def indices(c: Context) -> list[Block]:
    """Return both indices, the mean score beside them, and the agencies among users and others."""
    found: list[Block] = [
        figure(c, SAFETY, c.definition.safety.words),
        figure(c, ENFORCEMENT, ENFORCEMENT_WORDS),
    ]
    now = c.figures(c.period)
    if now is None:
        return [*found, Prose(MISSING)]
    columns = (
        Column("index", Text("指数", "Index")),
        *interval_columns(),
        Column("n", Text("样本量", "n"), "count"),
        Column("change", Text("比上期", "On the period before")),
        Column("users", Text("打过交道的", "Users"), "percent"),
        Column("others", Text("没打过交道的", "Non-users"), "percent"),
        Column("mean", Text("平均分", "Mean score"), "score"),
        Column("legacy", Text("前三项占比", "Top three"), "percent"),
    )
    before = c.figures(c.period.previous)
    known = [(index, words, e) for index, words in named(c) if (e := now.get(index)) is not None]
    changes = {index: since(e, before.get(index) if before else None) for index, _, e in known}
    agencies = [index for index in changes if index not in (SAFETY, ENFORCEMENT)]
    told = dict(zip(agencies, verdicts_of(changes[index] for index in agencies), strict=True))
    rows = []
    for index, words, e in known:
        rows.append(
            (
                words,
                *interval(e),
                numbers_of([e])[0],
                told.get(index) or verdicts_of([changes[index]])[0],
                _shown(now.get(index, USERS, By.CONTACT)),
                _shown(now.get(index, OTHERS, By.CONTACT)),
                _shown(now.get(index, measure=Measure.MEAN)),
                _shown(now.get(index, measure=Measure.LEGACY)),
            )
        )
    note = Text(
        "前三项占比是旧口径，只供与以往数据对照。两项指数的升降各按 95 % 水平判断，各机关的一起判断（p 按 Holm 调整）。",
        "The top-three share is the old rule, for older figures only. Each index's change is judged at the 95 % level, those "
        "of the agencies together (p by Holm).",
    )
    table = Table("indices", Text("各项指数", "All indices"), columns, tuple(rows), "index", note)
    chart = Chart("indices.chart", Text("各项指数与 95 % 区间", "Indices with 95 % intervals"), "intervals",
                  "indices", "index", ("estimate",), "low", "high", is_half=True)  # fmt: skip
    return [*found, table, chart]


def wide(period: Period) -> Period:
    """Return the period over which counties are looked at: a week alone is too thin for them, four weeks are not."""
    return (
        Period.with_day(PeriodKind.FOUR_WEEKS, period.ends_on) if period.kind is PeriodKind.WEEK else period
    )


def places(c: Context) -> list[Block]:
    """Return both indices by county, each with the places it may hold."""
    span = wide(c.period)
    now, before = c.figures(span), c.figures(span.previous)
    if now is None:
        return []
    found: list[Block] = []
    when = Text(
        f"（{span.starts_on:%m-%d} 至 {span.ends_on:%m-%d}）",
        f" ({span.starts_on:%d %b} to {span.ends_on:%d %b})",
    )
    for index, words in named(c)[:2]:
        ranks, luck = now.places(index), luck_of([e for e in now.of(By.COUNTY, index) if e.is_shown])
        rows: list[tuple[Cell, ...]] = []
        known = [(p, e) for p in c.counties if (e := now.get(index, p.code, By.COUNTY)) is not None]
        found_before = [before.get(index, p.code, By.COUNTY) if before else None for p, _ in known]
        changes = [since(e, then) for (_, e), then in zip(known, found_before, strict=True)]
        told = zip(known, numbers_of([e for _, e in known]), verdicts_of(changes), strict=True)
        for (county, e), n, verdict in told:
            places = index_blocks.places_of(ranks.get(county.code))
            rows.append(
                (c.of_place(county), county.code, *interval(e), n, places, verdict if e.is_shown else None)
            )
        rows.sort(key=lambda r: (r[2] is None, -float(r[2] or 0), str(r[1])))  # type: ignore[arg-type]
        columns = (
            Column("place", Text("县（区）", "County")),
            Column("code", Text("代码", "Code")),
            *interval_columns(),
            Column("n", Text("样本量", "n"), "count"),
            Column("places", Text("可能的名次", "Possible places"), "rank"),
            Column("change", Text("比前一段", "On the span before")),
        )
        note = Text(
            f"名次是一个范围：95 % 的把握下可能排在的位置。范围相交的县（区）分不出先后。{luck.zh}{HOLM.zh}",
            "A rank is a range: where a county may stand with 95 % confidence. Counties whose ranges meet can't be told apart. "
            f"{luck.en}{HOLM.en}",
        )
        title = Text(f"{words.zh}：分县（区）{when.zh}", f"{words.en} by county{when.en}")
        table_id = f"counties.{index}"
        found.append(Table(table_id, title, columns, tuple(rows), "index", note, is_annex=True))
        found.append(
            Chart(
                f"{table_id}.chart",
                title,
                "intervals",
                table_id,
                "place",
                ("estimate",),
                "low",
                "high",
                is_half=True,
            )
        )
        found.append(Chart(f"{table_id}.map", title, "map", table_id, "code", ("estimate",), is_annex=True))
    return found


def _shown(e: IndexEstimate | None) -> float | None:
    return e.estimate if e is not None and e.is_shown else None
