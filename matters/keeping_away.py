"""Keeping away: whom a conflict shuts out of a matter, and whose matters someone may know of at all."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff, Unit, UnitKind
from core.permissions import Permission
from core.problems import Missing
from matters.attributes import Conflict
from matters.flow import Side
from matters.matter import Matter, SupportingUnit
from matters.states import MatterState

P = Permission
_SIDES = {
    P.MATTER_DESK: Side.CENTRE,
    P.MATTER_SUPERVISE: Side.SUPERVISION,
    P.MATTER_RULE: Side.HEAD,
    P.MATTER_HANDLE: Side.UNIT,
    P.VAULT_OPEN: Side.CUSTODIAN,
}


def is_party(staff: Staff) -> bool:
    """Say whether someone works in the Party's supervision office."""
    is_there = staff.unit is not None and staff.unit.kind is UnitKind.PARTY_SUPERVISION
    return is_there and staff.may(P.MATTER_SUPERVISE)


def sides_of(staff: Staff, matter: Matter | None = None) -> frozenset[Side]:
    """Say on which sides of the desk someone stands, in general or in one matter.

    Where the centre itself is complained about, the Party's supervision office does what is the centre's to do.
    """
    sides = frozenset(side for permission, side in _SIDES.items() if staff.may(permission))
    if matter is None or matter.conflict is not Conflict.CENTRE:
        return sides
    return sides | {Side.CENTRE} if is_party(staff) else sides - {Side.CENTRE}


def _tree(*, upwards: bool) -> sa.Select[tuple[int]]:
    """Write the query for a unit, bound as `unit`, and all units above or below it."""
    unit = Unit.__table__.c
    tree = sa.select(unit.id, unit.parent_id).where(unit.id == sa.bindparam("unit")).cte(recursive=True)
    step = unit.id == tree.c.parent_id if upwards else unit.parent_id == tree.c.id
    return sa.select(tree.union(sa.select(unit.id, unit.parent_id).where(step)).c.id)


# Every page asks these; writing them anew each time cost more than asking.
_ABOVE, _BELOW = _tree(upwards=True), _tree(upwards=False)
LED = Matter.__table__.alias("led")
"""Matters, named so that a query on matters may look among them by an index of its own."""
IN_REPORTS = Matter.conflict != Conflict.CENTRE
"""What counts in a report: a complaint about the centre is known to the Party's supervision office alone."""


def under(session: Session, unit_id: int) -> frozenset[int]:
    """Return a unit and all units below it."""
    return frozenset(session.scalars(_BELOW, {"unit": unit_id}))


def above(session: Session, unit_id: int) -> frozenset[int]:
    """Return a unit and all units above it."""
    return frozenset(session.scalars(_ABOVE, {"unit": unit_id}))


@lru_cache(maxsize=1000)
def of_unit(unit_id: int) -> sa.CompoundSelect[tuple[int]]:
    """Return the ids of the matters that a unit leads or supports, one list from two indices.

    So a unit's few matters are not looked for among everybody's.
    """
    return sa.union_all(
        sa.select(LED.c.id).where(LED.c.lead_unit_id == unit_id),
        sa.select(SupportingUnit.matter_id).where(SupportingUnit.unit_id == unit_id),
    )


def excluded(session: Session, matter: Matter) -> frozenset[int]:
    """Return the units that must not touch a matter: the one complained about and those under it."""
    return shut_out(session, matter.conflict, matter.conflict_unit_id)


def shut_out(session: Session, conflict: Conflict, unit_id: int | None) -> frozenset[int]:
    """Return the units that a conflict shuts out; one above the centre shuts the centre out as well."""
    found = under(session, unit_id) if unit_id and conflict is not Conflict.NONE else frozenset()
    if conflict is Conflict.CENTRE:
        centres = session.scalars(sa.select(Unit.id).where(Unit.kind == UnitKind.CENTRE))
        found = found.union(*(under(session, unit) for unit in centres))
    return found


def within_sight(
    session: Session, staff: Staff, query: sa.Select[Any], *, is_own: bool = False
) -> sa.Select[Any]:
    """Leave of a query on matters only those that someone may know of.

    A unit knows of what it leads or supports. Nobody of a unit complained about, or of one under it, knows of the
    complaint, whatever their role; a complaint about the centre is known to the Party's supervision office and to
    the units that it was handed to, alone. `is_own` says that the query holds nothing but what the person's unit
    leads or supports, so that it is not looked for twice.
    """
    sides = sides_of(staff)
    may_all = {Side.CENTRE, Side.SUPERVISION, Side.CUSTODIAN} & sides
    own = staff.unit_id or 0
    is_ours = Matter.id.in_(of_unit(own))
    if not may_all:
        if Side.UNIT not in sides:
            return query.where(sa.false())
        query = query.where(Matter.state != MatterState.DRAFT, *([] if is_own else [is_ours]))
    if own:
        overhead = list(above(session, own))
        query = query.where(
            sa.or_(Matter.conflict_unit_id.is_(None), Matter.conflict_unit_id.not_in(overhead))
        )
    if may_all and not is_party(staff):
        is_other = Matter.conflict != Conflict.CENTRE
        query = query.where(sa.or_(is_other, is_ours) if Side.UNIT in sides else is_other)
    return query


def at_the_desk(session: Session, staff: Staff, query: sa.Select[Any]) -> sa.Select[Any]:
    """Leave of a query on matters those in which someone stands on the centre's side."""
    known = within_sight(session, staff, query)
    if Side.CENTRE in sides_of(staff):
        return known
    return known.where(Matter.conflict == Conflict.CENTRE if is_party(staff) else sa.false())


def in_sight(session: Session, staff: Staff, matter: Matter) -> Matter:
    """Return the matter if someone may know of it; else there is no such matter."""
    query = within_sight(session, staff, sa.select(Matter.id).where(Matter.id == matter.id))
    if session.scalar(query) is None:
        raise Missing
    return matter
