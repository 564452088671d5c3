"""Ticks: what the clock itself does to a matter and at which moment, worked out from its standing alone.

A tick that has been carried out is no longer due, so the sweep may be repeated as often as it likes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from matters.attributes import Fault
from matters.clocks import Clock, clock_of, contact_end, noted_limits, result_end
from matters.flow import MatterAction
from matters.limits import Limit, Policy, end_of
from matters.standing import Standing
from matters.states import OPEN, MatterState
from matters.steps_unit import owed_until
from matters.steps_urging import HIGHEST_LEVEL

A, S = MatterAction, MatterState
OFFICE_LEVEL = 2
_HELD = frozenset({S.ASSIGNED, S.IN_HAND})
_REPORTED = frozenset({S.RESULT_IN, S.FEEDBACK_DUE, S.REVISIT_DUE})
_ANSWERS = _REPORTED | {S.IN_HAND}


@dataclass(frozen=True)
class Tick:
    """One thing that the clock does, and when."""

    at: datetime
    action: MatterAction
    facts: dict[str, Any] = field(default_factory=dict)


def ticks(standing: Standing, policy: Policy, zone: tzinfo, clock: Clock | None = None) -> list[Tick]:
    """List what the clock still has to do, the earliest first; nothing for what is closed or a draft."""
    if standing.state not in OPEN or standing.state is S.DRAFT:
        return []
    now = clock or clock_of(standing, policy, zone)
    found = [
        *_stages(standing, now),
        *_urging(standing, now, policy, zone),
        *_faults(standing, now, policy, zone),
        *_incident(standing, policy, zone),
        *(
            Tick(due, A.LIMIT_PASSED, {"limit": limit.value})
            for limit, due in noted_limits(standing, policy, zone)
        ),
    ]
    return sorted(found, key=lambda tick: tick.at)


def next_step_at(
    standing: Standing, policy: Policy, zone: tzinfo, clock: Clock | None = None
) -> datetime | None:
    """Say when the clock does the next thing."""
    return next((tick.at for tick in ticks(standing, policy, zone, clock)), None)


def _stages(standing: Standing, now: Clock) -> list[Tick]:
    """Silence past the limit counts as a signature; a pause ends by itself."""
    does = {S.ASSIGNED: A.DEEM_SIGNED, S.WAIT_CALLER: A.RESUME}.get(standing.state)
    return [Tick(now.stage_end.due_at, does)] if does and now.stage_end else []


def _urging(standing: Standing, now: Clock, policy: Policy, zone: tzinfo) -> list[Tick]:
    """Yellow reminds, red supervises, two working days later the office, five later the notice list."""
    if now.limit is not Limit.RESULT or now.is_paused or now.end is None:
        return []
    given, due = standing.notices, now.end.due_at
    found = []
    if A.REMIND.value not in given and A.SUPERVISE.value not in given:
        found.append(Tick(now.end.yellow_at, A.REMIND))
    if A.SUPERVISE.value not in given:
        found.append(Tick(_blamed_from(standing, due), A.SUPERVISE))
    if A.ESCALATE.value not in given:
        up = end_of(due, policy.span(Limit.LEVEL_UP, standing.urgency), zone)
        found.append(Tick(up.due_at, A.ESCALATE, {"to": OFFICE_LEVEL, "overdue": True}))
    if A.NOTICE_LIST.value not in given:
        listed = end_of(due, policy.span(Limit.NOTICE_LIST, standing.urgency), zone)
        found.append(Tick(listed.due_at, A.NOTICE_LIST))
    return found


def _faults(standing: Standing, now: Clock, policy: Policy, zone: tzinfo) -> list[Tick]:
    """Late: the unit that held it at the limit. Stalled: neither a word to the caller nor a result in time."""
    found = []
    if _is_free(standing, Fault.LATE) and standing.assigned_at is not None:
        if standing.state in _HELD and now.end and standing.assigned_at < now.end.due_at:
            found.append(_fault(standing, Fault.LATE, _blamed_from(standing, now.end.due_at)))
        elif standing.state in _REPORTED and standing.reported_at:
            due = _blamed_from(standing, result_end(standing, policy, zone).due_at)
            if standing.assigned_at < due < standing.reported_at:
                found.append(_fault(standing, Fault.LATE, standing.reported_at))
    if standing.state in _ANSWERS and _is_free(standing, Fault.STALLED):
        end = contact_end(standing, policy, zone).due_at
        until = owed_until(standing)
        if (until is None and _can_be_spoken_to(standing)) or (until and until > end):
            found.append(_fault(standing, Fault.STALLED, end))
    return found


def _blamed_from(standing: Standing, due: datetime) -> datetime:
    """Say since when a unit is late: who asked for more time in time, at most from the day that they asked for."""
    asked = standing.extension_asked if standing.is_extension_asked else None
    return max(due, asked) if asked else due


def _can_be_spoken_to(standing: Standing) -> bool:
    """Say whether any caller left a number."""
    return any(not c.is_anonymous for c in standing.present_callers)


def fault_key(standing: Standing, fault: Fault) -> str:
    """Return how a fault of the lead in this round is named."""
    return f"{standing.lead}:{fault.value}:{standing.round}"


def _is_free(standing: Standing, fault: Fault) -> bool:
    key = fault_key(standing, fault)
    return standing.lead is not None and key not in standing.faults and key not in standing.cleared_faults


def _fault(standing: Standing, fault: Fault, at: datetime) -> Tick:
    return Tick(at, A.FAULT, {"fault": fault.value, "unit": standing.lead})


def _incident(standing: Standing, policy: Policy, zone: tzinfo) -> list[Tick]:
    """An incident that nobody acknowledges goes up a level, and again."""
    if not standing.is_incident or standing.acknowledged_level is not None or standing.escalated_at is None:
        return []
    if standing.level >= HIGHEST_LEVEL:
        return []
    end = end_of(standing.escalated_at, policy.span(Limit.ACKNOWLEDGE, standing.urgency), zone)
    return [Tick(end.due_at, A.ESCALATE, {"to": standing.level + 1})]


def prelude(standing: Standing, action: MatterAction) -> Tick | None:
    """Return the fault that a step shows by itself: a result sent back, or unsolved and sent round, was perfunctory."""
    if action not in (A.REJECT, A.SEND_ROUND) or not _is_free(standing, Fault.PERFUNCTORY):
        return None
    return _fault(standing, Fault.PERFUNCTORY, standing.since)
