"""What an update does with matters that were on their way when it came."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core import db
from matters.attributes import IdentityClass
from matters.flow import MatterAction as A
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.turns import CallerTurn, Errand
from tests.matters import lives

MONDAY = datetime(2026, 11, 9, 2, tzinfo=UTC)
step = importlib.import_module("migrations.versions.0044_ring_whom_the_queue_passed_by")


def test_callers_the_queue_passed_by_are_rung(database: db.Database) -> None:
    """Whoever waits for a first word is queued once; a call that lacks only its text is made again."""
    with db.transaction() as session:
        county = lives.offices(session)

        def in_hand(**changes: Any) -> Matter:
            matter = lives.registered(session, county, MONDAY, **changes)
            matter.redacted = "路灯坏了"
            act(session, matter, A.SUBMIT, by=county.clerk, at=MONDAY)
            facts = {"lead": county.units[0].id, "supporting": [], "redacted": True}
            act(session, matter, A.ASSIGN, by=county.head, at=MONDAY, facts=facts)
            act(session, matter, A.SIGN, by=county.handlers[0], at=MONDAY)
            return matter

        waits = in_hand()
        in_hand(identity=IdentityClass.OPEN)
        in_hand(identity=IdentityClass.ANONYMOUS, number=None)
        spoken = in_hand()
        lives.contacted(session, county, spoken, MONDAY)
        session.execute(sa.delete(CallerTurn))
        told = lives.in_hand(session, county, MONDAY)
        lives.reported(session, county, told, MONDAY)
        lives.accepted(session, county, told, MONDAY)
        texted = session.scalars(sa.select(CallerTurn).where(CallerTurn.errand == Errand.TELL)).one()
        texted.needs_text = True
        session.flush()
        for _ in range(2):
            step.catch_up(session.connection(), MONDAY + timedelta(hours=1))
        session.expire_all()
        assert not texted.needs_text
        (turn,) = session.scalars(sa.select(CallerTurn).where(CallerTurn.errand == Errand.CONTACT)).all()
        (caller,) = standing_of(waits).callers
        assert (turn.matter_id, turn.reporter_id) == (waits.id, caller.id)
        assert (turn.due_at, turn.next_at) == (waits.stage_due_at, MONDAY + timedelta(hours=1))
        assert (turn.rank, turn.person) == (3, turn.reporter.fingerprint)
