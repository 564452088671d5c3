"""Screenings: the screener's answers of one episode, kept row by row as they are given."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, Id
from core.people import Staff
from core.terms import coded
from hotline import instruments, screener
from hotline.contacts import Contact
from hotline.screener import Grade, Heard, Row, Screening
from hotline.sealed import SealedJson


class ScreeningSheet(Base):
    """The screener of one episode; answers are sealed, whether it was finished is not."""

    __tablename__ = "screening"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"), unique=True)
    wording: Mapped[str] = mapped_column(sa.String(40))
    """Which wording was read out."""
    answers: Mapped[dict[str, str | None]] = mapped_column(SealedJson())
    grade: Mapped[Grade | None] = mapped_column(coded(Grade))
    is_finished: Mapped[bool] = mapped_column(default=False)
    begun_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    begun_at: Mapped[datetime] = mapped_column(index=True)
    changed_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    @property
    def screening(self) -> Screening:
        """The answers with their grade."""
        return screener.from_json(self.answers)


def sheet_of(session: Session, contact: Contact) -> ScreeningSheet | None:
    """Return the screener of an episode, if it was begun."""
    return session.scalars(sa.select(ScreeningSheet).where(ScreeningSheet.contact_id == contact.id)).first()


def latest_of(session: Session, contact_ids: Collection[int]) -> ScreeningSheet | None:
    """Return the screener begun last in any of these talks."""
    query = sa.select(ScreeningSheet).where(ScreeningSheet.contact_id.in_(contact_ids))
    return session.scalars(query.order_by(ScreeningSheet.id.desc()).limit(1)).first()


def answer(
    session: Session, contact: Contact, changes: Mapping[Row, Heard | None], *, by: Staff, at: datetime
) -> ScreeningSheet:
    """Write down answers as they are given; a row that the skip rule passes over is emptied."""
    sheet = sheet_of(session, contact)
    if sheet is None:
        wording = instruments.instrument("cssrs").version
        sheet = ScreeningSheet(
            contact_id=contact.id, wording=wording, answers={}, begun_by=by.id, begun_at=at, changed_at=at
        )
        session.add(sheet)
    before = screener.from_json(sheet.answers)
    now = screener.screened({**before.answers, **changes})
    sheet.answers = now.as_json()
    sheet.grade, sheet.is_finished, sheet.changed_at = now.grade, now.is_finished, at
    sheet.finished_at = (sheet.finished_at or at) if now.is_finished else None
    session.flush()
    return sheet
