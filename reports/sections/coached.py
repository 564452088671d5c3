"""Coaching in section 2: where residents may have been told how to answer; places, never persons."""

from __future__ import annotations

from core.terms import Words
from reports.blocks import Block, Cell, Column, Prose, Table, Text
from reports.coaching import LEAST_RATED, CoachingSign, Sign, signs_of
from reports.context import Context, listed
from reports.estimates import CITY
from reports.index_blocks import interval_columns
from reports.periods import Period

LOOK_INTO = Text("高于别处，请核查", "above the rest: look into it")
METHOD = Words(
    "各县（区）与全市其余地方比较，差数带抽样误差，各地各项一起按 Holm 调整；调整后 p<0.05 而且本地整个区间高于其余地方的占比，"
    "才提示。只看地方，不看人；数据照常计入",
    "Each county beside the rest of the city, by the difference with its sampling error, Holm over all places and signs; "
    "named only where p is under 0.05 and the county's whole interval lies above the rest's share. Places alone, never "
    "persons; the answers count as always",
)


def coached(c: Context, span: Period) -> list[Block]:
    """Return the signs of coaching of a period: a sentence where a place stands out, the table in the annex."""
    now = c.figures(span)
    found = signs_of(c.session, now.weight_set.id) if now is not None else []
    if not found:
        return []
    source = c.source("coaching", "coaching_sign(weight_set)", METHOD)
    known = {(s.domain, s.sign): s for s in found}
    places = [(CITY, Text("全市", "Whole city")), *((p.code, c.of_place(p)) for p in c.counties)]
    shown = [(code, words) for code, words in places if any((code, s) in known for s in Sign)]
    above = [words for code, words in shown if any(s.is_above for s in found if s.domain == code)]
    rows: list[tuple[Cell, ...]] = [
        (
            words,
            *_cells(known.get((code, Sign.DIRECT))),
            *_cells(known.get((code, Sign.EXTREME))),
            LOOK_INTO if words in above else None,
        )
        for code, words in shown
    ]
    columns = (
        Column("place", Text("县（区）", "County")),
        *interval_columns("told", Text(Sign.DIRECT.zh, Sign.DIRECT.en)),
        Column("told_n", Text("样本量", "n"), "count"),
        *interval_columns("best", Text(Sign.EXTREME.zh, Sign.EXTREME.en)),
        Column("best_n", Text("样本量", "n"), "count"),
        Column("sign", Text("提示", "Sign")),
    )
    title = Text(
        f"有没有人教怎么回答（{span.starts_on:%m-%d} 至 {span.ends_on:%m-%d}）",
        f"Whether people were told how to answer ({span.starts_on:%d %b} to {span.ends_on:%d %b})",
    )
    table = Table(
        "coaching", title, columns, tuple(rows), source, _note(known.get((CITY, Sign.LIST))), is_annex=True
    )
    if not above:
        return [table]
    names = listed(above)
    words = Text(
        f"{names.zh}：说有人教过怎么回答的，或全部选最好一档的，比例高于其他地方，超出抽样误差，请核查当地有没有打招呼。回答照常计入。",
        f"{names.en}: more people than elsewhere, beyond sampling error, say they were told how to answer or gave the best "
        "answer to everything. Look into it there; the answers count as always.",
    )
    return [Prose(words), table]


def _cells(sign: CoachingSign | None) -> tuple[Cell, ...]:
    return (None, None, None, None) if sign is None else (sign.estimate, sign.low, sign.high, sign.n)


def _note(listed_share: CoachingSign | None) -> Text:
    zh = f"“全部选最好一档”只算至少回答了 {LEAST_RATED} 项评价的人；不足 10 人的地方不列；没有人这样答、误差无从估计的，占比空着。"
    en = f"The best answer to everything is counted of those who rated {LEAST_RATED} things or more; places under 10 are left out; a blank share is one that nobody gave, or whose error can't be known."
    if (
        listed_share is None
        or listed_share.estimate is None
        or listed_share.low is None
        or listed_share.high is None
    ):
        return Text(zh, en)
    share, low, high = (100 * v for v in (listed_share.estimate, listed_share.low, listed_share.high))
    return Text(
        f"{zh}名单法（不必说出是哪一件）估计全市被教过的有 {share:.1f} %（{low:.1f} 至 {high:.1f}）。",
        f"{en} By the list experiment, in which nobody says which, {share:.1f} % ({low:.1f} to {high:.1f}) of the city were.",
    )
