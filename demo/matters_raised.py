"""What residents of the demonstration bring: on the citizen line, or written on the web."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Unit
from core.places import Place
from demo.chance import below
from demo.city import city
from demo.matter_hands import Cast
from demo.problems import problems
from matters import web_reports
from matters.attributes import Conflict, IdentityClass, MatterKind, Origin, Urgency
from matters.matter import Matter
from matters.registration import Statement, register

ABOUT_US = 25
"""One in so many is about the centre itself."""
RUDE = "打热线反映路灯不亮，接线的人很不耐烦，话没听完就挂了电话，没有给编号。"


def raise_one(session: Session, cast: Cast, at: datetime, random: np.random.Generator) -> Matter:
    """Register what one resident brings: on the citizen line, or written on the web."""
    raised = problems()[int(random.integers(len(problems())))]
    towns = city().townships
    town = towns[int(random.integers(len(towns)))]
    villages = city().villages_of[town.code]
    village = villages[int(random.integers(len(villages)))]
    place = session.scalars(sa.select(Place).where(Place.code == village.code)).one()
    draw = float(random.random())
    identity = (
        IdentityClass.ANONYMOUS
        if draw < 0.08
        else IdentityClass.OPEN
        if draw < 0.25
        else IdentityClass.PROTECTED
    )
    about = _complained_about(session, raised.topic) if raised.topic.startswith("enforcement") else None
    is_about_us = below(ABOUT_US, "about us", at.isoformat()) == 0
    statement = Statement(
        narrative=RUDE if is_about_us else raised.told(town, village).zh,
        kind=MatterKind.COMPLAINT if is_about_us else MatterKind.of(raised.kind),
        topic="other.other" if is_about_us else raised.topic,
        place=place,
        urgency=Urgency.U3 if is_about_us else Urgency.of(raised.urgency),
        identity=IdentityClass.PROTECTED if is_about_us else identity,
        conflict=Conflict.CENTRE if is_about_us else Conflict.UNIT if about else Conflict.NONE,
        conflict_unit=None if is_about_us else about,
        consent_read=True,
        number=number_of(at.isoformat()) if is_about_us or identity is not IdentityClass.ANONYMOUS else None,
    )
    if random.random() < 0.3:
        matter = web_reports.take(session, statement, form=f"demo{at.timestamp()}", at=at).matter
    else:
        by = cast.clerks[int(random.integers(len(cast.clerks)))]
        matter = register(session, statement, origin=Origin.CITIZEN_LINE, by=by, at=at).matter
    return matter


def _complained_about(session: Session, topic: str) -> Unit | None:
    """Name the unit that a complaint about officials is about, so that it is kept away."""
    name = {"enforcement.police": "市公安局", "enforcement.conduct": "市城市管理局"}.get(topic)
    return session.scalars(sa.select(Unit).where(Unit.name == name)).first() if name else None


def number_of(*names: object) -> str:
    """Return a number of the range that rings no telephone."""
    return f"+86145{below(10**8, *names):08}"
