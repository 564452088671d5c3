"""Retention: how long counselling records are kept, what holds them longer, and proof of what was deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from core import journal
from core.db import Base, Id
from core.people import Staff
from core.permissions import Permission
from core.problems import Forbidden, Invalid, Missing, Refused
from core.terms import Term, Words, coded
from hotline.callers import Caller
from hotline.contacts import Contact, ContactState
from hotline.deleting import counted, delete_below, sealed_tables
from hotline.lines import LineKind

YEAR = timedelta(days=365.25)
BATCH = 200


class KeptClass(Term):
    """What is kept for how long."""

    RECORD = "record", "咨询记录", "Counselling records"
    NUMBER = "number", "来电号码", "Callers' numbers"


SHORTEST = {KeptClass.RECORD: 3.0, KeptClass.NUMBER: 0.25}
USUAL = {KeptClass.RECORD: 10.0, KeptClass.NUMBER: 3.0}


class RetentionRule(Base):
    """For how many years a class is kept; changed by the lead, never below what the guide asks."""

    __tablename__ = "retention_rule"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kept: Mapped[KeptClass] = mapped_column(coded(KeptClass), unique=True)
    years: Mapped[float]
    changed_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    changed_at: Mapped[datetime]


class LegalHold(Base):
    """A contact that may not be deleted; set and lifted by two people each."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        sa.CheckConstraint("agreed_by IS NULL OR agreed_by <> asked_by", name="two_set_it"),
        sa.CheckConstraint("lifted_by IS NULL OR lifted_by <> lift_asked_by", name="two_lift_it"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    reference: Mapped[str] = mapped_column(sa.String(60))
    """The number of the written demand; no names."""
    asked_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    asked_at: Mapped[datetime]
    agreed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    lift_asked_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    lifted_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    lifted_at: Mapped[datetime | None]


class RetentionRun(Base):
    """What one run of the job deleted: how many rows of which tables, and the fingerprint of their list."""

    __tablename__ = "retention_run"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    kept: Mapped[KeptClass] = mapped_column(coded(KeptClass))
    before: Mapped[datetime]
    contacts: Mapped[int]
    held: Mapped[int]
    rows: Mapped[dict[str, Any]]
    digest: Mapped[str] = mapped_column(sa.String(64))
    """SHA-256 over the deleted rows' names and sealed content, in order."""
    left: Mapped[int]
    """Rows found afterwards that should be gone: zero, or the run is not whole."""


@dataclass(frozen=True)
class Due:
    """What a run would delete."""

    before: datetime
    contacts: Sequence[int]
    held: int


def years_of(session: Session, kept: KeptClass) -> float:
    """Return for how long a class is kept."""
    found = session.scalar(sa.select(RetentionRule.years).where(RetentionRule.kept == kept))
    return USUAL[kept] if found is None else float(found)


def set_years(session: Session, kept: KeptClass, years: float, *, by: Staff, at: datetime) -> None:
    """Say for how long a class is kept from now on."""
    if not SHORTEST[kept] <= years <= 50:
        words = Words(f"须在 {SHORTEST[kept]:g} 到 50 年之间", f"Between {SHORTEST[kept]:g} and 50 years")
        raise Invalid(Words("没有改动", "Nothing was changed"), fields={kept.value: words})
    rule = session.scalars(sa.select(RetentionRule).where(RetentionRule.kept == kept)).first()
    if rule is None:
        rule = RetentionRule(kept=kept, years=years, changed_by=by.id, changed_at=at)
        session.add(rule)
    rule.years, rule.changed_by, rule.changed_at = years, by.id, at
    session.flush()
    journal.write(session, "retention.set", rule, by=by, at=at, kept=kept.value, years=years)


def _held() -> sa.Select[Any]:
    return sa.select(LegalHold.contact_id).where(
        LegalHold.agreed_by.is_not(None), LegalHold.lifted_at.is_(None)
    )


def due(session: Session, kept: KeptClass, *, at: datetime, limit: int = BATCH) -> Due:
    """Return which counselling contacts have reached the end of a class, and how many are held back."""
    before = at - years_of(session, kept) * YEAR
    old = sa.and_(
        Contact.line == LineKind.COUNSELLING, Contact.state == ContactState.DONE, Contact.closed_at < before
    )
    if kept is KeptClass.RECORD:
        has_rows = sa.or_(*(sa.exists().where(table.c.contact_id == Contact.id) for table in sealed_tables()))
    else:
        # A caller who came again keeps their number until the last of their contacts is that old.
        again = aliased(Contact)
        came_again = sa.exists().where(
            again.caller_id == Contact.caller_id,
            sa.or_(again.state != ContactState.DONE, again.closed_at >= before),
        )
        has_number = Contact.caller_id.in_(sa.select(Caller.id).where(Caller.number.is_not(None)))
        has_rows = sa.and_(has_number, ~came_again)
    query = sa.select(Contact.id).where(old, has_rows, Contact.id.not_in(_held())).order_by(Contact.id)
    held = sa.select(sa.func.count(Contact.id)).where(old, Contact.id.in_(_held()))
    return Due(before, session.scalars(query.limit(limit)).all(), session.execute(held).scalar_one())


def delete_due(session: Session, kept: KeptClass, *, at: datetime) -> RetentionRun | None:
    """Delete what has reached its end, look whether it is gone, and keep the proof; None when nothing was due."""
    found = due(session, kept, at=at)
    if not found.contacts:
        return None
    if kept is KeptClass.RECORD:
        rows, digest = delete_below(session, found.contacts)
        left = counted(session, found.contacts)
    else:
        rows, digest, left = _forget_numbers(session, found.contacts)
    run = RetentionRun(
        at=at, kept=kept, before=found.before, contacts=len(found.contacts), held=found.held, rows=rows,
        digest=digest, left=left,
    )  # fmt: skip
    session.add(run)
    session.flush()
    journal.write(
        session, "retention.delete", run, by=None, at=at, kept=kept.value, contacts=run.contacts, left=left
    )
    return run


def _forget_numbers(session: Session, contacts: Sequence[int]) -> tuple[dict[str, int], str, int]:
    """Wipe the numbers of the contacts' callers."""
    callers = sa.select(Contact.caller_id).where(Contact.id.in_(contacts))
    query = sa.select(Caller).where(Caller.id.in_(callers), Caller.number.is_not(None)).order_by(Caller.id)
    chosen = session.scalars(query).all()
    digest = hashlib.sha256()
    for caller in chosen:
        digest.update(f"caller:{caller.id}:".encode() + (caller.number_index or b""))
        caller.number = caller.number_index = None
    session.flush()
    left = sa.select(sa.func.count(Caller.id)).where(Caller.id.in_(callers), Caller.number.is_not(None))
    return {"caller": len(chosen)}, digest.hexdigest(), session.execute(left).scalar_one()


def ask_hold(session: Session, contact: Contact, reference: str, *, by: Staff, at: datetime) -> LegalHold:
    """Ask that a contact is kept; it is held when a second person agrees."""
    if not 3 <= len(reference.strip()) <= 60:
        words = Words("请写文书编号（3–60 字）", "Give the demand's number (3–60 characters)")
        raise Invalid(Words("没有设置保全", "No hold was set"), fields={"reference": words})
    hold = LegalHold(contact_id=contact.id, reference=reference.strip(), asked_by=by.id, asked_at=at)
    session.add(hold)
    session.flush()
    journal.write(session, "legal_hold.ask", hold, by=by, at=at)
    return hold


def agree_hold(session: Session, hold: LegalHold, *, by: Staff, at: datetime) -> None:
    """Agree, as the second person."""
    _second(hold.asked_by, by)
    hold.agreed_by = by.id
    session.flush()
    journal.write(session, "legal_hold.agree", hold, by=by, at=at)


def lift(session: Session, hold: LegalHold, *, by: Staff, at: datetime) -> None:
    """Lift a hold: the first who says so asks, the second does it."""
    if hold.lifted_at is not None:
        raise Refused(Words("保全已经解除", "The hold is lifted already"))
    if hold.lift_asked_by is None:
        hold.lift_asked_by = by.id
        session.flush()
        journal.write(session, "legal_hold.ask_lift", hold, by=by, at=at)
        return
    _second(hold.lift_asked_by, by)
    hold.lifted_by, hold.lifted_at = by.id, at
    session.flush()
    journal.write(session, "legal_hold.lift", hold, by=by, at=at)


def _second(first: int, by: Staff) -> None:
    if not by.may(Permission.COUNSEL_LEAD):
        raise Forbidden
    if first == by.id:
        raise Refused(Words("要另一个人来做，没有改动", "Another person has to do this; nothing was changed"))


def hold_numbered(session: Session, hold_id: int) -> LegalHold:
    """Return a hold, locked."""
    found = session.get(LegalHold, hold_id, with_for_update=True)
    if found is None:
        raise Missing
    return found
