"""The load guard: rest after a key call, talking it over, and a limit that only the lead may lift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from core.problems import Forbidden, Refused
from core.sweeps import sweep
from core.terms import Words
from hotline.calling_for_help import call_for_help
from hotline.contacts import Contact
from hotline.distress import DistressKind
from hotline.key_calls import REST, KeyCall, key_calls_in
from hotline.roster import may_lead
from hotline.seats import Seat, seat_of
from hotline.shifts import KEY_CALL_LIMIT, shift_of

LOOK_BACK = timedelta(hours=12)
"""How far back key calls count for somebody who has no shift on the roster."""
OPEN_REST = timedelta(hours=4)
"""Until a key call's record is finished nobody is rung on that seat; then the rest proper is counted."""


@dataclass(frozen=True)
class KeyLoad:
    """What somebody has carried in the present shift."""

    calls: int
    limit: int
    rest_until: datetime | None
    owed: Sequence[KeyCall]  # talks that are still to be had

    @property
    def is_full(self) -> bool:
        """Whether they carry as many as anybody should."""
        return self.calls >= self.limit


def load_of(session: Session, staff: Staff, *, at: datetime) -> KeyLoad:
    """Return what somebody has carried."""
    shift = shift_of(session, staff, at)
    since = shift.begins_at if shift else at - LOOK_BACK
    seat = seat_of(session, staff)
    resting = seat.rest_until if seat and seat.rest_until and seat.rest_until > at else None
    owed = session.scalars(
        sa.select(KeyCall)
        .where(KeyCall.staff_id == staff.id, KeyCall.debriefed_at.is_(None), KeyCall.at >= at - LOOK_BACK)
        .order_by(KeyCall.at)
    ).all()
    limit = shift.key_call_limit if shift else KEY_CALL_LIMIT
    return KeyLoad(key_calls_in(session, staff.id, since=since), limit, resting, owed)


def note_key_call(session: Session, contact: Contact, *, at: datetime) -> KeyCall | None:
    """Note that whoever talks on a contact carries a key call; saying so twice changes nothing."""
    staff = contact.taker
    if staff is None:
        return None
    found = session.scalars(sa.select(KeyCall).where(KeyCall.contact_id == contact.id)).first()
    if found is not None:
        return found
    shift = shift_of(session, staff, at)
    call = KeyCall(
        contact_id=contact.id, staff_id=staff.id, shift_id=shift.id if shift else None, at=at,
        rest_until=_rest_of(contact, at),
    )  # fmt: skip
    session.add(call)
    session.flush()
    _let_rest(session, call)
    load = load_of(session, staff, at=at)
    if load.is_full:
        call_for_help(session, DistressKind.LIMIT, contact.line, about=staff, by=None, at=at)
    return call


def _rest_of(contact: Contact, at: datetime) -> datetime:
    """Return until when somebody rests: 15 minutes from when the record was finished, or long while it is open."""
    return contact.closed_at + REST if contact.closed_at else at + OPEN_REST


def _let_rest(session: Session, call: KeyCall) -> None:
    seat = session.scalars(
        sa.select(Seat).where(Seat.staff_id == call.staff_id).with_for_update(of=Seat)
    ).first()
    if seat is not None:
        seat.rest_until = call.rest_until
        session.flush()


@sweep("hotline.rest", every=timedelta(seconds=5))
def count_rest(session: Session, now: datetime) -> int:
    """Begin the rest proper of key calls whose record is finished; beyond the limit it lasts to the shift's end."""
    query = (
        sa.select(KeyCall, Contact)
        .join(Contact, Contact.id == KeyCall.contact_id)
        .where(KeyCall.at >= now - LOOK_BACK, KeyCall.released_at.is_(None), Contact.closed_at.is_not(None))
    )
    changed = 0
    for call, contact in session.execute(query).all():
        rest = _rest_of(contact, now)
        if call.shift is not None:
            count = key_calls_in(session, call.staff_id, since=call.shift.begins_at)
            if count >= call.shift.key_call_limit:
                rest = max(rest, call.shift.ends_at)
        if call.rest_until != rest:
            call.rest_until = rest
            _let_rest(session, call)
            changed += 1
    return changed


def debriefed(session: Session, call: KeyCall, *, with_: Staff, by: Staff, at: datetime) -> None:
    """Say that a key call was talked over with somebody; the operator or that person says so."""
    if by.id not in (call.staff_id, with_.id):
        raise Forbidden
    if with_.id == call.staff_id:
        raise Refused(Words("请选择另一个人。没有任何改动。", "Choose somebody else. Nothing was changed."))
    if call.debriefed_at is not None:
        raise Refused(Words("已经记过了。没有任何改动。", "It is noted already. Nothing was changed."))
    call.debriefed_at, call.debriefed_with = at, with_.id
    session.flush()


def end_own_rest(session: Session, *, by: Staff, at: datetime) -> None:
    """Let oneself be rung again before the rest is over; at the limit only a lead says so."""
    load = load_of(session, by, at=at)
    if load.rest_until is None:
        raise Refused(Words("您没有在休息。没有任何改动。", "You are not resting. Nothing was changed."))
    if load.is_full:
        raise Refused(
            Words(
                "本班重点来电已达上限，请由值班组长决定。没有任何改动。",
                "You have reached this shift's limit of key calls; the lead decides. Nothing was changed.",
            )
        )
    _release(session, by.id, by=by, at=at)


def release(session: Session, staff: Staff, *, by: Staff, at: datetime) -> int:
    """Let somebody be rung again before their rest is over, or beyond the limit; only a lead does."""
    calls = _resting(session, staff.id, at)
    lines = {session.get_one(Contact, c.contact_id).line for c in calls}
    if by.id == staff.id or not all(may_lead(by, line) for line in lines):
        raise Forbidden
    if not calls:
        raise Refused(Words("此人没有在休息。没有任何改动。", "They are not resting. Nothing was changed."))
    return _release(session, staff.id, by=by, at=at)


def _resting(session: Session, staff_id: int, at: datetime) -> Sequence[KeyCall]:
    query = sa.select(KeyCall).where(
        KeyCall.staff_id == staff_id, KeyCall.released_at.is_(None), KeyCall.rest_until > at
    )
    return session.scalars(query).all()


def _release(session: Session, staff_id: int, *, by: Staff, at: datetime) -> int:
    calls = _resting(session, staff_id, at)
    for call in calls:
        call.released_at, call.released_by = at, by.id
    session.execute(sa.update(Seat).where(Seat.staff_id == staff_id).values(rest_until=None))
    session.flush()
    return len(calls)
