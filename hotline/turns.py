"""Turns: which place a caller has in the queue, and how long it may be until it is theirs."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import plainly
from hotline.callbacks import CallBack
from hotline.contacts import WRAP_UP, Contact, ContactState
from hotline.kept_places import KEPT
from hotline.lines import HelpLine, LineKind
from hotline.seats import LOST_AFTER, WORKING, Seat

S = ContactState
LOOKED_AT = 30
LEAST_KNOWN = 5

# Built once: every waiting caller's telephone asks about them several times a minute.
_ON_LINE = sa.and_(Contact.line == sa.bindparam("line"), Contact.state == S.WAITING)
_EARLIER = sa.or_(
    Contact.waiting_from < sa.bindparam("since"),
    sa.and_(Contact.waiting_from == sa.bindparam("since"), Contact.id < sa.bindparam("own_id")),
)
_AHEAD_OF_FIRST = sa.select(sa.func.count()).where(_ON_LINE, Contact.is_first, _EARLIER)
_KEPT_AHEAD = (
    sa.select(sa.func.count(Contact.id))
    .join(CallBack, KEPT)
    .where(Contact.line == sa.bindparam("line"), sa.or_(Contact.is_first, _EARLIER))
    .scalar_subquery()
)
"""Who kept their place is rung in their turn, so whoever waits behind them waits for that too."""
_AHEAD = sa.select(sa.func.count() + _KEPT_AHEAD).where(_ON_LINE, sa.or_(Contact.is_first, _EARLIER))
_HANDLED = (
    sa.select(Contact.talking_at, Contact.ended_at, Contact.closed_at)
    .where(
        Contact.line == sa.bindparam("line"), Contact.ended_at.is_not(None),
        Contact.state.in_((S.WRAPPING, S.DONE)), Contact.talking_at.is_not(None),
    )
    .order_by(Contact.rung_at.desc())
    .limit(LOOKED_AT)
)  # fmt: skip
_WORKING = sa.select(Seat.serves).where(WORKING)


def position(session: Session, contact: Contact, *, at: datetime) -> int:
    """Return a caller's place in the queue, counted from one."""
    own = {"line": contact.line, "since": contact.waiting_from, "own_id": contact.id, "now": at}
    return (plainly(session).scalar(_AHEAD_OF_FIRST if contact.is_first else _AHEAD, own) or 0) + 1


def seat_seconds(talking_at: datetime, ended_at: datetime, closed_at: datetime | None, at: datetime) -> float:
    """Return how long a talk and its writing down keep a seat busy; after ten minutes the seat is free in any case."""
    until = max(ended_at, min(closed_at or at, ended_at + WRAP_UP))
    return max(0.0, (until - talking_at).total_seconds())


def estimate(session: Session, line: HelpLine, at: datetime, *, place: int | None = None) -> float | None:
    """Return the seconds until a place's turn (the next new caller's if none is given), or None when unknown.

    Every seat frees itself once in a mean talk and wrap-up; people are told minutes, rounded up.
    """
    seats = _seats(session, line.kind, at)
    handled = plainly(session).execute(_HANDLED, {"line": line.kind}).all() if seats else ()
    if len(handled) < LEAST_KNOWN:
        return None
    if place is None:
        waiting = sa.select(sa.func.count()).where(Contact.line == line.kind, Contact.state == S.WAITING)
        place = (session.scalar(waiting) or 0) + 1
    kept = [
        seat_seconds(began, ended, closed, at)
        for began, ended, closed in handled
        if began is not None and ended
    ]
    return place * sum(kept) / len(kept) / seats


def _seats(session: Session, kind: LineKind, at: datetime) -> int:
    found = plainly(session).scalars(_WORKING, {"heard_from": at - LOST_AFTER})
    return sum(kind.value in serves for serves in found)
