"""Escalations: what somebody must look at now, shown until a person answers, told to three people in turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff, StaffRole
from core.permissions import OPENS, Permission, Role
from core.problems import Forbidden, Missing
from core.terms import Term, coded
from hotline import ladder
from hotline.contacts import Contact
from hotline.lines import HelpLine, LineKind, line_of
from hotline.ownership import owner_for
from hotline.seats import LOST_AFTER, Seat, SeatState

LEADS = tuple(role for role in Role if Permission.COUNSEL_LEAD in OPENS[role])


class EscalationKind(Term):
    """Why somebody must look now."""

    KEY = "key", "重点来电，请督导关注", "A key contact: look at it now"
    DANGER = "danger", "正在发生生命危险", "Life is in danger now"
    UNCONFIRMED = "unconfirmed", "15 分钟内未确认援助到达", "Help not confirmed within 15 minutes"
    OVERDUE = "overdue", "重点随访超时", "A key follow-up is overdue"
    NOT_REACHED = "not_reached", "重点随访多次未接通", "A key follow-up could not be reached"
    RED_FLAG = "red_flag", "自评出现危险作答", "A dangerous answer in a self-assessment"
    CALL_BACK = "call_back", "承诺回拨，15 分钟无人拨打", "A call-back nobody has tried for 15 minutes"


class Escalation(Base):
    """One cause to look at once, raised once; it names records, never what was said."""

    __tablename__ = "escalation"
    __table_args__ = (
        sa.CheckConstraint("answered_by IS NULL OR answered_at IS NOT NULL", name="answered_by_someone"),
        sa.Index("ix_escalation_answered_at_next_at", "answered_at", "next_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(60), unique=True)
    """What it is about, once: raising it again changes nothing."""
    kind: Mapped[EscalationKind] = mapped_column(coded(EscalationKind))
    contact_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    first_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    """Who is told first, where somebody is nearer to it than the lead on call."""
    raised_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    raised_at: Mapped[datetime]
    next_at: Mapped[datetime | None]
    """When one more person is told; None after three."""
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    """Who took it over; nobody where its cause was over by itself."""

    contact: Mapped[Contact | None] = relationship()
    answerer: Mapped[Staff | None] = relationship(foreign_keys=answered_by)
    turns: Mapped[list[EscalationTurn]] = relationship(order_by="EscalationTurn.turn")


class EscalationTurn(Base):
    """One person who was told."""

    __tablename__ = "escalation_turn"

    escalation_id: Mapped[int] = mapped_column(sa.ForeignKey("escalation.id"), primary_key=True)
    turn: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    told_at: Mapped[datetime]

    staff: Mapped[Staff] = relationship()


def is_raised(kind: EscalationKind, about: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Return the condition that a row was escalated already, so that rounds only look at new ones."""
    key = sa.literal(f"{kind.value}:") + sa.cast(about, sa.String)
    return sa.exists().where(Escalation.key == key)


def escalate(
    session: Session,
    kind: EscalationKind,
    about: object,
    *,
    contact: Contact | None,
    by: Staff | None,
    at: datetime,
    first_id: int | None = None,
) -> Escalation:
    """Tell the first person at once; what stands already is returned as it is."""
    key = f"{kind.value}:{about}"
    found = session.scalars(sa.select(Escalation).where(Escalation.key == key)).first()
    if found is not None:
        return found
    found = Escalation(
        key=key,
        kind=kind,
        contact_id=contact.id if contact else None,
        first_id=first_id,
        raised_by=by.id if by else None,
        raised_at=at,
        next_at=at,
    )
    try:
        with session.begin_nested():
            session.add(found)
    except IntegrityError:  # the watch and a person saw it in the same moment
        return session.scalars(sa.select(Escalation).where(Escalation.key == key)).one()
    tell_next(session, found, at=at)
    return found


def _candidates(session: Session, found: Escalation, at: datetime) -> Iterator[int]:
    """Yield whom to tell: the nearest, the lead on call, leads at their seats, other leads, the line's owner."""
    line: HelpLine | None = line_of(session, LineKind.COUNSELLING)
    if found.first_id is not None:
        yield found.first_id
    if line is not None:
        yield owner_for(session, line, at=at)
    leads = (
        sa.select(Staff.id)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(Staff.is_active, StaffRole.role.in_(LEADS))
        .order_by(Staff.id)
    )
    sitting = sa.select(Seat.staff_id).where(
        Seat.state != SeatState.OFF, Seat.heartbeat_at >= at - LOST_AFTER
    )
    yield from session.scalars(leads.where(Staff.id.in_(sitting)))
    yield from session.scalars(leads)
    if line is not None:
        yield line.owner_id


def tell_next(session: Session, found: Escalation, *, at: datetime) -> EscalationTurn | None:
    """Tell one more person; None when three were told or there is nobody else."""
    told = {turn.staff_id for turn in found.turns}
    passed = told | ({found.raised_by} if found.first_id != found.raised_by else set())
    number = len(told) + 1
    others = (s for s in _candidates(session, found, at) if s not in passed)
    # A lead who is alone at the line and raises it sees it as well: better than nobody.
    somebody = next(others, found.raised_by if not told else None)
    if number > ladder.ALARM_ROUNDS or somebody is None:
        found.next_at = None
        session.flush()
        return None
    turn = EscalationTurn(escalation_id=found.id, turn=number, staff_id=somebody, told_at=at)
    found.turns.append(turn)
    found.next_at = at + ladder.ALARM_EVERY if number < ladder.ALARM_ROUNDS else None
    session.flush()
    return turn


def tell_due(session: Session, *, at: datetime, limit: int = 100) -> int:
    """Tell one more person about each cause that nobody has answered; return how many were told."""
    query = (
        sa.select(Escalation)
        .where(Escalation.answered_at.is_(None), Escalation.next_at <= at)
        .order_by(Escalation.next_at)
        .limit(limit)
        .with_for_update(of=Escalation, skip_locked=True)
    )
    return sum(tell_next(session, found, at=at) is not None for found in session.scalars(query).all())


def answer(session: Session, escalation_id: int, *, by: Staff, at: datetime) -> Escalation:
    """Note that somebody looks after it; whoever answered first stays."""
    found = session.scalars(
        sa.select(Escalation).where(Escalation.id == escalation_id).with_for_update(of=Escalation)
    ).first()
    if found is None:
        raise Missing
    if not by.may(Permission.COUNSEL_LEAD) and by.id not in {turn.staff_id for turn in found.turns}:
        raise Forbidden
    if found.answered_at is None:
        found.answered_at, found.answered_by = at, by.id
        session.flush()
    return found


def answer_nameless(session: Session, *, by: Staff, at: datetime) -> int:
    """Note that somebody has seen to all alarms about nobody in particular; return how many there were."""
    if not by.may(Permission.COUNSEL_LEAD):
        raise Forbidden
    done = session.execute(
        sa.update(Escalation)
        .where(Escalation.answered_at.is_(None), Escalation.contact_id.is_(None), Escalation.raised_at <= at)
        .values(answered_at=at, answered_by=by.id)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def open_escalations(session: Session, *, by: Staff) -> Sequence[Escalation]:
    """Return what nobody has answered, oldest first: all for a lead, one's own for everybody else."""
    query = (
        sa.select(Escalation)
        .where(Escalation.answered_at.is_(None))
        .order_by(Escalation.raised_at, Escalation.id)
    )
    if not by.may(Permission.COUNSEL_LEAD):
        mine = sa.select(EscalationTurn.escalation_id).where(EscalationTurn.staff_id == by.id)
        query = query.where(Escalation.id.in_(mine))
    return session.scalars(query).all()


def count_open(session: Session, *, by: Staff) -> int:
    """Count what waits for somebody's answer: for a lead all, for everybody else their own."""
    query = sa.select(sa.func.count(Escalation.id)).where(Escalation.answered_at.is_(None))
    if not by.may(Permission.COUNSEL_LEAD):
        mine = sa.select(EscalationTurn.escalation_id).where(EscalationTurn.staff_id == by.id)
        query = query.where(Escalation.id.in_(mine))
    return session.scalar(query) or 0


def answered_lately(
    session: Session, *, at: datetime, within: timedelta = timedelta(hours=24)
) -> Sequence[Escalation]:
    """Return what was answered in the last day, newest first."""
    query = (
        sa.select(Escalation)
        .where(Escalation.answered_at >= at - within)
        .order_by(Escalation.answered_at.desc())
    )
    return session.scalars(query.limit(100)).all()
