"""A glance: a screen asks every second whether anything changed, and one question of the database tells it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from core import clock, db
from core.people import Staff
from core.terms import language
from hotline.callbacks import CallBack, CallBackState
from hotline.consults import Consult
from hotline.contacts import Contact, ContactLeg, ContactState
from hotline.line_lists import latest_lists
from hotline.offers import Offer
from hotline.operator_line import own, shared
from hotline.screenings import ScreeningSheet
from hotline.seats import LOST_AFTER, Seat, SeatState
from telephony.calls import Call, Party
from telephony.recordings import Recording

READ_ANEW = timedelta(seconds=60)
"""After so long a screen is read whole, whatever the marks say."""

_Rung, _Mine = aliased(Contact), aliased(Contact)
_MINE = (
    sa.select(
        Seat.state, Seat.since, Seat.contact_id, Seat.heartbeat_at, Seat.rest_until,
        Offer.id, Offer.until, _Rung.state, _Rung.is_first, _Rung.language_id,
        _Mine.id, _Mine.state, _Mine.taken_at, _Mine.talking_at, _Mine.ended_at, _Mine.wrap_until,
        _Mine.is_recorded, _Mine.is_listened_in, _Mine.noticed_at,
        Call.id, Call.state, Call.is_held, Recording.state, Recording.is_paused, ScreeningSheet.is_finished, CallBack.id,
        Consult.id, Consult.state, Consult.due_at,
    )
    .select_from(Staff)
    .outerjoin(Seat, Seat.staff_id == Staff.id)
    .outerjoin(Offer, sa.and_(Offer.staff_id == Staff.id, Offer.answer.is_(None)))
    .outerjoin(_Rung, _Rung.id == Offer.contact_id)
    .outerjoin(
        _Mine,
        sa.and_(
            _Mine.taken_by == Staff.id,
            _Mine.state.in_((ContactState.TAKEN, ContactState.TALKING, ContactState.WRAPPING)),
        ),
    )
    .outerjoin(ContactLeg, ContactLeg.contact_id == _Mine.id)
    .outerjoin(Call, sa.and_(Call.id == ContactLeg.call_id, Call.party == Party.RESIDENT))
    .outerjoin(Recording, Recording.call_id == Call.id)
    .outerjoin(ScreeningSheet, ScreeningSheet.contact_id == _Mine.id)
    .outerjoin(CallBack, sa.and_(CallBack.contact_id == _Mine.id, CallBack.state == CallBackState.HELD))
    .outerjoin(
        Consult,
        sa.and_(
            Consult.closed_at.is_(None),
            sa.or_(Consult.colleague_id == Staff.id, Consult.contact_id == _Mine.id),
        ),
    )
    .where(Staff.id == sa.bindparam("staff"))
)  # fmt: skip
"""Everything of somebody's own that their page shows and that may change under it, in a handful of short rows."""


@dataclass(frozen=True)
class _Own:
    """What was read of somebody's own, under which mark."""

    mark: str
    read_at: datetime
    told: dict[str, Any]


_kept: WeakKeyDictionary[db.Database, dict[int, _Own]] = WeakKeyDictionary()


def glance(
    session: Session, *, by: Staff, at: datetime, token: str = "", seen: str = "", is_anew: bool = False
) -> dict[str, Any]:
    """Return what the operator's page shows now, or only that it is as it was `seen`; `is_anew` after a deed."""
    lists = latest_lists(session, at=at, seen_at=at if is_anew else _moment(seen))
    mark, is_with_caller = _mark(session, by, at, token)
    theirs = lists.promises_mark if is_with_caller else lists.mark
    tag = f"{_fingerprint(mark, theirs)}.{int(lists.read_at.timestamp() * 1_000_000)}"
    if seen and not is_anew and seen.partition(".")[0] == tag.partition(".")[0]:
        return {"unchanged": True, "now": at.isoformat()}
    return shared(lists, by, at) | _own(session, by, at, token, mark) | {"tag": tag}


def _mark(session: Session, by: Staff, at: datetime, token: str) -> tuple[str, bool]:
    """Return a fingerprint of somebody's own part of the page, and whether a caller is with them."""
    rows = []
    is_with_caller = False
    for row in session.execute(_MINE, {"staff": by.id}):
        state, since, contact, beat, rest, offer, until, *rest_of_it = row
        is_lost = beat is not None and at - beat > LOST_AFTER
        rests = rest if rest is not None and rest > at else None
        rings = offer if until is not None and until > at else None
        is_with_caller = is_with_caller or state is SeatState.TALKING
        rows.append(repr((state, since, contact, is_lost, rests, rings, *rest_of_it)))
    epoch = int(
        (at.timestamp() + 7 * by.id) // READ_ANEW.total_seconds()
    )  # not everybody's in the same second
    return _fingerprint(language(), str(clock.today(at)), token, str(epoch), *sorted(rows)), is_with_caller


def _own(session: Session, by: Staff, at: datetime, token: str, mark: str) -> dict[str, Any]:
    kept = _kept.setdefault(db.database(), {})
    found = kept.get(by.id)
    if found is None or found.mark != mark:
        found = kept[by.id] = _Own(mark, at, own(session, by=by, at=at, token=token))
    return found.told


def _fingerprint(*parts: str) -> str:
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=10).hexdigest()


def _moment(seen: str) -> datetime | None:
    """Return when the lists were read that a page shows."""
    text = seen.partition(".")[2]
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        return None
    return datetime.fromtimestamp(int(text) / 1_000_000, UTC)
