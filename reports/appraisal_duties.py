"""Duties: what each assignment of a matter asked of its lead unit, and whether it was done in time, read off the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matters.attributes import Fault
from matters.flow import MatterAction
from matters.keeping_away import IN_REPORTS
from matters.log import MatterEvent
from matters.matter import Matter

A = MatterAction
_ENDS = frozenset(
    {A.SEND_ROUND, A.REOPEN, A.WITHDRAW, A.TAKE_AWAY, A.CLOSE_SOLVED, A.CLOSE_EXPLAINED, A.CLOSE_UNREACHED}
)
_NEW_ROUND = frozenset({A.SEND_ROUND, A.REOPEN})
_READ = (A.ASSIGN, A.ACCEPT_RETURN, A.SIGN, A.DEEM_SIGNED, A.CONTACT, A.TELL, A.FAULT, A.CLEAR_FAULT,
         A.GRANT_EXTENSION, A.REPORT, A.REJECT, *_ENDS)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One entry of the log, as far as it counts here."""

    action: MatterAction
    at: datetime
    facts: dict[str, Any]
    is_by_clock: bool = False


@dataclass
class Done:
    """Whether one thing was done in time, and when that was settled."""

    in_time: bool
    at: datetime
    plain: bool = False
    """In time of the first limit, before any extension."""


@dataclass
class Duty:
    """One assignment: it ends with a return that is approved, or with the round."""

    unit: int
    round: int
    given_at: datetime
    signed: Done | None = None
    contacted: Done | None = None
    reports: list[Done] = field(default_factory=list)
    late_at: datetime | None = None
    is_returned: bool = False
    cleared: set[str] = field(default_factory=set)

    @property
    def result(self) -> Done | None:
        """The result as it counts: late where the limit passed first, else the report that was not sent back."""
        if self.late_at is not None and not (self.reports and self.reports[-1].at < self.late_at):
            return Done(False, self.late_at)
        return self.reports[-1] if self.reports else None


def duties(log: Iterable[Entry]) -> list[Duty]:
    """Read the duties off one matter's log, oldest first."""
    found: list[Duty] = []
    now: Duty | None = None
    number = 1
    for entry in log:
        action, facts = entry.action, entry.facts
        number += action in _NEW_ROUND
        if action in (A.ASSIGN, A.ACCEPT_RETURN):
            if action is A.ACCEPT_RETURN and now is not None:
                now.is_returned = True
            now = Duty(int(facts["lead"]), number, entry.at)
            found.append(now)
        elif action is A.CLEAR_FAULT:  # in any state: the duty that it forgives may be over
            for duty in found:
                _forgive(duty, str(facts.get("key", "")))
        elif action in _ENDS:
            now = None
        elif now is not None:
            _note(now, entry)
    return found


def _note(now: Duty, entry: Entry) -> None:
    action, facts, at = entry.action, entry.facts, entry.at
    if action in (A.SIGN, A.DEEM_SIGNED):
        now.signed = Done(action is A.SIGN, at)
    elif action in (A.CONTACT, A.TELL) and facts.get("first") and now.contacted is None:
        in_time = bool(facts.get("in_time"))
        if in_time or Fault.STALLED.value not in now.cleared:
            now.contacted = Done(in_time, at)
    elif action is A.FAULT and entry.is_by_clock and facts.get("unit") == now.unit:
        if facts.get("fault") == Fault.STALLED.value and now.contacted is None:
            now.contacted = Done(False, at)
        elif facts.get("fault") == Fault.LATE.value:
            now.late_at = at
    elif action is A.GRANT_EXTENSION:  # asked in time, decided after the limit
        now.late_at = None
    elif action is A.REPORT:
        report = Done(bool(facts.get("on_time")), at, bool(facts.get("on_time_plain")))
        if report.in_time or Fault.LATE.value not in now.cleared:
            now.reports.append(report)
    elif action is A.REJECT and now.reports:
        now.reports.pop()


def _forgive(duty: Duty, key: str) -> None:
    for fault in (Fault.STALLED, Fault.LATE):
        if key == f"{duty.unit}:{fault.value}:{duty.round}":
            duty.cleared.add(fault.value)
    if Fault.STALLED.value in duty.cleared and duty.contacted is not None and not duty.contacted.in_time:
        duty.contacted = None
    if Fault.LATE.value in duty.cleared:
        duty.late_at = None
        duty.reports = [done for done in duty.reports if done.in_time]


@dataclass
class Kept:
    """What one unit was asked in a period, and what of it was done in time."""

    assigned: int = 0
    sign_due: int = 0
    signed: int = 0
    contact_due: int = 0
    contacted: int = 0
    report_due: int = 0
    on_time: int = 0
    on_time_plain: int = 0


def kept(logs: Iterable[Iterable[Entry]], *, since: datetime, until: datetime) -> dict[int, Kept]:
    """Count by unit what was settled in a period; a return that was approved leaves nothing behind."""
    found: dict[int, Kept] = {}
    for log in logs:
        for duty in duties(log):
            if duty.is_returned:
                continue
            mine = found.setdefault(duty.unit, Kept())

            def settled(done: Done | None) -> bool:
                return done is not None and since <= done.at < until

            mine.assigned += since <= duty.given_at < until
            if duty.signed and settled(duty.signed):
                mine.sign_due += 1
                mine.signed += duty.signed.in_time
            if duty.contacted and settled(duty.contacted):
                mine.contact_due += 1
                mine.contacted += duty.contacted.in_time
            result = duty.result
            if result and settled(result):
                mine.report_due += 1
                mine.on_time += result.in_time
                mine.on_time_plain += result.plain
    return found


def logs_of(session: Session, *, since: datetime, until: datetime, as_of: datetime) -> Iterator[list[Entry]]:
    """Yield the logs, up to the data cut, of the matters that moved in a period; those merged away have none."""
    event = MatterEvent
    codes = [action.value for action in _READ]
    moved = sa.select(event.matter_id).where(event.at >= since, event.at < until, event.action.in_(codes))
    query = (
        sa.select(event.matter_id, event.action, event.at, event.facts, event.staff_id)
        .join(Matter, Matter.id == event.matter_id)
        .where(IN_REPORTS, event.matter_id.in_(moved), event.action.in_(codes), event.at < as_of)
        .order_by(event.matter_id, event.number)
    )
    log: list[Entry] = []
    matter: int | None = None
    for matter_id, action, at, facts, staff_id in session.execute(query):
        if matter_id != matter and log:
            yield log
            log = []
        matter = matter_id
        log.append(Entry(A.of(action), at, facts, staff_id is None))
    if log:
        yield log
