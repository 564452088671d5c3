"""Sections 9 to 11: what became of earlier advice, the counselling line's totals, and how everything was made."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from core import clock
from core.terms import Words
from hotline.counsel_totals import by_level, closed_quarters
from hotline.risk import RiskLevel
from reports.advice import Advice
from reports.blocks import Block, Cell, Column, Prose, Section, Table, Text
from reports.bulletins import Bulletin, BulletinState
from reports.context import Context
from reports.estimates import Figures
from survey.categories import VARIABLES

BACK = timedelta(weeks=4)


def advice(c: Context) -> Section:
    """Say what became of the advice of the last four weeks."""
    heading = Text("建议", "Advice")
    query = (
        sa.select(Advice)
        .join(Bulletin, Bulletin.id == Advice.bulletin_id)
        .where(Bulletin.state == BulletinState.ISSUED, Bulletin.ends_on < c.period.starts_on)
        .where(Advice.given_at >= c.since - BACK, Advice.given_at < c.as_of)
        .order_by(Advice.id)
    )
    rows: list[tuple[Cell, ...]] = []
    for item in c.session.scalars(query).unique():
        late = item.is_late(clock.local(c.as_of).date())
        state = Text(item.state.zh, item.state.en)
        unit = Text(item.unit.name, item.unit.name_en) if item.unit else Text("未定", "Not set")
        shown = Text(f"{state.zh}（已过期限）", f"{state.en} (past its day)") if late else state
        kind = Text("批示", "Instruction") if item.is_instruction else Text("建议", "Advice")
        due = item.due_on.isoformat() if item.due_on else None
        rows.append((kind, Text(item.text, item.text), unit, due, shown, Text(item.outcome, item.outcome)))
    if not rows:
        none = Text("前四周没有提出建议。", "No advice was given in the last four weeks.")
        return Section(9, "advice", heading, (Prose(none),))
    source = c.source(
        "advice",
        "advice",
        Words(
            "前四周各期简报的建议和批示及其落实",
            "Advice and instructions of the last four weeks and what became of them",
        ),
    )
    columns = (
        Column("kind", Text("类别", "Kind")),
        Column("text", Text("内容", "What")),
        Column("unit", Text("责任单位", "Unit")),
        Column("due", Text("期限", "Until"), "date"),
        Column("state", Text("进展", "State")),
        Column("outcome", Text("结果", "Outcome")),
    )
    title = Text("前四周建议的落实", "What became of earlier advice")
    return Section(9, "advice", heading, (Table("advice", title, columns, tuple(rows), source),))


def counselling(c: Context) -> Section:
    """Give the counselling line's totals of the last whole quarter; small cells stay hidden."""
    heading = Text("心理援助热线", "Counselling line")
    quarter = closed_quarters(c.as_of, clock.zone(), many=1)[0]
    totals = by_level(c.session, quarter, clock.zone())
    source = c.source(
        "counselling",
        "counsel_totals.by_level",
        Words(
            "只有整季度总数；少于 10 的格子不公布，能推算出它的也不公布",
            "Whole quarters only; cells under 10 are hidden, and so is what would give them away",
        ),
    )
    rows: list[tuple[Cell, ...]] = [
        (Text(level.zh, level.en), totals.counts.get(level)) for level in RiskLevel
    ]
    rows.append((Text("合计", "All"), totals.total))
    columns = (
        Column("level", Text("本次来电的最高等级", "Gravest level of the episode")),
        Column("n", Text("人次", "Episodes"), "count"),
    )
    title = Text(
        f"{quarter.words.in_language('zh')}总数", f"Totals of {quarter.words.in_language('en').lower()}"
    )
    words = Text("只公布整季度的总数，见附表。", "Totals of whole quarters alone: see the annex.")
    table = Table("counselling", title, columns, tuple(rows), source, is_annex=True)
    return Section(10, "counselling", heading, (Prose(words), table))


def method(c: Context) -> Section:
    """Say how the figures were made and how good the data are."""
    heading = Text("方法与数据质量", "Method and data quality")
    found: list[Block] = []
    now = c.figures(c.period)
    if now is not None:
        found += [Prose(_how(now)), _quality(c, now)]
    found.append(
        Prose(
            Text(
                "变化只在 95 % 区间不含零时才写“升”或“降”，否则写“无显著变化”。样本不足的数字不公布。"
                "各数字可在网页版点开查看来源和算法。",
                "A change is called up or down only where its 95 % interval leaves zero out; else it says no detectable "
                "change. Figures from too few interviews are withheld. On the web page every number opens to its source.",
            )
        )
    )
    return Section(11, "method", heading, tuple(found))


def _how(now: Figures) -> Text:
    p = now.weight_set.provenance
    released, n = p.get("released", 0), p.get("respondents", now.weight_set.interviews)
    kept = p.get("raking", {}).get("margins", {})
    margins = sorted(kept, key=lambda m: (VARIABLES.index(m) if m in VARIABLES else len(VARIABLES), m))
    zh = {"county": "县（区）", "sex_age": "性别×年龄", "area": "城乡", "education": "文化程度"}
    en = {"county": "county", "sex_age": "sex by age", "area": "town and country", "education": "education"}
    return Text(
        f"随机抽取的电话号码 {released:,} 个，完成访问 {n:,} 份；权数按入样概率、无回答和人口边际"
        f"（{'、'.join(zh.get(m, m) for m in margins)}）调整。",
        f"{released:,} telephone numbers drawn at random, {n:,} interviews; weights by inclusion probability, nonresponse "
        f"and margins of the population ({', '.join(en.get(m, m) for m in margins)}).",
    )


def _quality(c: Context, now: Figures) -> Table:
    p, made = now.weight_set.provenance, now.made
    source = c.source("method", "weight_set.provenance", Words("权数集记录", "Record of the weight set"))
    rows: tuple[tuple[Cell, ...], ...] = (
        (Text("指数定义版本", "Version of the definition"), str(made.definition_version)),
        (Text("权数集", "Weight set"), str(now.weight_set.id)),
        (Text("程序版本", "Version of the code"), made.code_version),
        (Text("数据截止", "Data cut"), f"{clock.local(now.weight_set.as_of):%Y-%m-%d %H:%M}"),
        (Text("权数的设计效应", "Design effect of the weights"), f"{p.get('deff', {}).get('final', 1):.2f}"),
        (
            Text("边际最大偏差", "Largest miss of a margin"),
            f"{p.get('raking', {}).get('largest_miss', 0):.1e}",
        ),
    )
    columns = (Column("what", Text("项目", "What")), Column("value", Text("数值", "Value")))
    return Table("method", Text("数据来源与口径", "Provenance"), columns, rows, source, is_annex=True)
