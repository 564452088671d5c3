"""Answering: whoever rings at an operator's screen is answered, a waiting caller taken, one who kept their place rung."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.people import Staff
from hotline import calling_back, taking
from hotline.contacts import Contact, ContactState
from hotline.missing import call_back_of


def answer(session: Session, contact: Contact, *, by: Staff, at: datetime) -> Contact:
    """Win a caller, or hear that somebody else did."""
    promise = None
    if contact.state is ContactState.MISSED:  # locked before its promise, as everywhere
        session.refresh(contact, with_for_update={"of": Contact})
        promise = call_back_of(session, contact)
    if promise is None or promise.closed_at is not None:
        return taking.take(session, contact, by=by, at=at)
    calling_back.ring(session, promise, by=by, at=at)
    return contact
