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
from matters.keeping_away import within_sight
from matters.matter import Matter
from matters.states import OPEN, MatterState
from matters.topics import TOPICS, Field

SORTS = {"registered": Matter.registered_at, "promised": Matter.promised_on, "receipt": Matter.receipt}
RECENT = timedelta(days=7)
MOST_EXPORTED = 100_000
_SEALED = (defer(Matter.narrative), defer(Matter.redacted))
"""What a list never needs is not even read."""


@dataclass(frozen=True)
class Totals:
    """The figures above the list."""

    all: int
    recent: int
    pressing: int
    overdue: int


def counted(session: Session, staff: Staff, *, today: date, at: datetime) -> Totals:
    """Count the matters someone may know of: all, the last week's, the pressing ones, those past their date."""
    query: Any = sa.select(
        sa.func.count(),
        sa.func.count().filter(Matter.registered_at >= at - RECENT),
        sa.func.count().filter(Matter.urgency.in_([Urgency.U1, Urgency.U2])),
        sa.func.count().filter(Matter.promised_on < today, Matter.state.in_(OPEN)),
    ).select_from(Matter)
    row = session.execute(within_sight(session, staff, query.where(Matter.registered_at.is_not(None)))).one()
    return Totals(*row)


def chosen(session: Session, staff: Staff, args: Mapping[str, str], *, today: date) -> sa.Select[Any]:
    """Choose registered matters as the address says; an unknown filter is no filter."""
    query = (
        sa.select(Matter)
        .where(Matter.registered_at.is_not(None))
        .options(*_SEALED, joinedload(Matter.place).joinedload(Place.parent).joinedload(Place.parent))
    )
    query = of_county(of_field(query, args.get("field")), args.get("county"))
    urgency = Urgency.found(args.get("urgency"))
    if urgency is not None:
        query = query.where(Matter.urgency == urgency)
    identity = IdentityClass.found(args.get("identity"))
    if identity is not None:
        query = query.where(Matter.identity == identity)
    state = MatterState.found(args.get("state"))
    if state is not None:
        query = query.where(Matter.state == state)
    if args.get("promise") == "past":
        query = query.where(Matter.promised_on < today, Matter.state.in_(OPEN))
    elif args.get("promise") == "soon":
        query = query.where(Matter.promised_on.between(today, today + timedelta(days=2)))
    return within_sight(session, staff, query)


def of_field(query: sa.Select[Any], field: str | None) -> sa.Select[Any]:
    """Leave the matters of one field of topics."""
    found = Field.found(field)
    if found is None:
        return query
    return query.where(Matter.topic.in_([t.code for t in TOPICS if t.field is found]))


def of_county(query: sa.Select[Any], county: str | None) -> sa.Select[Any]:
    """Leave the matters of one county."""
    if not county or not (county.isascii() and county.isdigit()):
        return query
    return query.where(Matter.place_id.in_(_within(int(county[:9]))))


def _within(county_id: int) -> sa.Select[Any]:
    """Return the ids of a county's townships and villages, and its own."""
    above = aliased(Place)
    return (
        sa.select(Place.id)
        .outerjoin(above, Place.parent_id == above.id)
        .where(sa.or_(Place.id == county_id, Place.parent_id == county_id, above.parent_id == county_id))
    )


def listed(session: Session, staff: Staff, args: Mapping[str, str], *, today: date) -> listing.Page[Matter]:
    """Read one page of the list, the newest first."""
    query = listing.ordered(chosen(session, staff, args, today=today), args, SORTS, "-registered")
    return listing.page(session, query.order_by(Matter.id.desc()), listing.page_number(args))


def exported(session: Session, staff: Staff, args: Mapping[str, str], *, today: date) -> list[Matter]:
    """Read the whole list as the address filters it, without what was said and without who said it."""
    query = listing.ordered(chosen(session, staff, args, today=today), args, SORTS, "-registered")
    return list(session.scalars(query.order_by(Matter.id.desc()).limit(MOST_EXPORTED)).unique())


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
