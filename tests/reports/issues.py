"""A city with a week of interviews and a few matters, from which a bulletin is drafted."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from core.db import transaction
from core.permissions import Role
from core.places import Level, Place
from reports import issuing
from reports.assembling import assemble
from reports.bulletins import Bulletin, BulletinKind
from tests.factories import a_staff
from tests.reports.raised import a_matter
from tests.survey.field import NOON
from tests.survey.weighed import a_worked_wave

CUT = NOON + timedelta(days=5)
WEEK = NOON.date()


def a_city_at_work(session: Session) -> None:
    """Interview for a day and register five matters of one topic at one place."""
    a_worked_wave(session, each=60, interviews=200)
    town = session.scalars(sa.select(Place).where(Place.level == Level.TOWNSHIP).order_by(Place.code)).first()
    assert town is not None
    for n in range(5):
        a_matter(session, town, "livelihood.lighting", WEEK - timedelta(days=n % 2), number=f"1390000000{n}")


def approved(session: Session, bulletin: Bulletin, *, at: datetime = CUT) -> None:
    """Have what an editor sent approved by another."""
    issuing.approve(session, bulletin, by=a_staff(session, Role.EDITOR), at=at)


def a_draft(session: Session, *, at: datetime = CUT, day: date = WEEK) -> Bulletin:
    """Draft the weekly bulletin of the city."""
    return assemble(session, BulletinKind.WEEKLY, day, by=None, at=at)


def issued_on_screen(editor: FlaskClient, bulletin_id: int) -> None:
    """Send a draft for checking, have another editor approve it, and issue it."""
    assert editor.post(f"/editing/{bulletin_id}/submit").status_code == 303
    with transaction() as session:
        approved(session, session.get_one(Bulletin, bulletin_id))
    assert editor.post(f"/editing/{bulletin_id}/issue").status_code == 303
