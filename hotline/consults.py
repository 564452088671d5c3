"""Consults: an operator asks a colleague about a caller, who hears a kind voice meanwhile and is never forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.flow import Flow
from core.people import Staff
from core.terms import Term, Words, code_list, coded
from hotline.contacts import Contact

ANSWER_WITHIN = timedelta(seconds=30)
JOIN_WITHIN = timedelta(seconds=15)
LONGEST = timedelta(minutes=5)
"""So long a caller is kept on hold; then the consult ends by itself."""


class ConsultState(Term):
    """Where a consult stands."""

    ASKED = "asked", "等待同事应答", "Colleague asked"
    COMING = "coming", "同事正在接入", "Colleague on the way"
    SPEAKING = "speaking", "咨询中", "Speaking together"
    ENDED = "ended", "已结束", "Ended"
    PASSED = "passed", "已转接", "Passed on"
    FAILED = "failed", "未成功", "Failed"


class ConsultAction(Term):
    """What can be done with it."""

    ACCEPT = "accept", "应答", "Accept"
    DECLINE = "decline", "暂不方便", "Decline"
    JOIN = "join", "接入", "Join"
    END = "end", "结束咨询", "End"
    PASS = "pass", "转接", "Pass on"
    LAPSE = "lapse", "超时", "Lapse"


S, A = ConsultState, ConsultAction
OPEN = (S.ASKED, S.COMING, S.SPEAKING)
TOGETHER = (S.COMING, S.SPEAKING)
"""While the caller is on hold for it."""

CONSULT_FLOW = Flow(
    "consult",
    Words("咨询同事", "Consult"),
    S.ASKED,
    {
        (S.ASKED, A.ACCEPT): S.COMING,
        (S.ASKED, A.DECLINE): S.FAILED,
        (S.ASKED, A.LAPSE): S.FAILED,
        (S.ASKED, A.END): S.ENDED,
        (S.COMING, A.JOIN): S.SPEAKING,
        (S.COMING, A.LAPSE): S.FAILED,
        (S.COMING, A.END): S.ENDED,
        (S.SPEAKING, A.END): S.ENDED,
        (S.SPEAKING, A.LAPSE): S.ENDED,
        (S.SPEAKING, A.PASS): S.PASSED,
    },
)


def _one_open(name: str, column: str) -> sa.Index:
    still_open = sa.text("closed_at IS NULL")
    return sa.Index(name, column, unique=True, sqlite_where=still_open, postgresql_where=still_open)


class Consult(Base):
    """One question to one colleague; a row with a time, so that a caller is never left on hold."""

    __tablename__ = "consult"
    __table_args__ = (
        _one_open("uq_consult_one_open_per_contact", "contact_id"),
        _one_open("uq_consult_one_open_per_colleague", "colleague_id"),
        sa.CheckConstraint(f"(state IN {code_list(*OPEN)}) = (closed_at IS NULL)", name="closed_has_time"),
        sa.CheckConstraint("asked_by <> colleague_id", name="two_people"),
        sa.Index("ix_consult_due_at", "due_at", sqlite_where=sa.text("closed_at IS NULL"),
                 postgresql_where=sa.text("closed_at IS NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    asked_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    colleague_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    state: Mapped[ConsultState] = mapped_column(coded(ConsultState), default=S.ASKED)
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    """When it lapses: unanswered, never joined, or too long for somebody on hold."""
    closed_at: Mapped[datetime | None]

    contact: Mapped[Contact] = relationship()
    asker: Mapped[Staff] = relationship(foreign_keys=asked_by)
    colleague: Mapped[Staff] = relationship(foreign_keys=colleague_id)


_ABOUT = sa.select(Consult).where(Consult.contact_id == sa.bindparam("contact"), Consult.closed_at.is_(None))
_ABOUT_LOCKED = _ABOUT.with_for_update(of=Consult)


def open_consult(session: Session, contact: Contact, *, locks: bool = False) -> Consult | None:
    """Return the consult about a contact that is going on."""
    return session.scalars(_ABOUT_LOCKED if locks else _ABOUT, {"contact": contact.id}).first()


def consult_with(session: Session, staff: Staff, *, locks: bool = False) -> Consult | None:
    """Return the consult that somebody is asked into or takes part in as a colleague."""
    query = sa.select(Consult).where(Consult.colleague_id == staff.id, Consult.closed_at.is_(None))
    return session.scalars(query.with_for_update(of=Consult) if locks else query).first()
