"""The unit portal: a unit's own matters by clock, as rows of a list; nothing of what was said, nobody who said it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload

from core import listing
from core.db import UtcDateTime
from core.people import Staff
from core.places import Place
from core.problems import Missing
from core.terms import Term
from matters import receipts
from matters.attributes import ClockColour, Urgency
from matters.keeping_away import LED, of_unit, within_sight
from matters.limits import Limit
from matters.matter import Matter, SupportingUnit
from matters.states import CLOSED, WITH_UNIT, MatterState
from matters.topics import TOPICS, Field

S = MatterState
_FAR = sa.literal(datetime(9999, 12, 31, tzinfo=UTC), UtcDateTime())
_SEALED = (defer(Matter.narrative), defer(Matter.redacted))
MOST_EXPORTED = 5_000
_AT_ONCE = 500


class Part(Term):
    """What a unit has to do with a matter."""

    LEAD = "lead", "主办", "Lead"
    SUPPORTING = "supporting", "协办", "Supporting"


class Shelf(Term):
    """Where a matter lies for a unit."""

    OURS = "ours", "在办", "With us"
    TO_SIGN = "to_sign", "待签收", "To sign for"
    SENT = "sent", "已报送", "Reported"
    ENDED = "ended", "已办结", "Closed"
    ALL = "all", "全部", "All"


@dataclass(frozen=True)
class Row:
    """One matter as its unit's list shows it."""

    receipt: str
    topic: str
    place: Place
    urgency: Urgency
    state: MatterState
    round: int
    part: Part
    is_ours: bool
    """The unit must act now, and the clock runs against it."""
    colour: ClockColour
    due_at: datetime | None
    stage: Limit | None
    stage_due_at: datetime | None
    registered_at: datetime


@dataclass(frozen=True)
class Counts:
    """What waits for a unit, by the colour of its clocks."""

    ours: int
    red: int
    yellow: int
    green: int
    paused: int
    to_sign: int
    parts: int


def own(session: Session, staff: Staff, query: sa.Select[Any]) -> sa.Select[Any]:
    """Leave of a query on matters those that a person's unit leads or supports, and may know of."""
    query = query.where(Matter.id.in_(of_unit(staff.unit_id or 0)), Matter.state != S.DRAFT)
    return within_sight(session, staff, query, is_own=True)


def _in_hand(session: Session, staff: Staff, query: sa.Select[Any]) -> sa.Select[Any]:
    """Leave of a query on matters those that a person's unit must act on."""
    return within_sight(session, staff, query.where(_ours(staff)), is_own=True)


def one(session: Session, staff: Staff, receipt: str) -> Matter:
    """Find a unit's own matter by its receipt; any other is not there."""
    number = receipts.read_receipt(receipt)
    query = own(session, staff, sa.select(Matter).where(Matter.receipt == (number or "")))
    found: Matter | None = session.scalars(query.options(defer(Matter.narrative))).first()
    if number is None or found is None:
        raise Missing
    return found


def _ours(staff: Staff) -> sa.ColumnElement[bool]:
    unit = staff.unit_id or 0
    ours = sa.union_all(
        sa.select(LED.c.id).where(LED.c.lead_unit_id == unit, LED.c.state.in_(WITH_UNIT)),
        sa.select(LED.c.id)
        .join(SupportingUnit, SupportingUnit.matter_id == LED.c.id)
        .where(SupportingUnit.unit_id == unit, SupportingUnit.is_open, LED.c.state.in_(WITH_UNIT)),
    )
    return Matter.id.in_(ours)


def _coloured(colour: ClockColour, at: datetime) -> sa.ColumnElement[bool]:
    runs = Matter.is_paused.is_(False)
    return {
        ClockColour.RED: sa.and_(runs, Matter.due_at <= at),
        ClockColour.YELLOW: sa.and_(runs, Matter.yellow_at <= at, Matter.due_at > at),
        ClockColour.GREEN: sa.and_(runs, Matter.yellow_at > at),
        ClockColour.PAUSED: Matter.is_paused.is_(True),
        ClockColour.NONE: sa.and_(runs, Matter.due_at.is_(None)),
    }[colour]


def _shelved(shelf: Shelf, staff: Staff) -> sa.ColumnElement[bool]:
    return {
        Shelf.TO_SIGN: sa.and_(Matter.state == S.ASSIGNED, Matter.lead_unit_id == (staff.unit_id or 0)),
        Shelf.SENT: sa.and_(sa.not_(_ours(staff)), Matter.state.not_in([*CLOSED, S.WITHDRAWN])),
        Shelf.ENDED: Matter.state.in_([*CLOSED, S.WITHDRAWN]),
        Shelf.ALL: sa.true(),
    }[shelf]


def chosen(session: Session, staff: Staff, args: Mapping[str, str], *, at: datetime) -> sa.Select[Any]:
    """Choose the ids of a unit's matters as the address says; an unknown filter is no filter."""
    query = sa.select(Matter.id)
    shelf = Shelf.found(args.get("shelf")) or Shelf.OURS
    colour = ClockColour.found(args.get("colour"))
    is_in_hand = shelf is Shelf.OURS or colour is not None
    query = (_in_hand if is_in_hand else own)(session, staff, query)
    query = query if shelf is Shelf.OURS else query.where(_shelved(shelf, staff))
    query = query if colour is None else query.where(_coloured(colour, at))
    urgency = Urgency.found(args.get("urgency"))
    if urgency is not None:
        query = query.where(Matter.urgency == urgency)
    field = Field.found(args.get("field"))
    if field is not None:
        query = query.where(Matter.topic.in_([t.code for t in TOPICS if t.field is field]))
    part = Part.found(args.get("part"))
    if part is not None:
        is_lead = Matter.lead_unit_id == (staff.unit_id or 0)
        query = query.where(is_lead if part is Part.LEAD else sa.not_(is_lead))
    runs = Matter.is_paused.is_(False) if is_in_hand else sa.and_(_ours(staff), Matter.is_paused.is_(False))
    by_clock = sa.func.coalesce(sa.case((runs, Matter.due_at)), _FAR)
    sorts: dict[str, listing.Column] = {
        "clock": by_clock,
        "urgency": Matter.urgency.expression,
        "receipt": Matter.receipt.expression,
        "registered": Matter.registered_at.expression,
    }
    return listing.ordered(query, args, sorts, "clock").order_by(Matter.id)


def listed(session: Session, staff: Staff, args: Mapping[str, str], *, at: datetime) -> listing.Page[Row]:
    """Read one page of a unit's matters, the nearest end of a limit first."""
    ids = listing.page(session, chosen(session, staff, args, at=at), listing.page_number(args))
    rows = _rows(session, staff, _read(session, ids.rows), at=at)
    return listing.Page(rows, ids.number, ids.per_page, ids.total)


def _read(session: Session, ids: list[int]) -> list[Matter]:
    """Read matters by their ids, in that order: sorting goes over ids alone, which is a fraction of the work."""
    found: dict[int, Matter] = {}
    for at in range(0, len(ids), _AT_ONCE):
        query = sa.select(Matter).where(Matter.id.in_(ids[at : at + _AT_ONCE]))
        places = joinedload(Matter.place).joinedload(Place.parent).joinedload(Place.parent)
        found |= {matter.id: matter for matter in session.scalars(query.options(*_SEALED, places))}
    return [found[number] for number in ids if number in found]


def exported(session: Session, staff: Staff, args: Mapping[str, str], *, at: datetime) -> list[Row]:
    """Read all rows that the address chooses, for a file."""
    ids = session.scalars(chosen(session, staff, args, at=at).limit(MOST_EXPORTED)).all()
    return _rows(session, staff, _read(session, list(ids)), at=at)


def _rows(session: Session, staff: Staff, matters: list[Matter], *, at: datetime) -> list[Row]:
    query = sa.select(SupportingUnit.matter_id, SupportingUnit.is_open).where(
        SupportingUnit.unit_id == (staff.unit_id or 0), SupportingUnit.matter_id.in_([m.id for m in matters])
    )
    parts: dict[int, bool] = {row.matter_id: row.is_open for row in session.execute(query)}
    return [row_of(matter, staff, has_open_part=parts.get(matter.id, False), at=at) for matter in matters]


def row_of(matter: Matter, staff: Staff, *, has_open_part: bool, at: datetime) -> Row:
    """Return a matter as its unit's list shows it; where the unit need not act, no clock runs against it."""
    assert matter.receipt is not None
    assert matter.topic is not None
    assert matter.place is not None
    assert matter.registered_at is not None
    is_lead = matter.lead_unit_id == staff.unit_id
    is_ours = matter.state in WITH_UNIT and (is_lead or has_open_part)
    return Row(
        receipt=matter.receipt,
        topic=matter.topic,
        place=matter.place,
        urgency=matter.urgency,
        state=matter.state,
        round=matter.round,
        part=Part.LEAD if is_lead else Part.SUPPORTING,
        is_ours=is_ours,
        colour=matter.colour(at) if is_ours else ClockColour.NONE,
        due_at=matter.due_at if is_ours else None,
        stage=Limit.found(matter.stage) if is_ours and is_lead else None,
        stage_due_at=matter.stage_due_at if is_ours and is_lead else None,
        registered_at=matter.registered_at,
    )


def counted(session: Session, staff: Staff, *, at: datetime) -> Counts:
    """Count what waits for a unit."""

    def those(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.count().filter(condition)

    unit = staff.unit_id or 0
    columns = (
        those(sa.true()),
        *(those(_coloured(c, at)) for c in (ClockColour.RED, ClockColour.YELLOW, ClockColour.GREEN)),
        those(_coloured(ClockColour.PAUSED, at)),
        those(sa.and_(Matter.state == S.ASSIGNED, Matter.lead_unit_id == unit)),
        those(Matter.lead_unit_id != unit),
    )
    query: Any = sa.select(*columns).select_from(Matter)
    return Counts(*session.execute(_in_hand(session, staff, query)).one())


def waiting(session: Session, staff: Staff, at: datetime) -> int:
    """Count what a unit must act on now, for the top bar."""
    query = _in_hand(session, staff, sa.select(sa.func.count()).select_from(Matter))
    return session.scalar(query.where(Matter.is_paused.is_(False))) or 0
