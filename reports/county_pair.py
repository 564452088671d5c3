"""Two counties against each other: how far apart both indices are, with the test, over the newest four weeks."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from sqlalchemy.orm import Session

from core import clock
from core.places import counties
from core.terms import Words
from reports.blocks import Cell, Column, Table, Text
from reports.definitions import ENFORCEMENT, SAFETY, in_force
from reports.estimates import By, Known
from reports.index_blocks import METHOD, interval
from reports.index_series import newest
from reports.index_tiles import NO_WEIGHTS, names
from reports.periods import PeriodKind
from reports.tiles import Tile, estimated
from reports.wording import LEVEL
from survey.methods.multiplicity import adjusted

CHOOSE = Text(
    "选两个县（区），看两项指数差多少。", "Choose two counties to see how far apart both indices are."
)
WITHHELD = Text(
    "这两个县（区）这一期没有可比的指数：样本不足，或误差无从估计。",
    "These two have no index to compare in this period: too few interviews, or an error that can't be known.",
)
HIGHER, LOWER = Text("前者高", "The first is higher"), Text("前者低", "The first is lower")
ALIKE = Text("分不出高低", "Can't be told apart")
NOTE = Text(
    "差别按两县（区）估计的协方差计算（同一次校准把它们的误差连在一起），两项指数的 p 按 Holm 一起调整。先看了数字才挑出来的一对，"
    "请看名次的范围：那里全部两两比较同时成立。",
    "The difference counts the covariance of both (one calibration ties their errors together); p of the two indices by "
    "Holm. Of a pair picked after looking at the numbers the ranges of places speak: there all pairs hold at once.",
)
MADE = Words(
    METHOD.zh + "；差 d ± t·√(V₁ + V₂ − 2C₁₂)，t 检验",
    METHOD.en + "; difference d ± t·√(V₁ + V₂ − 2C₁₂), t-test",
)


def two_counties(session: Session, pair: tuple[str, str], *, at: datetime) -> Tile:
    """Return the difference of two counties on both indices with its interval, test and verdict."""
    today = clock.today(at)
    now = newest(session, PeriodKind.FOUR_WEEKS, until=today)
    known = {p.code: Text(p.name, p.name_en) for p in counties(session)}
    here, there = pair
    is_chosen = here in known and there in known and here != there
    changes = {i: now.between(i, here, there) for i in (SAFETY, ENFORCEMENT)} if now and is_chosen else {}
    found = {i: c for i, c in changes.items() if c is not None}
    p = adjusted([float("nan") if c.p is None else c.p for c in found.values()]) if found else np.array([])
    rows: list[tuple[Cell, ...]] = []
    words = names(in_force(session, today))
    for (index, change), value in zip(found.items(), p.tolist(), strict=True):
        sides = [interval(now.get(index, code, By.COUNTY)) for code in pair] if now else []
        is_clear = value < 1 - LEVEL and not change.low <= 0 <= change.high
        verdict = (HIGHER if change.low > 0 else LOWER) if is_clear else ALIKE
        points = (100 * change.difference, 100 * change.low, 100 * change.high)
        rows.append((words[index], *(c for s in sides for c in s), *points, value, verdict))
    first, second = (known.get(code, Text("前者", "The first")) for code in pair)
    title = Text("两个县（区）比较", "Two counties compared")
    if is_chosen:
        title = Text(f"{first.zh}与{second.zh}比较", f"{first.en} and {second.en} compared")
    table = Table("pair", title, _columns(first, second), tuple(rows), "pair", NOTE)
    city = now.get(SAFETY) if now else None
    held = [Known(city, now.weight_set, now.made)] if now and city else []
    made = estimated(MADE, "index_estimate(by county), estimate_set.covariances", held, at=at)
    missing = None if rows else NO_WEIGHTS if now is None else WITHHELD if is_chosen else CHOOSE
    kept = ("index", "here", "there", "difference", "low", "high", "p", "verdict")
    return Tile(table, made, None, None, missing, len(rows), kept)


def _columns(first: Text, second: Text) -> tuple[Column, ...]:
    def side(key: str, of: Text) -> tuple[Column, ...]:
        return (
            Column(key, of, "percent"),
            Column(f"{key}_low", Text(f"{of.zh}·下限", f"{of.en}, low"), "percent"),
            Column(f"{key}_high", Text(f"{of.zh}·上限", f"{of.en}, high"), "percent"),
        )

    return (
        Column("index", Text("指数", "Index")),
        *side("here", first),
        *side("there", second),
        Column("difference", Text("差（百分点）", "Difference (points)"), "points"),
        Column("low", Text("差·下限", "Difference, low"), "points"),
        Column("high", Text("差·上限", "Difference, high"), "points"),
        Column("p", Text("p（Holm）", "p (Holm)"), "p"),
        Column("verdict", Text("判断", "Verdict")),
    )
