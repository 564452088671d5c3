"""The supervision office's board: what is red and yellow, what waits for a ruling, and which incidents run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, defer, joinedload

from core.listing import PER_PAGE, Page, ordered, page_number
from core.people import Staff
from core.places import Place
from core.terms import Term
from matters.attributes import Conflict, Difficulty, Urgency
from matters.flow import Side
from matters.joint_rulings import JointRuling
from matters.keeping_away import LED, is_party, within_sight
from matters.matter import Matter
from matters.notices import MatterNotice, NoticeKind
from matters.states import OPEN, MatterState
from matters.topics import TOPICS, Field

COUNTED_UP_TO = 1_000
"""More than this is shown as “1,000+”: nobody works off more in a day."""
PAGED_UP_TO = 3_000
MOST_EXPORTED = 20_000
LEVEL = 2
S = MatterState
_CONFIRMED = '"is_decline_confirmed":true'


class Queue(Term):
    """What the office looks at."""

    RED = "red", "已超期", "Overdue"
    YELLOW = "yellow", "将到期", "Nearly due"
    ASSIGN = "assign", "待交办", "To assign"
    RETURNS = "returns", "退回待裁定", "Returns to decide"
    EXTENSIONS = "extensions", "延期待批", "Extensions to decide"
    JOINT = "joint", "联合裁定待确认", "Joint rulings"
    INCIDENTS = "incidents", "突发事件", "Incidents"
    SUSPENDED = "suspended", "挂账", "Suspended"
    ESCALATED = "escalated", "已上报二级以上", "Level 2 and up"
    CENTRE = "centre", "反映本中心", "About the centre"
    UNNAMED = "unnamed", "待查明被反映单位", "Unit complained about to be named"
    ALL = "all", "全部在办", "All open"


TO_DECIDE = (Queue.ASSIGN, Queue.RETURNS, Queue.EXTENSIONS)
SORTS = {
    "receipt": Matter.receipt,
    "clock": Matter.due_at,
    "stage": Matter.stage_due_at,
    "registered": Matter.registered_at,
    "level": Matter.level,
}
_DEFAULT_SORT = {
    Queue.ASSIGN: "stage",
    Queue.RETURNS: "stage",
    Queue.EXTENSIONS: "clock",
    Queue.SUSPENDED: "stage",
    Queue.ALL: "-registered",
}


def _joint() -> sa.Select[Any]:
    return (  # looked up from the few rulings that wait, not from every matter that could have one
        sa.select(JointRuling.matter_id)
        .join(LED, sa.and_(LED.c.id == JointRuling.matter_id, LED.c.version == JointRuling.matter_version))
        .where(JointRuling.decided_at.is_(None))
    )


def _within(queue: Queue, at: datetime) -> list[sa.ColumnElement[bool]]:
    """Say what belongs to a queue; each is one index away, and only the one asked for is put together."""
    match queue:
        case Queue.RED:
            return [Matter.due_at <= at]
        case Queue.YELLOW:
            return [Matter.due_at > at, Matter.yellow_at <= at]
        case Queue.ASSIGN:
            return [Matter.state == S.TO_ROUTE]
        case Queue.RETURNS:
            return [Matter.state == S.RETURN_ASKED]
        case Queue.EXTENSIONS:
            return [Matter.is_extension_asked.is_(True)]
        case Queue.JOINT:
            return [Matter.id.in_(_joint()), Matter.state.in_([S.TO_ROUTE, S.RETURN_ASKED])]
        case Queue.INCIDENTS:
            return [Matter.is_incident.is_(True), Matter.state.in_(OPEN)]
        case Queue.SUSPENDED:
            return [Matter.state == S.SUSPENDED]
        case Queue.ESCALATED:
            return [Matter.level >= LEVEL, Matter.ended_at.is_(None)]
        case Queue.CENTRE:
            return [Matter.conflict == Conflict.CENTRE, _is_unfinished()]
        case Queue.UNNAMED:
            is_about = Matter.conflict.in_([Conflict.STAFF, Conflict.UNIT])
            return [is_about, Matter.conflict_unit_id.is_(None), _is_unfinished()]
        case _:
            return [Matter.ended_at.is_(None), Matter.state != S.DRAFT]


def _is_unfinished() -> sa.ColumnElement[bool]:
    """Say that something is still to be done: a decline that nobody has confirmed is."""
    is_open = sa.and_(Matter.ended_at.is_(None), Matter.state != S.DRAFT)
    return sa.or_(is_open, sa.and_(Matter.state == S.NOT_ACCEPTED, ~Matter.standing.contains(_CONFIRMED)))


def queues_of(staff: Staff) -> list[Queue]:
    """Return the queues that someone has: the centre, and who is not named yet, are the Party office's alone."""
    return [queue for queue in Queue if queue not in (Queue.CENTRE, Queue.UNNAMED) or is_party(staff)]


def _filters(args: Mapping[str, str]) -> list[sa.ColumnElement[bool]]:
    """Read the filters of the address; an unknown one is none."""
    found: list[sa.ColumnElement[bool]] = []
    urgency, field = Urgency.found(args.get("urgency")), Field.found(args.get("field"))
    if urgency is not None:
        found.append(Matter.urgency == urgency)
    if field is not None:
        found.append(Matter.topic.in_([topic.code for topic in TOPICS if topic.field is field]))
    difficulty = Difficulty.found(args.get("difficulty"))
    if difficulty is not None:
        found.append(Matter.difficulty == difficulty)
    unit, county = args.get("unit", ""), args.get("county", "")
    if unit.isascii() and unit.isdigit():
        found.append(Matter.lead_unit_id == int(unit[:9]))
    if county.isascii() and county.isdigit():
        above = aliased(Place)
        number = int(county[:9])
        inside = (
            sa.select(Place.id)
            .outerjoin(above, Place.parent_id == above.id)
            .where(sa.or_(Place.id == number, Place.parent_id == number, above.parent_id == number))
        )
        found.append(Matter.place_id.in_(inside))
    return found


def chosen(session: Session, staff: Staff, queue: Queue, args: Mapping[str, str], *, at: datetime) -> Any:
    """Choose the ids of a queue's matters as the address filters them."""
    query = sa.select(Matter.id).where(*_within(queue, at), *_filters(args))
    return within_sight(session, staff, query)


def listed(
    session: Session,
    staff: Staff,
    queue: Queue,
    args: Mapping[str, str],
    *,
    at: datetime,
    per_page: int = PER_PAGE,
) -> Page[Matter]:
    """Read one page of a queue, the most pressing first."""
    ids = chosen(session, staff, queue, args, at=at)
    total = session.scalar(sa.select(sa.func.count()).select_from(ids.limit(PAGED_UP_TO).subquery())) or 0
    number = min(page_number(args), max(1, -(-total // per_page)))
    query = ordered(ids, args, SORTS, _DEFAULT_SORT.get(queue, "clock")).order_by(Matter.id)
    wanted = list(session.scalars(query.limit(per_page).offset((number - 1) * per_page)))
    found = session.scalars(
        sa.select(Matter)
        .where(Matter.id.in_(wanted))
        .options(
            defer(Matter.narrative),
            defer(Matter.redacted),
            joinedload(Matter.lead_unit),
            joinedload(Matter.place).joinedload(Place.parent).joinedload(Place.parent),
        )
    )
    by_id = {matter.id: matter for matter in found}
    return Page([by_id[n] for n in wanted if n in by_id], number, per_page, total)


def counts(session: Session, staff: Staff, *, at: datetime) -> dict[Queue, int]:
    """Count every queue but the whole list, each up to a limit that no office works off in a day."""
    seen = within_sight(session, staff, sa.select(Matter.id))
    parts = [
        sa.select(sa.literal(queue.value), _counted(seen.where(*_within(queue, at)), COUNTED_UP_TO))
        for queue in queues_of(staff)
        if queue is not Queue.ALL
    ]
    return {Queue.of(code): n for code, n in session.execute(sa.union_all(*parts))}


def first_filled(counts: Mapping[Queue, int]) -> Queue:
    """Return the most pressing queue in which something waits."""
    return next((queue for queue in Queue if counts.get(queue)), Queue.RED)


def _counted(ids: sa.Select[Any], limit: int) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(ids.limit(limit).subquery()).scalar_subquery()


def to_decide(session: Session, staff: Staff, at: datetime) -> int:
    """Count what waits for the office's decision: to assign, returns, extensions."""
    seen = within_sight(session, staff, sa.select(Matter.id))
    parts = [_counted(seen.where(*_within(queue, at)), COUNTED_UP_TO) for queue in TO_DECIDE]
    return sum(session.execute(sa.select(*parts)).one())


def incident_notices(session: Session, matter_ids: list[int]) -> set[int]:
    """Say which incidents nobody of the supervision offices has looked at."""
    query = sa.select(MatterNotice.matter_id).where(
        MatterNotice.matter_id.in_(matter_ids),
        MatterNotice.kind == NoticeKind.INCIDENT,
        MatterNotice.side == Side.SUPERVISION,
        MatterNotice.seen_at.is_(None),
    )
    return set(session.scalars(query))
