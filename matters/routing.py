"""Routing: who is proposed to lead and support a matter, from its topic, its place and the tree of units."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Unit, UnitKind
from core.places import Level, Place
from matters.attributes import Conflict
from matters.keeping_away import excluded
from matters.matter import Matter
from matters.route_rules import Branch, RouteRule, rule_for


@dataclass(frozen=True)
class Route:
    """A proposal for the supervision office: it may be changed by hand before it is confirmed."""

    lead: Unit | None
    supporting: tuple[Unit, ...]
    branch: Branch
    rule: RouteRule | None
    kept_away: frozenset[int] = frozenset()
    """Units that a conflict keeps away from this matter."""
    is_by_hand: bool = False
    """No rule leads to a unit that may act: somebody must choose."""


def proposed(session: Session, matter: Matter) -> Route:
    """Propose lead, supporting units and supervision office; shut and closed units never appear."""
    rule = rule_for(session, matter.topic)
    if matter.conflict.lacks_unit(matter.conflict_unit_id):
        return Route(None, (), Branch.PARTY, rule, is_by_hand=True)
    away = excluded(session, matter)
    office = branch(session, matter, rule)
    if rule is None:
        return Route(None, (), office, None, away, is_by_hand=True)
    tree = _Tree(session, away, matter.place)
    lead = tree.at(rule.lead_id, rule.level)
    supporting: list[Unit] = []
    for each in rule.supporting:
        unit = tree.at(each.unit_id, each.level)
        if unit is not None and unit is not lead and unit not in supporting:
            supporting.append(unit)
    return Route(lead, tuple(supporting), office, rule, away, is_by_hand=lead is None)


def branch(session: Session, matter: Matter, rule: RouteRule | None) -> Branch:
    """Say which supervision office confirms: never one that is itself complained about."""
    if matter.conflict is Conflict.CENTRE or matter.conflict.lacks_unit(matter.conflict_unit_id):
        return Branch.PARTY
    away = excluded(session, matter)
    office = rule.branch if rule else Branch.GOVERNMENT
    kind = UnitKind.PARTY_SUPERVISION if office is Branch.PARTY else UnitKind.SUPERVISION
    offices = session.scalars(sa.select(Unit.id).where(Unit.kind == kind)).all()
    if offices and away.issuperset(offices):
        return Branch.GOVERNMENT if office is Branch.PARTY else Branch.PARTY
    return office


def choices(session: Session, matter: Matter) -> list[Unit]:
    """List every unit that may lead or support a matter, for choosing by hand."""
    away = excluded(session, matter)
    query = sa.select(Unit).where(Unit.kind == UnitKind.HANDLING, Unit.is_active).order_by(Unit.id)
    return [unit for unit in session.scalars(query) if unit.id not in away]


class _Tree:
    """The units that may act, and where the matter is."""

    def __init__(self, session: Session, away: frozenset[int], place: Place | None) -> None:
        units = session.scalars(sa.select(Unit)).all()
        self.units = {unit.id: unit for unit in units}
        self.below: dict[int | None, list[Unit]] = {}
        for unit in units:
            self.below.setdefault(unit.parent_id, []).append(unit)
        self.away = away
        self.places: dict[Level, int] = {}
        while place is not None:
            self.places[place.level] = place.id
            place = place.parent

    def at(self, root_id: int, level: Level) -> Unit | None:
        """Find the unit of a trade for the place at a level, or the next one above that may act."""
        wanted = {Level.TOWNSHIP: (Level.TOWNSHIP, Level.COUNTY), Level.COUNTY: (Level.COUNTY,)}.get(
            level, ()
        )
        for each in wanted:
            found = self._nearest(root_id, self.places.get(each))
            if found is not None:
                return found
        return self._upwards(root_id)

    def _nearest(self, root_id: int, place_id: int | None) -> Unit | None:
        """Look through the tree level by level: the highest unit of the place is the trade's own."""
        row = self.below.get(root_id, []) if place_id is not None else []
        while row:
            of_place = [unit for unit in row if unit.place_id == place_id]
            if of_place:  # one that is shut gives way to the unit above, not to a bureau further down
                return next((unit for unit in of_place if self._may_act(unit)), None)
            row = [child for unit in row for child in self.below.get(unit.id, [])]
        return None

    def _upwards(self, unit_id: int | None) -> Unit | None:
        while unit_id is not None:
            unit = self.units[unit_id]
            if self._may_act(unit):
                return unit
            unit_id = unit.parent_id
        return None

    def _may_act(self, unit: Unit) -> bool:
        return unit.is_active and unit.kind is UnitKind.HANDLING and unit.id not in self.away
