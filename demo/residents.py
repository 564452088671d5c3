"""Residents behind cases: who answers the number of a case, and what problem they raise."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from core.places import Place
from demo.city import Township, city
from demo.problems import home_of, raised_by
from demo.townspeople import Townsperson, townsperson
from matters.attributes import MatterKind, Origin, Urgency
from matters.registration import Statement, register
from survey.cases import Case
from telephony.simulator.personas import Resident


def person_behind(case: Case) -> Townsperson:
    """Return the one who usually answers a case's number."""
    return townsperson(case.frame_number.number, is_rural=not town_of(case.township.code).is_urban)


@cache
def town_of(code: str) -> Township:
    return next(t for t in city().townships if t.code == code)


def raise_problem(session: Session, case: Case, person: Resident, *, by: Staff, at: datetime) -> None:
    """Register the problem that a resident raises in the interview."""
    town = town_of(case.township.code)
    village = home_of(person, town)
    raised = raised_by(person)
    place = session.scalars(sa.select(Place).where(Place.code == village.code)).one()
    register(
        session,
        Statement(
            narrative=raised.told(town, village).zh,
            kind=MatterKind.of(raised.kind),
            topic=raised.topic,
            place=place,
            urgency=Urgency.of(raised.urgency),
            consent_read=True,
            number=case.frame_number.number,
        ),
        origin=Origin.INTERVIEW,
        by=by,
        at=at,
    )
