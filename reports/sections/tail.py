"""Sections 9 to 11: what became of earlier advice, the counselling line's totals, and how everything was made."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from core import clock, journal
from core.terms import Words
from hotline.counsel_totals import by_level, closed_quarters
from hotline.risk import RiskLevel
from reports.advice import OVER, Advice, AdviceState
from reports.blocks import Block, Cell, Column, Prose, Section, Table, Text
from reports.bulletins import BULLETIN_FLOW, Bulletin, BulletinAction, BulletinState
from reports.context import Context
from reports.definitions import FIRST
from reports.estimates import Figures
from reports.sections.provenance import provenance
from survey.categories import VARIABLES

BACK = timedelta(weeks=4)
WITHDRAWAL = f"{BULLETIN_FLOW.name}.{BulletinAction.WITHDRAW.value}"
"""How the journal calls it."""
A_WEEK = 7


def advice(c: Context) -> Section:
    """Say what became of the advice of the last four weeks, or of the whole period where it is longer than a week."""
    heading, is_long = Text("建议", "Advice"), c.period.days > A_WEEK
    query = (
        sa.select(Advice)
        .join(Bulletin, Bulletin.id == Advice.bulletin_id)
        .where(Bulletin.state == BulletinState.ISSUED, Advice.given_at < c.until)
        .order_by(Advice.id)
    )
    if is_long:
        query = query.where(Advice.given_at >= c.since, Bulletin.ends_on <= c.period.ends_on)
    else:
        query = query.where(Advice.given_at >= c.since - BACK, Bulletin.ends_on < c.period.starts_on)
    rows: list[tuple[Cell, ...]] = []
    for item in c.session.scalars(query).unique():
        # What ended after the period was not over in it.
        is_later = item.ended_at is not None and item.ended_at >= c.until
        now = AdviceState.GIVEN if is_later else item.state
        late = item.due_on is not None and item.due_on < clock.local(c.until).date() and now not in OVER
        state, outcome = Text(now.zh, now.en), "" if is_later else item.outcome
        unit = Text(item.unit.name, item.unit.name_en) if item.unit else Text("未定", "Not set")
        shown = Text(f"{state.zh}（已过期限）", f"{state.en} (past its day)") if late else state
        kind = Text("批示", "Instruction") if item.is_instruction else Text("建议", "Advice")
        due = item.due_on.isoformat() if item.due_on else None
        said = (Text(x, x) if x else None for x in (item.text, item.effect, outcome))
        text, effect, became = said
        rows.append((kind, text, unit, due, effect, shown, became))
    if not rows:
        none = Text("前四周没有提出建议。", "No advice was given in the last four weeks.")
        if is_long:
            none = Text("本期没有提出建议。", "No advice was given in this period.")
        return Section(9, "advice", heading, (Prose(none),))
    source = c.source(
        "advice",
        "advice",
        Words(
            "前四周（长于一周的简报为本期内）各期简报的建议和批示及其落实",
            "Advice and instructions of the last four weeks (of the period itself where it is longer than a week) and "
            "what became of them",
        ),
    )
    columns = (
        Column("kind", Text("类别", "Kind")),
        Column("text", Text("内容", "What")),
        Column("unit", Text("责任单位", "Unit")),
        Column("due", Text("期限", "Until"), "date"),
        Column("effect", Text("预期效果", "Expected")),
        Column("state", Text("进展", "State")),
        Column("outcome", Text("结果", "Outcome")),
    )
    title = Text("前四周建议的落实", "What became of earlier advice")
    if is_long:
        title = Text("本期建议的落实", "What became of the period's advice")
    return Section(9, "advice", heading, (Table("advice", title, columns, tuple(rows), source),))


def counselling(c: Context) -> Section:
    """Give the counselling line's totals of the last whole quarter; small cells stay hidden."""
    heading = Text("心理援助热线", "Counselling line")
    quarter = closed_quarters(c.until, clock.zone(), many=1)[0]
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
    found: list[Block] = [Prose(x) for x in (_changed_definition(c),) if x is not None]
    now = c.figures(c.period)
    if now is not None:
        found += [Prose(_how(now)), *provenance(c)]
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
    return Section(11, "method", heading, (*found, *corrections(c)))


def _changed_definition(c: Context) -> Text | None:
    """Say that the series broke, where what is compared lies on both sides of a new definition."""
    d = c.definition
    if d.version == FIRST.version or d.valid_from <= c.period.last_year.starts_on:
        return None
    if d.breaks_series:
        return Text(
            f"指数定义自 {d.valid_from} 起改用第 {d.version} 版，量表也改了：此前的数字不作比较。",
            f"Since {d.valid_from} the indices follow definition {d.version}, on another scale: nothing earlier is compared.",
        )
    return Text(
        f"指数定义自 {d.valid_from} 起改用第 {d.version} 版：与此前的比较，两期都按这一版重算；不能与以前公布的数字直接相比。",
        f"Since {d.valid_from} the indices follow definition {d.version}: comparisons count both periods by it; don't compare "
        "with figures published before.",
    )


def plain_method(c: Context) -> Section:
    """Say how counts were made, where there is no index."""
    words = Text(
        f"诉求按登记时间统计，数据截止 {clock.local(c.as_of):%Y-%m-%d %H:%M}；不含草稿和反映本中心的事项。"
        "同一乡镇三人以上反映才作为突出问题列出。各数字可在网页版点开查看来源和算法。",
        f"Matters count by when they were registered; data cut {clock.local(c.as_of):%Y-%m-%d %H:%M}. Drafts and matters about "
        "the centre itself are left out. On the web page every number opens to its source.",
    )
    return Section(11, "method", Text("口径说明", "How this was counted"), (Prose(words), *corrections(c)))


def corrections(c: Context) -> list[Block]:
    """List which bulletins were corrected or withdrawn in the four weeks before the data cut, when, and why.

    A correction is out when its edition is issued; a withdrawal may concern an issue of long ago.
    """
    first = c.as_of - BACK
    corrected = sa.select(Bulletin).where(
        Bulletin.issued_at >= first, Bulletin.issued_at < c.as_of, Bulletin.edition > 1,
        Bulletin.state == BulletinState.ISSUED,
    )  # fmt: skip
    found = [(b.issued_at, b) for b in c.session.scalars(corrected) if b.issued_at is not None]
    found += [(at, b) for at, b in _withdrawn(c) if first <= at < c.as_of]
    rows: list[tuple[Cell, ...]] = []
    for at, b in sorted(found, key=lambda pair: (pair[0], pair[1].id)):
        what = Text("撤回", "Withdrawn")
        if b.state is not BulletinState.WITHDRAWN:
            what = Text(f"更正 {len(b.corrections)} 处", f"{len(b.corrections)} corrected")
        rows.append((Text.of(b.title), what, clock.local(at).date().isoformat(), Text(b.reason, b.reason)))
    if not rows:
        return []
    source = c.source(
        "corrections",
        "bulletin(edition, state), journal_entry(bulletin.withdraw)",
        Words("近四周的更正与撤回", "Four weeks of corrections"),
    )
    columns = (
        Column("bulletin", Text("简报", "Bulletin")),
        Column("what", Text("处理", "What was done")),
        Column("on", Text("日期", "Day"), "date"),
        Column("why", Text("原因", "Why")),
    )
    title = Text("近四周的更正与撤回", "Corrected or withdrawn in four weeks")
    return [Table("corrections", title, columns, tuple(rows), source, is_annex=True)]


def _withdrawn(c: Context) -> list[tuple[datetime, Bulletin]]:
    """Return the bulletins that are withdrawn with the moment when they were, as the journal has it."""
    query = sa.select(Bulletin).where(Bulletin.state == BulletinState.WITHDRAWN)
    known = {journal.record_name(b): b for b in c.session.scalars(query)}
    when = sa.select(journal.Entry.record, sa.func.max(journal.Entry.at)).where(
        journal.Entry.action == WITHDRAWAL, journal.Entry.record.in_(list(known))
    )
    return [(at, known[name]) for name, at in c.session.execute(when.group_by(journal.Entry.record))]


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
