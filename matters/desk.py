"""The desk: what has been registered, as rows of a list, and the opening of what was said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, defer, joinedload

from core import listing, purposes
from core.people import Staff
from core.places import Place
from core.problems import Missing
from matters import receipts
from matters.attributes import IdentityClass, Urgency
from matters.matter import Matter
from matters.topics import TOPICS, Field

SORTS = {"registered": Matter.registered_at, "promised": Matter.promised_on, "receipt": Matter.receipt}
RECENT = timedelta(days=7)
_SEALED = (defer(Matter.narrative), defer(Matter.redacted))
"""What a list never needs is not even read."""


@dataclass(frozen=True)
class Totals:
    """The figures above the list."""

    all: int
    recent: int
    pressing: int
    overdue: int


def counted(session: Session, *, today: date, at: datetime) -> Totals:
    """Count all matters, the last week's, the pressing ones and those past their promised date."""
    row = session.execute(
        sa.select(
            sa.func.count(),
            sa.func.count().filter(Matter.registered_at >= at - RECENT),
            sa.func.count().filter(Matter.urgency.in_([Urgency.U1, Urgency.U2])),
            sa.func.count().filter(Matter.promised_on < today),
        ).select_from(Matter)
    ).one()
    return Totals(*row)


def chosen(args: Mapping[str, str], *, today: date) -> sa.Select[Any]:
    """Choose matters as the address says; an unknown filter is no filter."""
    query = sa.select(Matter).options(
        *_SEALED, joinedload(Matter.place).joinedload(Place.parent).joinedload(Place.parent)
    )
    field = Field.found(args.get("field"))
    if field is not None:
        query = query.where(Matter.topic.in_([t.code for t in TOPICS if t.field is field]))
    urgency = Urgency.found(args.get("urgency"))
    if urgency is not None:
        query = query.where(Matter.urgency == urgency)
    identity = IdentityClass.found(args.get("identity"))
    if identity is not None:
        query = query.where(Matter.identity == identity)
    if args.get("county", "").isascii() and args.get("county", "").isdigit():
        query = query.where(Matter.place_id.in_(_within(int(args["county"][:9]))))
    if args.get("promise") == "past":
        query = query.where(Matter.promised_on < today)
    elif args.get("promise") == "soon":
        query = query.where(Matter.promised_on.between(today, today + timedelta(days=2)))
    return query


def _within(county_id: int) -> sa.Select[Any]:
    """Return the ids of a county's townships and villages, and its own."""
    above = aliased(Place)
    return (
        sa.select(Place.id)
        .outerjoin(above, Place.parent_id == above.id)
        .where(sa.or_(Place.id == county_id, Place.parent_id == county_id, above.parent_id == county_id))
    )


def listed(session: Session, args: Mapping[str, str], *, today: date) -> listing.Page[Matter]:
    """Read one page of the list, the newest first."""
    query = listing.ordered(chosen(args, today=today), args, SORTS, "-registered")
    return listing.page(session, query.order_by(Matter.id.desc()), listing.page_number(args))


def by_receipt(session: Session, text: str) -> Matter:
    """Find the matter of a receipt, without what was said and without who said it; or raise Missing."""
    receipt = receipts.read_receipt(text)
    matter = (
        session.scalars(sa.select(Matter).where(Matter.receipt == receipt).options(*_SEALED)).first()
        if receipt
        else None
    )
    if matter is None:
        raise Missing
    return matter


def open_narrative(session: Session, matter: Matter, *, by: Staff, at: datetime) -> str:
    """Read what was said for the purpose stated, and leave in the journal that it was read and why."""
    purposes.note_reading(session, matter, "matter.read", by=by, at=at)
    return matter.narrative
