"""Missing: whoever was not talked to is called back, by a row with a time and an owner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from hotline.callbacks import CallBack, CallBackReason, CallBackState
from hotline.contacts import CONTACT_FLOW, WRAP_UP, Contact, ContactAction, ContactState, Source, WayOut
from hotline.dispatch import close_offers, dispatch
from hotline.offers import OfferAnswer
from hotline.seating import end_talk, let_go

R, W = CallBackReason, WayOut

REASONS: dict[WayOut, CallBackReason] = {
    W.ANSWERED: R.BROKEN_OFF,
    W.ABANDONED: R.ABANDONED,
    W.CALL_BACK: R.ASKED,
    W.MESSAGE: R.MESSAGE,
    W.FULL: R.RECONCILED,
    W.TROUBLE: R.RECONCILED,
    W.FALLBACK: R.RECONCILED,
}

Missed = Callable[[Session, Contact, datetime], object]
_told: dict[Source, Missed] = {}


def when_missed(source: Source, function: Missed) -> None:
    """Let a room of the line see to contacts of its own kind that were not reached, in place of a call-back."""
    _told[source] = function


def miss(
    session: Session, contact: Contact, way_out: WayOut, *, at: datetime, by: Staff | None = None
) -> CallBack | None:
    """Note that a caller was not talked to, and promise to call back; the seat and the offers are let go."""
    if way_out is W.ABANDONED and contact.source is Source.RECONCILED:
        way_out = W.FALLBACK  # they did not give up: nobody of ours was there
    CONTACT_FLOW.move(session, contact, ContactAction.MISS, by=by, at=at, way_out=way_out.value)
    contact.leave_waiting(way_out, at)
    if (
        contact.talking_at is None or contact.ended_at is None
    ):  # rung in vain, a talk before ended when it did
        contact.ended_at = at
    taker = contact.taken_by
    forget_taker(contact)
    session.flush()
    let_go(session, contact, taker, at=at)
    close_offers(session, contact, OfferAnswer.WITHDRAWN, at=at)
    if contact.source in _told:
        _told[contact.source](session, contact, at)
        promise = None
    else:
        chosen = way_out in (W.CALL_BACK, W.MESSAGE)
        reason = R.BROKEN_OFF if contact.talking_at is not None and not chosen else REASONS[way_out]
        promise = promise_call_back(session, contact, reason, at=at)
        settle_if_reached(session, contact, left_at=at)
    dispatch(session, at=at)
    return promise


def resume(session: Session, contact: Contact, *, at: datetime, by: Staff | None = None) -> None:
    """Give a record back to who talked with the caller and writes it: rung again in vain, they are promised a call.

    Its writer keeps the record, the checklist and the plan in the middle of an event; the call-back stands beside it.
    """
    taker, is_own = contact.taken_by, contact.taken_by == contact.written_by
    contact.taken_by, contact.taken_at = contact.written_by, at
    contact.ended_at = contact.ended_at or at
    if is_own:
        contact.wrap_until = at + WRAP_UP
    else:
        contact.room_id = None
    CONTACT_FLOW.move(session, contact, ContactAction.RESUME, by=by, at=at)
    if is_own:
        end_talk(session, contact, at=at)
    else:
        let_go(session, contact, taker, at=at)
    if contact.source in _told:
        _told[contact.source](session, contact, at)
    else:
        promise_call_back(session, contact, R.BROKEN_OFF, at=at)
    dispatch(session, at=at)


def promise_call_back(
    session: Session, contact: Contact, reason: CallBackReason, *, at: datetime
) -> CallBack:
    """Write the promise down once; without a number there is nobody to call, and that is said too."""
    found = call_back_of(session, contact)
    if found is not None:
        if found.state is CallBackState.DONE:  # talked to once, and broken off since
            found.state, found.closed_at, found.due_at, found.reason = CallBackState.DUE, None, at, reason
            found.tries = 0
        elif reason is R.MESSAGE:  # whoever calls back hears it first
            found.reason = reason
        session.flush()
        return found
    can = contact.caller is not None and not contact.caller.is_withheld
    row = CallBack(
        contact_id=contact.id,
        reason=reason,
        state=CallBackState.DUE if can else CallBackState.IMPOSSIBLE,
        created_at=at,
        due_at=at,
        closed_at=None if can else at,
    )
    session.add(row)
    session.flush()
    return row


_PROMISED = (
    sa.select(CallBack).where(CallBack.contact_id == sa.bindparam("contact")).with_for_update(of=CallBack)
)


def call_back_of(session: Session, contact: Contact) -> CallBack | None:
    """Return the promise to call somebody back, locked."""
    return session.scalars(_PROMISED, {"contact": contact.id}).first()


_LATER_TALK = sa.select(Contact.id).where(
    Contact.caller_id == sa.bindparam("caller"), Contact.id != sa.bindparam("own"),
    Contact.rung_at >= sa.bindparam("left_at"), Contact.talking_at.is_not(None),
)  # fmt: skip


def settle_if_reached(session: Session, contact: Contact, *, left_at: datetime) -> None:
    """Settle what was missed when its caller rang again and was talked to before this end was told."""
    if contact.state is not ContactState.MISSED or contact.caller is None or contact.caller.is_withheld:
        return
    own = {"caller": contact.caller_id, "own": contact.id, "left_at": left_at}
    later, promise = session.scalars(_LATER_TALK, own).first(), call_back_of(session, contact)
    if later is None or promise is None or promise.state is not CallBackState.DUE or promise.tries:
        return
    promise.state, promise.closed_at = CallBackState.DONE, left_at
    contact.closed_at = left_at
    CONTACT_FLOW.move(session, contact, ContactAction.SETTLE, by=None, at=left_at, with_contact=later)


def forget_taker(contact: Contact) -> None:
    """Let a contact be nobody's in particular: it is its owner's again."""
    contact.taken_by = contact.taken_at = contact.room_id = contact.wrap_until = None
