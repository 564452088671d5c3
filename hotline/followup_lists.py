"""Lists of follow-ups: what is due and overdue, as the operators' page and the tests of care look at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from hotline.followup_queue import GRAVEST_FIRST
from hotline.followups import FollowUp, FollowUpState, overdue_at
from hotline.risk import RiskLevel

S = FollowUpState


@dataclass(frozen=True)
class Waiting:
    """How the queue stands: due now, overdue, key ones among these, and when the next is due."""

    now: int
    overdue: int
    key_overdue: int
    next_at: datetime | None


def waiting(session: Session, *, at: datetime) -> Waiting:
    """Count what waits."""
    c, is_open = FollowUp, FollowUp.state.in_((S.DUE, S.HELD))
    overdue = overdue_at(at)
    row = session.execute(
        sa.select(
            sa.func.count().filter(c.state == S.DUE, c.next_at <= at),
            sa.func.count().filter(overdue),
            sa.func.count().filter(overdue, c.level == RiskLevel.KEY),
            sa.func.min(c.next_at).filter(c.state == S.DUE, c.next_at > at),
        ).where(is_open)
    ).one()
    return Waiting(row[0], row[1], row[2], row[3])


def listed(session: Session, *, at: datetime, until: datetime, by: Staff | None = None) -> Sequence[FollowUp]:
    """Return open follow-ups to be tried until a moment, gravest and longest due first; one owner's, or all."""
    query = sa.select(FollowUp).where(FollowUp.state.in_((S.DUE, S.HELD)), FollowUp.next_at <= until)
    if by is not None:
        query = query.where(sa.or_(FollowUp.owner_id == by.id, FollowUp.held_by == by.id))
    return session.scalars(query.order_by(GRAVEST_FIRST, FollowUp.due_at, FollowUp.id).limit(200)).all()
