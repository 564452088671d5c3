"""The reconciler: finds calls whose answer or report was lost, by asking the line; it never redials."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from telephony import events
from telephony.calls import Call, Party
from telephony.line import (
    Cause,
    Event,
    EventKind,
    LegFacts,
    LegState,
    LineTrouble,
    RoomRef,
    identity_of,
    line,
)
from telephony.outbox import end_unheard, fail, learn_leg
from telephony.outgoing import MAKES_LEG, Outgoing, OutgoingState, once, settle

log = logging.getLogger("tingmin.telephony")

LOOK_AFTER = timedelta(seconds=5)
GIVE_UP_AFTER = timedelta(seconds=90)
SILENT_FOR = {
    LegState.QUEUED: timedelta(seconds=60),
    LegState.DIALLING: timedelta(seconds=60),
    LegState.RINGING: timedelta(seconds=90),
    LegState.CONNECTED: timedelta(minutes=3),
}


@dataclass
class Reconciled:
    """What a round of looking found."""

    stale: int = 0
    found: int = 0
    lost: int = 0
    asked: int = 0
    heard: int = 0


def reconcile(now: datetime | None = None) -> Reconciled:
    """Look once for everything that was lost; safe to repeat, and quiet when the line is away."""
    at = now or clock.now()
    result = Reconciled()
    with transaction() as session:
        result.stale = _give_back_stale(session, at)
    for request_id in _unknown(at):
        _look_for(request_id, at, result)
    for call_id in _silent(at):
        _ask_after(call_id, at, result)
    with transaction() as session:
        result.heard = events.take_again(session, at=at)
    return result


def _give_back_stale(session: Session, at: datetime) -> int:
    """Take requests back from senders that died: look for what happens once, repeat the rest."""
    query = sa.select(Outgoing).where(Outgoing.state == OutgoingState.SENDING, Outgoing.lease_until < at)
    rows = list(session.scalars(query.with_for_update(skip_locked=True)))
    for row in rows:
        is_once = once(row.command, row.options)
        row.state = OutgoingState.UNKNOWN if is_once else OutgoingState.WAITING
        row.lease_until = None
        row.last_error = "sender-died"
    session.flush()
    return len(rows)


def _unknown(at: datetime) -> list[int]:
    with reading() as session:
        query = sa.select(Outgoing.id).where(
            Outgoing.state == OutgoingState.UNKNOWN, Outgoing.due_at < at - LOOK_AFTER
        )
        return list(session.scalars(query.order_by(Outgoing.id).limit(100)))


def _look_for(request_id: int, at: datetime, result: Reconciled) -> None:
    with reading() as session:
        row = session.get_one(Outgoing, request_id)
        call, room = row.call, row.room.ref if row.room else RoomRef("")
        to = (call.number or identity_of(call.staff_id or 0)) if call else ""
        is_dial = row.command in MAKES_LEG
        others = frozenset(_refs_of_others(session, call)) if call else frozenset()
        key, since, shows = row.request_key, row.created_at, _shown(row)
        ref = call.provider_ref if call else None
    try:
        facts = None
        if ref is not None:
            facts = line().fetch_leg(ref)
        elif is_dial:
            facts = line().find_leg(room, request_key=key, to=to, caller_id=shows, since=since, known=others)
    except LineTrouble as trouble:
        log.warning("outgoing %s is still unknown: %s", request_id, trouble.code)
        return
    with transaction() as session:
        row = session.get_one(Outgoing, request_id, with_for_update=True)
        if row.state != OutgoingState.UNKNOWN:
            return
        if facts is not None and row.call is not None and is_dial:
            settle(row, OutgoingState.SENT, at=at)
            learn_leg(session, row.call, facts.leg, at=at)
            _take_facts(session, row.call, facts, at)
            result.found += 1
        elif row.created_at < at - GIVE_UP_AFTER:
            fail(session, row, "lost", at=at)
            result.lost += 1


def _shown(row: Outgoing) -> str | None:
    """Return the number of ours that a dialled leg shows; operators' browsers see the survey's."""
    return row.options.get("caller_id") or line().settings.caller_number or None


def _refs_of_others(session: Session, call: Call) -> list[str]:
    same = Call.number_index == call.number_index if call.number_index else Call.staff_id == call.staff_id
    query = sa.select(Call.provider_ref).where(same, Call.id != call.id, Call.provider_ref.is_not(None))
    return [ref for ref in session.scalars(query.order_by(Call.id.desc()).limit(200)) if ref]


def _silent(at: datetime) -> list[int]:
    late = [
        sa.and_(Call.state == state, Call.checked_at < at - patience)
        for state, patience in SILENT_FOR.items()
    ]
    with reading() as session:
        query = sa.select(Call.id).where(sa.or_(*late), Call.provider_ref.is_not(None))
        return list(session.scalars(query.order_by(Call.checked_at).limit(100)))


def _ask_after(call_id: int, at: datetime, result: Reconciled) -> None:
    with reading() as session:
        ref = session.get_one(Call, call_id).provider_ref
    try:
        facts = line().fetch_leg(ref or "")
    except LineTrouble as trouble:
        log.warning("call %s could not be asked after: %s", call_id, trouble.code)
        return
    with transaction() as session:
        call = session.get_one(Call, call_id, with_for_update={"of": Call})
        call.checked_at = max(call.checked_at, at)
        result.asked += 1
        if facts is None:
            end_unheard(session, call, Cause.ERROR, at=at)
        else:
            _take_facts(session, call, facts, at)


def _take_facts(session: Session, call: Call, facts: LegFacts, at: datetime) -> None:
    """Let what the line answered go through the same door as what it reports."""
    if facts.state in (LegState.QUEUED, call.state):
        return
    data: dict[str, object] = {"state": facts.state.value}
    moment = at
    if facts.state == LegState.ENDED:
        data |= {"cause": (facts.cause or Cause.ERROR).value, "duration_s": facts.duration_s}
        moment = facts.ended_at or at
        talked = facts.cause == Cause.NORMAL and bool(facts.duration_s)
        if talked and not call.was_connected and call.party == Party.RESIDENT:
            began = moment - timedelta(seconds=facts.duration_s or 0)
            _take(session, call, "connected", began, {"state": LegState.CONNECTED.value}, at)
    _take(session, call, facts.state.value, moment, data, at)


def _take(
    session: Session, call: Call, step: str, moment: datetime, data: dict[str, object], at: datetime
) -> None:
    key = f"asked:{call.request_key}:{step}"
    event = Event(key, moment, "reconciler", EventKind.LEG, call.provider_ref, None, None, data)
    events.take_in(session, [event], at=at)
