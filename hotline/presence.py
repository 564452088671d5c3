"""Presence: who is really there, by the heartbeat of their screen; whoever is lost is not rung, and later stands up."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from core.permissions import Permission
from core.problems import Forbidden, Refused
from core.sweeps import sweep
from core.terms import Term, Words
from hotline.lines import lines_served_by
from hotline.seats import LOST_AFTER, SEAT_FLOW, Seat, SeatAction, SeatState, seat_of

STANDS_UP_AFTER = timedelta(minutes=5)
"""How long a lost screen keeps its seat; a reload or a lift without a network is shorter."""
S, A = SeatState, SeatAction


class Doing(Term):
    """What a shift lead sees somebody do."""

    READY = "ready", "空闲", "Ready"
    RINGING = "ringing", "振铃", "Ringing"
    TALKING = "talking", "通话", "Talking"
    WRAPPING = "wrapping", "话后整理", "Wrap-up"
    RESTING = "resting", "恢复休息", "Resting after a key call"
    BREAK = "break", "休息", "Break"
    LOST = "lost", "失联", "Screen lost"
    OFF = "off", "离席", "Off"


PRESENT = frozenset(set(Doing) - {Doing.OFF, Doing.LOST})
TONES = {
    Doing.READY.value: "green",
    Doing.RINGING.value: "yellow",
    Doing.TALKING.value: "blue",
    Doing.WRAPPING.value: "",
    Doing.RESTING.value: "yellow",
    Doing.BREAK.value: "yellow",
    Doing.LOST.value: "red",
}


def doing(
    state: SeatState, *, heartbeat_at: datetime, rest_until: datetime | None, is_ringing: bool, now: datetime
) -> Doing:
    """Say what somebody does: a talk goes on without its screen, everything else needs one."""
    if state is S.OFF:
        return Doing.OFF
    if state is S.TALKING:
        return Doing.TALKING
    if now - heartbeat_at > LOST_AFTER:
        return Doing.LOST
    if state is S.AVAILABLE:
        if is_ringing:
            return Doing.RINGING
        return Doing.RESTING if rest_until is not None and rest_until > now else Doing.READY
    return {S.WRAPPING: Doing.WRAPPING, S.BREAK: Doing.BREAK}[state]


class NotSeated(Refused):
    """Somebody acts on a seat they never took."""

    words = Words("您还没有就座。请先就座。", "You are not seated. Sit down first.")


def sit(session: Session, *, by: Staff, at: datetime) -> Seat:
    """Sit down, or come back to one's seat after a reload; who was off or lost can be rung from now on."""
    if not by.may(Permission.HOTLINE_OPERATE):
        raise Forbidden
    seat = seat_of(session, by, locks=True)
    if seat is None:
        seat = Seat(staff_id=by.id, staff=by, state=S.OFF, since=at, heartbeat_at=at, serves=[])
        session.add(seat)
        session.flush()
    seat.serves = sorted(kind.value for kind in lines_served_by(by))
    seat.heartbeat_at = at
    if seat.state is S.OFF:
        _move(session, seat, A.SIT, by=by, at=at)
    session.flush()
    return seat


def hear(session: Session, *, by: Staff, at: datetime) -> Seat | None:
    """Note that somebody's screen still answers; it never goes back in time."""
    session.execute(
        sa.update(Seat)
        .where(Seat.staff_id == by.id, Seat.heartbeat_at < at)
        .values(heartbeat_at=at)
        .execution_options(synchronize_session="fetch")
    )
    return seat_of(session, by)


def take_break(session: Session, *, by: Staff, at: datetime) -> None:
    """Take a break: nobody is rung until one comes back."""
    _move(session, _own(session, by), A.REST, by=by, at=at)


def come_back(session: Session, *, by: Staff, at: datetime) -> None:
    """Come back from a break."""
    seat = _own(session, by)
    if seat.state is not S.BREAK:
        raise Refused(Words("您不在休息。没有任何改动。", "You are not on a break. Nothing was changed."))
    _move(session, seat, A.FREE, by=by, at=at)
    seat.heartbeat_at = at


def leave(session: Session, *, by: Staff, at: datetime) -> None:
    """Leave one's seat; not while a caller is on the line."""
    _move(session, _own(session, by), A.LEAVE, by=by, at=at)


def _own(session: Session, by: Staff) -> Seat:
    seat = seat_of(session, by, locks=True)
    if seat is None:
        raise NotSeated
    return seat


def _move(session: Session, seat: Seat, action: SeatAction, *, by: Staff | None, at: datetime) -> None:
    SEAT_FLOW.move(session, seat, action, by=by, at=at)
    seat.since = at


@sweep("hotline.lost_seats", every=timedelta(seconds=10))
def clear_lost(session: Session, now: datetime) -> int:
    """Let whoever's screen has been silent for minutes stand up; a talk or its record is never taken from them."""
    lost = session.scalars(
        sa.select(Seat)
        .where(Seat.state.in_([S.AVAILABLE, S.BREAK]), Seat.heartbeat_at < now - STANDS_UP_AFTER)
        .order_by(Seat.id)
        .with_for_update(of=Seat)
    ).all()
    for seat in lost:
        _move(session, seat, A.LEAVE, by=None, at=now)
    return len(lost)
