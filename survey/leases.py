"""Leases: how long a claimed case stays with its interviewer, and how it comes back when a browser dies."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from core.problems import Refused
from core.sweeps import sweep
from core.terms import Words
from survey.attempts import Attempt
from survey.calling import Rules
from survey.cases import CASE_FLOW, Case, CaseAction, CaseState
from telephony.calls import Call


class NotYours(Refused):
    """The case is with somebody else, or with nobody."""

    words = Words(
        "这个个案已不在您手上（领取已到期或已交回）。已保存的回答都在，请取下一个案",
        "You don't hold this case any more (the lease ran out or it was given back). "
        "Every saved answer is kept; take the next case",
    )


def hold(session: Session, case_id: int, *, by: Staff, at: datetime) -> Case:
    """Return the case that someone holds, locked and with its lease renewed; refuse when they don't hold it."""
    query = sa.select(Case).where(Case.id == case_id).with_for_update(of=Case)
    case = session.scalars(query).first()
    if case is None or case.state != CaseState.CLAIMED or case.lease_by != by.id:
        raise NotYours
    case.lease_until = at + timedelta(minutes=Rules.from_wave(case.wave.rules).lease)
    session.flush()
    return case


def open_attempt(session: Session, case: Case) -> Attempt | None:
    """Return the try that has no outcome yet."""
    query = sa.select(Attempt).where(Attempt.case_id == case.id, Attempt.ended_at.is_(None))
    return session.scalars(query.order_by(Attempt.number.desc())).first()


def let_go(case: Case) -> None:
    """Clear the lease; the flow's move follows in the same breath."""
    case.lease_by = None
    case.lease_until = None


def give_back(session: Session, case: Case, *, by: Staff, at: datetime) -> None:
    """Give a case back that was not dialled; it goes to somebody else."""
    if open_attempt(session, case) is not None:
        raise Refused(
            Words("已经拨打过，请记录结果", "It has been dialled; code the outcome instead"),
        )
    let_go(case)
    case.avoid_staff_id = by.id
    CASE_FLOW.move(session, case, CaseAction.GIVE_BACK, by=by, at=at, why="given back")


@sweep("survey.leases", every=timedelta(seconds=30))
def expire(session: Session, at: datetime) -> int:
    """Give back the cases whose interviewer has gone; a call that still goes on keeps its lease."""
    from survey.abandonment import close_abandoned

    query = (
        sa.select(Case)
        .where(Case.state == CaseState.CLAIMED, Case.lease_until < at)
        .order_by(Case.lease_until)
        .limit(200)
        .with_for_update(of=Case, skip_locked=True)
    )
    count = 0
    for case in session.scalars(query).all():
        attempt = open_attempt(session, case)
        call = session.get(Call, attempt.call_id) if attempt and attempt.call_id else None
        if call is not None and not call.is_ended:
            case.lease_until = at + timedelta(minutes=2)
        elif attempt is not None:
            close_abandoned(session, attempt, at=at)
            count += 1
        else:
            let_go(case)
            CASE_FLOW.move(session, case, CaseAction.GIVE_BACK, by=None, at=at, why="lease expired")
            count += 1
    session.flush()
    return count
