"""Rung again: who kept their place and calls meanwhile has it, and nobody dials them while they are on the line."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from hotline.callbacks import CallBack, next_try
from hotline.contacts import Contact
from hotline.dispatch import close_offers
from hotline.kept_places import KEPT
from hotline.offers import OfferAnswer

_KEPT_BY = (
    sa.select(CallBack)
    .join(Contact, KEPT)
    .where(Contact.caller_id == sa.bindparam("caller"), Contact.line == sa.bindparam("line"))
    .with_for_update(of=CallBack, skip_locked=True)
)


def take_over(session: Session, contact: Contact, *, at: datetime) -> datetime | None:
    """Return since when a caller has kept a place that this call of theirs takes over; the promise rests meanwhile.

    Whatever comes of this call settles it, or stands beside it with a promise of its own.
    """
    if contact.caller is None or contact.caller.is_withheld:
        return None
    rows = session.scalars(_KEPT_BY, {"caller": contact.caller_id, "line": contact.line, "now": at}).all()
    for row in rows:
        row.due_at = next_try(1, at)
        close_offers(session, row.contact, OfferAnswer.WITHDRAWN, at=at)
    session.flush()
    return min((row.contact.waiting_from for row in rows if row.contact.waiting_from), default=None)
