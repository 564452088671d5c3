"""The next call-back: what is due first, in a language of who takes it before others, and left to who speaks it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import take
from core.people import Staff
from hotline.callbacks import LEFT_TO_SPEAKERS, CallBack, CallBackState
from hotline.calling_back import claim
from hotline.contacts import Contact
from hotline.lines import lines_served_by
from hotline.speakers import languages_spoken_by, spoken_at


def claim_next(session: Session, *, by: Staff, at: datetime) -> CallBack | None:
    """Take the call-back that is due first on the lines somebody answers, if there is one.

    Those in a language they speak come before; those in another's are left a while to who is at the line and speaks it.
    """
    lines, own = lines_served_by(by), languages_spoken_by(session, by)
    others = {language for _, language in spoken_at(session, lines, at=at)} - own
    query = (
        sa.select(CallBack)
        .join(Contact, Contact.id == CallBack.contact_id)
        .where(CallBack.state == CallBackState.DUE, CallBack.due_at <= at, Contact.line.in_(lines))
        .where(
            sa.or_(
                Contact.language_id.is_(None),
                Contact.language_id.not_in(others),
                CallBack.due_at <= at - LEFT_TO_SPEAKERS,
            )
        )
        .order_by(sa.case((Contact.language_id.in_(own), 0), else_=1), CallBack.due_at, CallBack.id)
    )
    found: CallBack | None = take(session, query)
    return None if found is None else claim(session, found, by=by, at=at)
