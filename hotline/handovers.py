"""Handovers: what one shift leaves to the next, read and signed by the next shift's lead."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import journal
from core.db import Base, Id
from core.people import Staff
from core.permissions import Permission
from core.problems import Forbidden, Invalid, Refused
from core.secrets import SealedText
from core.terms import Words
from hotline.lines import LineKind
from hotline.read_log import ReadPurpose, note_read
from hotline.shifts import Shift

LONGEST = 4000
SIGN_WITHIN = timedelta(minutes=30)
"""How long after a shift's end its note may lie unsigned."""


class Handover(Base):
    """One shift's note to the next: sealed under the counselling key where it is about the counselling line."""

    __tablename__ = "handover"
    __table_args__ = (
        sa.CheckConstraint("(note IS NULL) <> (sealed_note IS NULL)", name="one_note"),
        sa.CheckConstraint("(signed_at IS NULL) = (signed_by IS NULL)", name="signer_has_time"),
        sa.CheckConstraint("signed_by IS NULL OR signed_by <> written_by", name="signed_by_another"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    shift_id: Mapped[int] = mapped_column(sa.ForeignKey("shift.id"), unique=True)
    note: Mapped[str | None] = mapped_column(sa.Text)
    sealed_note: Mapped[str | None] = mapped_column(SealedText("counselling"))
    written_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    written_at: Mapped[datetime]
    signed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    signed_at: Mapped[datetime | None]

    shift: Mapped[Shift] = relationship()
    writer: Mapped[Staff] = relationship(foreign_keys=written_by)
    signer: Mapped[Staff | None] = relationship(foreign_keys=signed_by)

    @property
    def words(self) -> str:
        """What the note says."""
        return self.sealed_note or self.note or ""


def may_read(staff: Staff, line: LineKind) -> bool:
    """Whether somebody may read a line's notes."""
    if line is LineKind.COUNSELLING:
        return staff.may(Permission.COUNSEL_LEAD)
    return staff.may(Permission.HOTLINE_LEAD)


def handover_of(session: Session, shift: Shift) -> Handover | None:
    """Return what a shift left."""
    return session.scalars(sa.select(Handover).where(Handover.shift_id == shift.id)).first()


def write(session: Session, shift: Shift, words: str, *, by: Staff, at: datetime) -> Handover:
    """Write a shift's note, or write it anew while nobody has signed it."""
    if not may_read(by, shift.line):
        raise Forbidden
    words = words.strip()
    if not words or len(words) > LONGEST:
        raise Invalid(
            fields={"words": Words("请写 1 至 {n} 个字", "Between 1 and {n} characters").filled(n=LONGEST)}
        )
    found = handover_of(session, shift)
    if found is not None and found.signed_at is not None:
        raise Refused(
            Words(
                "接班人已签收，交接内容不能再改。要补充的请写进本班的交接。",
                "The next lead has signed; the note can't be changed any more. Add it to the present shift's note.",
            )
        )
    is_sealed = shift.line is LineKind.COUNSELLING
    if found is None:
        found = Handover(shift_id=shift.id, shift=shift)
        session.add(found)
    found.note, found.sealed_note = (None, words) if is_sealed else (words, None)
    found.written_by, found.written_at = by.id, at
    session.flush()
    journal.write(session, "handover.write", found, by=by, at=at, shift=shift.id)
    return found


def read(session: Session, handover: Handover, *, by: Staff, at: datetime) -> str:
    """Open a note; on the counselling line each opening is in the read log."""
    if not may_read(by, handover.shift.line):
        raise Forbidden
    if handover.sealed_note is not None:
        record = journal.record_name(handover)
        note_read(
            session, by=by, contact=None, purpose=ReadPurpose.DUTY, record=record, fields=["note"], at=at
        )
    return handover.words


def sign(session: Session, handover: Handover, *, by: Staff, at: datetime) -> None:
    """Say that the next lead has read the note and takes over."""
    if not may_read(by, handover.shift.line):
        raise Forbidden
    if handover.signed_at is not None:
        raise Refused(Words("已经签收过了。没有任何改动。", "It is signed already. Nothing was changed."))
    if handover.written_by == by.id:
        raise Refused(
            Words(
                "交接内容是您写的，要由接班人签收。没有任何改动。",
                "You wrote this note; the next lead has to sign it. Nothing was changed.",
            )
        )
    handover.signed_by, handover.signed_at = by.id, at
    session.flush()
    journal.write(session, "handover.sign", handover, by=by, at=at, shift=handover.shift_id)
