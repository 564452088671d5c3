"""Section 2: the survey of the period; dials, completes, rates, coverage, and both indices with their changes."""

from __future__ import annotations

import sqlalchemy as sa

from core.terms import Words
from reports.blocks import Block, Cell, Chart, Column, Comparison, Figure, Prose, Section, Table, Text
from reports.context import Context
from reports.definitions import ENFORCEMENT, ENFORCEMENT_WORDS, SAFETY
from reports.estimates import By, Figures, IndexEstimate, Measure, since
from reports.estimating import OTHERS, USERS
from reports.periods import LAST_YEAR, PREVIOUS, Period, PeriodKind
from reports.sections.fieldwork import fieldwork
from reports.sections.trend import trend
from reports.wording import Change, Verdict, change_words
from survey.weighting import IndexFigure

POINTS_UNIT = Words("个百分点", "points")
SCORE_UNIT = Words("分", "points of score")
WHY = {
    "no_answer": Text("没有人回答，不予公布", "Nobody answered: not published"),
    "too_few": Text("样本不足，不予公布", "Too few interviews: not published"),
    "no_spread": Text("误差无从估计，不予公布", "Its error can't be known: not published"),
    "too_uncertain": Text("区间太宽，不予公布", "Too uncertain: not published"),
}
MISSING = Text("这一期没有可用的加权结果", "No weighted result for this period")


def section(c: Context) -> Section:
    """Say what the survey found and how it went."""
    blocks: list[Block] = [*indices(c), *trend(c), *places(c), *fieldwork(c)]
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
    source = c.source(
        "index",
        "index_estimate(estimate_set)",
        Words(
            "加权占比：选前两项（很…、比较…）的人占表态者的比重；95 % 区间按对数几率法，方差按泰勒线性化并计入校准残差",
            "Weighted share of the two best answers among those with a view; 95 % interval on the logit scale, variance "
            "by linearisation with calibration residuals",
        ),
    )
    scale, unit = (1.0, SCORE_UNIT) if measure is Measure.MEAN else (100.0, POINTS_UNIT)
    e = now.get(index, measure=measure) if now else None
    block_id = f"index.{index}" if measure is Measure.SHARE else f"index.{index}.{measure.value}"
    kind = "score" if measure is Measure.MEAN else "percent"
    if e is None or not e.is_shown:
        why = WHY.get(e.withheld or "", MISSING) if e else MISSING
        return Figure(
            block_id,
            words,
            source,
            "score" if kind == "score" else "percent",
            n=e.n if e else 0,
            withheld=why,
        )
    compared = [
        _comparison(since(e, other.get(index, measure=measure) if other else None), than, unit, scale)
        for other, than in ((before, PREVIOUS[c.period.kind]), (year, LAST_YEAR[c.period.kind]))
    ]
    return Figure(
        block_id, words, source, "score" if kind == "score" else "percent",
        estimate=e.estimate, low=e.low, high=e.high, n=e.n, effective_n=e.effective_n, deff=e.deff,
        method=e.method, comparisons=tuple(compared),
    )  # fmt: skip


def _comparison(change: Change | None, than: Words, unit: Words, scale: float) -> Comparison:
    sentence = Text.of(change_words(change, than, unit=unit, scale=scale))
    if change is None:
        return Comparison(Text.of(than), sentence, Verdict.UNKNOWN.value)
    return Comparison(
        Text.of(than), sentence, change.verdict.value, change.difference, change.low, change.high, change.p
    )


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
        *_interval_columns(),
        Column("n", Text("样本量", "n"), "count"),
        Column("change", Text("比上期", "On the period before")),
        Column("users", Text("打过交道的", "Users"), "percent"),
        Column("others", Text("没打过交道的", "Non-users"), "percent"),
        Column("mean", Text("平均分", "Mean score"), "score"),
        Column("legacy", Text("前三项占比", "Top three"), "percent"),
    )
    rows = []
    for index, words in named(c):
        e = now.get(index)
        if e is None:
            continue
        whole = figure(c, index, words)
        rows.append(
            (
                words,
                *_interval(e),
                e.n,
                _verdict_of(whole),
                _shown(now.get(index, USERS, By.CONTACT)),
                _shown(now.get(index, OTHERS, By.CONTACT)),
                _shown(now.get(index, measure=Measure.MEAN)),
                _shown(now.get(index, measure=Measure.LEGACY)),
            )
        )
    note = Text(
        "前三项占比是旧口径，只供与以往数据对照。每个差别按 95 % 水平判断。",
        "The top-three share is the old rule, for older figures only. Differences are judged at the 95 % level.",
    )
    table = Table("indices", Text("各项指数", "All indices"), columns, tuple(rows), "index", note)
    chart = Chart("indices.chart", Text("各项指数与 95 % 区间", "Indices with 95 % intervals"), "intervals",
                  "indices", "index", ("estimate",), "low", "high", is_half=True)  # fmt: skip
    return [*found, table, chart]


def _verdict_of(f: Figure) -> Text:
    verdict = Verdict.of(f.comparisons[0].verdict) if f.comparisons else Verdict.UNKNOWN
    return Text(verdict.zh, verdict.en)


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
        ranks = rank_ranges(c, now, index)
        rows: list[tuple[Cell, ...]] = []
        for county in c.counties:
            e = now.get(index, county.code, By.COUNTY)
            if e is None:
                continue
            change = since(e, before.get(index, county.code, By.COUNTY) if before else None)
            verdict = Text.of(_verdict(change)) if e.is_shown else None
            rows.append(
                (c.of_place(county), county.code, *_interval(e), e.n, ranks.get(county.code), verdict)
            )
        rows.sort(key=lambda r: (r[2] is None, -float(r[2] or 0), str(r[1])))  # type: ignore[arg-type]
        columns = (
            Column("place", Text("县（区）", "County")),
            Column("code", Text("代码", "Code")),
            *_interval_columns(),
            Column("n", Text("样本量", "n"), "count"),
            Column("places", Text("可能的名次", "Possible places"), "rank"),
            Column("change", Text("比前一段", "On the span before")),
        )
        note = Text(
            "名次是一个范围：95 % 的把握下可能排在的位置。范围相交的县（区）分不出先后。",
            "A rank is a range: where a county may stand with 95 % confidence. Counties whose ranges meet can't be told apart.",
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


def rank_ranges(c: Context, now: Figures, index: str) -> dict[str, str]:
    """Return the places that every published county may hold, such as 2–5, by its code."""
    query = sa.select(IndexFigure).where(
        IndexFigure.weight_set_id == now.weight_set.id,
        IndexFigure.index == index,
        IndexFigure.rank_low.is_not(None),
    )
    return {
        f.domain: f"{f.rank_low}" if f.rank_low == f.rank_high else f"{f.rank_low}–{f.rank_high}"
        for f in c.session.scalars(query)
    }


def _verdict(change: Change | None) -> Words:
    verdict = change.verdict if change else Verdict.UNKNOWN
    return Words(verdict.zh, verdict.en)


def _interval_columns() -> tuple[Column, ...]:
    return (
        Column("estimate", Text("估计值", "Estimate"), "percent"),
        Column("low", Text("下限", "Low"), "percent"),
        Column("high", Text("上限", "High"), "percent"),
    )


def _interval(e: IndexEstimate) -> tuple[Cell, ...]:
    return (e.estimate, e.low, e.high) if e.is_shown else (None, None, None)


def _shown(e: IndexEstimate | None) -> float | None:
    return e.estimate if e is not None and e.is_shown else None
