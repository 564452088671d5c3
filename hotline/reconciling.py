"""Reconciling: every call in the carrier's list has its contact with an owner, also those that came while we were down."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock, journal
from core.db import reading, transaction
from core.sweeps import sweep
from hotline.arrivals import arrive
from hotline.callbacks import CallBackReason
from hotline.contacts import (
    CONTACT_FLOW,
    Contact,
    ContactAction,
    ContactLeg,
    ContactState,
    Source,
    WayOut,
    contact_of_leg,
)
from hotline.dispatch import dispatch
from hotline.lines import HelpLine
from hotline.missing import call_back_of, miss
from telephony import dialling
from telephony.calls import Call, Direction, Party, call_with_ref
from telephony.line import Cause, LegState, LineTrouble, Rung, line
from telephony.outbox import kick
from telephony.outgoing import fresh_key
from telephony.rounds import outside
from telephony.voice_messages import keep_found

log = logging.getLogger("tingmin.hotline")

GRACE = timedelta(seconds=20)
"""So long a report may still be on its way before a call counts as unheard of."""
OVERLAP = timedelta(minutes=30)
"""The list is read again from so much earlier: what was still going on then has ended since."""
FARTHEST = timedelta(days=14)
S = ContactState


@dataclass
class Reconciled:
    """What a round through the carrier's list found."""

    looked_at: int = 0
    written: int = 0
    waiting: int = 0
    messages: int = 0
    failed: int = 0


@dataclass(frozen=True)
class _Stretch:
    """One line's list, from where it was last gone through."""

    line_id: int
    number: str
    queue: str
    known_until: datetime


def reconcile_lines(now: datetime | None = None) -> Reconciled:
    """Go once through every line's list; safe to repeat, and quiet when the carrier is away."""
    at, found = now or clock.now(), Reconciled()
    for stretch in _stretches(at):
        try:
            rung = line().calls_to(stretch.number, stretch.known_until - OVERLAP)
            waiting = {one.leg for one in line().waiting(stretch.queue)}
        except LineTrouble as trouble:
            log.warning("the carrier's list could not be read: %s", trouble.code)
            found.failed += 1
            continue
        late = [one for one in rung if one.began_at <= at - GRACE]
        found.looked_at += len(late)
        missed, known = 0, with_contact([one.leg for one in late])
        for one in late:
            missed += not _look_at(stretch, one, one.leg in known, waiting, at, found)
        if not missed:
            _note_read(stretch, at - GRACE)
    if found.waiting:
        kick()
    return found


def _stretches(at: datetime) -> list[_Stretch]:
    with reading() as session:
        return [
            _Stretch(row.id, row.number, row.queue, max(row.reconciled_at or row.changed_at, at - FARTHEST))
            for row in session.scalars(sa.select(HelpLine).order_by(HelpLine.id))
        ]


def _note_read(stretch: _Stretch, until: datetime) -> None:
    with transaction() as session:
        row = session.get(HelpLine, stretch.line_id, with_for_update={"of": HelpLine})
        if row is not None and (row.reconciled_at is None or row.reconciled_at < until):
            row.reconciled_at = until


def with_contact(legs: Sequence[str]) -> set[str]:
    """Return which of these legs have their contact: nearly all, so that a round costs one question."""
    query = (
        sa.select(Call.provider_ref)
        .join(ContactLeg, ContactLeg.call_id == Call.id)
        .where(Call.provider_ref.in_(legs))
    )
    with reading() as session:
        return {leg for leg in session.scalars(query) if leg}


def _look_at(
    stretch: _Stretch, rung: Rung, is_known: bool, waiting: Collection[str], at: datetime, found: Reconciled
) -> bool:
    """Write one call down if we never heard of it, and keep what was said after its end; say whether it went."""
    told = False
    if not is_known:
        try:
            with transaction() as session:
                told = _take_in(session, stretch.line_id, rung, waiting, at)
        except IntegrityError:
            log.warning("a call could not be written down; the next round looks again")
            found.failed += 1  # most likely its own report came in just now
            return False
    found.written += told
    found.waiting += told and rung.leg in waiting
    has_just_ended = rung.ended_at is not None and rung.ended_at >= stretch.known_until - GRACE
    if has_just_ended and (told or _was_missed(rung.leg)):
        return _keep_messages(rung.leg, at, found)
    return True


def _take_in(session: Session, line_id: int, rung: Rung, waiting: Collection[str], at: datetime) -> bool:
    """Make the missing contact of a call; say whether it was missing."""
    call = call_with_ref(session, rung.leg)
    if call is not None and contact_of_leg(session, call) is not None:
        return False
    help_line = session.get_one(HelpLine, line_id)
    call = call or _leg(session, rung, at)
    contact = arrive(session, help_line, call, number=rung.caller, at=at)
    contact.source, contact.rung_at = Source.RECONCILED, min(rung.began_at, at)
    session.flush()
    journal.write(session, "contact.reconcile", contact, by=None, at=at, state=rung.state.value)
    if rung.state is LegState.ENDED:
        miss(session, contact, WayOut.FALLBACK, at=at)
        contact.ended_at = rung.ended_at
        session.flush()
    elif rung.leg in waiting:
        contact.waiting_from, contact.is_first = contact.rung_at, True
        CONTACT_FLOW.move(session, contact, ContactAction.ENTER, by=None, at=at)
        session.flush()
        dialling.put_waiting(session, call, help_line.queue, at=at)  # their waiting page was lost with us
        dispatch(session, at=at)
    return True


def _leg(session: Session, rung: Rung, at: datetime) -> Call:
    is_over = rung.state is LegState.ENDED
    call = Call(
        request_key=fresh_key(),
        provider_ref=rung.leg,
        direction=Direction.INBOUND,
        party=Party.RESIDENT,
        state=rung.state,
        cause=(rung.cause or Cause.NORMAL) if is_over else None,
        connected_at=rung.began_at if rung.state is LegState.CONNECTED else None,
        ended_at=(rung.ended_at or at) if is_over else None,
        created_at=rung.began_at,
        checked_at=at,
    )
    session.add(call)
    session.flush()
    return call


def _was_missed(leg: str) -> bool:
    with reading() as session:
        call = call_with_ref(session, leg)
        contact = contact_of_leg(session, call) if call is not None else None
        return contact is not None and contact.state is S.MISSED


def _keep_messages(leg: str, at: datetime, found: Reconciled) -> bool:
    """Keep the messages that the carrier recorded alone, so that whoever calls back can hear them."""
    try:
        kept = line().recordings_of(leg)
    except LineTrouble as trouble:
        log.warning("messages of a call could not be looked for: %s", trouble.code)
        found.failed += 1
        return False
    if not kept:
        return True
    with transaction() as session:
        call = call_with_ref(session, leg)
        contact = contact_of_leg(session, call) if call is not None else None
        if call is None or contact is None or contact.state is not S.MISSED:
            return True
        found.messages += _left(session, contact, call, len(keep_found(session, call, kept, at=at)))
    return True


def _left(session: Session, contact: Contact, call: Call, kept: int) -> int:
    promise = call_back_of(session, contact)
    if promise is None or promise.reason is CallBackReason.MESSAGE:
        return 0
    promise.reason = CallBackReason.MESSAGE
    session.flush()
    return kept


def _round() -> None:
    reconcile_lines()


@sweep("carrier.hotline", every=timedelta(seconds=60))
def look(_session: Session, _now: datetime) -> None:
    """Go through the carrier's list, after the sweep's own transaction is over."""
    outside(_round)
