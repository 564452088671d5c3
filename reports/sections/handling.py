"""Section 6: how matters were handled, by unit, ordered by name inside groups of like volume."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import sqlalchemy as sa

from core.people import Unit
from core.terms import Words
from matters.attributes import ClockColour
from matters.flow import MatterAction
from matters.keeping_away import IN_REPORTS
from matters.log import MatterEvent
from matters.matter import Matter
from matters.rates import Counts, Measure, counted
from matters.shrinking import volume
from reports.blocks import Block, Cell, Column, Prose, Section, Table, Text
from reports.context import Context
from reports.few_callers import hidden_units, is_few

A = MatterAction
VOLUME = (
    Text("不到 30 件", "Under 30"),
    Text("30–99 件", "30–99"),
    Text("100–299 件", "100–299"),
    Text("300 件以上", "300 and more"),
)
HEADING = Text("办理情况", "How matters were handled")


def section(c: Context) -> Section:
    """Say how the units did."""
    found = counted(c.session, None, since=c.since, until=c.until, at=c.as_of, only=c.scope)
    moved = _moved(c)
    colours = _colours(c)
    units = sorted(c.session.scalars(sa.select(Unit)), key=lambda unit: unit.name)
    hidden, is_whole_hidden = hidden_units(c, found)
    groups: dict[int, list[tuple[Cell, ...]]] = {}
    total = Counts()
    for unit in units:
        counts = found.get(unit.id)
        assigned = moved[unit.id, A.ASSIGN.value]
        open_ones = sum(colours[unit.id, colour] for colour in ClockColour)
        has_moved = any(unit_id == unit.id for unit_id, _ in moved)
        if counts is None and not has_moved and not open_ones:
            continue
        counts = counts or Counts()
        total += counts
        group = volume(max(assigned, counts.reported))
        groups.setdefault(group, []).append(
            _row(
                Text(unit.name, unit.name_en),
                group,
                unit.id,
                counts,
                moved,
                colours,
                unit.id in hidden,
            )
        )
    source = c.source(
        "handling",
        "matter_event(action, facts) by lead",
        Words(
            "按办理日志统计；改派的算新单位交办、原单位退回；等诉求人补充和挂账的停表，不在三色之内；解决率给出下限、已答复者中的比例和上限；满意率中基本满意计 0.9；回访到的不足 10 人的单位"
            "（及能由合计、由与以前专报相减推算出它们的）不给解决和满意；同一件量组内按名称排列，不排名次",
            "From the log of handling; what is handed on after a return is assigned to the new unit and returned by the one "
            "before; what waits for its caller or is suspended has its clock stopped and no colour; solved as lowest, among those reached, and highest; fairly satisfied counts 0.9; "
            "units of which under 10 callers were reached (and what would give them away, by the total or less an earlier "
            "special report) have no solved and satisfied; by "
            "name inside a group of like volume, without ranks",
        ),
    )
    blocks: list[Block] = []
    rows = [row for group in sorted(groups, reverse=True) for row in groups[group]]
    if not rows:
        return Section(
            6,
            "handling",
            HEADING,
            (Prose(Text("本期没有办理记录。", "Nothing was handled in this period.")),),
        )
    everybody = _row(Text("合计", "All"), None, None, total, moved, colours, is_few(total) or is_whole_hidden)
    # Of all together there is no group of volume.
    summary = Table(
        "handling", HEADING, (_columns()[0], *_columns()[2:]), ((everybody[0], *everybody[2:]),), source
    )
    blocks = [
        summary,
        Table("units", Text("分单位办理", "By unit"), _columns(), tuple(rows), source, is_annex=True),
    ]
    return Section(6, "handling", HEADING, tuple(blocks))


def told_in(sections: Iterable[Section]) -> frozenset[str]:
    """Return of which units a report told what callers said, by name; "" is all of them together."""
    tables = [b for s in sections for b in s.blocks if isinstance(b, Table) and b.id in ("handling", "units")]
    rows = [(t.id, row[0], row[t.column("reached")]) for t in tables for row in t.rows]
    return frozenset(
        "" if table == "handling" else words.zh
        for table, words, reached in rows
        if reached is not None and isinstance(words, Text)
    )


def _moved(c: Context) -> Counter[tuple[int, str]]:
    """Count by unit what it was given, what it returned, and what it signed for or left to silence.

    An accepted return hands the matter to another unit in the same act: that one is given it, and the one that had it,
    as the act before it tells, has returned it. So it is told whose silence it was as well.
    """
    event = MatterEvent
    given, signing = (A.ASSIGN.value, A.ACCEPT_RETURN.value), (A.SIGN.value, A.DEEM_SIGNED.value)
    wanted = event.action.in_([*given, *signing])
    moved = sa.and_(event.at >= c.since, event.at < c.until, wanted)
    query = (
        sa.select(event.matter_id, event.action, event.at, event.facts)
        .join(Matter, Matter.id == event.matter_id)
        .where(event.matter_id.in_(sa.select(event.matter_id).where(moved)), event.at < c.until, wanted)
        .where(IN_REPORTS, c.scope)
        .order_by(event.matter_id, event.number)
    )
    found: Counter[tuple[int, str]] = Counter()
    leads: dict[int, int | None] = {}
    for matter_id, action, at, facts in c.session.execute(query):
        before = leads.get(matter_id)
        lead = leads[matter_id] = int(facts["lead"]) if action in given else before
        if at < c.since:
            continue
        if action in given and lead is not None:
            found[lead, A.ASSIGN.value] += 1
        # A ruling may leave it where it was: nothing was returned then.
        is_counted = action in signing or (action == A.ACCEPT_RETURN.value and lead != before)
        if before is not None and is_counted:
            found[before, action] += 1
    return found


def _colours(c: Context) -> Counter[tuple[int, ClockColour]]:
    """Count by lead unit what was open at the end of the period, by the colour of its clock."""
    return Counter((m.unit_id, m.colour(c.until)) for m in c.stood if m.is_open and m.unit_id is not None)


def _row(
    words: Text,
    group: int | None,
    unit_id: int | None,
    counts: Counts,
    moved: Counter[tuple[int, str]],
    colours: Counter[tuple[int, ClockColour]],
    is_hidden: bool,
) -> tuple[Cell, ...]:
    def done(action: MatterAction) -> int:
        return sum(n for (unit, code), n in moved.items() if code == action.value and unit_id in (None, unit))

    def standing(colour: ClockColour) -> int:
        return sum(n for (unit, held), n in colours.items() if held is colour and unit_id in (None, unit))

    in_time = done(A.SIGN)
    to_sign = in_time + done(A.DEEM_SIGNED)
    measures = (Measure.SOLVED_LOW, Measure.SOLVED, Measure.SOLVED_HIGH, Measure.SATISFIED)
    said: list[Cell] = [None if is_hidden else counts.rate(m).share for m in measures]
    return (
        words,
        None if group is None else VOLUME[group],
        done(A.ASSIGN),
        in_time / to_sign if to_sign else None,
        counts.rate(Measure.RESPONSE).share,
        done(A.ACCEPT_RETURN),
        counts.rate(Measure.ON_TIME).share,
        counts.rate(Measure.ON_TIME_PLAIN).share,
        standing(ClockColour.GREEN),
        standing(ClockColour.YELLOW),
        standing(ClockColour.RED),
        standing(ClockColour.PAUSED) + standing(ClockColour.NONE),
        *said,
        None if is_hidden else counts.reached,
    )


def _columns() -> tuple[Column, ...]:
    return (
        Column("unit", Text("单位", "Unit")),
        Column("volume", Text("件量组", "Volume")),
        Column("assigned", Text("交办", "Assigned"), "count"),
        Column("signed", Text("按时签收", "Signed in time"), "percent"),
        Column("response", Text("响应率", "Response"), "percent"),
        Column("returned", Text("退回", "Returned"), "count"),
        Column("on_time", Text("按时率（含延期）", "On time, extension counted"), "percent"),
        Column("on_time_plain", Text("按时率（不含延期）", "On time, without"), "percent"),
        Column("green", Text("在办·绿", "Open, green"), "count"),
        Column("yellow", Text("在办·黄", "Open, yellow"), "count"),
        Column("red", Text("在办·红", "Open, red"), "count"),
        Column("still", Text("在办·停表", "Open, clock stopped"), "count"),
        Column("solved_low", Text("解决率下限", "Solved, low"), "percent"),
        Column("solved", Text("解决率", "Solved"), "percent"),
        Column("solved_high", Text("解决率上限", "Solved, high"), "percent"),
        Column("satisfied", Text("满意率", "Satisfied"), "percent"),
        Column("reached", Text("回访到的人数", "Reached"), "count"),
    )
