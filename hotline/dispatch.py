"""Dispatch: whoever waits longest rings first, on up to three telephones, at those who are free and at their desk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import plainly
from core.sweeps import sweep
from hotline.contacts import Contact, ContactState
from hotline.kept_places import kept_places
from hotline.lines import LineKind
from hotline.offers import RINGS_FOR, Offer, OfferAnswer
from hotline.seats import LOST_AFTER, Seat, SeatState
from telephony.calls import Call, Party
from telephony.line import LegState, line
from telephony.rooms import Purpose, Room

TELEPHONES = 3
NOT_AGAIN_FOR = timedelta(seconds=60)
"""Whoever declined a caller isn't rung for the same one before then."""


def dispatch(session: Session, *, at: datetime) -> int:
    """Let waiting callers ring at free seats; return how many telephones were rung anew."""
    expire_offers(session, at=at)
    seats = _free_seats(session, at)
    waiting = _waiting(session, seats) if seats else []
    if not waiting:
        return 0
    offers = [
        Offer(contact_id=contact.id, staff_id=seat.staff_id, offered_at=at, until=at + RINGS_FOR)
        for contact, seat in _pairs(waiting, seats, *_earlier(session, waiting), at)
    ]
    session.add_all(offers)
    session.flush()
    return len(offers)


def expire_offers(session: Session, *, at: datetime) -> None:
    """End the offers that nobody answered in time."""
    _close(session, _RUN_OUT, {"at": at}, OfferAnswer.EXPIRED, at)


def close_offers(session: Session, contact: Contact, answer: OfferAnswer, *, at: datetime) -> None:
    """End every open offer of a caller who is taken or gone."""
    _close(session, _FOR, {"contact": contact.id}, answer, at)


def close_offers_to(session: Session, staff_id: int, answer: OfferAnswer, *, at: datetime) -> None:
    """End every open offer to somebody who is busy or leaves."""
    _close(session, _TO, {"staff": staff_id}, answer, at)


def _open_offers(which: sa.ColumnElement[bool]) -> sa.Select[int]:
    # What somebody else is closing right now is left to them: two who took each other's callers would else
    # wait for one another for ever.
    query = sa.select(Offer.id).where(Offer.answer.is_(None), which).order_by(Offer.id)
    return query.with_for_update(skip_locked=True)


# Built once, here and below: whoever rings, is taken or gone asks all of this.
_RUN_OUT = _open_offers(Offer.until <= sa.bindparam("at"))
_FOR = _open_offers(Offer.contact_id == sa.bindparam("contact"))
_TO = _open_offers(Offer.staff_id == sa.bindparam("staff"))


def _close(
    session: Session, which: sa.Select[int], given: dict[str, Any], answer: OfferAnswer, at: datetime
) -> None:
    found = plainly(session).scalars(which, given).all()
    if found:
        statement = sa.update(Offer).where(Offer.id.in_(found)).values(answer=answer, answered_at=at)
        session.execute(statement, execution_options={"synchronize_session": "fetch"})


def has_telephone() -> sa.ColumnElement[bool]:
    """Say in a query of seats whether somebody's telephone stands in an open room of the hotline."""
    return (
        sa.select(Room.id)
        .join(Call, Call.room_id == Room.id)
        .where(
            Room.owner_id == Seat.staff_id,
            Room.closed_at.is_(None),
            Room.purpose == Purpose.HOTLINE,
            Call.party == Party.OPERATOR,
            Call.staff_id == Seat.staff_id,
            Call.state == LegState.CONNECTED,
            Call.in_room,
        )
        .exists()
    )


_RUNG = sa.select(Offer.id).where(Offer.staff_id == Seat.staff_id, Offer.answer.is_(None)).exists()
_FREE = (
    sa.select(Seat)
    .where(
        Seat.state == SeatState.AVAILABLE,
        Seat.heartbeat_at >= sa.bindparam("heard_from"),
        sa.or_(Seat.rest_until.is_(None), Seat.rest_until <= sa.bindparam("at")),
        ~_RUNG,
    )
    .order_by(Seat.since, Seat.id)
)
_FREE_AT_TELEPHONES = _FREE.where(has_telephone())


def _free_seats(session: Session, at: datetime) -> list[Seat]:
    """Return whose telephone may ring now, longest idle first."""
    query = _FREE_AT_TELEPHONES if line().capabilities().browser else _FREE
    return list(session.scalars(query, {"at": at, "heard_from": at - LOST_AFTER}))


_WAITING = (
    sa.select(Contact)
    .where(Contact.state == ContactState.WAITING, Contact.line.in_(sa.bindparam("lines", expanding=True)))
    .order_by(Contact.is_first.desc(), Contact.waiting_from, Contact.id)
    .limit(sa.bindparam("most"))
    # Whoever is being moved by somebody else right now needs no telephone; nobody waits for a lock here.
    .with_for_update(of=Contact, skip_locked=True)
)
_OFFERED = (
    sa.select(Offer).where(Offer.contact_id.in_(sa.bindparam("contacts", expanding=True))).order_by(Offer.id)
)


def _waiting(session: Session, seats: Sequence[Seat]) -> list[Contact]:
    """Return who waits on the lines that the seats serve, in the order of their turn."""
    lines = [LineKind.of(code) for code in {code for seat in seats for code in seat.serves}]
    most = 4 * len(seats)
    found = list(session.scalars(_WAITING, {"lines": lines, "most": most}))
    kept = kept_places(session, lines, most)
    return sorted([*found, *kept], key=_turn) if kept else found


def _turn(contact: Contact) -> tuple[bool, datetime, int]:
    return not contact.is_first, contact.waiting_from or contact.rung_at, contact.id


def _earlier(
    session: Session, waiting: Sequence[Contact]
) -> tuple[dict[int, int], dict[tuple[int, int], Offer]]:
    """Return how many telephones ring for each caller, and the last answer of each one that rang before."""
    ringing: dict[int, int] = defaultdict(int)
    before: dict[tuple[int, int], Offer] = {}
    for offer in session.scalars(_OFFERED, {"contacts": [c.id for c in waiting]}):
        if offer.answer is None:
            ringing[offer.contact_id] += 1
        else:
            before[offer.contact_id, offer.staff_id] = offer
    return ringing, before


def _pairs(
    waiting: Sequence[Contact],
    seats: Sequence[Seat],
    ringing: dict[int, int],
    before: dict[tuple[int, int], Offer],
    at: datetime,
) -> list[tuple[Contact, Seat]]:
    """Give each caller one telephone in turn, then a second and a third while some are left."""
    free, found = list(seats), []
    alone: set[int] = set()

    def seat_for(contact: Contact) -> Seat | None:
        preferred = next((s for s in free if s.staff_id == contact.preferred_by), None)
        asked = before.get((contact.id, contact.preferred_by or 0))
        if preferred is not None and asked is None and contact.line.value in preferred.serves:
            alone.add(contact.id)  # for one ringing the one they asked for is rung alone
            return preferred
        ready = [s for s in free if contact.line.value in s.serves and not _declined(contact, s)]
        return min(ready, key=lambda s: (contact.id, s.staff_id) in before, default=None)

    def _declined(contact: Contact, seat: Seat) -> bool:
        offer = before.get((contact.id, seat.staff_id))
        if offer is None or offer.answer is not OfferAnswer.DECLINED or offer.answered_at is None:
            return False
        return offer.answered_at > at - NOT_AGAIN_FOR

    for round_ in range(TELEPHONES):
        for contact in waiting:
            if ringing[contact.id] > round_ or contact.id in alone or not free:
                continue
            if round_ and contact.state is not ContactState.WAITING:
                continue  # nobody waits on the line there: one telephone at a time is enough
            seat = seat_for(contact)
            if seat is not None:
                free.remove(seat)
                ringing[contact.id] += 1
                found.append((contact, seat))
    return found


@sweep("hotline.dispatch", every=timedelta(seconds=2))
def dispatch_again(session: Session, now: datetime) -> int:
    """Ring on when an offer has run out."""
    return dispatch(session, at=now)
