"""Late call-backs: a promise nobody has tried to keep after a quarter of an hour is told to the lead, until it is tried."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.sweeps import sweep
from hotline import escalations
from hotline.callbacks import FIRST_WITHIN, CallBack, CallBackState
from hotline.contacts import Contact
from hotline.escalations import Escalation, EscalationKind

KIND = EscalationKind.CALL_BACK
MOST = 100


def is_untried(at: datetime) -> sa.ColumnElement[bool]:
    """Say in a query which promises are late: due for longer than the first try may take, and never tried."""
    is_open = CallBack.state.in_((CallBackState.DUE, CallBackState.HELD))
    return sa.and_(is_open, CallBack.tries == 0, CallBack.due_at < at - FIRST_WITHIN)


@sweep("hotline.late_call_backs", every=timedelta(seconds=30))
def tell(session: Session, now: datetime) -> int:
    """Tell the lead of every late promise once, and take the alarm back when somebody has tried or settled it."""
    is_new = ~escalations.is_raised(KIND, CallBack.id.expression)
    late = sa.select(CallBack).where(is_untried(now), is_new).order_by(CallBack.due_at).limit(MOST)
    found = session.scalars(late).all()
    for row in found:
        escalations.escalate(session, KIND, row.id, contact=row.contact, by=None, at=now)
    return len(found) + _take_back(session, now)


def _take_back(session: Session, now: datetime) -> int:
    own = Escalation.key == sa.literal(f"{KIND.value}:") + sa.cast(CallBack.id, sa.String)
    query = (
        sa.select(Escalation, sa.func.coalesce(Contact.taken_by, Contact.owner_id))
        .join(CallBack, CallBack.contact_id == Escalation.contact_id)
        .join(Contact, Contact.id == CallBack.contact_id)
        .where(
            Escalation.kind == KIND, Escalation.answered_at.is_(None), own,
            sa.or_(CallBack.tries > 0, CallBack.state.not_in((CallBackState.DUE, CallBackState.HELD))),
        )
        .with_for_update(of=Escalation, skip_locked=True)
    )  # fmt: skip
    rows = session.execute(query.limit(MOST)).all()
    for alarm, who in rows:
        alarm.answered_at, alarm.answered_by = now, who
    session.flush()
    return len(rows)
