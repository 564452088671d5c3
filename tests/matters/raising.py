"""Matters that tests raise: one registered, or one brought to where its result is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from core.people import Staff, Unit, UnitKind
from core.permissions import Role
from core.places import Level, Place
from matters.attributes import IdentityClass, MatterKind, Origin
from matters.flow import MatterAction as A
from matters.matter import Matter
from matters.moving import act
from matters.promises import Registered
from matters.registration import Statement, register
from tests.factories import a_place, a_staff, a_unit

NAME, NUMBER, ID_CARD = "欧阳听雨", "+8614500007788", "110101199003070038"
SAID = "村口的路灯坏了两个多月"


@dataclass
class Desk:
    """Who works on a matter in a test, and where it is."""

    town: Place
    clerk: Staff
    checker: Staff
    office: Staff
    head: Staff
    unit: Unit
    handler: Staff
    custodian: Staff
    second: Staff


def a_desk(session: Session) -> Desk:
    """Make the people around a matter."""
    county = a_place(session)
    town = a_place(session, level=Level.TOWNSHIP, parent=county)
    centre = a_unit(session)
    office = a_unit(session, kind=UnitKind.SUPERVISION)
    handling = a_unit(session, kind=UnitKind.HANDLING)

    def one(role: Role, unit: Unit) -> Staff:
        staff = a_staff(session, role)
        staff.unit = unit
        session.flush()
        return staff

    return Desk(
        town, one(Role.CLERK, centre), one(Role.CLERK, centre), one(Role.SUPERVISION, office),
        one(Role.OFFICE_HEAD, office), handling, one(Role.HANDLER, handling), one(Role.CUSTODIAN, centre),
        one(Role.CUSTODIAN, centre),
    )  # fmt: skip


def a_matter(
    session: Session, desk: Desk, *, at: datetime, identity: IdentityClass = IdentityClass.PROTECTED
) -> Registered:
    """Register a matter whose caller is known by name and number."""
    statement = Statement(
        kind=MatterKind.HELP,
        topic="livelihood.wages",
        narrative=SAID,
        place=desk.town,
        consent_read=True,
        identity=identity,
        name=NAME,
        number=NUMBER,
    )
    return register(session, statement, origin=Origin.CITIZEN_LINE, by=desk.clerk, at=at)


def to_feedback(session: Session, matter: Matter, desk: Desk, result: str, *, at: datetime) -> datetime:
    """Bring a matter to where its callers are told the result; return the moment after."""
    matter.redacted = SAID
    step = timedelta(minutes=5)
    steps: tuple[tuple[A, Staff, dict[str, Any], str], ...] = (
        (A.SUBMIT, desk.clerk, {}, ""),
        (A.ASSIGN, desk.office, {"lead": desk.unit.id, "supporting": [], "redacted": True}, ""),
        (A.SIGN, desk.handler, {}, ""),
        (A.CONTACT, desk.clerk, {}, "已电话联系"),
        (A.REPORT, desk.handler, {"outcome": "solved", "points": True, "evidence": 1}, result),
        (A.ACCEPT, desk.checker, {"outcome": "solved"}, ""),
    )
    for n, (action, by, facts, text) in enumerate(steps, start=1):
        act(session, matter, action, by=by, at=at + n * step, facts=facts, text=text)
    return at + 7 * step
