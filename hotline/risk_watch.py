"""The watch over risk: what the clock makes urgent is escalated, and who was told in vain is followed by the next."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from core.sweeps import sweep
from hotline import dangers, escalations, followup_queue, sight
from hotline.contacts import Contact
from hotline.escalations import Escalation, EscalationTurn
from hotline.read_log import ReadPurpose

EVERY = timedelta(seconds=10)
STAYS_IN_SIGHT = timedelta(hours=24)
"""How long somebody who was told may read the episode after it was answered."""


@sweep("counsel.watch", every=EVERY)
def watch(session: Session, now: datetime) -> int:
    """Raise what became urgent by the clock and tell whoever is next; safe to repeat."""
    done = dangers.escalate_unconfirmed(session, at=now)
    done += followup_queue.escalate_overdue(session, at=now)
    done += followup_queue.let_go_expired(session, at=now)
    return done + escalations.tell_due(session, at=now)


@sight.also_in_sight
def _was_told(session: Session, contact: Contact, by: Staff, at: datetime) -> ReadPurpose | None:
    query = (
        sa.select(EscalationTurn.escalation_id)
        .join(Escalation, Escalation.id == EscalationTurn.escalation_id)
        .where(
            Escalation.contact_id == contact.id,
            EscalationTurn.staff_id == by.id,
            sa.or_(Escalation.answered_at.is_(None), Escalation.answered_at >= at - STAYS_IN_SIGHT),
        )
    )
    return ReadPurpose.ALARM if session.scalar(query.limit(1)) is not None else None
