"""Follow-up calls: dialled by a button, a contact of their own that belongs to the episode they follow up."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from core.problems import Refused
from core.terms import Words
from hotline import calling_back, missing
from hotline.callbacks import CallBackReason
from hotline.callers import Caller, caller_from
from hotline.contacts import CONTACT_FLOW, Contact, ContactAction, ContactState, Source, WayOut, fresh_token
from hotline.followups import FollowUp, FollowUpWish, wish_of
from hotline.lines import LineKind
from hotline.taking import last_leg, live_leg
from telephony import dialling
from telephony.calls import Call

S = ContactState
IN_HAND = (S.TAKEN, S.TALKING, S.WRAPPING)


class NobodyToCall(Refused):
    """There is no number."""

    words = Words(
        "来电号码未显示，也没有另留号码，无法拨打。请记录结果",
        "The number was withheld and no other was left, so nobody can be called. Note the result",
    )


class NotWanted(Refused):
    """The caller took their consent back."""

    words = Words(
        "来电人已收回随访的同意，没有拨打。请退回这条随访",
        "The caller no longer wishes to be called, so nothing was dialled. Give this follow-up back",
    )


def follow_up_of(session: Session, contact_id: int) -> FollowUp | None:
    """Return the follow-up that a contact is the call of."""
    return session.scalars(sa.select(FollowUp).where(FollowUp.talk_id == contact_id)).first()


def episode_of(session: Session, contact: Contact) -> Contact:
    """Return the episode that a contact belongs to: what it follows up, or itself."""
    row = follow_up_of(session, contact.id) if contact.source is Source.FOLLOW_UP else None
    return contact if row is None else row.contact


def ring(session: Session, row: FollowUp, *, by: Staff, at: datetime) -> Call:
    """Dial whoever is to be followed up, at the number that holds now; the call is a contact with a record of its own."""
    wish = wish_of(session, row.contact_id)
    if wish is not None and not wish.is_agreed:
        raise NotWanted
    if row.talk_id is None:
        talk = Contact(
            token=fresh_token(),
            line=LineKind.COUNSELLING,
            source=Source.FOLLOW_UP,
            state=S.MISSED,
            owner_id=row.owner_id,
            rung_at=at,
            ended_at=at,
            way_out=WayOut.ABANDONED,
        )
        session.add(talk)
        session.flush()
        row.talk_id = talk.id
        session.flush()
        session.refresh(row)
    talk = session.get_one(Contact, row.talk_id, with_for_update={"of": Contact})
    talk.caller = _whom(session, row, talk, wish, at)
    session.flush()
    row.first_try_at = row.first_try_at or at
    return calling_back.dial(session, talk, by=by, at=at)


def _whom(session: Session, row: FollowUp, talk: Contact, wish: FollowUpWish | None, at: datetime) -> Caller:
    """Return whom to dial: at the number they gave for it, else at the one they rang from."""
    if wish is not None and wish.number is not None:
        if talk.caller is not None and talk.caller.number == wish.number:
            return talk.caller
        return caller_from(session, LineKind.COUNSELLING, wish.number, at=at)
    if row.contact.caller is None or row.contact.caller.is_withheld:
        raise NobodyToCall
    return row.contact.caller


def settle(session: Session, row: FollowUp, *, talked: bool, by: Staff, at: datetime) -> None:
    """Bring the call of a try to its end: after a talk its record is finished like any other, else it rests or is over."""
    if row.talk_id is None or talked:
        return
    talk = session.get_one(Contact, row.talk_id, with_for_update={"of": Contact})
    leg = live_leg(session, talk)
    if leg is not None:
        dialling.hang_up(session, leg, by=by, at=at)
    if talk.state in IN_HAND:
        missing.miss(session, talk, WayOut.ABANDONED, at=at, by=by)
    if row.closed_at is not None and talk.state is S.MISSED:
        talk.closed_at = at
        CONTACT_FLOW.move(session, talk, ContactAction.SETTLE, by=by, at=at)
    session.flush()


def has_rung(session: Session, row: FollowUp) -> bool:
    """Say whether the try in hand has rung already, so that its result is what comes next."""
    leg = last_leg(session, row.talk) if row.talk is not None else None
    return leg is not None and all(one.at < leg.created_at for one in row.attempts)


def is_on_the_line(session: Session, row: FollowUp) -> bool:
    """Say whether whoever holds a follow-up is in its call, or writing it down."""
    if row.talk_id is None:
        return False
    talk = session.get_one(Contact, row.talk_id)
    return talk.state in IN_HAND and talk.taken_by == row.held_by


def _not_reached(session: Session, contact: Contact, at: datetime) -> None:
    """Leave it to whoever holds the follow-up; somebody who asked on a page to be called stays promised."""
    if follow_up_of(session, contact.id) is None:
        missing.promise_call_back(session, contact, CallBackReason.ASKED, at=at)


def see_to_missed() -> None:
    """Let follow-ups that were not reached be tried by their own rules."""
    missing.when_missed(Source.FOLLOW_UP, _not_reached)
