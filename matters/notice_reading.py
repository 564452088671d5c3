"""Reading notices: what waits for someone's unit or side, seen and acknowledged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, defer

from core import journal, listing
from core.people import Staff
from core.problems import Missing
from matters.attributes import Conflict
from matters.flow import Side
from matters.keeping_away import is_party, sides_of, within_sight
from matters.matter import Matter
from matters.notice_causes import stands
from matters.notices import MatterNotice, NoticeKind


def _mine(session: Session, staff: Staff, query: sa.Select[Any], *, at: datetime) -> sa.Select[Any]:
    """Leave of a query those for someone's unit and sides, shown by now, of matters that they may know of."""
    sides = sides_of(staff)
    own: list[sa.ColumnElement[bool]] = []
    desks = [side for side in Side if side in sides and side is not Side.UNIT]
    if desks:
        own.append(MatterNotice.side.in_(desks))
    if is_party(staff):
        own.append(sa.and_(MatterNotice.side == Side.CENTRE, Matter.conflict == Conflict.CENTRE))
    if Side.UNIT in sides and staff.unit_id:
        own.append(MatterNotice.unit_id == staff.unit_id)
    query = query.where(sa.or_(sa.false(), *own), MatterNotice.given_at <= at)
    return within_sight(session, staff, query.join(MatterNotice.matter))


def unseen(session: Session, staff: Staff, at: datetime) -> int:
    """Count the notices still to be looked at that nobody of someone's unit or side has seen."""
    new = sa.select(MatterNotice.id).where(MatterNotice.seen_at.is_(None), stands(at))
    query = _mine(session, staff, new, at=at)
    return session.scalar(sa.select(sa.func.count()).select_from(query.limit(1000).subquery())) or 0


def listed(
    session: Session, staff: Staff, args: Mapping[str, str], *, at: datetime
) -> listing.Page[MatterNotice]:
    """Read a page of notices, the newest first: those still to be looked at, or all.

    What nobody has acknowledged is still to be looked at, as long as its cause stands.
    """
    query = sa.select(MatterNotice)
    if args.get("show") != "all":
        query = query.where(MatterNotice.acknowledged_at.is_(None), stands(at))
    kind = NoticeKind.found(args.get("kind"))
    if kind is not None:
        query = query.where(MatterNotice.kind == kind)
    query = _mine(session, staff, query, at=at).options(
        contains_eager(MatterNotice.matter).options(defer(Matter.narrative), defer(Matter.redacted))
    )
    query = query.order_by(MatterNotice.given_at.desc(), MatterNotice.id.desc())
    return listing.page(session, query, listing.page_number(args))


def see(session: Session, staff: Staff, *, at: datetime) -> int:
    """Mark what waits for someone as seen; nobody is rung up about it any more. Return how many were new."""
    new = _mine(session, staff, sa.select(MatterNotice).where(MatterNotice.seen_at.is_(None)), at=at)
    ids = [notice.id for notice in session.scalars(new.limit(1000))]
    session.execute(
        sa.update(MatterNotice)
        .where(MatterNotice.id.in_(ids), MatterNotice.seen_at.is_(None))
        .values(seen_at=at, retry_at=None)
    )
    return len(ids)


def see_of(session: Session, matter: Matter, staff: Staff, *, at: datetime) -> None:
    """Mark what someone was told about one matter as seen, because they have its page before them."""
    query = sa.select(MatterNotice).where(MatterNotice.matter_id == matter.id, MatterNotice.seen_at.is_(None))
    for notice in session.scalars(_mine(session, staff, query, at=at)):
        notice.seen_at, notice.retry_at = at, None
    session.flush()


def acknowledge(session: Session, notice_id: int, *, by: Staff, at: datetime) -> MatterNotice:
    """Take note of a notice for one's unit or side."""
    query = _mine(session, by, sa.select(MatterNotice).where(MatterNotice.id == notice_id), at=at)
    notice: MatterNotice | None = session.scalars(query).first()
    if notice is None:
        raise Missing
    if notice.acknowledged_at is None:
        notice.seen_at = notice.seen_at or at
        notice.acknowledged_at, notice.acknowledged_by, notice.retry_at = at, by.id, None
        session.flush()
        journal.write(session, "matter_notice.acknowledge", notice, by=by, at=at, kind=notice.kind.value)
    return notice
