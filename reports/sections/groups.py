"""Who says what: both indices by town and country, sex and age, over periods long enough to tell them apart."""

from __future__ import annotations

from core.terms import Words
from reports.blocks import Block, Cell, Chart, Column, Prose, Section, Table, Text
from reports.context import Context
from reports.definitions import ENFORCEMENT, ENFORCEMENT_WORDS, SAFETY
from reports.estimates import By, since
from reports.group_words import group_words
from reports.index_blocks import HOLM, interval, numbers_of, verdicts_of

GROUPS = (By.AREA, By.SEX, By.AGE)


def section(c: Context) -> Section:
    """Give both indices by group, each with its change on the period before."""
    heading = Text("不同人群", "Groups of residents")
    now, before = c.figures(c.period), c.figures(c.period.previous)
    if now is None:
        none = Text("这一期没有可用的加权结果。", "No weighted result for this period.")
        return Section(0, "groups", heading, (Prose(none),))
    source = c.source(
        "groups",
        "index_estimate(by area, sex, age)",
        Words(
            "同一套权数下各人群的加权占比与 95 % 区间；样本不足、区间太宽，或会推出另一组少数人的不公布",
            "Weighted shares with 95 % intervals by the same weights; withheld where interviews are too few, the interval too "
            "wide, or another group's few could be worked out",
        ),
    )
    blocks: list[Block] = []
    for index, words in ((SAFETY, c.definition.safety.words), (ENFORCEMENT, ENFORCEMENT_WORDS)):
        rows: list[tuple[Cell, ...]] = []
        known = [e for by in GROUPS for e in now.of(by, index)]
        sizes = [n for by in GROUPS for n in numbers_of(now.of(by, index))]
        changes = [since(e, before.get(index, e.domain, e.by) if before else None) for e in known]
        for e, n, verdict in zip(known, sizes, verdicts_of(changes), strict=True):
            name = group_words(e.domain)
            by = Text(e.by.zh, e.by.en)
            rows.append((name, by, *interval(e), n, verdict if e.is_shown else None))
        if rows:
            table_id = f"groups.{index}"
            title = Text(f"{words.zh}：分人群", f"{words.en} by group")
            blocks += [
                Chart(f"{table_id}.chart", title, "intervals", table_id, "group", ("estimate",), "low", "high",
                      is_half=True),
                Table(table_id, title, _columns(), tuple(rows), source, HOLM, is_annex=True),
            ]  # fmt: skip
    return Section(0, "groups", heading, tuple(blocks))


def _columns() -> tuple[Column, ...]:
    return (
        Column("group", Text("人群", "Group")),
        Column("by", Text("按", "By")),
        Column("estimate", Text("估计值", "Estimate"), "percent"),
        Column("low", Text("下限", "Low"), "percent"),
        Column("high", Text("上限", "High"), "percent"),
        Column("n", Text("样本量", "n"), "count"),
        Column("change", Text("比上期", "On the period before")),
    )
