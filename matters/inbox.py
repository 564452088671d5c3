"""The inbox of the desk: what waits for a clerk, in queues, the one that is due first on top."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload

from core import listing
from core.people import Staff
from core.places import Place
from core.terms import Term
from matters.attributes import ClockColour, Difficulty, Urgency
from matters.desk import of_county, of_field
from matters.floods import copies
from matters.keeping_away import within_sight
from matters.limits import Limit
from matters.matter import Matter
from matters.messages import MatterRelay
from matters.states import MatterState

S = MatterState
SORTS = {
    "due": Matter.stage_due_at,
    "raised": Matter.raised_at,
    "receipt": Matter.receipt,
    "urgency": Matter.urgency,
}
_CONFIRMED = '"is_decline_confirmed":true'


class Queue(Term):
    """What a clerk does with a matter."""

    ALL = "all", "全部待办", "Everything"
    DRAFTS = "drafts", "待补登", "Drafts to complete"
    SUBMIT = "submit", "待提交", "To submit"
    CONFIRM = "confirm", "不受理待复核", "Declines to confirm"
    CHECK = "check", "结果待审核", "Results to check"
    EXTENSIONS = "extensions", "延期待批", "Extensions asked"
    ASK = "ask", "待问诉求人", "Callers to ask"
    RELAY = "relay", "待转达", "Words to pass on"


def _of(queue: Queue) -> sa.ColumnElement[bool]:
    waiting = sa.select(MatterRelay.matter_id).where(MatterRelay.passed_at.is_(None))
    conditions: dict[Queue, sa.ColumnElement[bool]] = {
        Queue.DRAFTS: Matter.state == S.DRAFT,
        Queue.SUBMIT: Matter.state == S.REGISTERED,
        Queue.CONFIRM: sa.and_(Matter.state == S.NOT_ACCEPTED, ~Matter.standing.contains(_CONFIRMED)),
        Queue.CHECK: Matter.state == S.RESULT_IN,
        Queue.EXTENSIONS: Matter.is_extension_asked.is_(True),
        Queue.ASK: Matter.state == S.WAIT_CALLER,
        Queue.RELAY: Matter.id.in_(waiting),
    }
    return conditions[queue] if queue in conditions else sa.or_(*conditions.values())


@dataclass(frozen=True)
class Row:
    """One line of the inbox."""

    matter: Matter
    colour: ClockColour
    stage: Limit | None
    is_late: bool
    """The step that is waited for is past its limit."""
    is_soon: bool
    copied_from: str | None
    """The receipt of the matter whose answer this one's repeats."""


def counts(session: Session, staff: Staff) -> dict[Queue, int]:
    """Count each queue in one query."""
    columns = [sa.func.count().filter(_of(queue)).label(queue.value) for queue in Queue]
    query: Any = sa.select(*columns).select_from(Matter).where(_of(Queue.ALL))
    row = session.execute(within_sight(session, staff, query)).one()
    return dict(zip(Queue, row, strict=True))


def to_settle(session: Session, staff: Staff) -> list[Matter]:
    """List what sounds like danger and waits for its urgency to be settled, the oldest first."""
    query = (
        sa.select(Matter)
        .where(Matter.state == S.REGISTERED, Matter.standing.contains('"proposed":'))
        .options(defer(Matter.narrative), defer(Matter.redacted))
        .order_by(Matter.registered_at)
        .limit(20)
    )
    return list(session.scalars(within_sight(session, staff, query)))


def waiting(session: Session, staff: Staff, at: datetime) -> int:
    """Count everything that waits at the desk, for the door."""
    query = sa.select(sa.func.count()).select_from(Matter).where(_of(Queue.ALL))
    found: int = session.execute(within_sight(session, staff, query)).scalar_one()
    return found


def chosen(session: Session, staff: Staff, args: Mapping[str, str], *, at: datetime) -> sa.Select[Any]:
    """Choose the matters of a queue as the address says; an unknown filter is no filter."""
    query = (
        sa.select(Matter)
        .where(_of(Queue.found(args.get("queue")) or Queue.ALL))
        .options(
            defer(Matter.narrative),
            defer(Matter.redacted),
            joinedload(Matter.place).joinedload(Place.parent).joinedload(Place.parent),
        )
    )
    urgency = Urgency.found(args.get("urgency"))
    if urgency is not None:
        query = query.where(Matter.urgency == urgency)
    difficulty = Difficulty.found(args.get("difficulty"))
    if difficulty is not None:
        query = query.where(Matter.difficulty == difficulty)
    colour = ClockColour.found(args.get("colour"))
    if colour is not None:
        query = query.where(_shows(colour, at))
    query = of_county(of_field(query, args.get("field")), args.get("county"))
    return within_sight(session, staff, query)


def _shows(colour: ClockColour, at: datetime) -> sa.ColumnElement[bool]:
    running = sa.and_(~Matter.is_paused, Matter.due_at.is_not(None))
    return {
        ClockColour.RED: sa.and_(running, Matter.due_at <= at),
        ClockColour.YELLOW: sa.and_(running, Matter.due_at > at, Matter.yellow_at <= at),
        ClockColour.GREEN: sa.and_(running, Matter.yellow_at > at),
        ClockColour.PAUSED: Matter.is_paused.is_(True),
        ClockColour.NONE: sa.and_(~Matter.is_paused, Matter.due_at.is_(None)),
    }[colour]


def listed(session: Session, staff: Staff, args: Mapping[str, str], *, at: datetime) -> listing.Page[Row]:
    """Read one page of a queue; what is due first comes first."""
    query = listing.ordered(chosen(session, staff, args, at=at), args, SORTS, "due")
    page = listing.page(session, query.order_by(Matter.id), listing.page_number(args))
    noticed = copies(session, staff, [m.id for m in page.rows if m.state is S.RESULT_IN])
    rows = []
    for matter in page.rows:
        copy = noticed.get(matter.id)
        left = (matter.stage_due_at - at).total_seconds() if matter.stage_due_at else None
        length = (matter.stage_due_at - matter.state_since).total_seconds() if matter.stage_due_at else 0
        rows.append(
            Row(
                matter,
                matter.colour(at),
                Limit.found(matter.stage),
                is_late=left is not None and left <= 0,
                is_soon=left is not None and 0 < left <= length / 4,
                copied_from=copy.other.receipt if copy and copy.other else None,
            )
        )
    return listing.Page(rows, page.number, page.per_page, page.total)
