"""The supervision office's page of one matter: the copy, what may be done, its clocks, its holders and its log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, journal
from core.people import Staff, Unit
from matters import log
from matters.assigning import names_of, proposed_copy
from matters.attributes import Fault, IncidentWay
from matters.caller_words import CallerWords, caller_words
from matters.clocks import INCIDENT_LIMITS
from matters.explaining import Explanation, explain
from matters.flow import MatterAction, Side
from matters.joint_rulings import JointRuling, may_confirm, waiting
from matters.keeping_away import excluded, sides_of
from matters.ledger import Ledger, ledger
from matters.limits import Limit, end_of
from matters.log import MatterEvent
from matters.matter import Matter
from matters.moving import standing_of
from matters.policies import policy_of
from matters.redaction import redacted
from matters.routing import Route, choices, proposed
from matters.rules import allowed, begin
from matters.standing import Standing
from matters.states import MatterState
from matters.steps_clock import needs_leader
from matters.steps_supervision import needs_ruling
from matters.timeline import Names, details

VIEWED = "matter.supervised"
VIEW_COUNTS_AGAIN = timedelta(minutes=15)


@dataclass(frozen=True)
class Line:
    """One entry of the log as it is shown."""

    at: datetime
    action: MatterAction
    who: str
    more: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class WayClock:
    """One of an incident's reports: by when, and when it was made."""

    way: IncidentWay
    due_at: datetime
    made_at: datetime | None


@dataclass(frozen=True)
class FaultLine:
    """A fault on record, with the key by which a head clears it."""

    key: str
    unit: str
    fault: Fault
    round: int


@dataclass(frozen=True)
class Sheet:
    """All that the page shows."""

    matter: Matter
    standing: Standing
    offers: frozenset[MatterAction]
    copy: str
    """The approved copy, or what is proposed for it."""
    is_approved: bool
    route: Route | None
    units: list[Unit]
    asked_for: int | None
    """The unit that whoever asks return thinks should act."""
    needs_ruling: bool
    needs_leader: bool
    ruling: JointRuling | None
    may_confirm: bool
    explanation: Explanation
    ledger: Ledger
    unit_names: dict[int, str]
    lines: list[Line]
    faults: list[FaultLine]
    ways: list[WayClock]
    escalates_at: datetime | None
    words: CallerWords


def note_viewed(session: Session, matter: Matter, staff: Staff, *, at: datetime) -> None:
    """Leave in the journal that someone of the office had a matter before them, once a short while."""
    record = journal.record_name(matter)
    recent = sa.select(journal.Entry.id).where(
        journal.Entry.record == record,
        journal.Entry.action == VIEWED,
        journal.Entry.staff_id == staff.id,
        journal.Entry.at > at - VIEW_COUNTS_AGAIN,
    )
    if session.scalar(recent.limit(1)) is None:
        journal.write(session, VIEWED, matter, by=staff, at=at)
        session.flush()


def sheet(session: Session, matter: Matter, staff: Staff, *, at: datetime) -> Sheet:
    """Read everything for the page."""
    standing = standing_of(matter)
    policy = policy_of(session, matter.policy_id, at=at)
    events = log.entries(session, matter, with_text=True)
    deeds = [event.deed for event in events]
    offers = frozenset(allowed(standing, sides_of(staff) & {Side.SUPERVISION, Side.HEAD}))
    routes = MatterAction.ASSIGN in offers or MatterAction.ACCEPT_RETURN in offers
    units = choices(session, matter) if routes else []
    ruling = waiting(session, matter) if routes else None
    away = excluded(session, matter)
    names = {unit.id: unit.label for unit in session.scalars(sa.select(Unit))}
    hidden, said = names_of(session, matter), Names(session)
    incident = standing.incident_at
    ways = [
        WayClock(
            way,
            end_of(incident, policy.span(limit, standing.urgency), clock.zone()).due_at,
            _reported_at(events, way),
        )
        for way, limit in INCIDENT_LIMITS.items()
        if incident is not None
    ]
    is_waiting = standing.is_incident and standing.acknowledged_level is None and standing.escalated_at
    acknowledge = policy.span(Limit.ACKNOWLEDGE, standing.urgency)
    return Sheet(
        matter=matter,
        standing=standing,
        offers=offers,
        copy=proposed_copy(session, matter),
        is_approved=matter.redacted is not None,
        route=proposed(session, matter) if routes else None,
        units=[unit for unit in units if unit.id not in away],
        asked_for=_asked_for(events) if standing.state is MatterState.RETURN_ASKED else None,
        needs_ruling=routes and needs_ruling(standing),
        needs_leader=needs_leader(standing),
        ruling=ruling,
        may_confirm=ruling is not None and may_confirm(ruling, matter, staff),
        explanation=explain(standing, deeds, policy, clock.zone()),
        ledger=ledger(begin(matter.raised_at), deeds, until=at),
        unit_names=names,
        lines=[_line(event, hidden, said) for event in reversed(events)],
        faults=[_fault(key, names) for key in standing.faults],
        ways=ways,
        escalates_at=end_of(standing.escalated_at, acknowledge, clock.zone()).due_at
        if is_waiting and standing.escalated_at and standing.state is not MatterState.DRAFT
        else None,
        words=caller_words(session, matter, at=at),
    )


def _reported_at(events: list[MatterEvent], way: IncidentWay) -> datetime | None:
    wanted = MatterAction.REPORT_INCIDENT.value
    return next((e.at for e in events if e.action == wanted and e.facts.get("way") == way.value), None)


def _asked_for(events: list[MatterEvent]) -> int | None:
    asked = [e for e in events if e.action == MatterAction.ASK_RETURN.value]
    found = asked[-1].facts.get("proposed") if asked else None
    return found if isinstance(found, int) else None


def _line(event: MatterEvent, names: list[str], said: Names) -> Line:
    who = event.staff.name if event.staff else Side.SYSTEM.label
    if event.unit is not None:
        who = f"{who} · {event.unit.label}"
    text = redacted(event.text, names) if event.text else ""
    return Line(event.at, MatterAction.of(event.action), who, tuple(details(event, said)), text)


def _fault(key: str, names: dict[int, str]) -> FaultLine:
    unit, fault, number = key.split(":")
    return FaultLine(key, names.get(int(unit), unit), Fault.of(fault), int(number))
