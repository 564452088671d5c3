"""Duty rings: which duty telephone rang for which call for help or alarm, and when the next one rings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, backref, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff
from hotline.distress import Distress, DistressKind
from hotline.escalations import Escalation, EscalationKind
from hotline.lines import HelpLine, LineKind
from hotline.roster import may_lead
from hotline.shifts import shift_now
from telephony.calls import Call
from telephony.line import LegState

RINGS_FOR = (DistressKind.PANIC,)
RINGS_FOR_ALARMS = (EscalationKind.DANGER, EscalationKind.UNCONFIRMED, EscalationKind.KEY)
NEXT_AFTER = timedelta(seconds=60)
RINGS = backref("rings", order_by="DutyRing.turn")
ROUNDS = 3
"""How often every telephone of a line rings for one cause."""
FRESH_FOR = timedelta(hours=2)


class DutyRing(Base):
    """One duty telephone rung for one cause; the row names who carries it, never who called or what was said."""

    __tablename__ = "duty_ring"
    __table_args__ = (
        sa.CheckConstraint("(distress_id IS NULL) <> (escalation_id IS NULL)", name="one_cause"),
        sa.CheckConstraint("turn >= 1 AND place >= 1", name="counted_from_one"),
        sa.UniqueConstraint("distress_id", "turn"),
        sa.UniqueConstraint("escalation_id", "turn"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    distress_id: Mapped[int | None] = mapped_column(sa.ForeignKey("distress.id"))
    escalation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("escalation.id"))
    turn: Mapped[int]
    place: Mapped[int]
    """Which of the line's duty telephones it is, first to last."""
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    """Who carries it."""
    call_id: Mapped[int] = mapped_column(sa.ForeignKey("call.id"), unique=True)
    rung_at: Mapped[datetime]
    next_at: Mapped[datetime | None]
    """When the next telephone rings, unless somebody has it by then."""
    taken_at: Mapped[datetime | None]
    """When whoever answered pressed the key."""
    stopped_at: Mapped[datetime | None]
    """When it was let go because somebody else has it."""

    distress: Mapped[Distress | None] = relationship(backref=RINGS)
    escalation: Mapped[Escalation | None] = relationship(backref=RINGS)
    staff: Mapped[Staff] = relationship()
    call: Mapped[Call] = relationship()


@dataclass(frozen=True)
class Cause:
    """A call for help or an alarm, as far as a telephone is concerned."""

    row: Distress | Escalation
    line: LineKind
    about_id: int | None
    """Who needs somebody: their own telephone does not ring for it."""
    contact_id: int | None

    @property
    def is_taken(self) -> bool:
        """Whether somebody has it."""
        row = self.row
        return (row.taken_at if isinstance(row, Distress) else row.answered_at) is not None

    @property
    def own(self) -> sa.ColumnElement[bool]:
        """The condition for its rings."""
        if isinstance(self.row, Distress):
            return DutyRing.distress_id == self.row.id
        return DutyRing.escalation_id == self.row.id


def cause_from(row: Distress | Escalation) -> Cause:
    """Return a call for help or an alarm as a cause to ring for; alarms are the counselling line's."""
    if isinstance(row, Distress):
        return Cause(row, row.line, row.about_id, row.contact_id)
    return Cause(row, LineKind.COUNSELLING, row.raised_by, row.contact_id)


def cause_of(ring: DutyRing) -> Cause:
    """Return what a telephone rang for."""
    row = ring.distress or ring.escalation
    assert row is not None  # a constraint of the table
    return cause_from(row)


def open_causes(session: Session, *, at: datetime, contact_id: int | None = None) -> list[Cause]:
    """Return what telephones ring for and nobody has taken, calls for help first; or all that of one contact."""
    calls = sa.select(Distress).where(
        Distress.taken_at.is_(None), Distress.kind.in_(RINGS_FOR), Distress.raised_at > at - FRESH_FOR
    )
    alarms = sa.select(Escalation).where(
        Escalation.answered_at.is_(None),
        Escalation.kind.in_(RINGS_FOR_ALARMS),
        Escalation.raised_at > at - FRESH_FOR,
    )
    if contact_id is not None:
        calls = calls.where(Distress.contact_id == contact_id)
        alarms = alarms.where(Escalation.contact_id == contact_id)
    found: list[Distress | Escalation] = [*session.scalars(calls.order_by(Distress.raised_at))]
    found += session.scalars(alarms.order_by(Escalation.raised_at))
    return [cause_from(row) for row in found]


def last_ring(session: Session, cause: Cause) -> DutyRing | None:
    """Return the last telephone that rang for a cause."""
    query = sa.select(DutyRing).where(cause.own).order_by(DutyRing.turn.desc()).limit(1)
    return session.scalars(query).first()


def live_rings(session: Session) -> Sequence[DutyRing]:
    """Return the telephones that ring or are spoken to now."""
    query = sa.select(DutyRing).join(Call, Call.id == DutyRing.call_id).where(Call.state != LegState.ENDED)
    return session.scalars(query.order_by(DutyRing.id)).all()


def ring_of(session: Session, call: Call) -> DutyRing | None:
    """Return the ring that a leg is."""
    return session.scalars(sa.select(DutyRing).where(DutyRing.call_id == call.id)).first()


def telephones(session: Session, line: HelpLine, *, at: datetime) -> list[tuple[Staff, str]]:
    """Return a line's duty telephones with who carries each: the supervisor on call, the lead, the line's owner."""
    shift = shift_now(session, line.kind, at)
    found = [shift.supervisor, shift.lead] if shift else []
    carriers = list(
        {p.id: p for p in [*found, line.owner] if p is not None and may_lead(p, line.kind)}.values()
    )
    if not carriers:
        return []
    return [(carriers[min(n, len(carriers) - 1)], phone) for n, phone in enumerate(line.duty_phones)]
