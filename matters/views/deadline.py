"""The page that explains a deadline: to the desk and the offices, and to the unit that must keep it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from core import clock
from core.db import reading
from core.people import Unit, acting
from core.permissions import Permission, require
from matters import desk, log
from matters.explaining import explain
from matters.keeping_away import in_sight
from matters.ledger import ledger
from matters.matter import Matter
from matters.moving import standing_of
from matters.policies import policy_of
from matters.rules import begin

blueprint = Blueprint("deadline", __name__)


@blueprint.get("/supervision/matters/<receipt>/deadline")
@require(Permission.MATTER_READ)
def of_office(receipt: str) -> str:
    """Explain the deadline with the ledger of who held the matter how long."""
    return _page(receipt, shows_ledger=True)


@blueprint.get("/handling/<receipt>/deadline")
@require(Permission.MATTER_HANDLE)
def of_unit(receipt: str) -> str:
    """Explain the deadline to the unit."""
    return _page(receipt, shows_ledger=False)


def _page(receipt: str, *, shows_ledger: bool) -> str:
    at = clock.now()
    with reading() as session:
        matter = in_sight(session, acting(), desk.by_receipt(session, receipt))
        return _rendered(session, matter, at=at, shows_ledger=shows_ledger)


def _rendered(session: Session, matter: Matter, *, at: datetime, shows_ledger: bool) -> str:
    deeds = [event.deed for event in log.entries(session, matter)]
    policy = policy_of(session, matter.policy_id, at=at)
    units: Iterable[Unit] = session.scalars(sa.select(Unit)) if shows_ledger else []
    return render_template(
        "supervision/deadline.html",
        matter=matter,
        standing=standing_of(matter),
        colour=matter.colour(at),
        e=explain(standing_of(matter), deeds, policy, clock.zone()),
        ledger=ledger(begin(matter.raised_at), deeds, until=at) if shows_ledger else None,
        unit_names={unit.id: unit.label for unit in units},
    )
