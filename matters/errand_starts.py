"""Starts of errands: since when a caller is to be rung about something; a try before belongs to what came before."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matters.flow import MatterAction
from matters.log import MatterEvent
from matters.messages import open_relay
from matters.standing import from_json
from matters.steps_inform import TO_BE_TOLD
from matters.turns import ON_THE_WAY, CallerTurn, Errand

_CHANGES = tuple(action.value for action in (*TO_BE_TOLD, MatterAction.RESUME_WORK))
"""Entries after which what was told before is no longer what was decided."""


def started_at(session: Session, turn: CallerTurn) -> datetime:
    """Say since when it is this unit, this message and this decision that a caller is rung about."""
    matter = turn.matter
    if turn.errand not in ON_THE_WAY:
        return matter.raised_at
    start = from_json(matter.standing).assigned_at or matter.raised_at
    if turn.errand is Errand.RELAY:
        relay = open_relay(session, matter)
        return max(start, relay.written_at) if relay else start
    if turn.errand is Errand.INFORM:
        query = sa.select(sa.func.max(MatterEvent.at)).where(
            MatterEvent.matter_id == matter.id, MatterEvent.action.in_(_CHANGES)
        )
        return max(start, session.scalar(query) or start)
    return start
