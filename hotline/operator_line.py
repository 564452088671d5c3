"""The line as its operators see it: my seat, who waits, who rings, whom I have, what is promised and what is left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.people import Staff
from core.terms import t
from hotline import consult_sheet
from hotline.callbacks import CallBack, CallBackReason
from hotline.callers import Caller
from hotline.contacts import Contact, ContactLeg, ContactState
from hotline.line_lists import SHOWN, FollowUps, LineLists, Lists, Promise, read_lists
from hotline.lines import LineKind, lines_served_by
from hotline.offers import Offer
from hotline.recording_talks import standing
from hotline.screenings import ScreeningSheet
from hotline.seats import Seat, SeatState, seat_of
from telephony.calls import Call, Party

S = ContactState


def screen(session: Session, *, by: Staff, at: datetime, token: str = "") -> dict[str, Any]:
    """Return what the operator's page shows now; `token` names an open record of theirs they want to look at."""
    return shared(read_lists(session, at=at), by, at) | own(session, by=by, at=at, token=token)


def own(session: Session, *, by: Staff, at: datetime, token: str = "") -> dict[str, Any]:
    """Return what only this operator's page shows."""
    mine = in_hand(session, by)
    talks = [c for c in mine if c.state is not S.WRAPPING]
    chosen = next((c for c in talks or mine if c.token == token), mine[0] if mine else None)
    return {
        "seat": _seat(session, by, at),
        "offer": _offer(session, by, at),
        "contact": _contact(session, chosen, at) if chosen else None,
        "unfinished": [_row(c) for c in mine if c.state is S.WRAPPING],
        "today": _today(session, by, at),
        "consult": consult_sheet.told(session, by, next((c for c in talks if c.state is S.TALKING), None)),
    }


def shared(lists: Lists, by: Staff, at: datetime) -> dict[str, Any]:
    """Return what everybody's page shows who answers the same lines; a call-back in somebody's hand is theirs alone."""
    served = [kind for kind in LineKind if kind in lines_served_by(by)]
    return {
        "now": at.isoformat(),
        "lines": [_line(kind, lists.lines[kind], at) for kind in served],
        "call_backs": _call_backs([(kind, lists.lines[kind]) for kind in served], by),
        "follow_ups": _follow_ups(lists.follow_ups) if LineKind.COUNSELLING in served else None,
    }


_IN_HAND = (
    sa.select(Contact)
    .where(
        Contact.taken_by == sa.bindparam("staff"), Contact.state.in_([S.TAKEN, S.TALKING, S.WRAPPING])
    )
    .options(joinedload(Contact.caller))
    .order_by(sa.case((Contact.state == S.WRAPPING, 1), else_=0), Contact.taken_at.desc(), Contact.id.desc())
)  # fmt: skip


def in_hand(session: Session, by: Staff) -> Sequence[Contact]:
    """Return the contacts somebody has: the talk first, then records still to be finished, newest first."""
    return session.scalars(_IN_HAND, {"staff": by.id}).all()


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
        return _masked("", 1)
    return _masked(caller.masked_number, caller.contacts)


def _masked(number: str, times: int) -> dict[str, Any]:
    return {"number": number, "is_withheld": not number, "times": times}


def _language(contact: Contact) -> str:
    """Return what a caller chose to speak; nothing where it is Mandarin, as with most."""
    return str(contact.language.name) if contact.language is not None else ""


def _line(kind: LineKind, line: LineLists, at: datetime) -> dict[str, Any]:
    return {
        "code": kind.value,
        "words": kind.label,
        "is_set_up": line.is_set_up,
        "count": line.count,
        "longest": (line.longest or at).isoformat(),
        "within_s": line.within_s,
        "rows": [
            {
                "from": w.waiting_from.isoformat() if w.waiting_from else None,
                "is_first": w.is_first,
                "language": str(w.language or ""),
                **_masked(w.number, w.times),
            }
            for w in line.waiters
        ],
    }


def _offer(session: Session, by: Staff, at: datetime) -> dict[str, Any] | None:
    query = (
        sa.select(Offer, Contact)
        .join(Contact, Contact.id == Offer.contact_id)
        .where(
            Offer.staff_id == by.id,
            Offer.answer.is_(None),
            Offer.until > at,
            Contact.state.in_((S.WAITING, S.MISSED)),
        )
        .options(joinedload(Contact.caller))
        .order_by(Contact.is_first.desc(), Offer.offered_at, Offer.id)
        .limit(1)
    )
    found = session.execute(query).first()
    if found is None:
        return None
    offer, contact = found
    is_kept = contact.state is S.MISSED  # accepted, the caller's own telephone rings
    return {
        "token": contact.token,
        "line": contact.line.value,
        "line_words": t("{line} · 回拨", "{line} · call back", line=contact.line.label)
        if is_kept
        else contact.line.label,
        "is_kept": is_kept,
        "from": (contact.waiting_from or offer.offered_at).isoformat(),
        "until": offer.until.isoformat(),
        "is_first": contact.is_first,
        "is_for_me": contact.preferred_by == by.id,
        "language": _language(contact),
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
        "language": _language(contact),
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
    # What this taking of it was dialled for: a machine that picked up is told apart by who hears it alone.
    dialled_for = sa.select(CallBack.id).where(
        CallBack.contact_id == contact.id, CallBack.last_try_at == contact.taken_at
    )
    return {
        **_row(contact),
        "call_back": session.scalars(dialled_for).first(),
        "waited_s": contact.waited_s(at),
        "is_held": leg is not None and not leg.is_ended and leg.is_held,
        "wrap_until": contact.wrap_until.isoformat() if contact.wrap_until else None,
        "source": contact.source.label,
        "recording": standing(session, contact),
        "is_listened_in": contact.is_listened_in,
        "is_screened": sheet is not None and sheet.is_finished,
        "screening_begun": sheet is not None,
    }


def _call_backs(lines: Sequence[tuple[LineKind, LineLists]], by: Staff) -> dict[str, Any]:
    mine = [(kind, row) for kind, line in lines for row in line.held if row.held_by == by.id]
    due = [(kind, row) for kind, line in lines for row in line.due]
    first = sorted(due + mine, key=lambda one: (one[1].due_at, one[1].id))[:SHOWN]
    return {
        "count": sum(line.due_count for _, line in lines) + len(mine),
        "rows": [_promise(kind, row, by) for kind, row in first],
    }


def _promise(kind: LineKind, row: Promise, by: Staff) -> dict[str, Any]:
    return {
        "id": row.id,
        "token": row.token,
        "line_words": kind.label,
        "reason": row.reason.label,
        "is_message": row.reason is CallBackReason.MESSAGE,
        "due_at": row.due_at.isoformat(),
        "rung_at": row.rung_at.isoformat(),
        "tries": row.tries,
        "is_mine": row.held_by == by.id,
        "language": str(row.language or ""),
        **_masked(row.number, row.times),
    }


def _follow_ups(told: FollowUps) -> dict[str, Any]:
    first = told.first.isoformat() if told.first else None
    return {"count": told.count, "overdue": told.overdue, "first": first}


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
