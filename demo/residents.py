"""Residents behind cases: who answers the number of a case, and what problem they raise."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from core.places import Place
from demo.chance import SEED
from demo.city import Township, city
from demo.problems import home_of, raised_by
from matters.matter import MatterKind, Origin, Urgency
from matters.registration import register
from survey.cases import Case
from telephony.simulator.personas import Resident, resident


def person_behind(case: Case) -> Resident:
    """Return the invented resident behind a case's number."""
    return resident(SEED, case.frame_number.number, is_rural=not town_of(case.township.code).is_urban)


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
        kind=MatterKind.of(raised.kind),
        topic=raised.topic,
        narrative=raised.told(town, village).zh,
        place=place,
        origin=Origin.INTERVIEW,
        consent_read=True,
        urgency=Urgency.of(raised.urgency),
        reporter_number=case.frame_number.number,
        by=by,
        at=at,
    )
