"""Safety plans: six steps in the caller's own words, a new version each time, shown at the next call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff
from core.problems import Refused
from core.terms import Words
from hotline import safety_steps
from hotline.contacts import Contact
from hotline.safety_steps import SafetyStep
from hotline.sealed import SealedJson


class SafetyPlan(Base):
    """One version of a plan; earlier ones stay."""

    __tablename__ = "safety_plan"
    __table_args__ = (sa.UniqueConstraint("contact_id", "version"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"))
    version: Mapped[int]
    """Counted within the episode."""
    steps: Mapped[dict[str, str]] = mapped_column(SealedJson())
    written_at: Mapped[datetime]
    written_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))

    contact: Mapped[Contact] = relationship()
    writer: Mapped[Staff] = relationship()

    @property
    def plan(self) -> dict[SafetyStep, str]:
        """The six steps."""
        return {step: self.steps.get(step.value, "") for step in SafetyStep}


class WrittenMeanwhile(Refused):
    """Someone else wrote a version since the page was opened."""

    words = Words(
        "这份计划刚被改过。您写的内容还在页面上，请对照最新一版后再保存",
        "The plan was changed meanwhile. What you wrote is still on the page: compare with the newest, then save",
    )


def versions(session: Session, contact: Contact) -> Sequence[SafetyPlan]:
    """Return the versions written in an episode, newest first."""
    query = sa.select(SafetyPlan).where(SafetyPlan.contact_id == contact.id)
    return session.scalars(query.order_by(SafetyPlan.version.desc())).all()


def current(session: Session, contact: Contact) -> SafetyPlan | None:
    """Return the plan to show now: this episode's, else the newest of the same caller's earlier episodes."""
    own = next(iter(versions(session, contact)), None)
    if own is not None or contact.caller_id is None:
        return own
    query = (
        sa.select(SafetyPlan)
        .join(Contact, Contact.id == SafetyPlan.contact_id)
        .where(Contact.caller_id == contact.caller_id)
    )
    return session.scalars(query.order_by(SafetyPlan.id.desc()).limit(1)).first()


def write(
    session: Session,
    contact: Contact,
    entries: Mapping[str, str],
    *,
    seen: int,
    by: Staff,
    at: datetime,
) -> SafetyPlan:
    """Write the next version of an episode's plan; `seen` is the version the writer had before them (0 for none)."""
    plan = safety_steps.checked(entries)
    last = next(iter(versions(session, contact)), None)
    version = last.version if last else 0
    kept = {step.value: text for step, text in plan.items()}
    if last is not None and last.steps == kept:
        return last
    if version != seen:
        raise WrittenMeanwhile
    row = SafetyPlan(contact_id=contact.id, version=version + 1, steps=kept, written_at=at, written_by=by.id)
    session.add(row)
    session.flush()
    return row
