"""How every printed index was made: definition, data cut, weight set, code, n, effective n, design effect, interval, method."""

from __future__ import annotations

from core import clock
from core.terms import Words
from reports.blocks import Cell, Column, Table, Text
from reports.context import Context
from reports.definitions import ENFORCEMENT, ENFORCEMENT_WORDS
from reports.estimates import By, Figures, IndexEstimate, Measure
from reports.group_words import group_words
from reports.periods import PeriodKind, wide
from reports.sections.groups import GROUPS

_METHODS = {
    "logit": Text("对数几率", "logit"), "beta": Text("贝塔", "beta"), "mean": Text("均值（t）", "mean (t)"),
}  # fmt: skip


def provenance(c: Context) -> list[Table]:
    """Return the weight sets that were used, and every figure printed from them with what it rests on."""
    made = sorted(c.made, key=lambda f: (f.weight_set.starts_on, f.weight_set.id))
    if not made:
        return []
    return [_sets(c, made), _figures(c, made)]


def _sets(c: Context, made: list[Figures]) -> Table:
    source = c.source("method", "weight_set.provenance", Words("权数集记录", "Record of the weight set"))
    rows: list[tuple[Cell, ...]] = []
    for f in made:
        s, p = f.weight_set, f.weight_set.provenance
        rows.append(
            (
                str(s.id), f"{s.starts_on} – {s.ends_on}", f"{clock.local(s.as_of):%Y-%m-%d %H:%M}",
                f"v{f.made.definition_version}", f.made.code_version, s.interviews, p.get("released"),
                p.get("deff", {}).get("final"), f"{p.get('raking', {}).get('largest_miss', 0):.1e}",
            )
        )  # fmt: skip
    columns = (
        Column("set", Text("权数集", "Weight set")),
        Column("period", Text("期间", "Period")),
        Column("cut", Text("数据截止", "Data cut")),
        Column("definition", Text("指数定义", "Definition")),
        Column("code", Text("程序版本", "Code")),
        Column("interviews", Text("访问", "Interviews"), "count"),
        Column("released", Text("投放号码", "Numbers"), "count"),
        Column("deff", Text("权数设计效应", "Deff of weights"), "number"),
        Column("miss", Text("边际最大偏差", "Largest miss")),
    )
    title = Text("数据来源与口径", "Provenance")
    return Table("method", title, columns, tuple(rows), source, is_annex=True)


def _figures(c: Context, made: list[Figures]) -> Table:
    source = c.source(
        "provenance",
        "index_estimate",
        Words(
            "本期公布的每个指数；同一行的权数集见“数据来源与口径”",
            "Every index printed in this issue; its weight set is in the table of provenance",
        ),
    )
    names = {ENFORCEMENT: ENFORCEMENT_WORDS, **{a.code: a.words for a in c.definition.agencies}}
    names[c.definition.safety.code] = c.definition.safety.words
    counties = {p.code: p for p in c.counties}
    rows: list[tuple[Cell, ...]] = []
    for f in _shown(c, made):
        for e in sorted(f.rows.values(), key=_order):
            if not e.is_shown or e.index not in names or not _is_printed(c, f, e):
                continue
            if e.by is By.COUNTY:
                where = c.of_place(counties[e.domain]) if e.domain in counties else Text(e.domain, e.domain)
            else:
                where = c.city if e.by is By.CITY else group_words(e.domain)
            scale = 1.0 if e.measure is Measure.MEAN else 100.0
            rows.append(
                (
                    names[e.index], Text(e.measure.zh, e.measure.en), where, _scaled(e.estimate, scale),
                    _scaled(e.low, scale), _scaled(e.high, scale), e.n, e.effective_n, e.deff,
                    _METHODS.get(e.method, Text(e.method, e.method)), str(f.weight_set.id),
                )
            )  # fmt: skip
    columns = (
        Column("index", Text("指数", "Index")),
        Column("measure", Text("口径", "Measure")),
        Column("where", Text("范围", "Of whom")),
        Column("estimate", Text("估计值", "Estimate"), "score"),
        Column("low", Text("下限", "Low"), "score"),
        Column("high", Text("上限", "High"), "score"),
        Column("n", Text("样本量", "n"), "count"),
        Column("effective_n", Text("有效样本", "Effective n"), "number"),
        Column("deff", Text("设计效应", "Deff"), "number"),
        Column("method", Text("区间", "Interval by")),
        Column("set", Text("权数集", "Set")),
    )
    title = Text("各指数的来源", "How each index was made")
    return Table("provenance", title, columns, tuple(rows), source, is_annex=True)


def _shown(c: Context, made: list[Figures]) -> list[Figures]:
    """Leave out the sets of earlier periods: they are compared with, not printed."""
    return [f for f in made if f.weight_set.ends_on == c.period.ends_on]


def _is_printed(c: Context, f: Figures, e: IndexEstimate) -> bool:
    """Say whether a figure stands in the issue: counties from the wide span, city, groups and users from the period."""
    s = f.weight_set
    if e.by is By.COUNTY:
        is_wide = s.starts_on == wide(c.period).starts_on
        return is_wide and e.measure is Measure.SHARE and e.index in (c.definition.safety.code, ENFORCEMENT)
    if s.starts_on != c.period.starts_on:
        return False
    if e.by in GROUPS:
        has_groups = c.period.kind in (PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR)
        return (
            has_groups and e.measure is Measure.SHARE and e.index in (c.definition.safety.code, ENFORCEMENT)
        )
    return e.by is By.CITY or (e.by is By.CONTACT and e.measure is Measure.SHARE)


def _order(e: IndexEstimate) -> tuple[str, int, int, str]:
    return (e.index, list(Measure).index(e.measure), list(By).index(e.by), e.domain)


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else value * scale
