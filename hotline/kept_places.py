"""Kept places: who asked to be called back keeps their turn; an operator's telephone rings for them, then their own."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from hotline.callbacks import CallBack, CallBackReason, CallBackState
from hotline.contacts import Contact, ContactState
from hotline.lines import LineKind

KEPT = sa.and_(
    CallBack.contact_id == Contact.id,
    CallBack.state == CallBackState.DUE,
    CallBack.reason == CallBackReason.ASKED,
    CallBack.tries == 0,
    CallBack.due_at <= sa.bindparam("now"),
    Contact.state == ContactState.MISSED,
    Contact.waiting_from.is_not(None),
)
"""Asked for by key out of the queue, in nobody's hand, due and not tried yet: after a try it is like any other."""
_IN_TURN = (
    sa.select(Contact)
    .join(CallBack, KEPT)
    .where(Contact.line.in_(sa.bindparam("lines", expanding=True)))
    .order_by(Contact.is_first.desc(), Contact.waiting_from, Contact.id)
    .limit(sa.bindparam("most"))
    .with_for_update(of=Contact, skip_locked=True)
)


def kept_places(session: Session, lines: Collection[LineKind], most: int, *, at: datetime) -> list[Contact]:
    """Return who kept their place on some lines, in the order of their turn."""
    return list(session.scalars(_IN_TURN, {"lines": lines, "most": most, "now": at}))
