"""The line as its operators see it: my seat, who waits, who rings, whom I have, what is promised and what is left."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.people import Staff
from hotline.callbacks import CallBack, CallBackReason, CallBackState
from hotline.callers import Caller
from hotline.contacts import Contact, ContactLeg, ContactState
from hotline.followups import FollowUp, FollowUpState
from hotline.lines import LineKind, line_of, lines_served_by
from hotline.offers import Offer
from hotline.screenings import ScreeningSheet
from hotline.seats import Seat, SeatState, seat_of
from telephony.calls import Call, Party

SHOWN = 8
"""So many rows of a list; the rest is a number."""
S = ContactState


def screen(session: Session, *, by: Staff, at: datetime, token: str = "") -> dict[str, Any]:
    """Return what the operator's page shows now; `token` names an open record of theirs they want to look at."""
    lines = lines_served_by(by)
    mine = in_hand(session, by)
    talks = [c for c in mine if c.state is not S.WRAPPING]
    chosen = next((c for c in talks or mine if c.token == token), mine[0] if mine else None)
    return {
        "now": at.isoformat(),
        "seat": _seat(session, by, at),
        "lines": [_waiting(session, kind, at) for kind in LineKind if kind in lines],
        "offer": _offer(session, by, at),
        "contact": _contact(session, chosen, at) if chosen else None,
        "unfinished": [_row(c) for c in mine if c.state is S.WRAPPING],
        "call_backs": _call_backs(session, lines, by, at),
        "follow_ups": _follow_ups(session, at) if LineKind.COUNSELLING in lines else None,
        "today": _today(session, by, at),
    }


def in_hand(session: Session, by: Staff) -> Sequence[Contact]:
    """Return the contacts somebody has: the talk first, then records still to be finished, newest first."""
    query = (
        sa.select(Contact)
        .where(Contact.taken_by == by.id, Contact.state.in_([S.TAKEN, S.TALKING, S.WRAPPING]))
        .options(joinedload(Contact.caller))
        .order_by(sa.case((Contact.state == S.WRAPPING, 1), else_=0), Contact.taken_at.desc(), Contact.id.desc())
    )  # fmt: skip
    return session.scalars(query).all()


def _seat(session: Session, by: Staff, at: datetime) -> dict[str, Any]:
    seat: Seat | None = seat_of(session, by)
    state = seat.state if seat is not None else SeatState.OFF
    rests = seat.rest_until if seat is not None and seat.rest_until and seat.rest_until > at else None
    return {
        "state": state.value,
        "label": state.label,
        "since": seat.since.isoformat() if seat is not None else None,
        "rest_until": rests.isoformat() if rests else None,
        "is_lost": seat is not None and state is not SeatState.OFF and seat.is_lost(at),
    }


def who(caller: Caller | None) -> dict[str, Any]:
    """Return what an operator sees of a caller before a word is said: never a number, never a name."""
    if caller is None or caller.is_withheld:
        return {"number": "", "is_withheld": True, "times": 1}
    return {"number": caller.masked_number, "is_withheld": False, "times": caller.contacts}


def _waiting(session: Session, kind: LineKind, at: datetime) -> dict[str, Any]:
    here = sa.and_(Contact.line == kind, Contact.state == S.WAITING)
    count, longest = session.execute(
        sa.select(sa.func.count(), sa.func.min(Contact.waiting_from)).where(here)
    ).one()
    query = (
        sa.select(Contact)
        .where(here)
        .options(joinedload(Contact.caller))
        .order_by(Contact.is_first.desc(), Contact.waiting_from, Contact.id)
        .limit(SHOWN)
    )
    line = line_of(session, kind)
    return {
        "code": kind.value,
        "words": kind.label,
        "is_set_up": line is not None,
        "count": count,
        "longest": (longest or at).isoformat(),
        "within_s": line.answer_within_s if line else 20,
        "rows": [
            {"from": c.waiting_from.isoformat() if c.waiting_from else None, "is_first": c.is_first, **who(c.caller)}
            for c in (session.scalars(query) if count else ())
        ],
    }  # fmt: skip


def _offer(session: Session, by: Staff, at: datetime) -> dict[str, Any] | None:
    query = (
        sa.select(Offer, Contact)
        .join(Contact, Contact.id == Offer.contact_id)
        .where(Offer.staff_id == by.id, Offer.answer.is_(None), Offer.until > at, Contact.state == S.WAITING)
        .options(joinedload(Contact.caller))
        .order_by(Contact.is_first.desc(), Offer.offered_at, Offer.id)
        .limit(1)
    )
    found = session.execute(query).first()
    if found is None:
        return None
    offer, contact = found
    return {
        "token": contact.token,
        "line": contact.line.value,
        "line_words": contact.line.label,
        "from": (contact.waiting_from or offer.offered_at).isoformat(),
        "until": offer.until.isoformat(),
        "is_first": contact.is_first,
        "is_for_me": contact.preferred_by == by.id,
        **who(contact.caller),
    }


def _row(contact: Contact) -> dict[str, Any]:
    return {
        "token": contact.token,
        "line": contact.line.value,
        "line_words": contact.line.label,
        "state": contact.state.value,
        "label": contact.state.label,
        "rung_at": contact.rung_at.isoformat(),
        "talking_at": contact.talking_at.isoformat() if contact.talking_at else None,
        "ended_at": contact.ended_at.isoformat() if contact.ended_at else None,
        **who(contact.caller),
    }


def _contact(session: Session, contact: Contact, at: datetime) -> dict[str, Any]:
    query = (
        sa.select(Call)
        .join(ContactLeg, ContactLeg.call_id == Call.id)
        .where(ContactLeg.contact_id == contact.id, Call.party == Party.RESIDENT)
        .order_by(Call.id.desc())
        .limit(1)
    )
    leg = session.scalars(query).first()
    sheet = session.scalars(sa.select(ScreeningSheet).where(ScreeningSheet.contact_id == contact.id)).first()
    held = sa.select(CallBack.id).where(
        CallBack.contact_id == contact.id, CallBack.state == CallBackState.HELD
    )
    return {
        **_row(contact),
        "call_back": session.scalars(held).first(),
        "waited_s": contact.waited_s(at),
        "is_held": leg is not None and not leg.is_ended and leg.is_held,
        "wrap_until": contact.wrap_until.isoformat() if contact.wrap_until else None,
        "source": contact.source.label,
        "is_recorded": contact.is_recorded,
        "is_listened_in": contact.is_listened_in,
        "is_screened": sheet is not None and sheet.is_finished,
        "screening_begun": sheet is not None,
    }


def _call_backs(session: Session, lines: Collection[LineKind], by: Staff, at: datetime) -> dict[str, Any]:
    due = sa.and_(CallBack.state == CallBackState.DUE, CallBack.due_at <= at)
    held = sa.and_(CallBack.state == CallBackState.HELD, CallBack.held_by == by.id)
    here = (Contact.line.in_(lines), sa.or_(due, held))
    count = session.scalar(
        sa.select(sa.func.count(CallBack.id)).join(Contact, Contact.id == CallBack.contact_id).where(*here)
    )
    query = (
        sa.select(CallBack)
        .join(Contact, Contact.id == CallBack.contact_id)
        .where(*here)
        .options(joinedload(CallBack.contact).joinedload(Contact.caller))
        .order_by(CallBack.due_at, CallBack.id)
        .limit(SHOWN)
    )
    return {
        "count": count,
        "rows": [
            {
                "id": row.id,
                "token": row.contact.token,
                "line_words": row.contact.line.label,
                "reason": row.reason.label,
                "is_message": row.reason is CallBackReason.MESSAGE,
                "due_at": row.due_at.isoformat(),
                "rung_at": row.contact.rung_at.isoformat(),
                "tries": row.tries,
                "is_mine": row.held_by == by.id,
                **who(row.contact.caller),
            }
            for row in (session.scalars(query) if count else ())
        ],
    }


def _follow_ups(session: Session, at: datetime) -> dict[str, Any]:
    due = sa.and_(FollowUp.state == FollowUpState.DUE, FollowUp.next_at <= at)
    late = sa.and_(due, FollowUp.first_try_at.is_(None), FollowUp.due_at <= at)
    query = sa.select(
        sa.func.count().filter(due), sa.func.count().filter(late), sa.func.min(FollowUp.due_at).filter(due)
    ).select_from(FollowUp)
    count, overdue, first = session.execute(query).one()
    return {"count": count, "overdue": overdue, "first": first.isoformat() if first else None}


def _today(session: Session, by: Staff, at: datetime) -> dict[str, Any]:
    midnight = clock.local(at).replace(hour=0, minute=0, second=0, microsecond=0)
    mine = sa.and_(Contact.taken_by == by.id, Contact.taken_at >= midnight)
    count = session.scalar(sa.select(sa.func.count(Contact.id)).where(mine))
    query = (
        sa.select(Contact)
        .where(mine)
        .options(joinedload(Contact.caller))
        .order_by(Contact.taken_at.desc(), Contact.id.desc())
        .limit(SHOWN)
    )
    return {"count": count, "rows": [_row(c) for c in (session.scalars(query) if count else ())]}
