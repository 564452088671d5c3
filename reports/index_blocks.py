"""An index as a block: its figure with interval and comparisons, and the columns that tables of indices share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.terms import Words
from hotline.hidden_tables import conceal
from reports.blocks import Cell, Column, Comparison, Figure, Text
from reports.estimates import IndexEstimate, Measure, since
from reports.families import in_family
from reports.wording import Change, Verdict, change_words
from survey.index_ranks import RankRange

POINTS_UNIT = Words("个百分点", "points")
SCORE_UNIT = Words("分", "points of score")
METHOD = Words(
    "加权占比：选前两项（很…、比较…）的人占表态者的比重；95 % 区间按对数几率法，方差按泰勒线性化并计入校准残差",
    "Weighted share of the two best answers among those with a view; 95 % interval on the logit scale, variance by "
    "linearisation with calibration residuals",
)
WHY = {
    "no_answer": Text("没有人回答，不予公布", "Nobody answered: not published"),
    "too_few": Text("样本不足，不予公布", "Too few interviews: not published"),
    "no_spread": Text("误差无从估计，不予公布", "Its error can't be known: not published"),
    "too_uncertain": Text("区间太宽，不予公布", "Too uncertain: not published"),
    "item": Text(
        "其中有一项没有结果或不予公布，综合指数也不公布",
        "One of its items is missing or withheld: not published",
    ),
    "complement": Text(
        "为免推出另一组的少数人，不予公布", "Withheld so that another group's few can't be worked out"
    ),
}
MISSING = Text("这一期没有可用的加权结果", "No weighted result for this period")
ESTIMATE = Text("估计值", "Estimate")


def figure(
    block_id: str,
    words: Text,
    source: str,
    now: IndexEstimate | None,
    others: Sequence[tuple[IndexEstimate | None, Words]],
    measure: Measure = Measure.SHARE,
) -> Figure:
    """Return one index with its comparisons to the same figure of other periods; withheld, it says why."""
    is_score = measure is Measure.MEAN
    scale, unit = (1.0, SCORE_UNIT) if is_score else (100.0, POINTS_UNIT)
    if now is None or not now.is_shown:
        why = WHY.get(now.withheld or "", MISSING) if now else MISSING
        return Figure(block_id, words, source, "score" if is_score else "percent", withheld=why)
    compared = tuple(_comparison(since(now, other), than, unit, scale) for other, than in others)
    return Figure(
        block_id, words, source, "score" if is_score else "percent", estimate=now.estimate, low=now.low,
        high=now.high, n=now.n, effective_n=now.effective_n, deff=now.deff, method=now.method, comparisons=compared,
    )  # fmt: skip


def _comparison(change: Change | None, than: Words, unit: Words, scale: float) -> Comparison:
    sentence = Text.of(change_words(change, than, unit=unit, scale=scale))
    if change is None:
        return Comparison(Text.of(than), sentence, Verdict.UNKNOWN.value)
    return Comparison(
        Text.of(than), sentence, change.verdict.value, change.difference, change.low, change.high, change.p
    )


HOLM = Text(
    "表里各行的升降一起判断，p 按 Holm 调整，合起来错报一处的机会不超过 5 %。",
    "The rows' changes are judged together, p by Holm: the chance of any false one in the table is at most 5 %.",
)


def verdicts_of(changes: Iterable[Change | None]) -> list[Text]:
    """Say what the differences of one printed family amount to, in a word each."""
    return [Text(verdict.zh, verdict.en) for verdict in in_family(changes)]


def numbers_of(found: Sequence[IndexEstimate]) -> list[int | None]:
    """Return the numbers of interviews of one grouping, without those that are few or would give few away."""
    return [row[0] for row in conceal([[e.n] for e in found]).cells] if found else []


def places_of(held: RankRange | None) -> str | None:
    """Write the places that a county may hold: 2–5, never one alone unless it is sure."""
    if held is None:
        return None
    return f"{held.best}" if held.best == held.worst else f"{held.best}–{held.worst}"


def interval_columns(key: str = "", words: Text = ESTIMATE) -> tuple[Column, ...]:
    """Return the columns of an estimate with its limits; of several in one table each has its key and words."""
    return (
        Column(key or "estimate", words, "percent"),
        Column(f"{key}_low" if key else "low", Text("下限", "Low"), "percent"),
        Column(f"{key}_high" if key else "high", Text("上限", "High"), "percent"),
    )


def interval(e: IndexEstimate | None) -> tuple[Cell, ...]:
    """Return an estimate with its limits, empty where it may not be printed."""
    return (e.estimate, e.low, e.high) if e is not None and e.is_shown else (None, None, None)
