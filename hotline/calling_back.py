"""Calling back: a promise is taken by one operator, dialled by a button, tried at different hours, three times."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, journal
from core.db import take
from core.people import Staff
from core.problems import Missing, Refused
from core.sweeps import sweep
from core.terms import Term, Words
from hotline.callbacks import LEASE, TRIES, CallBack, CallBackReason, CallBackState
from hotline.contacts import CONTACT_FLOW, Contact, ContactAction, ContactState, WayOut, add_leg
from hotline.lines import lines_served_by
from hotline.missing import call_back_of, miss
from hotline.seating import occupy, room_to_talk_in
from hotline.taking import live_leg, may_answer
from telephony.calls import Call
from telephony.dialling import hang_up, place_call

S = CallBackState
AGAIN_AFTER = timedelta(hours=2)
EARLIEST, LATEST, EVENING = 9, 21, 19
"""Hours between which nobody minds the telephone, and one at which people are at home."""


class CallBackResult(Term):
    """What came of trying to call somebody back."""

    TALKED = "talked", "已通话", "Talked"
    NO_ANSWER = "no_answer", "无人接听", "No answer"
    MACHINE = "machine", "语音信箱", "Answering machine"
    ANOTHER = "another", "不是本人", "Somebody else answered"
    DECLINED = "declined", "不愿再通话", "Does not want to talk"


class HeldByAnother(Refused):
    """Somebody else is calling them back."""

    words = Words(
        "这位来电人正由其他接线员回拨，您不需要做任何事。",
        "Another operator is calling them back; there is nothing you need to do.",
    )


class NoNumber(Refused):
    """There is nothing to dial."""

    words = Words("来电未显示号码，无法回拨。", "The number was withheld, so nobody can be called back.")


def next_try(tries: int, at: datetime) -> datetime:
    """Return when to try again: some hours later, then in the evening or another morning; pure but for the zone."""
    local = clock.local(at)
    if tries <= 1:
        later = local + AGAIN_AFTER
        if EARLIEST <= later.hour < LATEST and later.date() == local.date():
            return later.astimezone(at.tzinfo)
    evening = local.replace(hour=EVENING, minute=0, second=0, microsecond=0)
    if local.hour < EVENING - 2:
        return evening.astimezone(at.tzinfo)
    morning = evening.replace(hour=EARLIEST + 1) + timedelta(days=1)
    return morning.astimezone(at.tzinfo)


def claim_next(session: Session, *, by: Staff, at: datetime) -> CallBack | None:
    """Take the call-back that is due first on the lines somebody answers, if there is one."""
    query = (
        sa.select(CallBack)
        .join(Contact, Contact.id == CallBack.contact_id)
        .where(CallBack.state == S.DUE, CallBack.due_at <= at, Contact.line.in_(lines_served_by(by)))
        .order_by(CallBack.due_at, CallBack.id)
    )
    found: CallBack | None = take(session, query)
    return None if found is None else _hold(session, found, by=by, at=at)


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
    """Dial a caller whose talk has just broken off."""
    if contact.taken_by != by.id:
        raise Missing
    return dial(session, contact, by=by, at=at)


def dial(session: Session, contact: Contact, *, by: Staff, at: datetime) -> Call:
    """Dial the caller of a contact that is missed, broken off, or planned; the caller must hold its lock."""
    may_answer(contact, by)
    if contact.caller is None or contact.caller.number is None:
        raise NoNumber
    room = room_to_talk_in(session, by)
    contact.taken_by, contact.taken_at, contact.room_id = by.id, at, room.id
    CONTACT_FLOW.move(session, contact, ContactAction.CALL_BACK, by=by, at=at)
    occupy(session, contact, by=by, at=at)
    call = place_call(session, room=room, number=contact.caller.number, by=by, at=at)
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
        contact.closed_at = at
        CONTACT_FLOW.move(session, contact, ContactAction.SETTLE, by=by, at=at)
    else:
        if call_back.reason is not CallBackReason.BROKEN_OFF:
            contact.talking_at = None  # a machine is no talk
        _put_off(call_back, at)
        _give_back(session, contact, at=at, by=by)
    session.flush()


def _give_back(session: Session, contact: Contact, *, at: datetime, by: Staff | None) -> None:
    if contact.state is not ContactState.MISSED:
        miss(session, contact, contact.way_out or WayOut.ABANDONED, at=at, by=by)


def reached(session: Session, contact: Contact, *, at: datetime) -> None:
    """Keep the promise of whoever is talked to now, and every older one to the same caller."""
    promise = call_back_of(session, contact)
    if promise is not None and promise.closed_at is None:
        _close(promise, S.DONE, at)
    for other in _others(session, contact):
        _close(other, S.DONE, at)
        if other.contact.state is ContactState.MISSED:
            other.contact.closed_at = at
            CONTACT_FLOW.move(
                session, other.contact, ContactAction.SETTLE, by=None, at=at, with_contact=contact.id
            )
    session.flush()


def not_reached(session: Session, contact: Contact, *, at: datetime) -> None:
    """Note that nobody came to the telephone, and try again at another hour, three times in all."""
    promise = call_back_of(session, contact)
    if promise is not None and promise.closed_at is None:
        _put_off(promise, at)
        for other in _others(session, contact):
            other.due_at = max(other.due_at, promise.due_at)
    miss(session, contact, contact.way_out or WayOut.ABANDONED, at=at)


def _others(session: Session, contact: Contact) -> list[CallBack]:
    """Return what else is promised to the same caller and nobody is at work on."""
    if contact.caller_id is None or contact.caller is None or contact.caller.is_withheld:
        return []
    query = (
        sa.select(CallBack)
        .join(Contact, Contact.id == CallBack.contact_id)
        .where(Contact.caller_id == contact.caller_id, Contact.id != contact.id, CallBack.state == S.DUE)
        .with_for_update(of=CallBack, skip_locked=True)
    )
    return list(session.scalars(query))


def _put_off(call_back: CallBack, at: datetime) -> None:
    if call_back.tries >= TRIES:
        _close(call_back, S.GIVEN_UP, at)
        return
    call_back.state, call_back.held_by, call_back.lease_until = S.DUE, None, None
    call_back.closed_at, call_back.due_at = None, next_try(call_back.tries, at)


def _close(call_back: CallBack, state: CallBackState, at: datetime) -> None:
    call_back.state, call_back.closed_at = state, at
    call_back.held_by = call_back.lease_until = None


_LEFT_LYING = (
    sa.select(CallBack)
    .join(Contact, Contact.id == CallBack.contact_id)
    .where(
        CallBack.state == S.HELD, CallBack.lease_until < sa.bindparam("now"),
        Contact.state == ContactState.MISSED,
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
