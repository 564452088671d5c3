"""Conflicts: whom a matter is about, from the first word or found out later, and what becomes of an assignment of theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff, Unit, UnitKind
from core.problems import Forbidden, Invalid
from core.terms import Words
from matters.attributes import Conflict
from matters.flow import MatterAction, Side
from matters.keeping_away import above, excluded, shut_out, sides_of, under
from matters.matter import Matter
from matters.merging import joined
from matters.moving import act, standing_of
from matters.rules import allowed
from matters.states import MatterState

NEEDS_UNIT = {
    Conflict.STAFF: Words("请选择被反映人员所在的单位", "Choose the unit that the person works in"),
    Conflict.UNIT: Words("请选择被反映的单位", "Choose the unit complained about"),
}


def about(session: Session, conflict: Conflict, unit: Unit | None) -> tuple[Conflict, Unit | None]:
    """Say whom a statement is about: what names the centre, a unit of it or above it, is about the centre.

    Everybody at the desk would be kept away from it, so the Party's supervision office does the centre's part.
    """
    if unit is None or conflict is Conflict.NONE:
        return conflict, None
    if unit.kind is UnitKind.CENTRE:
        return Conflict.CENTRE, None
    centres = session.scalars(sa.select(Unit.id).where(Unit.kind == UnitKind.CENTRE))
    line = under(session, unit.id) | above(session, unit.id)
    return conflict if line.isdisjoint(centres) else Conflict.CENTRE, unit


def may_set(matter: Matter, staff: Staff) -> bool:
    """Say whether somebody may say whom a matter is about."""
    return MatterAction.SET_CONFLICT in allowed(standing_of(matter), sides_of(staff, matter))


def set_conflict(
    session: Session,
    matter: Matter,
    conflict: Conflict,
    unit: Unit | None,
    reason: str,
    *,
    by: Staff,
    at: datetime,
    seen: int | None = None,
) -> None:
    """Say whom a matter is about; a unit that must be kept away now loses what was handed to it.

    What was merged is said of all of it: the matter that is worked on and the words of everybody in it.
    """
    if not may_set(matter, by):
        raise Forbidden
    if conflict in NEEDS_UNIT and unit is None:
        raise Invalid(fields={"conflict_unit": NEEDS_UNIT[conflict]})
    conflict, unit = about(session, conflict, unit)
    wanted = conflict, unit.id if unit else None
    others = [each for each in joined(session, matter) if each is not matter]
    changed = [each for each in (matter, *others) if (each.conflict, each.conflict_unit_id) != wanted]
    for each in changed or [matter]:
        note(session, each, conflict, unit, reason, by=by, at=at, seen=seen if each is matter else None)
        if each.lead_unit_id in excluded(session, each) and each.state in _WITH_UNIT:
            act(session, each, MatterAction.TAKE_AWAY, by=by, at=at, sides={Side.SYSTEM})


_WITH_UNIT = frozenset(
    {
        MatterState.ASSIGNED,
        MatterState.IN_HAND,
        MatterState.RETURN_ASKED,
        MatterState.WAIT_CALLER,
        MatterState.RESULT_IN,
        MatterState.SUSPENDED,
    }
)


def note(
    session: Session,
    matter: Matter,
    conflict: Conflict,
    unit: Unit | None,
    reason: str,
    *,
    by: Staff | None,
    at: datetime,
    seen: int | None = None,
) -> None:
    """Write down whom a matter is about; supporting units among them are let go."""
    facts: dict[str, Any] = {
        "conflict": conflict.value,
        "conflict_unit": unit.id if unit else None,
        "away": sorted(shut_out(session, conflict, unit.id if unit else None)),
    }
    sides = None if by is not None and matter.state is not MatterState.DRAFT else {Side.CENTRE}
    act(
        session,
        matter,
        MatterAction.SET_CONFLICT,
        by=by,
        at=at,
        facts=facts,
        text=reason,
        sides=sides,
        seen=seen,
    )
