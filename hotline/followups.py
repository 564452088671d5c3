"""Follow-ups: promised calls after a talk, what the caller wished about them, and every try that was made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff
from core.secrets import SealedText
from core.terms import Term, code_list, coded
from hotline.contacts import Contact
from hotline.ladder import DayPart, Rung
from hotline.risk import RiskLevel
from hotline.sealed import PURPOSE, SealedJson


class FollowUpState(Term):
    """Where a follow-up stands."""

    DUE = "due", "待随访", "To be called"
    HELD = "held", "随访中", "Being called"
    REACHED = "reached", "已随访", "Reached"
    NOT_REACHED = "not_reached", "多次未接通", "Not reached"
    DECLINED = "declined", "来电人不再需要", "Not wanted any more"
    REPLACED = "replaced", "等级变化，已重新安排", "Planned anew with the level"


class TryResult(Term):
    """How one try ended."""

    REACHED = "reached", "本人接听，已谈", "Reached, talked"
    NOBODY = "nobody", "无人接听、占线、关机", "Nobody, busy, off"
    OTHER_PERSON = "other_person", "他人接听，未说明来意", "Someone else; nothing was said"
    LATER = "later", "请改时间再打", "Call again at another time"
    DECLINED = "declined", "不希望再打", "No more calls, please"


S = FollowUpState
AGAIN_WITHIN = timedelta(hours=1)
"""How long after its time a further try may lie before it is overdue."""


class FollowUp(Base):
    """One promised call: a row with its time, claimed by whoever is free."""

    __tablename__ = "follow_up"
    __table_args__ = (
        sa.CheckConstraint(f"(state IN {code_list(S.HELD)}) = (held_by IS NOT NULL)", name="held_has_holder"),
        sa.CheckConstraint(
            f"(state IN {code_list(S.DUE, S.HELD)}) = (closed_at IS NULL)", name="closed_has_time"
        ),
        sa.Index("ix_follow_up_state_next_at", "state", "next_at"),
        sa.Index(
            "uq_follow_up_held_by",
            "held_by",
            unique=True,
            postgresql_where=sa.text("held_by IS NOT NULL"),
            sqlite_where=sa.text("held_by IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    rung: Mapped[Rung] = mapped_column(coded(Rung))
    level: Mapped[RiskLevel] = mapped_column(coded(RiskLevel))
    state: Mapped[FollowUpState] = mapped_column(coded(FollowUpState), default=S.DUE)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    planned_at: Mapped[datetime]
    from_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    """By when the first try must have been made."""
    next_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    first_try_at: Mapped[datetime | None]
    held_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    held_until: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    talk_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contact.id"), unique=True)
    """The contact of its own that the call is, once it was dialled."""

    contact: Mapped[Contact] = relationship(foreign_keys=contact_id)
    talk: Mapped[Contact | None] = relationship(foreign_keys=talk_id)
    owner: Mapped[Staff] = relationship(foreign_keys=owner_id)
    attempts: Mapped[list[FollowUpTry]] = relationship(order_by="FollowUpTry.id")

    def is_overdue(self, at: datetime) -> bool:
        """Whether nobody has tried by the time that was promised, or again within an hour of the next try's time."""
        if self.first_try_at is None:
            return self.closed_at is None and at >= self.due_at
        return self.state is S.DUE and at >= self.next_at + AGAIN_WITHIN

    @property
    def late_since(self) -> datetime:
        """From when an overdue one is late: its first try from the promise, a further one from its own time."""
        return self.due_at if self.first_try_at is None else self.next_at


def overdue_at(moment: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a follow-up is overdue at a moment, as `is_overdue` says it."""
    never_tried = sa.and_(
        FollowUp.first_try_at.is_(None), FollowUp.state.in_((S.DUE, S.HELD)), FollowUp.due_at <= moment
    )
    not_again = sa.and_(
        FollowUp.first_try_at.is_not(None), FollowUp.state == S.DUE, FollowUp.next_at <= moment - AGAIN_WITHIN
    )
    return sa.or_(never_tried, not_again)


class FollowUpTry(Base):
    """One try to reach somebody."""

    __tablename__ = "follow_up_try"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    follow_up_id: Mapped[int] = mapped_column(sa.ForeignKey("follow_up.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    result: Mapped[TryResult] = mapped_column(coded(TryResult))
    words: Mapped[str | None] = mapped_column(SealedText(PURPOSE))

    person: Mapped[Staff] = relationship()


class FollowUpWish(Base):
    """What a caller agreed to: whether they may be called, when, by which word, and who else may answer."""

    __tablename__ = "follow_up_wish"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"), unique=True)
    is_agreed: Mapped[bool]
    hours: Mapped[list[str]] = mapped_column(SealedJson())
    safe_word: Mapped[str | None] = mapped_column(SealedText(PURPOSE))
    """What is said, or asked, before anything else is said."""
    others: Mapped[str | None] = mapped_column(SealedText(PURPOSE))
    """Who may answer, and what may be said to them."""
    number: Mapped[str | None] = mapped_column(SealedText("caller"))
    """Another number to be called at, where the caller gave one."""
    changed_at: Mapped[datetime]
    changed_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))

    @property
    def parts(self) -> tuple[DayPart, ...]:
        """The parts of the day that are wished."""
        return tuple(part for part in DayPart if part.value in self.hours)


def wish_of(session: Session, contact_id: int) -> FollowUpWish | None:
    """Return what the caller of an episode agreed to, if they were asked."""
    return session.scalars(sa.select(FollowUpWish).where(FollowUpWish.contact_id == contact_id)).first()


def follow_ups_of(session: Session, contact: Contact) -> Sequence[FollowUp]:
    """Return an episode's follow-ups by their time."""
    query = sa.select(FollowUp).where(FollowUp.contact_id == contact.id)
    return session.scalars(query.order_by(FollowUp.due_at, FollowUp.id)).all()


def talks_of(session: Session, contact: Contact) -> list[int]:
    """Return the ids of an episode's contacts: itself and the calls that followed it up."""
    query = sa.select(FollowUp.talk_id).where(
        FollowUp.contact_id == contact.id, FollowUp.talk_id.is_not(None)
    )
    return [contact.id, *(talk for talk in session.scalars(query) if talk is not None)]


def was_reached_by_hand(session: Session, contact: Contact, *, since: datetime) -> bool:
    """Say whether somebody was reached since a moment in a follow-up that the house did not dial."""
    query = (
        sa.select(FollowUpTry.id)
        .join(FollowUp, FollowUp.id == FollowUpTry.follow_up_id)
        .where(
            FollowUp.contact_id == contact.id,
            FollowUp.talk_id.is_(None),
            FollowUpTry.result == TryResult.REACHED,
            FollowUpTry.at > since,
        )
    )
    return session.scalar(query.limit(1)) is not None
