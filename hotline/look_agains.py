"""Looking again: a key level that two people have not looked at for a month is due, so that none stays out of habit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core.people import Staff
from hotline.contacts import Contact
from hotline.risk import LOOK_AGAIN, RiskLevel
from hotline.risk_levels import EpisodeLevel, Lowering

MOST = 500


def _later(one: sa.ColumnElement[Any], other: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return the later of two moments of a query, of which the second may be missing."""
    return sa.case((other > one, other), else_=one)


@dataclass(frozen=True)
class LookAgain:
    """One episode that is still key: when two people last looked at it, and whether a lowering is proposed."""

    token: str
    operator: str
    looked_at: datetime
    is_proposed: bool


def due_again(session: Session, *, at: datetime, by: Staff | None = None) -> list[LookAgain]:
    """Return the key episodes to be looked at again, longest ago first; one operator's own, or all.

    Two people have looked when a supervisor read the level that somebody gave, or when a proposed lowering was decided.
    """
    about = EpisodeLevel.contact_id
    newest = sa.select(sa.func.max(EpisodeLevel.id)).group_by(about)
    each = sa.select(about.label("contact_id"), sa.func.max(EpisodeLevel.seen_at).label("seen_at")).group_by(
        about
    )
    seen = each.subquery()
    decided = (
        sa.select(
            Lowering.contact_id,
            sa.func.max(Lowering.decided_at).label("decided_at"),
            sa.func.max(sa.case((Lowering.decided_at.is_(None), 1), else_=0)).label("is_open"),
        )
        .group_by(Lowering.contact_id)
        .subquery()
    )
    began = (
        sa.select(about.label("contact_id"), sa.func.min(EpisodeLevel.given_at).label("given_at"))
        .where(EpisodeLevel.level == RiskLevel.KEY)
        .group_by(about)
        .subquery()
    )
    looked_at = _later(_later(began.c.given_at, EpisodeLevel.counts_from.expression), seen.c.seen_at)
    looked_at = _later(looked_at, decided.c.decided_at)
    query = (
        sa.select(Contact, looked_at, decided.c.is_open)
        .join(EpisodeLevel, about == Contact.id)
        .join(began, began.c.contact_id == Contact.id)
        .join(seen, seen.c.contact_id == Contact.id)
        .outerjoin(decided, decided.c.contact_id == Contact.id)
        .where(
            EpisodeLevel.id.in_(newest),
            EpisodeLevel.level == RiskLevel.KEY,
            looked_at <= at - LOOK_AGAIN,
        )
        .options(joinedload(Contact.taker), joinedload(Contact.writer))
        .order_by(looked_at, Contact.id)
        .limit(MOST)
    )
    if by is not None:
        query = query.where(sa.or_(Contact.taken_by == by.id, Contact.owner_id == by.id))
    return [
        LookAgain(contact.token, contact.operator_name, looked_at, bool(is_open))
        for contact, looked_at, is_open in session.execute(query)
    ]
