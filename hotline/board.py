"""The board: how the lines stand at this moment, in totals only, large enough to be read across a room."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload

from core import clock
from core.people import Staff
from hotline import followup_lists
from hotline.callbacks import CallBack, CallBackState
from hotline.carrier_days import CarrierDay, days_of
from hotline.contacts import OPEN, Contact, ContactState
from hotline.distress import Distress
from hotline.key_calls import KeyCall
from hotline.late_call_backs import is_late
from hotline.lines import LineKind
from hotline.offers import Offer
from hotline.presence import PRESENT, Doing, doing
from hotline.seats import Seat, SeatState
from hotline.service_levels import Served, served
from hotline.shifts import KEY_CALL_LIMIT, Shift, shift_now

S = ContactState
DAY = timedelta(hours=24)
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class LineNow:
    """One line: who waits and for how long, and who has it."""

    kind: LineKind
    waiting: int
    longest_s: int
    talking: int
    wrapping: int
    shift: Shift | None


@dataclass(frozen=True)
class SeatNow:
    """One operator at the line: what they do and since when, and what they carry."""

    staff_id: int
    name: str
    seat_no: int | None
    doing: Doing
    since: datetime
    rest_until: datetime | None
    key_calls: int
    limit: int

    @property
    def is_full(self) -> bool:
        """Whether they carry as many key calls as anybody should."""
        return self.key_calls >= self.limit


@dataclass(frozen=True)
class Promised:
    """What was promised to callers, and what of it is late."""

    call_backs: int
    call_backs_late: int
    follow_ups: int
    follow_ups_late: int
    key_follow_ups_late: int


@dataclass(frozen=True)
class Board:
    """Everything the board shows."""

    lines: list[LineNow]
    seats: list[SeatNow]
    served: dict[str, Served]  # "today", "day" (24 h), "week" (7 days)
    promised: Promised
    without_owner: int
    calls_for_help: int
    carrier: Sequence[CarrierDay]
    """Today's calls in the carrier's own list, beside our records of them."""

    def doing(self, *what: Doing) -> int:
        """Count the seats that do one of these."""
        return sum(seat.doing in what for seat in self.seats)

    @property
    def waiting(self) -> int:
        """Callers who wait, on all lines."""
        return sum(line.waiting for line in self.lines)

    @property
    def longest_s(self) -> int:
        """The longest wait of now, in seconds."""
        return max((line.longest_s for line in self.lines), default=0)

    @property
    def talking(self) -> int:
        """Talks going on."""
        return sum(line.talking for line in self.lines)

    @property
    def wrapping(self) -> int:
        """Records being finished."""
        return sum(line.wrapping for line in self.lines)

    @property
    def present(self) -> int:
        """Operators at their seats."""
        return self.doing(*PRESENT)


def board(session: Session, *, at: datetime, lines: Collection[LineKind] = tuple(LineKind)) -> Board:
    """Return how the lines stand."""
    midnight = clock.local(at).replace(hour=0, minute=0, second=0, microsecond=0)
    return Board(
        lines=[line_now(session, kind, at) for kind in lines],
        seats=seats_now(session, at, lines),
        served=served(session, lines, {"today": midnight, "day": at - DAY, "week": at - WEEK}),
        promised=_promised(session, lines, at),
        without_owner=_without_owner(session, lines),
        calls_for_help=session.scalar(
            sa.select(sa.func.count()).select_from(Distress).where(Distress.taken_at.is_(None))
        )
        or 0,
        carrier=days_of(session, lines, midnight.date()),
    )


def line_now(session: Session, kind: LineKind, at: datetime) -> LineNow:
    """Return how one line stands; a caller on the way to an operator still waits."""
    rows = session.execute(
        sa.select(Contact.state, sa.func.count())
        .where(Contact.line == kind, Contact.state.in_([S.WAITING, S.TAKEN, S.TALKING, S.WRAPPING]))
        .group_by(Contact.state)
    )
    counts = {row[0]: int(row[1]) for row in rows}
    first = session.scalar(
        sa.select(sa.func.min(Contact.waiting_from)).where(Contact.line == kind, Contact.state == S.WAITING)
    )
    return LineNow(
        kind=kind,
        waiting=counts.get(S.WAITING, 0),
        longest_s=max(0, int((at - first).total_seconds())) if first else 0,
        talking=counts.get(S.TAKEN, 0) + counts.get(S.TALKING, 0),
        wrapping=counts.get(S.WRAPPING, 0),
        shift=shift_now(session, kind, at),
    )


def seats_now(session: Session, at: datetime, lines: Collection[LineKind]) -> list[SeatNow]:
    """Return who is at the lines, by seat number, then name; whoever is off is left out."""
    ringing = set(session.scalars(sa.select(Offer.staff_id).where(Offer.answer.is_(None), Offer.until > at)))
    shifts = [s for kind in lines if (s := shift_now(session, kind, at))]
    numbers = {d.staff_id: (d.seat_no, shift) for shift in shifts for d in shift.duties}
    carried = session.execute(sa.select(KeyCall.staff_id, KeyCall.at).where(KeyCall.at >= at - DAY / 2)).all()
    query = sa.select(Seat).where(Seat.state != SeatState.OFF).options(joinedload(Seat.staff))
    wanted = {kind.value for kind in lines}
    rows = []
    for seat in session.scalars(query):
        if not wanted & set(seat.serves):
            continue
        number, shift = numbers.get(seat.staff_id, (None, None))
        since = shift.begins_at if shift else at - DAY / 2
        what = doing(
            seat.state, heartbeat_at=seat.heartbeat_at, rest_until=seat.rest_until,
            is_ringing=seat.staff_id in ringing, now=at,
        )  # fmt: skip
        rows.append(
            SeatNow(
                staff_id=seat.staff_id,
                name=seat.staff.name,
                seat_no=number,
                doing=what,
                since=seat.since,
                rest_until=seat.rest_until if what is Doing.RESTING else None,
                key_calls=sum(who == seat.staff_id and when >= since for who, when in carried),
                limit=shift.key_call_limit if shift else KEY_CALL_LIMIT,
            )
        )
    return sorted(rows, key=lambda r: (r.seat_no or 999, r.name))


def _promised(session: Session, lines: Collection[LineKind], at: datetime) -> Promised:
    open_ = CallBack.state.in_([CallBackState.DUE, CallBackState.HELD])
    late = sa.case((is_late(at), 1), else_=0)
    calls, calls_late = session.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(late), 0))
        .select_from(CallBack)
        .join(Contact, Contact.id == CallBack.contact_id)
        .where(open_, Contact.line.in_(lines))
    ).one()
    follow = followup_lists.waiting(session, at=at)
    return Promised(calls, calls_late, follow.now, follow.overdue, follow.key_overdue)


def _without_owner(session: Session, lines: Collection[LineKind]) -> int:
    """Count open records whose owner and taker have both left: nobody answers for them."""
    owner, taker = aliased(Staff), aliased(Staff)
    query = (
        sa.select(sa.func.count())
        .select_from(Contact)
        .join(owner, owner.id == Contact.owner_id)
        .outerjoin(taker, taker.id == Contact.taken_by)
        .where(Contact.line.in_(lines), Contact.state.in_(OPEN), ~owner.is_active)
        .where(sa.or_(taker.id.is_(None), ~taker.is_active))
    )
    return session.scalar(query) or 0
