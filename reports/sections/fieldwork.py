"""How the survey of a period went: dials, completes, AAPOR's rates by county, and the townships reached."""

from __future__ import annotations

import sqlalchemy as sa
from msgspec.structs import replace

from core.terms import Words, speaking
from reports.blocks import Block, Cell, Column, Prose, Section, Table, Text
from reports.context import Context, listed
from survey.attempts import Attempt
from survey.cases import Case
from survey.field_rates import Breakdown, Selection, tabulate
from survey.interviews import Interview, InterviewState
from survey.methods.rates import Eligibility

OF_A_DAY = ("place", "dials", "completes", "reached", "townships")
"""A day's numbers are still being called: rates would mislead."""


def section(c: Context) -> Section:
    """Say what was dialled and completed on one day, without rates and without indices."""
    blocks: list[Block] = []
    for block in fieldwork(c):
        if isinstance(block, Table) and block.id == "fieldwork":
            at = [block.column(key) for key in OF_A_DAY]
            columns = tuple(block.columns[i] for i in at)
            block = replace(
                block, columns=columns, rows=tuple(tuple(row[i] for i in at) for row in block.rows)
            )
        blocks.append(block)
    words = Text(
        "一天的访问太少，不报指数；指数见周报。",
        "A day has too few interviews for an index: see the weekly bulletin.",
    )
    return Section(2, "fieldwork", Text("当日调查", "The day's fieldwork"), (*blocks, Prose(words)))


def fieldwork(c: Context) -> list[Block]:
    """Return dials, completes, AAPOR's rates by county, and how many townships were reached."""
    if not c.waves:
        return [Prose(Text("这一期没有完成的访问", "No interview was completed in this period"))]
    wave = c.waves[0][0]
    first, last = c.since, c.until
    source = c.source(
        "fieldwork",
        "attempt, interview, case(disposition)",
        Words(
            "拨打与完成按发生时间计；应答率按 AAPOR 2023 标准定义，以本期投放的号码为分母，e 由已知比例推算",
            "Dials and completes by when they happened; rates as AAPOR (2023) defines them over the numbers released in "
            "the period, e from the known share",
        ),
    )
    dialled = (
        sa.select(Case.county_id, sa.func.count())
        .join(Attempt, Attempt.case_id == Case.id)
        .where(Case.wave_id == wave.id)
        .where(Attempt.started_at >= first, Attempt.started_at < last, Attempt.disposition.is_not(None))
        .group_by(Case.county_id)
    )
    completed = (
        sa.select(Case.township_id, sa.func.count())
        .join(Interview, Interview.case_id == Case.id)
        .where(Interview.wave_id == wave.id)
        .where(
            Interview.state == InterviewState.COMPLETE, Interview.ended_at >= first, Interview.ended_at < last
        )
        .group_by(Case.township_id)
    )
    dials = {row[0]: row[1] for row in c.session.execute(dialled)}
    by_township = {row[0]: row[1] for row in c.session.execute(completed)}
    with speaking("zh"):
        chosen = Selection(starts_on=c.period.starts_on, ends_on=c.period.ends_on)
        whole, cells = tabulate(c.session, wave, chosen, Breakdown.COUNTY)
    rates = {cell.order: cell.rates(Eligibility.CALCULATOR, weighted=False) for cell in cells}
    rows: list[tuple[Cell, ...]] = []
    for county in c.counties:
        mine = [t for t in c.townships if t.parent_id == county.id]
        rate = rates.get(county.code)
        reached = sum(1 for t in mine if by_township.get(t.id))
        rows.append(
            (
                c.of_place(county), dials.get(county.id, 0), sum(by_township.get(t.id, 0) for t in mine),
                rate.rr3 if rate else None, rate.coop3 if rate else None, rate.ref2 if rate else None,
                rate.con2 if rate else None, reached, len(mine),
            )
        )  # fmt: skip
    r = whole.rates(Eligibility.CALCULATOR, weighted=False)
    total = (
        c.city, sum(dials.values()), sum(by_township.values()), r.rr3, r.coop3, r.ref2, r.con2,
        sum(1 for t in c.townships if by_township.get(t.id)), len(c.townships),
    )  # fmt: skip
    columns = (
        Column("place", Text("县（区）", "County")),
        Column("dials", Text("拨打", "Dials"), "count"),
        Column("completes", Text("完成", "Completes"), "count"),
        Column("rr3", Text("应答率 RR3", "RR3"), "percent"),
        Column("coop3", Text("合作率 COOP3", "COOP3"), "percent"),
        Column("ref2", Text("拒访率 REF2", "REF2"), "percent"),
        Column("con2", Text("接触率 CON2", "CON2"), "percent"),
        Column("reached", Text("有完成访问的乡镇", "Townships reached"), "count"),
        Column("townships", Text("乡镇总数", "Townships"), "count"),
    )
    title = Text("调查执行情况", "How the survey went")
    missed: list[tuple[Cell, ...]] = []
    for county in c.counties:
        mine = [t for t in c.townships if t.parent_id == county.id]
        not_yet = [c.of_place(t) for t in mine if not by_township.get(t.id)]
        words = listed(not_yet) if not_yet else Text("无", "none")
        missed.append((c.of_place(county), len(mine) - len(not_yet), len(mine), words))
    heads = (
        Column("place", Text("县（区）", "County")),
        Column("reached", Text("有完成访问的乡镇", "Townships reached"), "count"),
        Column("townships", Text("乡镇总数", "Townships"), "count"),
        Column("missed", Text("还没有完成访问的乡镇", "Townships not reached")),
    )
    covered = Table(
        "coverage", Text("乡镇覆盖", "Coverage by township"), heads, tuple(missed), source, is_annex=True
    )
    return [*_waves(c), Table("fieldwork", title, columns, (total, *rows), source, is_annex=True), covered]


def _waves(c: Context) -> list[Block]:
    """Say which wave is meant where several had interviews: each has a sample and a questionnaire of its own."""
    (wave, n), *others = c.waves
    if not others:
        return []
    left = sum(count for _, count in others)
    return [
        Prose(
            Text(
                f"本期有 {len(c.waves)} 个调查波次，抽样各自独立，不合并：指数和执行情况只出自“{wave.name}”（{n:,} 份访问），"
                f"{'、'.join(f'“{other.name}”' for other, _ in others)}的 {left:,} 份不在内。",
                f"{len(c.waves)} waves were at work, each a sample of its own, and are not pooled: indices and fieldwork are those "
                f"of {wave.name_en or wave.name} ({n:,} interviews), without the {left:,} of "
                f"{', '.join(other.name_en or other.name for other, _ in others)}.",
            )
        )
    ]
