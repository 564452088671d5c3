"""Matters as they stood at the end of a period: what happened afterwards is taken back by their logs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matters import clocks
from matters.attributes import ClockColour, Conflict
from matters.keeping_away import IN_REPORTS
from matters.log import MatterEvent
from matters.matter import Matter
from matters.moving import clock_columns
from matters.policies import policy_of
from matters.rules import begin, replay
from matters.standing import Deed, Standing
from matters.states import MatterState

_NOW = (
    Matter.id, Matter.receipt, Matter.topic, Matter.place_id, Matter.registered_at, Matter.raised_at, Matter.version,
    Matter.policy_id, Matter.state, Matter.state_since, Matter.round, Matter.lead_unit_id, Matter.conflict, Matter.level, Matter.due_at, Matter.yellow_at,
    Matter.is_paused, Matter.ended_at,
)  # fmt: skip


@dataclass(frozen=True)
class Stood:
    """One matter at a moment."""

    id: int
    receipt: str | None
    topic: str | None
    place_id: int | None
    registered_at: datetime
    state: MatterState
    since: datetime
    """When this state began."""
    round: int
    unit_id: int | None
    conflict: Conflict
    """The one thing that is told as it is now: who turned out to be meant on Monday may not be told of Sunday."""
    level: int
    due_at: datetime | None
    yellow_at: datetime | None
    is_paused: bool
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Say whether something was still to be done."""
        return self.ended_at is None

    def colour(self, at: datetime) -> ClockColour:
        """Say how its limit stood at the moment."""
        return clocks.colour(self.due_at, self.yellow_at, at, is_paused=self.is_paused)


def window(since: datetime, until: datetime) -> sa.ColumnElement[bool]:
    """Return which matters were there before a moment and not over before another."""
    is_over = sa.or_(Matter.ended_at.is_(None), Matter.ended_at >= since)
    return sa.and_(Matter.registered_at < until, is_over, IN_REPORTS)


def stood(
    session: Session, since: datetime, until: datetime, scope: sa.ColumnElement[bool], *, at: datetime
) -> list[Stood]:
    """Return the matters open or ended between two moments, as they stood at the second, in the order of their ids."""
    where = sa.and_(window(since, until), scope)
    logs = _moved_since(session, until, where)
    found: list[Stood] = []
    for m in session.execute(sa.select(*_NOW).where(where).order_by(Matter.id)):
        ended_at = None if m.ended_at is not None and m.ended_at >= until else m.ended_at
        fixed = (m.id, m.receipt, m.topic, m.place_id, m.registered_at)
        log = logs.get(m.id, [])
        # What has no whole log was brought in from elsewhere: its columns are all that is known.
        if not log or len(log) != m.version:
            clock = m.due_at, m.yellow_at, m.is_paused
            now = m.state, m.state_since, m.round, m.lead_unit_id, m.conflict, m.level
            found.append(Stood(*fixed, *now, *clock, ended_at))
            continue
        then = replay(begin(m.raised_at), (deed for deed in log if deed.at < until))
        if then.ended_at is not None and then.ended_at < since:
            continue  # closed before, and opened again afterwards
        ends = clock_columns(then, policy_of(session, then.policy or m.policy_id, at=at))
        clock = ends["due_at"], ends["yellow_at"], ends["is_paused"]
        conflict = then.conflict if m.conflict is Conflict.NONE else m.conflict
        found.append(Stood(*fixed, *_of(then), conflict, then.level, *clock, then.ended_at))
    return found


def _of(then: Standing) -> tuple[MatterState, datetime, int, int | None]:
    return then.state, then.since, then.round, then.lead


def _moved_since(session: Session, until: datetime, where: sa.ColumnElement[bool]) -> dict[int, list[Deed]]:
    """Return the whole logs of the matters that moved after a moment."""
    later = (
        sa.select(MatterEvent.matter_id)
        .join(Matter, Matter.id == MatterEvent.matter_id)
        .where(MatterEvent.at >= until, where)
    )
    query = (
        sa.select(
            MatterEvent.matter_id, MatterEvent.action, MatterEvent.at, MatterEvent.staff_id, MatterEvent.unit_id,
            MatterEvent.facts,
        )
        .where(MatterEvent.matter_id.in_(later))
        .order_by(MatterEvent.matter_id, MatterEvent.number)
    )  # fmt: skip
    logs: dict[int, list[Deed]] = defaultdict(list)
    for row in session.execute(query):
        logs[row.matter_id].append(Deed(row.action, row.at, row.staff_id, row.unit_id, row.facts))
    return logs
