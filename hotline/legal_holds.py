"""Legal holds: contacts that may not be deleted while a written demand stands; two people set one and two lift it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import journal
from core.db import Base, Id
from core.people import Staff
from core.permissions import Permission
from core.problems import Forbidden, Invalid, Missing, Refused
from core.terms import Words
from hotline.contacts import Contact


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


def held_contacts() -> sa.Select[int]:
    """Return the query for the contacts that are held."""
    return sa.select(LegalHold.contact_id).where(
        LegalHold.agreed_by.is_not(None), LegalHold.lifted_at.is_(None)
    )


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
