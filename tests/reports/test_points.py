"""The main points say of a count what was to be expected of it, and of last year's no more than chance allows."""

from __future__ import annotations

import numpy as np
import pytest

from reports.blocks import Column, Points, Section, Table, Text
from reports.expected import expected
from reports.sections import points
from reports.wording import Verdict

WHAT = Text("合计", "All")


def said(now: int, before: list[int], year: int | None) -> Text:
    """Write the point of what came in."""
    e = expected(now, before)
    keys = ("kind", "now", "mean", "low", "high", "change", "year")
    verdict = Text(e.verdict().zh, e.verdict().en)
    rows = ((WHAT, now, e.mean, e.low, e.high, verdict, year),)
    table = Table("intake", WHAT, tuple(Column(key, Text("均值", "Mean")) for key in keys), rows, "intake")
    (block,) = points.section([Section(3, "intake", WHAT, (table,))]).blocks
    assert isinstance(block, Points)
    (point,) = block.points
    return point.text


def test_a_count_stands_beside_last_years_with_its_interval() -> None:
    quiet = said(105, [98, 102, 100, 101], 95)
    assert "上年同期 95 件，与之相比无显著变化（−" in quiet.zh
    assert "a year ago 95. No detectable change on that (−" in quiet.en
    assert "上年同期 30 件，比之升 75 件（+" in said(105, [98, 102, 100, 101], 30).zh
    assert "比之降 195 件（−" in said(105, [98, 102, 100, 101], 300).zh
    # The same step where the weeks themselves scatter by as much: nothing can be said.
    assert "无显著变化" in said(105, [40, 190, 60, 140], 30).zh.partition("上年同期")[2]
    assert "上年同期" not in said(105, [98, 102, 100, 101], None).zh
    # Nothing came in the four before, and nothing is known of their scatter: Poisson's is the least.
    assert "无显著变化（−0" not in said(2, [0, 0, 0, 0], 0).zh
    assert "与之相比无显著变化" in said(2, [0, 0, 0, 0], 0).zh


@pytest.mark.parametrize("scatter", [0.0, 0.1])
def test_chance_is_seldom_called_a_change_on_last_year(scatter: float) -> None:
    """Of 1,000 quiet years of Poisson counts, and of counts that scatter a tenth more, under 5 % are called changed."""
    dice = np.random.default_rng(11)
    level = 200 * dice.gamma(1 / scatter**2, scatter**2, (1000, 6)) if scatter else np.full((1000, 6), 200.0)
    changed = 0
    for now, year, *before in dice.poisson(level).tolist():
        e = expected(now, before)
        change = points.since_year(now, year, (e.high or 0) - (e.mean or 0))
        changed += change.verdict is not Verdict.NONE
    assert changed / 1000 <= 0.05
