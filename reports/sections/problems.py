"""Section 4: prominent problems; where several residents raised the same, since when, who holds it, what was answered."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa

from core import clock
from core.people import Unit
from core.places import Level
from core.terms import Words
from matters.attributes import ClockColour, Conflict, Outcome
from matters.flow import MatterAction
from matters.log import MatterEvent
from matters.matter import Matter
from matters.reporters import Reporter
from matters.states import MatterState
from matters.topics import topic
from reports.blocks import Cell, Column, Prose, Section, Table, Text
from reports.context import Context, listed
from reports.root_causes import RootCause, root_causes
from reports.stood import window

MOST = 5
LEAST_CALLERS = 3
"""A place and a topic named by fewer might point at somebody."""
S = MatterState
LEFT_OUT = frozenset({S.DRAFT, S.WITHDRAWN, S.NOT_ACCEPTED, S.MERGED})


@dataclass
class Problem:
    """One topic at one place."""

    township_id: int
    topic: str
    matters: int = 0
    open: int = 0
    colours: Counter[ClockColour] = field(default_factory=Counter)
    since: date | None = None
    units: set[int] = field(default_factory=set)
    people: set[bytes] = field(default_factory=set)
    ids: list[int] = field(default_factory=list)

    @property
    def callers(self) -> int:
        """How many people raised it."""
        return len(self.people)


def problems(c: Context) -> list[Problem]:
    """Return topics by township with at least three callers, the most callers first, the longest open among equals.

    Complaints about staff, units or the centre are left out: a place and a topic would tell who is meant. A caller
    is a person: who called three times is one, and who can't be told from others is none.
    """
    listed_ones = {m.id: m for m in c.stood if m.conflict is Conflict.NONE and m.state not in LEFT_OUT}
    found: dict[tuple[int, str], Problem] = {}
    of: dict[int, Problem] = {}
    for m in listed_ones.values():
        town = c.above(m.place_id, Level.TOWNSHIP)
        if town is None or m.topic is None:
            continue
        of[m.id] = p = found.setdefault((town.id, m.topic), Problem(town.id, m.topic))
        p.matters += 1
        p.open += m.is_open
        if m.is_open:
            p.colours[m.colour(c.until)] += 1
        p.ids.append(m.id)
        on = clock.local(m.registered_at).date()
        p.since = min(p.since or on, on)
        if m.unit_id:
            p.units.add(m.unit_id)
    for matter_id, receipt_of, person in _people(c):
        # After a merge the caller went along, but not before it.
        home = of.get(receipt_of) or of.get(matter_id)
        if home is not None:
            home.people.add(person)
    wide = [p for p in found.values() if p.callers >= LEAST_CALLERS]
    return sorted(wide, key=lambda p: (-p.callers, p.since or date.max, p.township_id, p.topic))


def _people(c: Context) -> list[tuple[int, int, bytes]]:
    """Return who raised what was open: the matter that they are at now, that of their receipt, and the person."""
    base = sa.select(Reporter.matter_id, Reporter.receipt_of_id, Reporter.fingerprint).where(
        Reporter.fingerprint.is_not(None), Reporter.joined_at < c.until
    )
    where = sa.and_(window(c.since, c.until), c.scope)
    ways = (Reporter.matter_id, Reporter.receipt_of_id)
    both = sa.union(*(base.join(Matter, Matter.id == way).where(where) for way in ways))
    return [(at, receipt_of, person) for at, receipt_of, person in c.session.execute(both) if person]


def section(c: Context) -> Section:
    """Say what was raised most, by place."""
    shown = problems(c)[:MOST]
    heading = Text("突出问题", "Prominent problems")
    if not shown:
        words = Text(
            "本期没有三人以上在同一乡镇反映的同类问题。",
            "No problem was raised by three or more residents of one township.",
        )
        return Section(4, "problems", heading, (Prose(words),))
    source = c.source(
        "problems",
        "matter(place, topic) × reporter(fingerprint)",
        Words(
            "同一乡镇同一类别归为一个问题，按反映人数排序；同一号码只算一人，没有留号码的不计入；三人以上才列出；"
            "涉及投诉单位或人员的不列；各项为本期末的情况",
            "Matters of one topic in one township are one problem, the most callers first; a number is one caller, and who "
            "left none is not counted; listed from three callers on; complaints about units or staff are left out; all as "
            "it stood at the end of the period",
        ),
    )
    units = {u.id: Text(u.name, u.name_en) for u in c.session.scalars(sa.select(Unit))}
    holders: dict[tuple[int, str], Text] = defaultdict(lambda: Text("尚未交办", "Not assigned yet"))
    for p in shown:
        if p.units:
            holders[p.township_id, p.topic] = listed(units[u] for u in sorted(p.units))
    rows: list[tuple[Cell, ...]] = []
    answers, causes = _answers(c, shown), root_causes(c.session)
    for p in shown:
        known = topic(p.topic)
        what = Text(known.zh, known.en) if known else Text(p.topic, p.topic)
        town = c.places[p.township_id]
        county = c.above(p.township_id, Level.COUNTY)
        where = Text(
            f"{county.name if county else ''}{town.name}",
            f"{town.name_en}, {county.name_en if county else ''}",
        )
        rows.append(
            (what, where, p.callers, p.matters, p.since.isoformat() if p.since else None,
             _cause(c, p, causes), holders[p.township_id, p.topic], _told(answers[p.township_id, p.topic]),
             p.open, _colours(p))
        )  # fmt: skip
    columns = (
        Column("what", Text("问题", "What")),
        Column("where", Text("地点", "Where")),
        Column("callers", Text("反映人数", "Callers"), "count"),
        Column("matters", Text("件数", "Matters"), "count"),
        Column("since", Text("最早反映", "Since"), "date"),
        Column("cause", Text("根源", "Cause")),
        Column("holder", Text("承办单位", "Held by")),
        Column("answer", Text("办理答复", "Their answer")),
        Column("open", Text("在办", "Open"), "count"),
        Column("colour", Text("时限", "Limit")),
    )
    return Section(4, "problems", heading, (Table("problems", heading, columns, tuple(rows), source),))


def _answers(c: Context, shown: list[Problem]) -> dict[tuple[int, str], Counter[Outcome]]:
    """Count by problem what its holders last answered: the kind of the answer alone, never its words."""
    of = {i: (p.township_id, p.topic) for p in shown for i in p.ids}
    query = (
        sa.select(MatterEvent.matter_id, MatterEvent.facts)
        .where(MatterEvent.matter_id.in_(list(of)), MatterEvent.action == MatterAction.REPORT.value)
        .where(MatterEvent.at < c.until)
        .order_by(MatterEvent.number)
    )
    last = {matter_id: Outcome.found(facts.get("outcome")) for matter_id, facts in c.session.execute(query)}
    found: dict[tuple[int, str], Counter[Outcome]] = defaultdict(Counter)
    for matter_id, outcome in last.items():
        if outcome is not None:
            found[of[matter_id]][outcome] += 1
    return found


def _told(answers: Counter[Outcome]) -> Text:
    kinds = [(o, answers[o]) for o in Outcome if answers[o]]
    if not kinds:
        return Text("尚未答复", "None yet")
    return listed(Text(f"{o.zh} {n} 件", f"{o.en.lower()} {n}") for o, n in kinds)


def _cause(c: Context, p: Problem, causes: list[RootCause]) -> Text:
    """Name the root cause taken up for a topic there by the end of the period."""
    for cause in causes:
        is_here = cause.topic == p.topic and p.township_id in cause.townships
        if is_here and cause.opened_at < c.until:
            return Text(cause.title, cause.title)
    return Text("尚未查明", "Not found yet")


def _colours(p: Problem) -> Text:
    """Write how the limits of the open ones stand, in words."""
    words = {
        ClockColour.RED: Text("红", "red"), ClockColour.YELLOW: Text("黄", "yellow"), ClockColour.GREEN: Text("绿", "green"),
        ClockColour.PAUSED: Text("停表", "stopped"), ClockColour.NONE: Text("不计时", "no clock"),
    }  # fmt: skip
    found = [
        Text(f"{t.zh} {p.colours[k]}", f"{t.en} {p.colours[k]}") for k, t in words.items() if p.colours[k]
    ]
    return listed(found) if found else Text("无在办", "none open")
