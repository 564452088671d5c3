"""Taking: many telephones may ring for a caller, one operator wins, the others hear so."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.problems import Missing, Refused
from core.terms import Words
from hotline.contacts import CONTACT_FLOW, Contact, ContactAction, ContactLeg, ContactState
from hotline.dispatch import close_offers, dispatch
from hotline.lines import SKILL
from hotline.offers import Offer, OfferAnswer
from hotline.seating import occupy, room_to_talk_in
from telephony.calls import Call, Party
from telephony.dialling import offered
from telephony.line import LegState, line
from telephony.outgoing import Command, ask

LATEST = timedelta(seconds=20)
S = ContactState


class AlreadyAnswered(Refused):
    """Somebody else was quicker."""

    words = Words(
        "这位来电人已由其他接线员接起，您不需要做任何事。",
        "Another operator has answered this caller; there is nothing you need to do.",
    )


class CallerGone(Refused):
    """The caller hung up or chose to be called back."""

    words = Words(
        "来电人已挂断或选择了回拨，没有接起。需要时会列入待回拨。",
        "The caller hung up or asked to be called back, so nothing was answered. "
        "They are listed to be called back where that is needed.",
    )


def take(session: Session, contact: Contact, *, by: Staff, at: datetime) -> Contact:
    """Win a waiting caller, or hear that somebody else did; their leg is brought into the taker's room."""
    may_answer(contact, by)
    offered(line().capabilities().queues)
    room = room_to_talk_in(session, by)
    won = session.execute(
        sa.update(Contact)
        .where(Contact.id == contact.id, Contact.state == S.WAITING)
        .values(state=S.TAKEN, taken_by=by.id, taken_at=at, room_id=room.id, is_first=False),
        execution_options={"synchronize_session": False},
    )
    session.refresh(contact)
    if won.rowcount != 1:  # type: ignore[attr-defined]
        if contact.state in (S.TAKEN, S.TALKING, S.WRAPPING) and contact.taken_by == by.id:
            return contact  # the second click of the same hand
        raise AlreadyAnswered if contact.taken_by is not None else CallerGone
    details = {"from": S.WAITING.value, "to": S.TAKEN.value}
    journal.write(
        session, f"{CONTACT_FLOW.name}.{ContactAction.TAKE.value}", contact, by=by, at=at, **details
    )
    _answer_offers(session, contact, by, at)
    occupy(session, contact, by=by, at=at)
    leg = live_leg(session, contact)
    if leg is None:
        raise CallerGone
    ask(
        session, Command.TAKE_WAITING, at=at, call=leg, room=room, expires_at=at + LATEST,
        line=f"line-{contact.line.value}",
    )  # fmt: skip
    return contact


def decline(session: Session, contact: Contact, *, by: Staff, at: datetime) -> None:
    """Let a caller ring elsewhere; declining twice changes nothing."""
    may_answer(contact, by)
    session.execute(
        sa.update(Offer)
        .where(Offer.contact_id == contact.id, Offer.staff_id == by.id, Offer.answer.is_(None))
        .values(answer=OfferAnswer.DECLINED, answered_at=at),
        execution_options={"synchronize_session": "fetch"},
    )
    journal.write(session, "offer.decline", contact, by=by, at=at)
    dispatch(session, at=at)


def may_answer(contact: Contact, staff: Staff) -> None:
    """Let nobody know of callers on a line that isn't theirs to answer."""
    if not staff.may(SKILL[contact.line]):
        raise Missing


_LEGS = (
    sa.select(Call)
    .join(ContactLeg, ContactLeg.call_id == Call.id)
    .where(ContactLeg.contact_id == sa.bindparam("contact"), Call.party == Party.RESIDENT)
    .order_by(Call.id.desc())
    .limit(1)
)


def last_leg(session: Session, contact: Contact) -> Call | None:
    """Return the caller's own leg, the latest if they were called back: an older one is over, told or not."""
    return session.scalars(_LEGS, {"contact": contact.id}).first()


def live_leg(session: Session, contact: Contact) -> Call | None:
    """Return the caller's own leg if it is going on."""
    leg = last_leg(session, contact)
    return None if leg is None or leg.state is LegState.ENDED else leg


def _answer_offers(session: Session, contact: Contact, by: Staff, at: datetime) -> None:
    session.execute(
        sa.update(Offer)
        .where(Offer.contact_id == contact.id, Offer.staff_id == by.id, Offer.answer.is_(None))
        .values(answer=OfferAnswer.TAKEN, answered_at=at),
        execution_options={"synchronize_session": "fetch"},
    )
    close_offers(session, contact, OfferAnswer.TOO_LATE, at=at)
