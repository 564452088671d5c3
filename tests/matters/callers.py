"""Callers of the tests: matters brought to where their callers are told and asked, on the line dialled by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from core.permissions import Role
from matters.attributes import TryResult
from matters.caller_calls import Heard, dial
from matters.flow import MatterAction as A
from matters.turns import CallerTurn
from telephony.manual import Outcome, report
from tests.matters.scenes import Hall, a_hall, do, handed, in_unit
from tests.survey.field import manual_line

RESULT = "路灯已于本周修好,路面大坑已经填平;现场照片附后。"
MONDAY = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
"""9:00 in Shanghai."""
TUESDAY = datetime(2026, 11, 17, 2, 0, tzinfo=UTC)
"""10:00 in Shanghai: the result has been checked."""


def answered(hall: Hall, *, at: datetime = MONDAY, accepted_at: datetime = TUESDAY, **more: Any) -> str:
    """Bring a matter to where its caller is to be told; return its receipt."""
    receipt = handed(hall, at=at, **more)
    do(receipt, A.SIGN, hall.people["roads"], at=at.replace(minute=10))
    done = {"outcome": "solved", "points": True, "evidence": 1}
    do(receipt, A.REPORT, hall.people["roads"], at=at.replace(minute=30), facts=done, text=RESULT)
    do(receipt, A.ACCEPT, hall.people["checker"], at=accepted_at, facts={"outcome": "solved"})
    return receipt


def a_desk(session: Session, hall: Hall, *, clerks: int) -> list[Staff]:
    """Put clerks into the centre."""
    return [in_unit(session, hall, "centre", Role.CLERK) for _ in range(clerks)]


def by_hand() -> Hall:
    """Build the hall over the line dialled by hand."""
    manual_line()
    return a_hall()


HEARD = {
    TryResult.REACHED: Outcome.ANSWERED,
    TryResult.NO_ANSWER: Outcome.NO_ANSWER,
    TryResult.BUSY: Outcome.BUSY,
    TryResult.SWITCHED_OFF: Outcome.SWITCHED_OFF,
    TryResult.NOT_NOW: Outcome.ANSWERED,
}


def rung(session: Session, turn: CallerTurn, by: Staff, at: datetime, result: TryResult) -> Heard:
    """Ring a caller and hear what happened; return what is to be noted."""
    made = dial(session, turn, by=by, at=at)
    assert made.call is not None
    report(session, made.call, HEARD[result], by=by, at=at)
    return Heard(result)


def turn_of(session: Session, receipt: str) -> CallerTurn | None:
    """Return the first turn of a matter."""
    query = sa.select(CallerTurn).join(CallerTurn.matter).order_by(CallerTurn.id)
    return next((t for t in session.scalars(query) if t.matter.receipt == receipt), None)
