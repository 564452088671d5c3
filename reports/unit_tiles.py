"""Tiles of a unit: its own matters by clock, its weeks, and what callers said of its results; no other unit's."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.people import Staff
from core.terms import Words
from matters import portal
from matters.attributes import ClockColour
from matters.flow import MatterAction
from matters.keeping_away import within_sight
from matters.log import MatterEvent
from matters.matter import Matter
from matters.rates import Counts, Measure
from matters.rates import counted as rates_of
from reports.blocks import Cell, Chart, Column, Table, Text
from reports.matter_tiles import LEAST
from reports.promise_tiles import share_cells, share_limits
from reports.tiles import Tile, counted

A = MatterAction
C = ClockColour
WEEKS = 8
LOOK_BACK = timedelta(days=60)
"""Before the first week, so that what is signed for then finds its assignment."""


def own_colours(session: Session, staff: Staff, *, at: datetime) -> Tile:
    """Return what a unit must act on now, by the colour of its clocks."""
    found = portal.counted(session, staff, at=at)
    counts = {C.RED: found.red, C.YELLOW: found.yellow, C.GREEN: found.green, C.PAUSED: found.paused}
    rows = (
        *((Text(c.zh, c.en), n) for c, n in counts.items()),
        (Text("待签收", "To sign for"), found.to_sign),
    )
    columns = (Column("colour", Text("时钟", "Clock")), Column("n", Text("件数", "Matters"), "count"))
    words = Text("现在在办", "With us now")
    method = Words(
        "此刻由本单位主办或协办、应由本单位行动的诉求", "What the unit leads or supports and must act on now"
    )
    made = counted(method, "matter(lead_unit, supporting_unit, due_at)", at=at)
    return Tile(Table("colours", words, columns, rows, "colours"), made, shown=len(rows))


def own_weeks(session: Session, staff: Staff, *, at: datetime) -> Tile:
    """Return a unit's own weeks: assigned, signed for in time, reported on time."""
    weeks = _weeks(at)
    moved, answered = (
        _moved(session, staff, weeks[0]),
        [_answers(session, staff, week, 1, at) for week in weeks],
    )
    work: list[tuple[Cell, ...]] = []
    for week, counts in zip(weeks, answered, strict=True):
        signed, silent = moved[week, A.SIGN.value], moved[week, A.DEEM_SIGNED.value]
        work.append(
            (
                f"{week:%m-%d}", moved[week, A.ASSIGN.value], signed, signed + silent,
                *share_cells(counts.reported, counts.on_time),
            )
        )  # fmt: skip
    columns = (
        Column("week", Text("周一", "Week of"), "date"),
        Column("assigned", Text("交办", "Assigned"), "count"),
        Column("signed", Text("按时签收", "Signed for in time"), "count"),
        Column("to_sign", Text("应签收", "To sign"), "count"),
        Column("reported", Text("报送", "Reported"), "count"),
        Column("on_time", Text("按时报送", "On time"), "count"),
        Column("share", Text("按时率", "Share on time"), "percent"),
        Column("share_low", Text("下限", "Low"), "percent"),
        Column("share_high", Text("上限", "High"), "percent"),
    )
    method = Words(
        "取自办理日志，按周；过时不签视为未按时签收；按时率含延期，区间为 Clopper–Pearson，不足 10 件的不给比例",
        "From the log of handling, by week; silence counts as not signed for in time; extensions count as on time; "
        "Clopper–Pearson limits, no share under 10",
    )
    words = Text("交办、签收、按时", "Assigned, signed for, on time")
    chart = Chart("weeks.chart", words, "lines", "weeks", "week", ("assigned", "reported", "on_time"))
    table = Table("weeks", words, columns, tuple(work), "weeks")
    return Tile(table, counted(method, "matter_event", at=at), chart)


def own_said(session: Session, staff: Staff, *, at: datetime) -> Tile:
    """Return what callers said of a unit's results, all the weeks together: fewer would tell who said it."""
    counts = _answers(session, staff, _weeks(at)[0], WEEKS, at)
    rows: list[tuple[Cell, ...]] = []
    for measure in (Measure.SOLVED_LOW, Measure.SOLVED, Measure.SOLVED_HIGH, Measure.SATISFIED):
        rate = counts.rate(measure)
        enough = counts.reached >= LEAST and rate.denominator >= LEAST
        cells = share_limits(rate.denominator, rate.numerator) if enough else (None, None, None)
        rows.append((Text(measure.zh, measure.en), rate.denominator if enough else None, *cells))
    columns = (
        Column("what", Text("回访结果", "What callers say")),
        Column("n", Text("人数", "Callers"), "count"),
        Column("share", Text("占比", "Share"), "percent"),
        Column("low", Text("下限", "Low"), "percent"),
        Column("high", Text("上限", "High"), "percent"),
    )
    method = Words(
        "近八周回访合计；解决率的下限除以全部应回访的，上限把没联系上的也算解决；基本满意计 0.9；回访到的不足 10 人时"
        "全部不显示，以免看出是谁说的",
        "Revisits of eight weeks together; solved low divides by all due, high counts the unreached as solved; fairly "
        "satisfied counts 0.9; under 10 reached nothing is shown, so that nobody can be told by it",
    )
    words = Text("解决与满意", "Solved and satisfied")
    table = Table("said", words, columns, tuple(rows), "said")
    chart = Chart("said.chart", words, "intervals", "said", "what", ("share",), "low", "high")
    few = Text(
        "近八周回访到的不足 10 人，不显示。",
        "Fewer than 10 callers were reached in eight weeks: nothing is shown.",
    )
    shown = any(row[2] is not None for row in rows)
    return Tile(table, counted(method, "matter_event(revisit)", at=at), chart, None, None if shown else few)


def _weeks(at: datetime) -> list[date]:
    """Return the Mondays of the last weeks, the running one last."""
    today = clock.today(at)
    monday = today - timedelta(days=today.weekday())
    return [monday - timedelta(weeks=n) for n in range(WEEKS - 1, -1, -1)]


def _answers(session: Session, staff: Staff, first: date, weeks: int, at: datetime) -> Counts:
    since, until = clock.midnight(first), clock.midnight(first + timedelta(weeks=weeks))
    return rates_of(session, staff, since=since, until=until, at=at).get(staff.unit_id or 0, Counts())


def _moved(session: Session, staff: Staff, first: date) -> Counter[tuple[date, str]]:
    """Count by week what was assigned to a unit as lead, signed for, or taken as signed by silence.

    Whose silence it was tells the assignment before it: a matter may have been another unit's then.
    """
    assigns = {
        A.ASSIGN.value,
        A.ACCEPT_RETURN.value,
    }  # an approved return is given to another in the same act
    wanted = [*assigns, A.SIGN.value, A.DEEM_SIGNED.value]
    query = (
        sa.select(MatterEvent.matter_id, MatterEvent.action, MatterEvent.at, MatterEvent.facts)
        .join(Matter, Matter.id == MatterEvent.matter_id)
        .where(MatterEvent.action.in_(wanted), MatterEvent.at >= clock.midnight(first) - LOOK_BACK)
        .order_by(MatterEvent.matter_id, MatterEvent.number)
    )
    found: Counter[tuple[date, str]] = Counter()
    leads: dict[int, int] = {}
    for matter_id, action, moment, facts in session.execute(within_sight(session, staff, query)):
        if action in assigns:
            leads[matter_id] = int(facts["lead"])
        day = clock.today(moment)
        if day >= first and leads.get(matter_id) == staff.unit_id:
            what = A.ASSIGN.value if action in assigns else action
            found[day - timedelta(days=day.weekday()), what] += 1
    return found
