"""Caller legs: what the line reports of them moves contacts on, in whatever order; nobody is left alone there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.db import UtcDateTime
from core.problems import Refused
from core.sweeps import sweep
from hotline import calling_back
from hotline.callbacks import CallBackState
from hotline.contacts import (
    CONTACT_FLOW,
    Contact,
    ContactAction,
    ContactLeg,
    ContactState,
    WayOut,
    contact_of_leg,
)
from hotline.dispatch import close_offers, dispatch
from hotline.missing import call_back_of, settle_if_reached
from hotline.offers import OfferAnswer
from hotline.seating import let_go, occupy
from hotline.taking import last_leg, live_leg
from hotline.talking import begin, end, leg_over, put_back
from telephony.calls import Call, Direction, Party
from telephony.events import listen
from telephony.line import Event, EventKind, LegState, line
from telephony.outbox import on_failure
from telephony.outgoing import Command, Outgoing
from telephony.rooms import Purpose, Room, room_called

S, A = ContactState, ContactAction
BEFORE_THE_END = (S.ARRIVED, S.WAITING, S.TAKEN, S.TALKING)
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
    has_hung_up = event.kind is EventKind.LEFT and event.data.get("reason") == HUNG_UP
    was_there = event.kind is EventKind.JOINED or has_hung_up
    if contact.state is S.TAKEN and is_here and not call.is_ended and _is_of_now(contact, event):
        begin(session, contact, at=event.at)
    elif contact.state is S.WAITING and was_there:
        is_there = call.room_id == room.id and (call.in_room or has_hung_up)
        if is_there and _is_of_last_stay(contact, event):
            _take_after_all(session, contact, call, room, event.at)
    elif contact.state is S.MISSED and last_leg(session, contact) is call and call.is_ended:
        if was_there and _is_of_last_stay(contact, event):
            _talked_after_all(session, contact, call, room, event.at)
        return
    elif contact.state is S.WRAPPING and not is_here and last_leg(session, contact) is call and call.is_ended:
        if was_there and _is_of_a_later_talk(contact, room, event):
            _talked_last_with(session, contact, room, event.at)
        return
    if has_hung_up and contact.state is S.TALKING and contact.room_id == room.id:
        end(session, contact, at=event.at)


def _is_of_now(contact: Contact, event: Event) -> bool:
    """Say whether a report is of this taking and not of one before; the line's clock knows whole seconds."""
    return contact.taken_at is None or event.at >= contact.taken_at - timedelta(seconds=2)


def _is_of_last_stay(contact: Contact, event: Event) -> bool:
    """Say whether a report is of the time since the caller last began to wait, and not of a talk before that."""
    if contact.talking_at is None or contact.waiting_from is None:
        return contact.talking_at is None
    return event.at >= contact.waiting_from - timedelta(seconds=1)


def _is_of_a_later_talk(contact: Contact, room: Room, event: Event) -> bool:
    """Say whether a report is of a talk that began after the one whose record is being written."""
    return contact.taken_at is not None and event.at > contact.taken_at and room.owner_id != contact.taken_by


def _take_after_all(session: Session, contact: Contact, call: Call, room: Room, at: datetime) -> None:
    """The caller was given up for waiting and was in the room of who took them first: let it be so."""
    if call.is_ended or not room.is_open:
        return
    contact.taken_by, contact.taken_at, contact.room_id, contact.is_first = room.owner_id, at, room.id, False
    CONTACT_FLOW.move(session, contact, A.TAKE, by=None, at=at)
    close_offers(session, contact, OfferAnswer.TOO_LATE, at=at)
    try:
        with session.begin_nested():
            occupy(session, contact, by=room.owner, at=at)
    except Refused:  # their seat does something else by now; the caller is with them all the same
        session.expire_all()
    begin(session, contact, at=at)


def _talked_after_all(session: Session, contact: Contact, call: Call, room: Room, at: datetime) -> None:
    """The end of a talk was heard of before its beginning: it was no missed call."""
    contact.taken_by, contact.taken_at, contact.room_id = room.owner_id, at, room.id
    contact.talking_at = at
    if call.id == contact.call_id and contact.way_out is not WayOut.ANSWERED:
        contact.put_first_wait(WayOut.ANSWERED, at)
    CONTACT_FLOW.move(session, contact, A.JOIN, by=None, at=at)
    promise = call_back_of(session, contact)
    untouched = (CallBackState.DUE, CallBackState.IMPOSSIBLE)
    if promise is not None and promise.tries == 0 and promise.state in untouched:
        session.delete(promise)  # nobody has done anything about it, and there was nothing to do
        session.flush()
    calling_back.reached(session, contact, at=at)
    end(session, contact, at=contact.ended_at or at)


def _talked_last_with(session: Session, contact: Contact, room: Room, at: datetime) -> None:
    """The caller's end was told before their last talk, and the talk before that got the record: set that right."""
    giver = contact.taken_by
    let_go(session, contact, giver, at=at)
    contact.taken_by, contact.taken_at, contact.room_id = room.owner_id, at, room.id
    journal.write(session, "contact.set_right", contact, by=None, at=at, giver=giver, taker=room.owner_id)
    session.flush()


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
    if contact.state in BEFORE_THE_END:
        leg_over(session, contact, at=event.at)
    else:
        settle_if_reached(session, contact, left_at=event.at)


def not_brought(session: Session, row: Outgoing, at: datetime) -> None:
    """Hear that a caller could not be brought to who took them: they wait on, first of all."""
    if row.call is None:
        return
    contact = contact_of_leg(session, row.call)
    if contact is not None and contact.state is S.TAKEN and contact.room_id == row.room_id:
        if live_leg(session, contact) is None:
            leg_over(session, contact, at=at)
        else:
            put_back(session, contact, at=at)


listen(EventKind.JOINED, in_room)
listen(EventKind.LEFT, in_room)
listen(EventKind.LEG, ended)
on_failure(Command.TAKE_WAITING, not_brought)


@sweep("hotline.talks", every=timedelta(seconds=3))
def watch_talks(session: Session, now: datetime) -> int:
    """Look for callers whose operator is gone, who never came through, or whose end was not heard of."""
    query = _STRAYING if line().capabilities().browser else _STRAYING_AT_DESKS
    found = session.scalars(query, {"stuck_from": now - STUCK_AFTER, "alone_from": now - ALONE_FOR}).all()
    return sum(_look_at(session, contact, now) for contact in found)


def _look_at(session: Session, contact: Contact, now: datetime) -> bool:
    leg = live_leg(session, contact)
    if leg is None:  # its end is told where it is written; this is for what was never heard
        leg_over(session, contact, at=now)
        return True
    is_on_the_way = contact.state is S.TAKEN and leg.direction is not Direction.OUTBOUND and not leg.in_room
    is_alone = contact.state is S.TALKING  # wherever their own leg is said to be: nobody of ours is with them
    if any(attends(session, contact, now) for attends in _attended) or not (is_on_the_way or is_alone):
        return False
    put_back(session, contact, at=now)
    return True


def _straying(*which: sa.ColumnElement[bool]) -> sa.Select[Contact]:
    """Build the query of whom to look at, once."""
    legs = sa.select(Call.id).join(ContactLeg, ContactLeg.call_id == Call.id)
    live = legs.where(
        ContactLeg.contact_id == Contact.id, Call.party == Party.RESIDENT, Call.state != LegState.ENDED
    )
    is_stuck = sa.and_(Contact.state == S.TAKEN, Contact.taken_at < sa.bindparam("stuck_from"))
    query = sa.select(Contact).where(
        Contact.state.in_(BEFORE_THE_END),
        Contact.call_id.is_not(None),
        sa.or_(~live.correlate(Contact).exists(), is_stuck, *which),
    )
    return query.with_for_update(of=Contact, skip_locked=True)


def _is_alone() -> sa.ColumnElement[bool]:
    """Say in a query of contacts whether nobody of ours has been with a caller for some seconds."""
    alone_from = sa.bindparam("alone_from", type_=UtcDateTime())
    ours = sa.select(Call.id).where(
        Call.party.in_((Party.OPERATOR, Party.SUPERVISOR)),
        sa.or_(Call.staff_id == Contact.taken_by, Call.room_id == Contact.room_id),
        sa.or_(Call.state != LegState.ENDED, Call.ended_at > alone_from),
    )
    is_new = Contact.talking_at >= alone_from
    return sa.and_(Contact.state == S.TALKING, ~is_new, ~ours.correlate(Contact).exists())


_STRAYING, _STRAYING_AT_DESKS = _straying(_is_alone()), _straying()
