"""Dangers: an event of imminent danger to life, its steps stamped as they are done, until help is confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff
from core.problems import Invalid, Missing, Refused
from core.secrets import SealedText
from core.terms import Words, coded
from hotline import danger_steps, escalations
from hotline.contacts import Contact
from hotline.danger_steps import DangerStep, Stamp, StepResult
from hotline.escalations import EscalationKind
from hotline.sealed import PURPOSE

LONGEST = 600


class Danger(Base):
    """One event; it begins when somebody sees the danger and is over when help is confirmed."""

    __tablename__ = "danger"
    __table_args__ = (
        sa.CheckConstraint("(over_at IS NULL) = (over_by IS NULL)", name="over_by_someone"),
        sa.Index(
            "uq_danger_open",
            "contact_id",
            unique=True,
            postgresql_where=sa.text("over_at IS NULL"),
            sqlite_where=sa.text("over_at IS NULL"),
        ),
        sa.Index("ix_danger_over_at_began_at", "over_at", "began_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    is_acting: Mapped[bool]
    """Whether the act is in progress: then nobody types a reason before calling for help."""
    began_at: Mapped[datetime]
    began_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    over_at: Mapped[datetime | None]
    over_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))

    contact: Mapped[Contact] = relationship()
    stamps: Mapped[list[DangerStamp]] = relationship(order_by="DangerStamp.id")

    @property
    def stamped(self) -> dict[DangerStep, Stamp]:
        """The steps done or set aside."""
        return {s.step: Stamp(s.result, s.at) for s in self.stamps}


class DangerStamp(Base):
    """One step with its moment; a step is stamped once."""

    __tablename__ = "danger_stamp"
    __table_args__ = (sa.UniqueConstraint("danger_id", "step"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    danger_id: Mapped[int] = mapped_column(sa.ForeignKey("danger.id"))
    step: Mapped[DangerStep] = mapped_column(coded(DangerStep))
    result: Mapped[StepResult] = mapped_column(coded(StepResult))
    at: Mapped[datetime]
    by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    words: Mapped[str | None] = mapped_column(SealedText(PURPOSE))

    person: Mapped[Staff] = relationship()


class AlreadyStamped(Refused):
    """The step has its moment already."""

    words = Words("这一步已经记过时间，没有改动", "This step has its time already; nothing was changed")


def open_danger(session: Session, contact: Contact) -> Danger | None:
    """Return the event that goes on in an episode."""
    query = sa.select(Danger).where(Danger.contact_id == contact.id, Danger.over_at.is_(None))
    return session.scalars(query).first()


def dangers_of(session: Session, contact: Contact) -> Sequence[Danger]:
    """Return every event of an episode, newest first."""
    query = sa.select(Danger).where(Danger.contact_id == contact.id).order_by(Danger.id.desc())
    return session.scalars(query).all()


def begin(session: Session, contact: Contact, *, is_acting: bool, by: Staff, at: datetime) -> Danger:
    """Begin the checklist and tell a supervisor in the same moment; the event that goes on is returned as it is."""
    found = open_danger(session, contact)
    if found is not None:
        found.is_acting = found.is_acting or is_acting
        session.flush()
        return found
    danger = Danger(contact_id=contact.id, is_acting=is_acting, began_at=at, began_by=by.id)
    session.add(danger)
    session.flush()
    escalations.escalate(session, EscalationKind.DANGER, danger.id, contact=contact, by=by, at=at)
    return danger


def stamp(
    session: Session,
    contact: Contact,
    step: DangerStep,
    result: StepResult,
    words: str,
    *,
    by: Staff,
    at: datetime,
) -> DangerStamp:
    """Stamp a step of the event that goes on (or of the last one, for what comes after); confirmed help ends it."""
    danger = open_danger(session, contact) or next(iter(dangers_of(session, contact)), None)
    if danger is None:
        raise Missing
    stamps = danger.stamped
    if step in stamps:
        raise AlreadyStamped
    told = words.strip()
    asked = danger_steps.needs_words(step, result, stamps, is_acting=danger.is_acting)
    if asked is not None and not told:
        raise Invalid(asked, fields={f"words_{step.value}": asked})
    if len(told) > LONGEST:
        long = Words("最多 {n} 字", "At most {n} characters").filled(n=LONGEST)
        raise Invalid(fields={f"words_{step.value}": long})
    row = DangerStamp(danger_id=danger.id, step=step, result=result, at=at, by=by.id, words=told or None)
    danger.stamps.append(row)
    if step is DangerStep.CONFIRM and danger.over_at is None:
        danger.over_at, danger.over_by = at, by.id
    session.flush()
    if step is DangerStep.CONFIRM and result is not StepResult.DONE:
        escalations.escalate(session, EscalationKind.UNCONFIRMED, danger.id, contact=contact, by=by, at=at)
    return row


def escalate_unconfirmed(session: Session, *, at: datetime) -> int:
    """Escalate every event whose help is not confirmed within a quarter of an hour; return how many."""
    since = at - danger_steps.WITHIN[DangerStep.CONFIRM]
    is_new = ~escalations.is_raised(EscalationKind.UNCONFIRMED, Danger.id.expression)
    query = sa.select(Danger).where(Danger.over_at.is_(None), Danger.began_at <= since, is_new).limit(100)
    count = 0
    for danger in session.scalars(query).all():
        if danger_steps.must_escalate(danger.began_at, danger.stamped, at=at):
            kind = EscalationKind.UNCONFIRMED
            found = escalations.escalate(session, kind, danger.id, contact=danger.contact, by=None, at=at)
            count += found.raised_at == at
    return count
