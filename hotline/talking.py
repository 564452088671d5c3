"""Talking: what the line reports of a caller's leg moves their contact on; nobody is left alone on the line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from core.problems import Missing, Refused
from core.sweeps import sweep
from core.terms import Words
from hotline import calling_back
from hotline.contacts import (
    CONTACT_FLOW,
    WRAP_UP,
    Contact,
    ContactAction,
    ContactState,
    WayOut,
    contact_of_leg,
)
from hotline.dispatch import close_offers, dispatch
from hotline.missing import forget_taker, miss
from hotline.offers import OfferAnswer
from hotline.seating import end_talk, let_go, occupy
from hotline.taking import live_leg
from telephony import dialling
from telephony.calls import Call, Direction, Party
from telephony.events import listen
from telephony.line import Event, EventKind, LegState, line
from telephony.outbox import on_failure
from telephony.outgoing import Command, Outgoing
from telephony.rooms import Purpose, Room, room_called

S, A = ContactState, ContactAction
ALONE_FOR = timedelta(seconds=8)
"""How long an operator's telephone may be away, as when a page is loaded anew, before the caller goes to another."""
STUCK_AFTER = timedelta(seconds=45)
HUNG_UP = "participant_hung_up"

Attended = Callable[[Session, Contact, datetime], bool]
_attended: list[Attended] = []


def also_attended(function: Attended) -> None:
    """Let a room of the line say that somebody is with a caller though their operator's telephone is not."""
    if function not in _attended:
        _attended.append(function)


class NobodyToHold(Refused):
    """There is no caller on the line."""

    words = Words("来电人不在线上，没有执行。", "The caller is not on the line, so nothing was done.")


def hang_up(session: Session, contact: Contact, *, by: Staff, at: datetime) -> None:
    """End the talk from our side; a caller who is still on the way goes back to wait."""
    if contact.taken_by != by.id:
        raise Missing
    leg = live_leg(session, contact)
    if contact.state is S.TAKEN and leg is not None and leg.direction is not Direction.OUTBOUND:
        put_back(session, contact, at=at, by=by)
        return
    if leg is not None:
        dialling.hang_up(session, leg, by=by, at=at)
    if contact.state is S.TAKEN:
        calling_back.not_reached(session, contact, at=at)
    elif contact.state is S.TALKING:
        _end(session, contact, at=at, by=by)


def hold(session: Session, contact: Contact, held: bool, *, by: Staff, at: datetime) -> None:
    """Let the caller hear a kind voice for a while, or come back to them."""
    if contact.taken_by != by.id:
        raise Missing
    leg = live_leg(session, contact)
    if contact.state is not S.TALKING or leg is None:
        raise NobodyToHold
    dialling.hold(session, leg, held, at=at)


def put_back(session: Session, contact: Contact, *, at: datetime, by: Staff | None = None) -> None:
    """Let somebody who lost their operator wait again, before everybody else."""
    leg = live_leg(session, contact)
    was_talking = contact.state is S.TALKING
    if was_talking or contact.waiting_from is None:
        contact.waiting_from = at
    CONTACT_FLOW.move(session, contact, A.PUT_BACK, by=by, at=at)
    contact.is_first = True
    forget_taker(contact)
    session.flush()
    let_go(session, contact, at=at)
    if leg is not None and leg.in_room and line().capabilities().queues:
        dialling.put_waiting(session, leg, f"line-{contact.line.value}", at=at)
    dispatch(session, at=at)


def _join(session: Session, contact: Contact, at: datetime) -> None:
    contact.talking_at = contact.talking_at or at
    contact.ended_at, contact.way_out = None, WayOut.ANSWERED
    CONTACT_FLOW.move(session, contact, A.JOIN, by=None, at=at)
    calling_back.reached(session, contact, at=at)


def _end(session: Session, contact: Contact, *, at: datetime, by: Staff | None = None) -> None:
    CONTACT_FLOW.move(session, contact, A.HANG_UP, by=by, at=at)
    contact.ended_at, contact.wrap_until = at, at + WRAP_UP
    session.flush()
    end_talk(session, contact, at=at)


# What the line reports.


def in_room(session: Session, event: Event, call: Call | None) -> None:
    """Hear that a leg came into a room or left it; either proves that it was there."""
    if call is None:
        return
    if call.party is Party.OPERATOR and event.kind is EventKind.JOINED:
        dispatch(session, at=event.at)
    if call.party is not Party.RESIDENT:
        return
    contact = contact_of_leg(session, call)
    room = room_called(session, event.room)
    if contact is None or room is None or room.purpose is not Purpose.HOTLINE:
        return
    is_here = contact.room_id == room.id
    if contact.state is S.TAKEN and is_here and not call.is_ended and _is_of_now(contact, event):
        _join(session, contact, event.at)
    elif contact.state is S.WAITING and event.kind is EventKind.JOINED:
        _take_after_all(session, contact, call, room, event.at)
    elif contact.state is S.MISSED and call.is_ended and contact.talking_at is None:
        _talked_after_all(session, contact, room, event.at)
        return
    has_hung_up = event.kind is EventKind.LEFT and event.data.get("reason") == HUNG_UP
    if has_hung_up and contact.state is S.TALKING and contact.room_id == room.id:
        _end(session, contact, at=event.at)


def _is_of_now(contact: Contact, event: Event) -> bool:
    """Say whether a report is of this taking and not of one before; the line's clock knows whole seconds."""
    return contact.taken_at is None or event.at >= contact.taken_at - timedelta(seconds=2)


def _take_after_all(session: Session, contact: Contact, call: Call, room: Room, at: datetime) -> None:
    """The caller was given up for waiting and came into the room of who took them first: let it be so."""
    if call.is_ended or not call.in_room or call.room_id != room.id or not room.is_open:
        return
    contact.taken_by, contact.taken_at, contact.room_id, contact.is_first = room.owner_id, at, room.id, False
    CONTACT_FLOW.move(session, contact, A.TAKE, by=None, at=at)
    close_offers(session, contact, OfferAnswer.TOO_LATE, at=at)
    try:
        with session.begin_nested():
            occupy(session, contact, by=room.owner, at=at)
    except Refused:  # their seat does something else by now; the caller is with them all the same
        session.expire_all()
    _join(session, contact, at)


def _talked_after_all(session: Session, contact: Contact, room: Room, at: datetime) -> None:
    """The end of a talk was heard of before its beginning: it was no missed call."""
    contact.taken_by, contact.taken_at, contact.room_id = room.owner_id, at, room.id
    contact.talking_at, contact.way_out = at, WayOut.ANSWERED
    CONTACT_FLOW.move(session, contact, A.JOIN, by=None, at=at)
    calling_back.reached(session, contact, at=at)
    _end(session, contact, at=contact.ended_at or at)


def ended(session: Session, event: Event, call: Call | None) -> None:
    """Hear that a caller's leg is over: a talk ends, anything before it was missed."""
    if call is None or call.party is not Party.RESIDENT or not call.is_ended:
        return
    contact = contact_of_leg(session, call)
    if contact is None:
        return
    if call.direction is Direction.OUTBOUND:
        call.number = call.number_index = None  # it stood there to be dialled, and no longer
        session.flush()
    if live_leg(session, contact) is not None:
        return
    if contact.state in (S.ARRIVED, S.WAITING):
        miss(session, contact, WayOut.ABANDONED, at=event.at)
    elif contact.state is S.TAKEN and call.direction is Direction.OUTBOUND:
        calling_back.not_reached(session, contact, at=event.at)
    elif contact.state is S.TAKEN:
        miss(session, contact, WayOut.ABANDONED, at=event.at)
    elif contact.state is S.TALKING:
        _end(session, contact, at=event.at)


def not_brought(session: Session, row: Outgoing, at: datetime) -> None:
    """Hear that a caller could not be brought to who took them: they wait on, first of all."""
    if row.call is None:
        return
    contact = contact_of_leg(session, row.call)
    if contact is not None and contact.state is S.TAKEN and contact.room_id == row.room_id:
        put_back(session, contact, at=at)


listen(EventKind.JOINED, in_room)
listen(EventKind.LEFT, in_room)
listen(EventKind.LEG, ended)
on_failure(Command.TAKE_WAITING, not_brought)


@sweep("hotline.talks", every=timedelta(seconds=3))
def watch_talks(session: Session, now: datetime) -> int:
    """Look for callers whose operator is gone, who never came through, or whose end was not heard of."""
    query = sa.select(Contact).where(
        Contact.state.in_((S.ARRIVED, S.WAITING, S.TAKEN, S.TALKING)), Contact.call_id.is_not(None)
    )
    count = 0
    for contact in session.scalars(query.with_for_update(of=Contact, skip_locked=True)):
        count += _look_at(session, contact, now)
    return count


def _look_at(session: Session, contact: Contact, now: datetime) -> bool:
    leg = live_leg(session, contact)
    if leg is None:
        return False  # its end was told in the transaction that wrote it
    is_stuck = contact.taken_at is not None and contact.taken_at < now - STUCK_AFTER and not leg.in_room
    if contact.state is S.TAKEN and leg.direction is not Direction.OUTBOUND and is_stuck:
        put_back(session, contact, at=now)
        return True
    if contact.state is S.TALKING and leg.in_room and _is_alone(session, contact, now):
        put_back(session, contact, at=now)
        return True
    return False


def _is_alone(session: Session, contact: Contact, now: datetime) -> bool:
    """Say whether nobody of ours has been with a caller for some seconds."""
    if not line().capabilities().browser or any(f(session, contact, now) for f in _attended):
        return False
    ours = sa.select(Call).where(
        Call.party.in_((Party.OPERATOR, Party.SUPERVISOR)),
        sa.or_(Call.staff_id == contact.taken_by, Call.room_id == contact.room_id),
        sa.or_(Call.state != LegState.ENDED, Call.ended_at > now - ALONE_FOR),
    )
    since = contact.talking_at
    return session.scalars(ours.limit(1)).first() is None and (since is None or since < now - ALONE_FOR)
