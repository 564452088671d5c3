"""Talking: what the line reports of a caller's leg moves their contact on; nobody is left alone on the line."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.people import Staff
from core.problems import Missing, Refused
from core.terms import Words
from hotline import calling_back, recording_talks
from hotline.contacts import (
    CONTACT_FLOW,
    WRAP_UP,
    Contact,
    ContactAction,
    ContactState,
    WayOut,
)
from hotline.dispatch import dispatch
from hotline.missing import forget_taker, miss
from hotline.seating import end_talk, let_go
from hotline.taking import last_leg, live_leg
from telephony import dialling
from telephony.calls import Direction
from telephony.line import line

S, A = ContactState, ContactAction


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
        end(session, contact, at=at, by=by)


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
    if was_talking:
        recording_talks.pause(session, contact, at=at)
    if was_talking or contact.waiting_from is None:
        contact.waiting_from = at
    CONTACT_FLOW.move(session, contact, A.PUT_BACK, by=by, at=at)
    contact.is_first = True
    taker = contact.taken_by
    if was_talking:
        contact.written_by, contact.written_at = taker, None
    forget_taker(contact)
    session.flush()
    let_go(session, contact, taker, at=at)
    if leg is not None and leg.in_room and line().capabilities().queues:
        dialling.put_waiting(session, leg, f"line-{contact.line.value}", at=at)
    dispatch(session, at=at)


def begin(session: Session, contact: Contact, *, at: datetime) -> None:
    """Note that a caller and an operator hear each other."""
    contact.talking_at = contact.talking_at or at
    contact.ended_at = None
    contact.leave_waiting(WayOut.ANSWERED, at)
    CONTACT_FLOW.move(session, contact, A.JOIN, by=None, at=at)
    recording_talks.go_on(session, contact, at=at)
    calling_back.answered(session, contact, at=at)


def end(session: Session, contact: Contact, *, at: datetime, by: Staff | None = None) -> None:
    """Note that a talk is over; ten minutes are left to write it down."""
    CONTACT_FLOW.move(session, contact, A.HANG_UP, by=by, at=at)
    contact.ended_at, contact.wrap_until = at, at + WRAP_UP
    session.flush()
    end_talk(session, contact, at=at)


def leg_over(session: Session, contact: Contact, *, at: datetime) -> None:
    """Note that a caller's leg is over: a talk ends, anything before it was missed."""
    leg = last_leg(session, contact)
    if contact.state is S.TALKING:
        end(session, contact, at=at)
    elif contact.state is S.TAKEN and leg is not None and leg.direction is Direction.OUTBOUND:
        calling_back.not_reached(session, contact, at=at)
    else:
        miss(session, contact, WayOut.ABANDONED, at=at)
