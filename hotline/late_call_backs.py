"""Late call-backs: a try that nobody has made a quarter of an hour after its time is told to the lead, until it is made."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.sweeps import sweep
from hotline import escalations
from hotline.callbacks import FIRST_WITHIN, CallBack, CallBackState
from hotline.escalations import Escalation, EscalationKind

KIND = EscalationKind.CALL_BACK
MOST = 100


def is_late(at: datetime) -> sa.ColumnElement[bool]:
    """Say in a query which promises are late: their first or next try is due for a while, and nobody has made it."""
    is_open = CallBack.state.in_((CallBackState.DUE, CallBackState.HELD))
    is_untried = sa.or_(CallBack.last_try_at.is_(None), CallBack.last_try_at < CallBack.due_at)
    return sa.and_(is_open, is_untried, CallBack.due_at < at - FIRST_WITHIN)


@sweep("hotline.late_call_backs", every=timedelta(seconds=30))
def tell(session: Session, now: datetime) -> int:
    """Tell the lead of every late try once, and take the alarm back when somebody has made or settled it."""
    is_told = sa.exists().where(
        Escalation.kind == KIND,
        Escalation.contact_id == CallBack.contact_id,
        Escalation.raised_at >= CallBack.due_at,
    )
    late = sa.select(CallBack).where(is_late(now), ~is_told).order_by(CallBack.due_at).limit(MOST)
    found = session.scalars(late).all()
    for row in found:
        about = f"{row.id}.{row.due_at.timestamp():.0f}"
        escalations.escalate(session, KIND, about, contact=row.contact, by=None, at=now)
    return len(found) + _take_back(session, now)


def _take_back(session: Session, now: datetime) -> int:
    query = (
        sa.select(Escalation)
        .join(CallBack, CallBack.contact_id == Escalation.contact_id)
        .where(Escalation.kind == KIND, Escalation.answered_at.is_(None), ~is_late(now))
        .with_for_update(of=Escalation, skip_locked=True)
    )
    rows = session.scalars(query.limit(MOST)).all()
    for alarm in rows:
        alarm.answered_at = now  # and by nobody: who rang or settled it did not take the alarm over
    session.flush()
    return len(rows)
