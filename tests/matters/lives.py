"""A county's offices and the matters they work on, for tests: each step done by whoever may do it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.people import Staff, Unit, UnitKind
from core.permissions import Role
from core.places import Level, Place
from matters.attributes import Conflict, IdentityClass, MatterKind, Origin, Urgency
from matters.flow import MatterAction, Side
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.registration import Statement, register
from tests.factories import a_place, a_staff, a_unit

__all__ = ["Conflict", "Offices", "Side", "Urgency"]
A = MatterAction


@dataclass
class Offices:
    """Who works in the county, and where its matters lie."""

    town: Place
    centre: Unit
    government: Unit
    party: Unit
    units: list[Unit]
    clerk: Staff
    clerk2: Staff
    clerk3: Staff
    office: Staff
    party_office: Staff
    head: Staff
    handlers: list[Staff] = field(default_factory=list)


def offices(session: Session) -> Offices:
    """Furnish a county: a centre, two supervision offices, three handling units."""
    town = a_place(session, level=Level.TOWNSHIP, parent=a_place(session))
    centre = a_unit(session, kind=UnitKind.CENTRE)
    government = a_unit(session, kind=UnitKind.SUPERVISION)
    party = a_unit(session, kind=UnitKind.PARTY_SUPERVISION)
    units = [a_unit(session, kind=UnitKind.HANDLING) for _ in range(3)]

    def person(role: Role, unit: Unit) -> Staff:
        staff = a_staff(session, role)
        staff.unit_id = unit.id
        session.flush()
        session.refresh(staff)
        return staff

    return Offices(
        town,
        centre,
        government,
        party,
        units,
        person(Role.CLERK, centre),
        person(Role.CLERK, centre),
        person(Role.CLERK, centre),
        person(Role.SUPERVISION, government),
        person(Role.SUPERVISION, party),
        person(Role.OFFICE_HEAD, government),
        [person(Role.HANDLER, unit) for unit in units],
    )


def registered(
    session: Session, county: Offices, at: datetime, urgency: Urgency = Urgency.U3, **changes: Any
) -> Matter:
    """Register a matter at the desk."""
    statement = Statement(
        **{
            "kind": MatterKind.HELP,
            "topic": "livelihood.lighting",
            "narrative": "村口的路灯坏了两个多月",
            "place": county.town,
            "urgency": urgency,
            "consent_read": True,
            "identity": IdentityClass.PROTECTED,
            "number": "+8614500001234",
            **changes,
        }
    )
    return register(session, statement, origin=Origin.CITIZEN_LINE, by=county.clerk, at=at).matter


def to_route(session: Session, county: Offices, at: datetime, urgency: Urgency = Urgency.U3) -> Matter:
    """Register a matter and submit it."""
    matter = registered(session, county, at, urgency)
    act(session, matter, A.SUBMIT, by=county.clerk, at=at)
    return matter


def assigned(
    session: Session,
    county: Offices,
    at: datetime,
    urgency: Urgency = Urgency.U3,
    *,
    supporting: tuple[int, ...] = (),
) -> Matter:
    """Have a matter assigned to the first unit."""
    matter = to_route(session, county, at, urgency)
    units = [county.units[n].id for n in supporting]
    matter.redacted = "村口的路灯坏了"
    facts = {"lead": county.units[0].id, "supporting": units, "redacted": True}
    act(session, matter, A.ASSIGN, by=county.head, at=at, facts=facts)
    return matter


def in_hand(session: Session, county: Offices, at: datetime, urgency: Urgency = Urgency.U3) -> Matter:
    """Have a matter signed for by the first unit."""
    matter = assigned(session, county, at, urgency)
    act(session, matter, A.SIGN, by=county.handlers[0], at=at)
    return matter


def contacted(session: Session, county: Offices, matter: Matter, at: datetime) -> None:
    """Pass the first word on to the caller."""
    act(session, matter, A.CONTACT, by=county.clerk, at=at, text="已电话联系")


def reported(session: Session, county: Offices, matter: Matter, at: datetime) -> None:
    """Report a result."""
    facts = {"outcome": "solved", "points": True, "evidence": 1}
    act(session, matter, A.REPORT, by=county.handlers[0], at=at, facts=facts, text="已更换灯泡")


def accepted(session: Session, county: Offices, matter: Matter, at: datetime) -> None:
    """Approve a result at the desk, by somebody else than who registered it."""
    act(session, matter, A.ACCEPT, by=county.clerk2, at=at, facts={"outcome": "solved"})


def told(session: Session, county: Offices, matter: Matter, at: datetime) -> None:
    """Tell every caller."""
    for caller in standing_of(matter).present_callers:
        act(
            session, matter, A.TELL, by=county.clerk2, at=at, facts={"caller": caller.id, "result": "reached"}
        )


def revisited(
    session: Session,
    county: Offices,
    matter: Matter,
    at: datetime,
    judgement: str = "solved",
    satisfaction: int = 5,
) -> None:
    """Ask every caller again."""
    for caller in standing_of(matter).present_callers:
        facts = {
            "caller": caller.id,
            "result": "reached",
            "judgement": judgement,
            "satisfaction": satisfaction,
            "unit_on_line": False,
        }
        act(session, matter, A.REVISIT, by=county.clerk3, at=at, facts=facts)
