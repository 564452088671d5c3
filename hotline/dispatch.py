"""Dispatch: whoever waits longest rings first, on up to three telephones, at those who are free and at their desk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import plainly
from core.sweeps import sweep
from hotline.contacts import Contact, ContactState
from hotline.kept_places import kept_places
from hotline.lines import LineKind
from hotline.matching import Free, Pair, Turn, pairs
from hotline.offers import RINGS_FOR, Offer, OfferAnswer
from hotline.seats import LOST_AFTER, Seat, SeatState
from hotline.speakers import left_until
from telephony.calls import Call, Party
from telephony.line import LegState, line
from telephony.rooms import Purpose, Room

NOT_AGAIN_FOR = timedelta(seconds=60)
"""Whoever declined a caller isn't rung for the same one before then."""


def dispatch(session: Session, *, at: datetime) -> int:
    """Let waiting callers ring at free seats; return how many telephones were rung anew."""
    expire_offers(session, at=at)
    seats = _free_seats(session, at)
    waiting = _waiting(session, seats, at) if seats else []
    if not waiting:
        return 0
    free = [Free(seat.staff_id, frozenset(seat.serves), frozenset(seat.speaks)) for seat in seats]
    left = left_until(session, waiting, at=at)
    turns = [_turn(contact, left.get(contact.id)) for contact in waiting]
    offers = [
        Offer(contact_id=contact, staff_id=staff, offered_at=at, until=at + RINGS_FOR)
        for contact, staff in pairs(turns, free, at, *_earlier(session, waiting, at))
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


def leave_to_speakers(session: Session, contact: Contact, *, at: datetime) -> None:
    """End the ringing of a caller who has just chosen a language at those who don't speak it, while others do."""
    until = left_until(session, [contact], at=at).get(contact.id)
    if until is None or at >= until:
        return
    rung = session.execute(
        sa.select(Offer.id, Seat.speaks)
        .join(Seat, Seat.staff_id == Offer.staff_id)
        .where(Offer.contact_id == contact.id, Offer.answer.is_(None))
        .with_for_update(of=Offer, skip_locked=True)
    )
    _end(
        session, [offer for offer, speaks in rung if contact.language_id not in speaks], OfferAnswer.LEFT, at
    )


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
    _end(session, plainly(session).scalars(which, given).all(), answer, at)


def _end(session: Session, found: Sequence[int], answer: OfferAnswer, at: datetime) -> None:
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


def _in_turn(*which: sa.ColumnElement[bool]) -> sa.Select[Contact]:
    query = sa.select(Contact).where(
        Contact.state == ContactState.WAITING, Contact.line.in_(sa.bindparam("lines", expanding=True)), *which
    )
    ordered = query.order_by(Contact.is_first.desc(), Contact.waiting_from, Contact.id)
    # Whoever is being moved by somebody else right now needs no telephone; nobody waits for a lock here.
    return ordered.limit(sa.bindparam("most")).with_for_update(of=Contact, skip_locked=True)


_WAITING = _in_turn()
_IN_LANGUAGE = _in_turn(Contact.language_id.in_(sa.bindparam("spoken", expanding=True)))
_IN_MANDARIN = _in_turn(Contact.language_id.is_(None))
_OFFERED = (
    sa.select(Offer).where(Offer.contact_id.in_(sa.bindparam("contacts", expanding=True))).order_by(Offer.id)
)


def _waiting(session: Session, seats: Sequence[Seat], at: datetime) -> list[Contact]:
    """Return who waits on the lines that the seats serve, as far down as these seats can ring."""
    lines = [LineKind.of(code) for code in {code for seat in seats for code in seat.serves}]
    most = 4 * len(seats)
    asked = {"lines": lines, "most": most}
    found = list(session.scalars(_WAITING, asked))
    spoken = {language for seat in seats for language in seat.speaks}
    if len(found) == most and (spoken or any(c.language_id is not None for c in found)):
        # Who is left to somebody else holds nobody up, and who is spoken for by a seat comes before longer waits.
        found += session.scalars(_IN_LANGUAGE, {**asked, "spoken": spoken})
        found += session.scalars(_IN_MANDARIN, asked)
    return [*dict.fromkeys(found), *kept_places(session, lines, most, at=at)]


def _turn(contact: Contact, left: datetime | None) -> Turn:
    return Turn(
        contact.id, contact.line.value, contact.waiting_from or contact.rung_at, is_first=contact.is_first,
        is_kept=contact.state is not ContactState.WAITING, asks_for=contact.preferred_by,
        language=contact.language_id, left_until=left,
    )  # fmt: skip


def _earlier(
    session: Session, waiting: Sequence[Contact], at: datetime
) -> tuple[dict[int, int], Collection[Pair], Collection[Pair]]:
    """Return how many telephones ring for each caller, which ones rang before, and who has just declined."""
    ringing: dict[int, int] = defaultdict(int)
    last: dict[Pair, Offer] = {}
    for offer in session.scalars(_OFFERED, {"contacts": [c.id for c in waiting]}):
        if offer.answer is None:
            ringing[offer.contact_id] += 1
        else:
            last[offer.contact_id, offer.staff_id] = offer
    declined = {
        pair for pair, offer in last.items()
        if offer.answer is OfferAnswer.DECLINED and offer.answered_at is not None
        and offer.answered_at > at - NOT_AGAIN_FOR
    }  # fmt: skip
    return ringing, last.keys(), declined


@sweep("hotline.dispatch", every=timedelta(seconds=2))
def dispatch_again(session: Session, now: datetime) -> int:
    """Ring on when an offer has run out."""
    return dispatch(session, at=now)
