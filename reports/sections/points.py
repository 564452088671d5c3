"""Section 1: the main points, at most six, each with its number, its comparison and where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from core.terms import Words
from reports.blocks import Figure, Point, Points, Section, Table, Text
from reports.wording import Change, change_words

MOST = 6
Z = 1.959964
THAT, MATTERS = Words("之", "that"), Words("件", "matters")


def section(others: Sequence[Section]) -> Section:
    """Write the main points from what the other sections say."""
    found: list[Point] = []
    tables: dict[str, Table] = {}
    for part in others:
        for block in part.blocks:
            if isinstance(block, Figure) and block.id in ("index.safety", "index.enforcement"):
                found.append(_index(block))
            elif isinstance(block, Table):
                tables[block.id] = block
    found += [
        *_fieldwork(tables, bool(found)),
        *_intake(tables),
        *_incidents(tables),
        *_problem(tables),
        *_overdue(tables),
        *_solved(tables),
    ]
    return Section(1, "points", Text("要点", "Main points"), (Points(tuple(found[:MOST])),))


def _index(f: Figure) -> Point:
    if f.estimate is None or f.low is None or f.high is None:
        why = f.withheld or Text("不予公布", "not published")
        return Point(Text(f"{f.words.zh}：{why.zh}。", f"{f.words.en}: {why.en}."), f.id)
    first = f.comparisons[0].sentence if f.comparisons else Text("", "")
    numbers = f"{100 * f.estimate:.1f} %", f"{100 * f.low:.1f}–{100 * f.high:.1f} %"
    return Point(
        Text(
            f"{f.words.zh} {numbers[0]}（{numbers[1]}，样本 {f.n:,}），{first.zh}。",
            f"{f.words.en}: {numbers[0]} ({numbers[1]}, n {f.n:,}). {first.en}.",
        ),
        f.id,
    )


def _fieldwork(tables: dict[str, Table], has_index: bool) -> list[Point]:
    """Say how the day's survey went, where no index speaks for it."""
    table = tables.get("fieldwork")
    if has_index or table is None or not table.rows:
        return []
    row = dict(zip((c.key for c in table.columns), table.rows[0], strict=True))
    text = Text(
        f"拨打 {row['dials']:,} 次，完成访问 {row['completes']:,} 份，涉及 {row['reached']} 个乡镇。",
        f"{row['dials']:,} numbers dialled, {row['completes']:,} interviews completed in {row['reached']} townships.",
    )
    return [Point(text, table.id)]


def _incidents(tables: dict[str, Table]) -> list[Point]:
    table = tables.get("incidents")
    if table is None or not table.rows:
        return []
    n = len(table.rows)
    return [Point(Text(f"突发事件 {n} 起。", f"{n} incident{'s' if n > 1 else ''}."), table.id)]


def _intake(tables: dict[str, Table]) -> list[Point]:
    table = tables.get("intake")
    if table is None:
        return []
    row = dict(zip((c.key for c in table.columns), table.rows[0], strict=True))
    now, mean, low, high, year = (row[key] for key in ("now", "mean", "low", "high", "year"))
    if not isinstance(now, int):
        return []
    zh, en = f"受理诉求 {now:,} 件", f"{now:,} matters came in"
    if isinstance(mean, float):
        words = table.columns[table.column("mean")].words
        zh, en = f"{zh}，{words.zh} {mean:,.0f} 件", f"{en}; {words.en.lower()} {mean:,.0f}"
    if isinstance(low, float) and isinstance(high, float) and isinstance(row["change"], Text):
        verdict = row["change"]
        zh = f"{zh}（可能范围 {low:,.0f}–{high:,.0f}，{verdict.zh}）"
        en = f"{en} (expected {low:,.0f}–{high:,.0f}: {verdict.en.lower()})"
    if isinstance(year, int):
        reach = high - mean if isinstance(high, float) and isinstance(mean, float) else 0.0
        since = Text.of(change_words(since_year(now, year, reach), THAT, unit=MATTERS, scale=1, digits=0))
        zh, en = f"{zh}，上年同期 {year:,} 件，{since.zh}", f"{en}; a year ago {year:,}. {since.en}"
    return [Point(Text(f"{zh}。", f"{en}."), table.id)]


def since_year(now: int, year: int, reach: float) -> Change:
    """Set a count against that of a year ago: d ± the greater of √2 times the reach of the four before and Poisson's.

    `reach` is how far one count lies from their mean 19 times in 20; both counts scatter so, and never less than two
    Poisson counts do.
    """
    step, half = float(now - year), max(sqrt(2) * reach, Z * sqrt(now + year))
    return Change(step, step - half, step + half, None)


def _problem(tables: dict[str, Table]) -> list[Point]:
    table = tables.get("problems")
    if table is None or not table.rows:
        return []
    what, where, callers, matters = table.rows[0][:4]
    if not isinstance(what, Text) or not isinstance(where, Text):
        return []
    return [
        Point(
            Text(
                f"反映最集中：{where.zh}“{what.zh}”，{callers} 人 {matters} 件。",
                f"Raised most: {what.en} in {where.en}, {callers} residents, {matters} matters.",
            ),
            table.id,
        )
    ]


def _overdue(tables: dict[str, Table]) -> list[Point]:
    table = tables.get("red")
    if table is None or not table.rows:
        return []
    total = sum(int(row[1]) for row in table.rows if isinstance(row[1], int))
    longest = max(int(row[2]) for row in table.rows if isinstance(row[2], int))
    text = Text(
        f"超期未办结 {total:,} 件，涉及 {len(table.rows)} 个单位，最长 {longest} 天。",
        f"{total:,} matters are overdue with {len(table.rows)} units, the longest by {longest} days.",
    )
    return [Point(text, table.id)]


def _solved(tables: dict[str, Table]) -> list[Point]:
    table = tables.get("handling")
    if table is None:
        return []
    row = dict(zip((c.key for c in table.columns), table.rows[0], strict=True))
    low, high, reached = row["solved_low"], row["solved_high"], row["reached"]
    if not isinstance(low, float) or not isinstance(high, float):
        return []
    text = Text(
        f"回访到 {reached} 人，解决率在 {100 * low:.0f} % 与 {100 * high:.0f} % 之间（未联系上的按两端计）。",
        f"{reached} residents were reached; between {100 * low:.0f} % and {100 * high:.0f} % say solved (those not reached "
        "counted both ways).",
    )
    return [Point(text, table.id)]
