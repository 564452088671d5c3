"""Seating: an operator sits down, rests and leaves; whose screen falls silent is not rung."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from core.problems import Forbidden, Refused
from core.sweeps import sweep
from core.terms import Words
from hotline.contacts import WRAP_UP, Contact, ContactState
from hotline.dispatch import close_offers_to, dispatch
from hotline.lines import lines_served_by
from hotline.offers import OfferAnswer
from hotline.seats import LOST_AFTER, SEAT_FLOW, STANDS_UP_AFTER, Seat, SeatAction, SeatState, seat_of
from telephony.calls import Party, live_legs
from telephony.dialling import NotConnected
from telephony.line import LegState, line
from telephony.rooms import Purpose, Room, open_room_of

A, S = SeatAction, SeatState


class NotSeated(Refused):
    """They have to sit down first."""

    words = Words(
        "您还没有就座，没有执行。请先就座。", "You are not at the line, so nothing was done. Sit down first."
    )


def sit(session: Session, *, by: Staff, at: datetime) -> Seat:
    """Sit down at the line, or come back to it after a reload; whoever waits rings."""
    lines = lines_served_by(by)
    if not lines:
        raise Forbidden
    seat = seat_of(session, by, locks=True)
    if seat is None:
        seat = Seat(staff_id=by.id, state=S.OFF, since=at, heartbeat_at=at, serves=[])
        session.add(seat)
        session.flush()
    seat.serves, seat.heartbeat_at = sorted(kind.value for kind in lines), at
    if seat.state is S.OFF:
        _move(session, seat, A.SIT, by=by, at=at)
    session.flush()
    dispatch(session, at=at)
    return seat


def free(session: Session, *, by: Staff, at: datetime) -> Seat:
    """Be ready for the next caller; the record of the last one stays open."""
    seat = seat_of(session, by, locks=True)
    if seat is None or seat.state is S.OFF:
        return sit(session, by=by, at=at)
    if seat.state is S.TALKING:
        raise Refused(Words("通话尚未结束。请先挂断。", "The call has not ended. Hang up first."))
    seat.heartbeat_at = at
    if seat.state is not S.AVAILABLE:
        _free(session, seat, by=by, at=at)
    session.flush()
    dispatch(session, at=at)
    return seat


def rest(session: Session, *, by: Staff, at: datetime) -> Seat:
    """Take a break: nobody rings."""
    return _away(session, A.REST, S.BREAK, by=by, at=at)


def leave(session: Session, *, by: Staff, at: datetime) -> Seat:
    """Leave the line; not while a caller is on it."""
    return _away(session, A.LEAVE, S.OFF, by=by, at=at)


def _away(session: Session, action: SeatAction, state: SeatState, *, by: Staff, at: datetime) -> Seat:
    seat = seat_of(session, by, locks=True)
    if seat is None:
        raise NotSeated
    seat.heartbeat_at = at
    if seat.state is not state:
        _move(session, seat, action, by=by, at=at)
        seat.contact_id = None
        session.flush()
        close_offers_to(session, by.id, OfferAnswer.DECLINED, at=at)
        dispatch(session, at=at)
    return seat


_BEAT = (
    sa.update(Seat)
    .where(
        Seat.staff_id == sa.bindparam("staff"), Seat.state != S.WRAPPING,
        Seat.heartbeat_at.between(sa.bindparam("lost_from"), sa.bindparam("now")),
    )
    .values(heartbeat_at=sa.bindparam("now"))
    .execution_options(synchronize_session=False)
)  # fmt: skip


def beat(session: Session, *, by: Staff, at: datetime) -> None:
    """Note that somebody's screen still answers, never back in time; whoever was silent for a while is rung again.

    A hundred screens say so every few seconds: where nothing follows from it, it is one statement.
    """
    times = {"staff": by.id, "now": at, "lost_from": at - LOST_AFTER}
    if session.execute(_BEAT, times).rowcount:  # type: ignore[attr-defined]
        return
    seat = seat_of(session, by, locks=True)
    if seat is None:
        return
    was_lost = seat.is_lost(at)
    seat.heartbeat_at = max(seat.heartbeat_at, at)
    session.flush()
    is_freed = seat.state is S.WRAPPING and _free_in_time(session, seat, at=at)
    if is_freed or (was_lost and seat.state is S.AVAILABLE):
        dispatch(session, at=at)


def room_to_talk_in(session: Session, staff: Staff) -> Room:
    """Return the room in which somebody's telephone stands ready, or say that it isn't."""
    room = open_room_of(session, staff.id)
    if room is None or room.purpose is not Purpose.HOTLINE:
        raise NotConnected
    if line().capabilities().browser and not any(
        leg.staff_id == staff.id and leg.in_room and leg.state is LegState.CONNECTED
        for leg in live_legs(session, room, Party.OPERATOR)
    ):
        raise NotConnected
    return room


# What becomes of a seat when a contact is taken, talked with, or let go.


def occupy(session: Session, contact: Contact, *, by: Staff, at: datetime) -> Seat:
    """Let somebody's seat be with a caller, or refuse: one caller at a time."""
    seat = seat_of(session, by, locks=True)
    if seat is None or seat.state is S.OFF:
        raise NotSeated
    seat.contact_id, seat.heartbeat_at = contact.id, at
    _move(session, seat, A.TAKE, by=by, at=at)
    session.flush()
    close_offers_to(session, by.id, OfferAnswer.EXPIRED, at=at)
    return seat


def end_talk(session: Session, contact: Contact, *, at: datetime) -> None:
    """Let the seat of a contact go on to wrap-up."""
    for seat in _seats_with(session, contact, S.TALKING):
        _move(session, seat, A.END, by=None, at=at)


def let_go(session: Session, contact: Contact, of: int | None, *, at: datetime) -> None:
    """Free somebody's seat that is with a contact, whatever it does; another who writes of it goes on writing."""
    for seat in _seats_with(session, contact, S.TALKING, S.WRAPPING):
        if seat.staff_id == of:
            _free(session, seat, by=None, at=at)


_WITH = (
    sa.select(Seat)
    .where(Seat.contact_id == sa.bindparam("contact"), Seat.state.in_(sa.bindparam("states", expanding=True)))
    .with_for_update(of=Seat)
)


def _seats_with(session: Session, contact: Contact, *states: SeatState) -> Sequence[Seat]:
    return session.scalars(_WITH, {"contact": contact.id, "states": states}).all()


def _free(session: Session, seat: Seat, *, by: Staff | None, at: datetime) -> None:
    _move(session, seat, A.FREE, by=by, at=at)
    seat.contact_id = None
    session.flush()


def _free_in_time(session: Session, seat: Seat, *, at: datetime) -> bool:
    """Free a seat whose wrap-up is over, whoever rings the caller meanwhile; the record stays open for its operator."""
    contact = session.get(Contact, seat.contact_id) if seat.contact_id else None
    is_open = contact is not None and contact.state not in (ContactState.MISSED, ContactState.DONE)
    if is_open and seat.since + WRAP_UP > at:
        return False
    _free(session, seat, by=None, at=at)
    return True


def _move(session: Session, seat: Seat, action: SeatAction, *, by: Staff | None, at: datetime) -> None:
    seat.since = at  # before the move, which writes the seat: one statement, not two
    SEAT_FLOW.move(session, seat, action, by=by, at=at)


_WRAPPING = sa.select(Seat).where(Seat.state == S.WRAPPING).with_for_update(of=Seat, skip_locked=True)


@sweep("hotline.wrap_up", every=timedelta(seconds=10))
def end_wrap_ups(session: Session, now: datetime) -> int:
    """Free the seats whose wrap-up is over, also of those whose screens are away."""
    count = sum(_free_in_time(session, seat, at=now) for seat in session.scalars(_WRAPPING))
    if count:
        dispatch(session, at=now)
    return count


@sweep("hotline.lost_seats", every=timedelta(seconds=10))
def clear_lost(session: Session, now: datetime) -> int:
    """Let whoever's screen has been silent for minutes stand up; a talk or its record is never taken from them."""
    query = sa.select(Seat).where(
        Seat.state.in_((S.AVAILABLE, S.BREAK)), Seat.heartbeat_at < now - STANDS_UP_AFTER
    )
    lost = session.scalars(query.order_by(Seat.id).with_for_update(of=Seat, skip_locked=True)).all()
    for seat in lost:
        _move(session, seat, A.LEAVE, by=None, at=now)
        close_offers_to(session, seat.staff_id, OfferAnswer.EXPIRED, at=now)
    return len(lost)
