"""The queue of callers: the next one to ring, in one atomic step, for a while; the most pressing and longest due first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock, journal
from core.db import take
from core.people import Staff
from core.permissions import Permission
from core.problems import Forbidden, Refused
from core.terms import Words
from matters.caller_hours import within_hours
from matters.caller_tries import abandon
from matters.errands import is_over
from matters.keeping_away import at_the_desk
from matters.matter import Matter, SupportingUnit
from matters.turns import PRESSING_RANK, CallerTurn, Errand

LEASE = timedelta(minutes=15)
MOST_PASSED_OVER = 20
T = CallerTurn


class NotYours(Refused):
    """The caller is with somebody else, or with nobody."""

    words = Words(
        "这位诉求人已不在您手上（时间已到或已退回），没有记录。请取下一位",
        "You don't hold this caller any more (time ran out, or given back); nothing was noted. Take the next one",
    )


def may_ring(session: Session, matter: Matter, by: Staff) -> bool:
    """Say whether someone stands on no unit's side of a matter."""
    if by.may(Permission.MATTER_HANDLE):
        return False
    own = sa.select(SupportingUnit.unit_id).where(SupportingUnit.matter_id == matter.id)
    return by.unit_id is None or by.unit_id not in {matter.lead_unit_id, *session.scalars(own)}


def _offered(session: Session, by: Staff) -> sa.Select[Any]:
    """Choose the turns that someone may ever be given: nobody asks about what they told or asked themselves."""
    known = at_the_desk(session, by, sa.select(Matter.id))
    if by.unit_id is not None:
        mine = sa.select(SupportingUnit.matter_id).where(SupportingUnit.unit_id == by.unit_id)
        known = known.where(
            sa.or_(Matter.lead_unit_id.is_(None), Matter.lead_unit_id != by.unit_id), Matter.id.not_in(mine)
        )
    return sa.select(T).where(
        T.matter_id.in_(known),
        sa.or_(T.errand == Errand.TELL, T.told_by.is_(None), T.told_by != by.id),
        sa.or_(T.asked_by.is_(None), T.asked_by != by.id),
    )


def next_turn(
    session: Session, *, by: Staff, at: datetime, errands: Collection[Errand] = tuple(Errand)
) -> CallerTurn | None:
    """Give the next caller to someone, or the one that they hold; None when nobody is due now."""
    if by.may(Permission.MATTER_HANDLE):
        raise Forbidden(Words("承办单位的人不能反馈和回访", "Nobody of a unit tells or asks callers"))
    let_go_expired(session, at)
    held = held_by(session, by)
    if held is not None:
        held.lease_until = at + LEASE
        session.flush()
        return held
    local = clock.local(at)
    ranks: sa.ColumnElement[bool] = sa.true()
    if not within_hours(local, is_pressing=False):
        if not within_hours(local, is_pressing=True):
            return None
        ranks = T.rank <= PRESSING_RANK
    passed: list[int] = []
    while len(passed) < MOST_PASSED_OVER:
        query = _offered(session, by).where(
            T.lease_by.is_(None), T.next_at <= at, T.errand.in_(errands), ranks, T.id.not_in(passed)
        )
        found: CallerTurn | None = take(session, query.order_by(T.rank, T.is_promised.desc(), T.due_at, T.id))
        if found is None:
            return None
        passed.append(found.id)
        try:
            with session.begin_nested():
                found.lease_by, found.lease_until = by.id, at + LEASE
                session.flush()
        except IntegrityError:  # this person is on another line now, about something else they raised
            held = held_by(session, by)
            if held is not None:
                return held
            continue
        journal.write(session, "caller.take", found.matter, by=by, at=at, errand=found.errand.value)
        return found
    return None


def held_by(session: Session, by: Staff) -> CallerTurn | None:
    """Return the turn that someone holds."""
    return session.scalars(sa.select(T).where(T.lease_by == by.id)).first()


def hold(session: Session, turn_id: int, *, by: Staff, at: datetime) -> CallerTurn:
    """Return the turn that someone holds, locked and with its lease renewed; refuse when they don't hold it."""
    turn = session.scalars(sa.select(T).where(T.id == turn_id).with_for_update(of=T)).first()
    if turn is None or turn.lease_by != by.id:
        raise NotYours
    turn.lease_until = at + LEASE
    session.flush()
    return turn


def release(turn: CallerTurn) -> None:
    """Take the lease away."""
    turn.lease_by = turn.lease_until = None


def let_go_expired(session: Session, at: datetime) -> int:
    """Give back the callers whose clerk has gone; while the call goes on, the lease does."""
    query = sa.select(T).where(T.lease_until < at).limit(100).with_for_update(of=T, skip_locked=True)
    count = 0
    for turn in session.scalars(query).all():
        if abandon(session, turn, at=at):
            release(turn)
            if is_over(session, turn):
                session.delete(turn)
            count += 1
        else:
            turn.lease_until = at + timedelta(minutes=2)
    session.flush()
    return count


@dataclass(frozen=True)
class Waiting:
    """How many callers wait for one errand."""

    errand: Errand
    now: int
    later: int
    overdue: int
    next_at: datetime | None


def waiting(session: Session, by: Staff, *, at: datetime) -> list[Waiting]:
    """Count the callers that someone could be given, by errand."""
    offered = _offered(session, by).where(T.lease_by.is_(None)).subquery()
    c = offered.c
    query = sa.select(
        c.errand,
        sa.func.count().filter(c.next_at <= at),
        sa.func.count().filter(c.next_at > at),
        sa.func.count().filter(c.due_at <= at),
        sa.func.min(c.next_at).filter(c.next_at > at),
    ).group_by(c.errand)
    rows = {row[0]: row for row in session.execute(query)}
    return [Waiting(e, *(rows[e][1:] if e in rows else (0, 0, 0, None))) for e in Errand]
