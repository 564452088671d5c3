"""Section 5: root causes; what piles up where beyond chance, what came back, and what a remedy prevented."""

from __future__ import annotations

from scipy import stats

from core import clock
from core.terms import Words
from reports.blocks import Block, Cell, Column, Prose, Section, Table, Text
from reports.clusters import ClusterRow, Clusters, clusters
from reports.context import Context
from reports.root_causes import CauseState, root_causes
from reports.wording import LEVEL

HEADING = Text("根源分析", "Root causes")
MOST = 5


def section(c: Context) -> Section:
    """Say what chance does not explain, and what became of the causes taken up."""
    found = clusters(c.session, min(c.period.ends_on, clock.local(c.as_of).date()))
    source = c.source(
        "causes",
        "matter(place, topic, registered_at) × 91 days",
        Words(
            "时空扫描（Kulldorff 2001、2005）：乡镇、相邻乡镇和县各 1 至 14 天的窗口；p 值由 999 次蒙特卡洛得到，已计入处处都看的影响；"
            "除去根源可少来的件数 = 窗口内实有 − 应有，区间为泊松精确区间（Garwood 1936），因窗口是挑出来的，偏高",
            "Space–time scan (Kulldorff 2001, 2005): townships, neighbours and counties over 1 to 14 days; p from 999 Monte "
            "Carlo replicates, adjusted for looking everywhere; spared by a remedy = observed − expected in the window, exact "
            "Poisson limits (Garwood 1936); as the window was picked out, rather too high",
        ),
    )
    return Section(5, "causes", HEADING, (*_clusters(c, found, source), *_remedied(c, source)))


CALLERS = Text(
    "同一号码算一人，没有留号码的不计入，所以人数可少于件数，甚至为 0。",
    "A number is one caller and who left none is not counted: there may be fewer callers than matters, or none.",
)


def surplus(observed: int, expected: float) -> tuple[float, float, float]:
    """Return how many more came than expected, which a remedy would have spared, with exact Poisson limits.

    Counted for the window that the scan found. Source: Garwood (1936).
    """
    tail = (1 - LEVEL) / 2
    low = float(stats.chi2.ppf(tail, 2 * observed)) / 2 if observed else 0.0
    high = float(stats.chi2.ppf(1 - tail, 2 * observed + 2)) / 2
    return observed - expected, low - expected, high - expected


def _is_mine(c: Context, row: ClusterRow) -> bool:
    """Say whether a cluster is of the bulletin's topics and place."""
    return (not c.topics or row.topic in c.topics) and any(town.id in c.inside for town in row.townships)


def _in_all(found: Clusters, has_clear: bool) -> Prose:
    again = sum(r.again for r in found.recurrences) if found.recurrences else 0
    return Prose(
        Text(
            f"近 {(found.last_on - found.first_on).days + 1} 天共 {found.matters:,} 件，其中 {again} 件是办结 90 天内同地同类再次出现。"
            f"{'下列集中超出偶然所能解释的程度。' if has_clear else '没有发现偶然不能解释的集中。'}",
            f"{found.matters:,} matters in {(found.last_on - found.first_on).days + 1} days, {again} of them of a topic and place "
            f"closed within 90 days before. {'What follows is more than chance explains.' if has_clear else 'Nothing piles up beyond chance.'}",
        )
    )


def _clusters(c: Context, found: Clusters, source: str) -> list[Block]:
    clear = [row for row in found.clear if _is_mine(c, row)][:MOST]
    if c.topics or c.within:
        words = Prose(
            Text("下列集中超出偶然所能解释的程度。", "What follows is more than chance explains.")
            if clear
            else Text(
                "所选事项没有发现偶然不能解释的集中。", "The topics chosen pile up nowhere beyond chance."
            )
        )
    else:
        words = _in_all(found, bool(clear))
    if not clear:
        return [words]
    rows: list[tuple[Cell, ...]] = [
        (
            Text.of(row.words), Text.of(row.zone.words), row.first_on.isoformat(), row.observed, row.expected,
            row.ratio, row.p, *surplus(row.observed, row.expected), row.callers, row.again,
        )
        for row in clear
    ]  # fmt: skip
    columns = (
        Column("topic", Text("事项", "Topic")),
        Column("where", Text("地点", "Where")),
        Column("since", Text("自", "Since"), "date"),
        Column("observed", Text("实有", "Observed"), "count"),
        Column("expected", Text("应有", "Expected"), "number"),
        Column("ratio", Text("倍数", "Ratio"), "number"),
        Column("p", Text("p 值", "p"), "p"),
        Column("surplus", Text("除去根源可少来", "Spared by a remedy"), "number"),
        Column("surplus_low", Text("下限", "Low"), "number"),
        Column("surplus_high", Text("上限", "High"), "number"),
        Column("callers", Text("反映人数", "Callers"), "count"),
        Column("again", Text("再次出现", "Came again"), "count"),
    )
    title = Text("超出偶然的集中", "Beyond chance")
    return [words, Table("clusters", title, columns, tuple(rows), source, CALLERS)]


def _remedied(c: Context, source: str) -> list[Block]:
    """Return the causes measured: how many calls their remedy prevented."""
    rows: list[tuple[Cell, ...]] = []
    for cause in root_causes(c.session):
        result = cause.result
        on = cause.measured_on if cause.state is CauseState.MEASURED else None
        is_mine = (not c.topics or cause.topic in c.topics) and not c.inside.isdisjoint(cause.townships)
        if is_mine and result is not None and on is not None and c.period.starts_on <= on <= c.period.ends_on:
            rows.append((Text(cause.title, cause.title), result.prevented, result.low, result.high))
    if not rows:
        return []
    columns = (
        Column("cause", Text("根源", "Cause")),
        Column("prevented", Text("减少来电", "Calls prevented"), "number"),
        Column("low", Text("下限", "Low"), "number"),
        Column("high", Text("上限", "High"), "number"),
    )
    title = Text("整改 90 天后评估", "Measured 90 days after the remedy")
    return [Table("prevented", title, columns, tuple(rows), source, is_annex=True)]
