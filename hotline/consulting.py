"""Consulting: a colleague is fetched into the caller's room, goes home again, or stays and takes the caller over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.problems import Missing, Refused
from core.terms import Words
from hotline.consults import (
    ANSWER_WITHIN,
    CONSULT_FLOW,
    JOIN_WITHIN,
    TOGETHER,
    Consult,
    ConsultAction,
    ConsultState,
    consult_with,
    open_consult,
)
from hotline.contacts import Contact, ContactState
from hotline.dispatch import close_offers_to, dispatch, has_telephone
from hotline.lines import SKILL
from hotline.offers import OfferAnswer
from hotline.seating import let_go, occupy, room_to_talk_in
from hotline.seats import Seat, free_seats
from hotline.taking import live_leg
from telephony import dialling
from telephony.calls import Call, Party
from telephony.line import LegState, line
from telephony.rooms import Purpose, Room, close_room, open_room, open_room_of

A, S = ConsultAction, ConsultState

Passed = Callable[[Session, Contact, Staff, Staff, datetime], object]
_told: list[Passed] = []


def when_passed(function: Passed) -> Passed:
    """Let a room of the line hear that a contact went from one operator to another."""
    if function not in _told:
        _told.append(function)
    return function


class ColleagueBusy(Refused):
    """The colleague talks, rests, or is asked by somebody else."""

    words = Words(
        "这位同事现在不能接听，没有发出请求，来电人不受影响。请另选一位。",
        "This colleague can't answer now. Nothing was asked, and the caller notices nothing; choose another.",
    )


class NotTogether(Refused):
    """There is nobody to pass the caller on to."""

    words = Words(
        "同事还没有接入，不能转接。来电人仍由您接听。",
        "The colleague is not on the line yet, so the caller was not passed on and stays with you.",
    )


def free_colleagues(session: Session, contact: Contact, *, by: Staff, at: datetime) -> Sequence[Staff]:
    """Return who could be asked about a contact: free, at their telephone, allowed on its line."""
    asked = sa.select(Consult.colleague_id).where(Consult.closed_at.is_(None))
    there = set(session.scalars(sa.select(Seat.staff_id).where(has_telephone())))
    busy = set(session.scalars(asked)) | {by.id}
    seats = free_seats(session, contact.line, now=at)
    return [s.staff for s in seats if s.staff_id in there - busy and s.staff.may(SKILL[contact.line])]


def consult(session: Session, contact: Contact, colleague: Staff, *, by: Staff, at: datetime) -> Consult:
    """Ask a colleague; the caller notices nothing until the colleague says yes."""
    can = line().capabilities()
    dialling.offered(can.browser and can.holds)
    _theirs(contact, by)
    if contact.state is not ContactState.TALKING or live_leg(session, contact) is None:
        raise Refused(
            Words("来电人不在线上，没有执行。", "The caller is not on the line, so nothing was done.")
        )
    found = open_consult(session, contact)
    if found is not None and found.colleague_id == colleague.id:
        return found  # the second click
    if found is not None or colleague.id not in {
        s.id for s in free_colleagues(session, contact, by=by, at=at)
    }:
        raise ColleagueBusy
    row = Consult(
        contact_id=contact.id,
        asked_by=by.id,
        colleague_id=colleague.id,
        asked_at=at,
        due_at=at + ANSWER_WITHIN,
    )
    session.add(row)
    session.flush()
    journal.write(session, "consult.ask", row, by=by, at=at, contact=contact.id)
    return row


def accept(session: Session, asked: Consult, *, by: Staff, at: datetime) -> None:
    """Say yes: the caller hears a kind voice, and the colleague's telephone is brought into the room."""
    if asked.colleague_id != by.id:
        raise Missing
    contact = asked.contact
    room, own = session.get(Room, contact.room_id or 0), room_to_talk_in(session, by)
    caller, telephone = live_leg(session, contact), _telephone(session, by, own)
    gone = contact.state is not ContactState.TALKING or caller is None or room is None or not room.is_open
    if gone or caller is None or room is None or telephone is None:
        raise Refused(Words("通话已经结束，不用接入。", "The call is over; there is nothing to join."))
    CONSULT_FLOW.move(session, asked, A.ACCEPT, by=by, at=at)
    asked.due_at = at + JOIN_WITHIN
    close_offers_to(session, by.id, OfferAnswer.EXPIRED, at=at)
    dialling.hold(session, caller, True, at=at)
    close_room(session, own, at=at)  # it ends when its only telephone leaves; a new one is opened afterwards
    dialling.move(session, telephone, room, at=at)


def decline(session: Session, asked: Consult, *, by: Staff, at: datetime) -> None:
    """Say that it isn't possible now."""
    if asked.colleague_id != by.id:
        raise Missing
    asked.closed_at = at
    CONSULT_FLOW.move(session, asked, A.DECLINE, by=by, at=at)


def end_consult(session: Session, contact: Contact, *, by: Staff | None, at: datetime) -> None:
    """Send the colleague home and come back to the caller; either of the two may end it."""
    row = open_consult(session, contact, locks=True)
    if row is None or (by is not None and by.id not in (row.asked_by, row.colleague_id)):
        raise Missing
    close(session, row, A.END, by=by, at=at)


def transfer(session: Session, contact: Contact, *, by: Staff | None, at: datetime) -> Consult:
    """Pass caller, room and record to the colleague; who passed them on goes home into a new room.

    The caller stays where they are: only the owner of the room changes, and the other telephone leaves it.
    """
    row = open_consult(session, contact, locks=True)
    if by is not None:
        _theirs(contact, by)
    room = session.get(Room, contact.room_id or 0)
    if row is None or row.state is not S.SPEAKING or room is None or not room.is_open:
        raise NotTogether
    giver, taker = row.asker, row.colleague
    row.closed_at = at
    CONSULT_FLOW.move(session, row, A.PASS, by=by, at=at)
    let_go(session, contact, giver.id, at=at)
    telephone, left_over = _telephone(session, giver, room), open_room_of(session, taker.id)
    if left_over is not None:
        close_room(session, left_over, at=at)
    room.owner_id = taker.id
    contact.taken_by = taker.id
    session.flush()
    occupy(session, contact, by=taker, at=at)
    journal.write(session, "contact.transfer", contact, by=by, at=at, giver=giver.id, taker=taker.id)
    caller = live_leg(session, contact)
    if caller is not None:
        dialling.hold(session, caller, False, at=at)
    if telephone is not None:
        _home(session, giver, telephone, at=at)
    for function in _told:
        function(session, contact, giver, taker, at)
    dispatch(session, at=at)
    return row


def close(session: Session, row: Consult, action: ConsultAction, *, by: Staff | None, at: datetime) -> None:
    """Close a consult: the colleague's telephone goes home, and the caller is taken off hold."""
    was_together = row.state in TOGETHER
    row.closed_at = at
    CONSULT_FLOW.move(session, row, action, by=by, at=at)
    if not was_together:
        return
    room = session.get(Room, row.contact.room_id or 0)
    telephone = _telephone(session, row.colleague, room)
    if telephone is not None:
        _home(session, row.colleague, telephone, at=at)
    caller = live_leg(session, row.contact)
    is_talk = caller is not None and caller.room is not None and caller.room.is_open
    if caller is not None and is_talk and row.contact.state is ContactState.TALKING:
        dialling.hold(session, caller, False, at=at)
    dispatch(session, at=at)


def asked_of(session: Session, staff: Staff) -> Consult | None:
    """Return the question that somebody's screen shows: who asks, and how long there is to answer."""
    return consult_with(session, staff)


def _theirs(contact: Contact, by: Staff) -> None:
    if contact.taken_by != by.id:
        raise Missing


def _home(session: Session, staff: Staff, telephone: Call, *, at: datetime) -> None:
    """Bring a telephone into a fresh room of its owner's."""
    home = open_room(session, owner=staff, purpose=Purpose.HOTLINE, at=at)
    dialling.move(session, telephone, home, at=at)


def _telephone(session: Session, staff: Staff, room: Room | None) -> Call | None:
    """Return somebody's own leg in a room."""
    if room is None:
        return None
    query = (
        sa.select(Call)
        .where(
            Call.room_id == room.id,
            Call.staff_id == staff.id,
            Call.party == Party.OPERATOR,
            Call.state != LegState.ENDED,
        )
        .order_by(Call.in_room.desc(), Call.id.desc())
    )
    return session.scalars(query).first()
