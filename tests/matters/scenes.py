"""Scenes of the matters chapter: a small city hall with its people, and matters brought to where a test begins."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import transaction
from core.people import Staff, Unit, UnitKind
from core.permissions import Role
from core.places import Level, Place
from matters.attributes import Conflict, IdentityClass, MatterKind, Origin, Urgency
from matters.flow import MatterAction as A
from matters.matter import Matter
from matters.moving import act
from matters.redaction import redacted
from matters.registration import Statement, register
from tests.factories import a_place, a_staff, a_unit

SAID = "建设路口的路灯坏了两个多月,晚上很黑。路面还有一个大坑,请修好。"
NAME, NUMBER = "令狐清越", "+8614500001234"


@dataclass
class Hall:
    """The offices and one person for each; police stands above its branch, and the branch above its station."""

    town: Place
    units: dict[str, Unit] = field(default_factory=dict)
    people: dict[str, Staff] = field(default_factory=dict)

    def id(self, unit: str) -> int:
        """Return a unit's id."""
        return self.units[unit].id


TREE = {
    "roads": ("", UnitKind.HANDLING),
    "water": ("", UnitKind.HANDLING),
    "police": ("", UnitKind.HANDLING),
    "branch": ("police", UnitKind.HANDLING),
    "station": ("branch", UnitKind.HANDLING),
    "centre": ("", UnitKind.CENTRE),
    "government": ("", UnitKind.SUPERVISION),
    "party": ("", UnitKind.PARTY_SUPERVISION),
}
PEOPLE = {
    "roads": ("roads", Role.HANDLER),
    "water": ("water", Role.HANDLER),
    "police": ("police", Role.HANDLER),
    "branch": ("branch", Role.HANDLER),
    "station": ("station", Role.HANDLER),
    "clerk": ("centre", Role.CLERK),
    "checker": ("centre", Role.CLERK),
    "supervision": ("government", Role.SUPERVISION),
    "head": ("government", Role.OFFICE_HEAD),
    "party": ("party", Role.SUPERVISION),
}


def a_hall() -> Hall:
    """Build the hall."""
    with transaction() as session:
        hall = Hall(a_place(session, level=Level.TOWNSHIP, parent=a_place(session)))
        for key, (above, kind) in TREE.items():
            unit = a_unit(session, kind=kind)
            unit.parent_id = hall.units[above].id if above else None
            hall.units[key] = unit
        for key, (unit_key, role) in PEOPLE.items():
            hall.people[key] = in_unit(session, hall, unit_key, role)
        return hall


def in_unit(session: Session, hall: Hall, unit: str, *roles: Role) -> Staff:
    """Put someone with these roles into a unit."""
    staff = a_staff(session, *roles)
    staff.unit = session.merge(hall.units[unit], load=False) if unit else None
    session.flush()
    return staff


def said(
    hall: Hall,
    *,
    at: datetime,
    narrative: str = SAID,
    identity: IdentityClass = IdentityClass.PROTECTED,
    topic: str = "building.sanitation",
    urgency: Urgency = Urgency.U3,
    conflict: Conflict = Conflict.NONE,
    about: str = "",
    name: str = NAME,
    number: str = NUMBER,
    spot: str = "",
) -> str:
    """Register a matter and submit it; return its receipt."""
    with transaction() as session:
        statement = Statement(
            kind=MatterKind.COMPLAINT,
            topic=topic,
            narrative=narrative,
            place=hall.town,
            spot=spot,
            urgency=urgency,
            identity=identity,
            conflict=conflict,
            conflict_unit=hall.units[about] if about else None,
            consent_read=True,
            name=name,
            number=number,
        )
        matter = register(
            session, statement, origin=Origin.CITIZEN_LINE, by=hall.people["clerk"], at=at
        ).matter
        matter.redacted = redacted(narrative, [name])
        who = "party" if conflict is Conflict.CENTRE else "clerk"
        act(session, matter, A.SUBMIT, by=hall.people[who], at=at)
        assert matter.receipt is not None
        return matter.receipt


def handed(
    hall: Hall, *, at: datetime, lead: str = "roads", supporting: tuple[str, ...] = (), **more: Any
) -> str:
    """Register a matter and hand it to a unit; return its receipt."""
    receipt = said(hall, at=at, **more)
    do(
        receipt,
        A.ASSIGN,
        hall.people["head"],
        at=at + timedelta(minutes=1),
        facts={"lead": hall.id(lead), "supporting": [hall.id(u) for u in supporting], "redacted": True},
    )
    return receipt


def do(receipt: str, action: A, by: Staff | None, *, at: datetime | None = None, **more: Any) -> None:
    """Do one thing with a matter."""
    with transaction() as session:
        act(session, the(session, receipt), action, by=by, at=at or clock.now(), **more)


def the(session: Session, receipt: str) -> Matter:
    """Return the matter of a receipt."""
    return session.scalars(sa.select(Matter).where(Matter.receipt == receipt)).one()
