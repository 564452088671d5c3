"""Small makers for the tests of the desk: a city with units and rules, a clerk, matters that stand somewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from core.people import Staff, Unit, UnitKind
from core.permissions import Role
from core.places import Level, Place
from matters.attributes import Conflict, IdentityClass, MatterKind, Origin, Urgency
from matters.flow import MatterAction
from matters.matter import Matter
from matters.moving import act
from matters.promises import Registered
from matters.registration import Statement, register
from tests.factories import a_place, a_staff, a_unit

NUMBER = "+8614500001234"
LAMP = "livelihood.lighting"


@dataclass
class Town:
    """A county with two townships and a village, units of two levels, and people."""

    county: Place
    township: Place
    other: Place
    village: Place
    units: dict[str, Unit] = field(default_factory=dict)

    def unit(self, key: str) -> Unit:
        """Return a unit by its key."""
        return self.units[key]


def a_town(session: Session) -> Town:
    """Make the places and the tree of units."""
    county = a_place(session)
    township = a_place(session, level=Level.TOWNSHIP, parent=county)
    other = a_place(session, level=Level.TOWNSHIP, parent=county)
    village = a_place(session, level=Level.VILLAGE, parent=township)
    town = Town(county, township, other, village)

    def unit(
        key: str, above: str | None = None, *, kind: UnitKind = UnitKind.HANDLING, at: Place | None = None
    ) -> None:
        made = a_unit(session, kind=kind)
        made.parent_id = town.units[above].id if above else None
        made.place_id = at.id if at else None
        town.units[key] = made
        session.flush()

    unit("city")
    unit("centre", "city", kind=UnitKind.CENTRE)
    unit("desk", "centre", kind=UnitKind.CENTRE)
    unit("government_office", "city", kind=UnitKind.SUPERVISION)
    unit("party_office", kind=UnitKind.PARTY_SUPERVISION)
    unit("county", "city", at=county)
    unit("township", "county", at=township)
    unit("police", "city")
    unit("county_police", "police", at=county)
    unit("lighting", "city")
    unit("urban", "city")
    return town


def someone(session: Session, town: Town, *roles: Role, unit: str = "desk") -> Staff:
    """Make someone who works in a unit."""
    staff = a_staff(session, *roles)
    staff.unit = town.unit(unit)
    session.flush()
    return staff


def a_matter(
    session: Session,
    place: Place,
    *,
    at: datetime,
    by: Staff | None = None,
    narrative: str = "村口的路灯坏了两个多月",
    topic: str = LAMP,
    number: str | None = NUMBER,
    name: str | None = None,
    identity: IdentityClass = IdentityClass.OPEN,
    conflict: Conflict = Conflict.NONE,
    conflict_unit: Unit | None = None,
    urgency: Urgency | None = Urgency.U3,
) -> Registered:
    """Register a matter."""
    statement = Statement(
        narrative,
        kind=MatterKind.HELP,
        topic=topic,
        place=place,
        urgency=urgency,
        identity=identity,
        conflict=conflict,
        conflict_unit=conflict_unit,
        consent_read=True,
        name=name,
        number=number,
    )
    return register(session, statement, origin=Origin.CITIZEN_LINE, by=by, at=at)


def submit(session: Session, matter: Matter, by: Staff, at: datetime) -> None:
    """Send a matter to the supervision office."""
    act(session, matter, MatterAction.SUBMIT, by=by, at=at)
