"""Caller notes: what a caller adds on the status page, kept sealed until the desk has taken it up."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, defer, mapped_column, relationship

from core import journal, purposes
from core.db import Base, Id
from core.people import Staff
from core.problems import Invalid, Refused
from core.secrets import SealedText
from core.terms import Words
from matters.keeping_away import at_the_desk, in_sight
from matters.matter import Matter

LONGEST = 1000
MOST_WAITING = 5


class CallerNote(Base):
    """One thing a caller added, under the receipt that they hold."""

    __tablename__ = "caller_note"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    matter_id: Mapped[int] = mapped_column(sa.ForeignKey("matter.id"), index=True)
    """The matter that is worked on; after a merge not the one of the receipt."""
    receipt_of_id: Mapped[int] = mapped_column(sa.ForeignKey("matter.id"))
    text: Mapped[str] = mapped_column(SealedText("note"))
    written_at: Mapped[datetime]
    taken_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    taken_at: Mapped[datetime | None] = mapped_column(index=True)

    matter: Mapped[Matter] = relationship(foreign_keys=[matter_id])


def add(session: Session, matter: Matter, receipt_of: Matter, text: str, *, at: datetime) -> CallerNote:
    """Keep what a caller adds; a few at a time, so that the desk is not buried."""
    told = text.strip()
    if not 0 < len(told) <= LONGEST:
        raise Invalid(
            fields={"note": Words("请写下要补充的内容，最多 1000 字", "Write up to 1,000 characters")}
        )
    waits = sa.select(sa.func.count()).where(
        CallerNote.receipt_of_id == receipt_of.id, CallerNote.taken_at.is_(None)
    )
    if (session.scalar(waits) or 0) >= MOST_WAITING:
        raise Refused(
            Words(
                "前几条补充还没有看过，请等一等", "What you added before has not been read yet; please wait"
            )
        )
    note = CallerNote(matter_id=matter.id, receipt_of_id=receipt_of.id, text=told, written_at=at)
    session.add(note)
    session.flush()
    journal.write(session, "matter.note_added", matter, by=None, at=at, note=note.id)
    return note


def waiting(session: Session, staff: Staff) -> list[CallerNote]:
    """Return the notes that nobody has taken up, of the matters someone may know of, oldest first."""
    known = at_the_desk(session, staff, sa.select(Matter.id))
    query = sa.select(CallerNote).where(CallerNote.taken_at.is_(None), CallerNote.matter_id.in_(known))
    return list(session.scalars(query.order_by(CallerNote.id).options(defer(CallerNote.text))))


def count_waiting(session: Session, staff: Staff, at: datetime) -> int:
    """Count the notes that wait."""
    known = at_the_desk(session, staff, sa.select(Matter.id))
    query = sa.select(sa.func.count()).where(CallerNote.taken_at.is_(None), CallerNote.matter_id.in_(known))
    return session.scalar(query) or 0


def read(session: Session, note: CallerNote, *, by: Staff, at: datetime) -> str:
    """Read a note for the purpose stated; the journal keeps who and why."""
    in_sight(session, by, note.matter)
    purposes.note_reading(session, note.matter, "matter.note_read", by=by, at=at)
    return note.text


def take_up(session: Session, note: CallerNote, *, by: Staff, at: datetime) -> None:
    """Note that the desk has dealt with it."""
    in_sight(session, by, note.matter)
    session.refresh(note, ["taken_at"], with_for_update=True)
    if note.taken_at is not None:
        raise Refused(Words("已有人处理过这一条", "Someone has dealt with it already"))
    note.taken_by, note.taken_at = by.id, at
    session.flush()
    journal.write(session, "matter.note_taken", note.matter, by=by, at=at, note=note.id)
