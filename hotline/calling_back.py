"""Calling back: a promise is taken by one operator, dialled by a button, tried at different hours, three times."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.problems import Missing, Refused
from core.sweeps import sweep
from core.terms import Words
from hotline.callbacks import (
    LEASE,
    LEFT_TO_WRITER,
    TRIES,
    CallBack,
    CallBackReason,
    CallBackResult,
    CallBackState,
    next_try,
)
from hotline.contacts import CONTACT_FLOW, Contact, ContactAction, ContactState, Source, WayOut, add_leg
from hotline.dispatch import close_offers
from hotline.lines import line_of
from hotline.missing import call_back_of, miss, promise_call_back, resume
from hotline.offers import OfferAnswer
from hotline.seating import occupy, room_to_talk_in
from hotline.taking import live_leg, may_answer
from telephony.calls import Call
from telephony.dialling import hang_up, place_call

S = CallBackState


class HeldByAnother(Refused):
    """Somebody else is calling them back."""

    words = Words(
        "这位来电人正由其他接线员回拨，您不需要做任何事。",
        "Another operator is calling them back; there is nothing you need to do.",
    )


class NoNumber(Refused):
    """There is nothing to dial."""

    words = Words("来电未显示号码，无法回拨。", "The number was withheld, so nobody can be called back.")


def claim(session: Session, call_back: CallBack, *, by: Staff, at: datetime) -> CallBack:
    """Take one call-back, or hear that somebody else has it."""
    may_answer(call_back.contact, by)
    session.refresh(call_back, with_for_update={"of": CallBack})
    if call_back.state is S.HELD and call_back.held_by != by.id:
        raise HeldByAnother
    if call_back.state is S.IMPOSSIBLE:
        raise NoNumber
    if call_back.closed_at is not None:
        raise Refused(Words("这次回拨已了结。", "This call-back is settled already."))
    return _hold(session, call_back, by=by, at=at)


def _hold(session: Session, call_back: CallBack, *, by: Staff, at: datetime) -> CallBack:
    call_back.state, call_back.held_by, call_back.lease_until = S.HELD, by.id, at + LEASE
    session.flush()
    close_offers(session, call_back.contact, OfferAnswer.TAKEN, at=at)
    journal.write(session, "call_back.claim", call_back, by=by, at=at)
    return call_back


def ring(session: Session, call_back: CallBack, *, by: Staff, at: datetime) -> Call:
    """Dial somebody who is to be called back; the number is not shown and leaves the call when it ends."""
    contact = call_back.contact
    session.refresh(contact, with_for_update={"of": Contact})
    claim(session, call_back, by=by, at=at)
    call_back.tries, call_back.last_try_at = call_back.tries + 1, at
    return dial(session, contact, by=by, at=at)


def ring_again(session: Session, contact: Contact, *, by: Staff, at: datetime) -> Call:
    """Dial a caller whose talk has just broken off; they are promised it, should a machine answer."""
    if contact.taken_by != by.id:
        raise Missing
    call = dial(session, contact, by=by, at=at)
    if contact.source is not Source.FOLLOW_UP:
        promise = promise_call_back(session, contact, CallBackReason.BROKEN_OFF, at=at)
        if promise.closed_at is None:
            _hold(session, promise, by=by, at=at)
            promise.last_try_at = at
    return call


def dial(session: Session, contact: Contact, *, by: Staff, at: datetime) -> Call:
    """Dial the caller of a contact that is missed, broken off, or planned; the caller must hold its lock."""
    may_answer(contact, by)
    if contact.caller is None or contact.caller.number is None:
        raise NoNumber
    room = room_to_talk_in(session, by)
    if contact.state is ContactState.WRAPPING:
        contact.written_by, contact.written_at = contact.taken_by, None
    contact.taken_by, contact.taken_at, contact.room_id = by.id, at, room.id
    CONTACT_FLOW.move(session, contact, ContactAction.CALL_BACK, by=by, at=at)
    occupy(session, contact, by=by, at=at)
    shown = line_of(session, contact.line)  # who rings back what they missed reaches this line and no other
    call = place_call(
        session, room=room, number=contact.caller.number, by=by, at=at,
        caller_id=shown.number if shown is not None else None,
    )  # fmt: skip
    add_leg(session, contact, call)
    return call


def note_result(
    session: Session, call_back: CallBack, result: CallBackResult, *, by: Staff, at: datetime
) -> None:
    """Note what an operator heard: a machine or somebody else is no talk, and a refusal ends the promise."""
    contact = call_back.contact
    session.refresh(contact, with_for_update={"of": Contact})
    session.refresh(call_back, with_for_update={"of": CallBack})
    if by.id not in (call_back.held_by, contact.taken_by):
        raise Missing
    leg = live_leg(session, contact)
    if leg is not None and result is not CallBackResult.TALKED:
        hang_up(session, leg, by=by, at=at)
    journal.write(session, "call_back.result", call_back, by=by, at=at, result=result.value)
    if result is CallBackResult.TALKED:
        reached(session, contact, at=at)
    elif result is CallBackResult.DECLINED:
        _give_back(session, contact, at=at, by=by)
        _close(call_back, S.DONE, at)
        if contact.state is ContactState.MISSED:  # what was talked about before is still to be written down
            contact.closed_at = at
            CONTACT_FLOW.move(session, contact, ContactAction.SETTLE, by=by, at=at)
    else:
        if contact.talking_at and contact.taken_at and contact.talking_at >= contact.taken_at:
            contact.talking_at = None  # a machine is no talk; one before this call of ours stays
        _put_off(call_back, at)
        _give_back(session, contact, at=at, by=by)
    session.flush()


def _give_back(session: Session, contact: Contact, *, at: datetime, by: Staff | None) -> None:
    if contact.state is ContactState.MISSED:
        return
    if contact.written_by is not None and contact.written_at is None:
        resume(session, contact, at=at, by=by)
    else:
        miss(session, contact, contact.way_out or WayOut.ABANDONED, at=at, by=by)


def answered(session: Session, contact: Contact, *, at: datetime) -> None:
    """Keep the promises of whoever hears us; of a call of ours nobody knows yet whether a machine does."""
    promise = call_back_of(session, contact)
    is_ours = contact.source is Source.FOLLOW_UP or (promise is not None and promise.state is S.HELD)
    if promise is not None and promise.closed_at is None:
        _close(promise, S.DONE, at)
    if is_ours:
        _leave_alone(session, contact, until=next_try(1, at))
    else:
        keep_others(session, contact, at=at)


def reached(session: Session, contact: Contact, *, at: datetime) -> None:
    """Keep the promise of whoever was talked to, and every older one to the same caller."""
    promise = call_back_of(session, contact)
    if promise is not None and promise.closed_at is None:
        _close(promise, S.DONE, at)
    keep_others(session, contact, at=at)


def keep_others(session: Session, contact: Contact, *, at: datetime) -> None:
    """Settle what else was promised to a caller up to a talk: it needs no call any more."""
    for other in _others(session, contact):
        if other.contact.rung_at > (contact.ended_at or at):
            continue
        _close(other, S.DONE, at)
        close_offers(session, other.contact, OfferAnswer.WITHDRAWN, at=at)
        if other.contact.state is ContactState.MISSED:
            other.contact.closed_at = at
            CONTACT_FLOW.move(
                session, other.contact, ContactAction.SETTLE, by=None, at=at, with_contact=contact.id
            )
    session.flush()


def _leave_alone(session: Session, contact: Contact, *, until: datetime) -> None:
    for other in _others(session, contact):
        other.due_at = max(other.due_at, until)
    session.flush()


def not_reached(session: Session, contact: Contact, *, at: datetime) -> None:
    """Note that nobody came to the telephone, and try again at another hour, three times in all."""
    promise = call_back_of(session, contact)
    if promise is not None and promise.closed_at is None:
        _put_off(promise, at)
        _leave_alone(session, contact, until=promise.due_at)
    _give_back(session, contact, at=at, by=None)


def _others(session: Session, contact: Contact) -> list[CallBack]:
    """Return what else is promised to the same caller and nobody is at work on, each with its contact locked."""
    if contact.caller_id is None or contact.caller is None or contact.caller.is_withheld:
        return []
    query = (
        sa.select(CallBack)
        .join(Contact, Contact.id == CallBack.contact_id)
        .where(Contact.caller_id == contact.caller_id, Contact.id != contact.id, CallBack.state == S.DUE)
        .with_for_update(of=(CallBack, Contact), skip_locked=True)
    )
    return list(session.scalars(query))


def _put_off(call_back: CallBack, at: datetime) -> None:
    if call_back.tries >= TRIES:
        _close(call_back, S.GIVEN_UP, at)
        return
    call_back.state, call_back.held_by, call_back.lease_until = S.DUE, None, None
    call_back.closed_at = None
    call_back.due_at = next_try(call_back.tries, at) if call_back.tries else at + LEFT_TO_WRITER


def _close(call_back: CallBack, state: CallBackState, at: datetime) -> None:
    call_back.state, call_back.closed_at = state, at
    call_back.held_by = call_back.lease_until = None


_LEFT_LYING = (
    sa.select(CallBack)
    .join(Contact, Contact.id == CallBack.contact_id)
    .where(
        CallBack.state == S.HELD, CallBack.lease_until < sa.bindparam("now"),
        Contact.state.in_((ContactState.MISSED, ContactState.WRAPPING)),
    )
    .with_for_update(of=CallBack, skip_locked=True)
)  # fmt: skip


@sweep("hotline.call_backs", every=timedelta(seconds=30))
def give_back(session: Session, now: datetime) -> int:
    """Give back the call-backs that somebody took and left lying."""
    rows = list(session.scalars(_LEFT_LYING, {"now": now}))
    for row in rows:
        row.state, row.held_by, row.lease_until = S.DUE, None, None
    session.flush()
    return len(rows)
