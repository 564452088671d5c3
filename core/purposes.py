"""Purposes: why a sealed text is opened, said beforehand, kept in the journal, and good for a short while."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import journal
from core.db import Base, Id
from core.people import Staff
from core.problems import Invalid, Refused
from core.secrets import SealedText
from core.terms import Term, Words, coded

GOOD_FOR = timedelta(minutes=20)
"""Long enough to work on one record without being asked again, too short to leave a door open."""
LONGEST = 200
SHORTEST = 4


class ReadingPurpose(Term):
    """Why a sealed text is opened."""

    HANDLE = "handle", "办理这件事", "To work on it"
    CALLER = "caller", "本人来电询问或补充", "The person calls about it"
    CHECK = "check", "督办、复核、回访", "Supervision, check or revisit"
    REDACT = "redact", "更正内容、隐去身份", "To correct it or take identities out"
    LAW = "law", "依法调取", "The law demands it"
    OTHER = "other", "其他（请写明）", "Something else (say what)"


class StatedPurpose(Base):
    """One person's reason to read one record; what they wrote is sealed, the journal keeps only the code."""

    __tablename__ = "stated_purpose"
    __table_args__ = (sa.Index("ix_stated_purpose_in_force", "staff_id", "record", "until"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    record: Mapped[str] = mapped_column(sa.String(60))
    """The record as the journal names it: its table and id."""
    purpose: Mapped[ReadingPurpose] = mapped_column(coded(ReadingPurpose))
    words: Mapped[str | None] = mapped_column(SealedText("note"))
    stated_at: Mapped[datetime]
    until: Mapped[datetime]


class PurposeAsked(Refused):
    """Nobody opens a seal without saying why."""

    words = Words(
        "打开密封内容前，请先说明用途；内容没有打开",
        "Say first why you open what is sealed; it was not opened",
    )


def state(
    session: Session, record: object, purpose: ReadingPurpose | None, words: str, *, by: Staff, at: datetime
) -> StatedPurpose:
    """Write down why someone opens a record; good for them and this record for a short while."""
    told = words.strip()
    fields: dict[str, Words] = {}
    if purpose is None:
        fields["purpose"] = Words("请选一个用途", "Choose a purpose")
    elif purpose is ReadingPurpose.OTHER and len(told) < SHORTEST:
        fields["words"] = Words("选“其他”时请写明用途", "Say what for when it is something else")
    if len(told) > LONGEST:
        fields["words"] = Words("最多 {n} 字", "At most {n} characters").filled(n=LONGEST)
    if fields or purpose is None:
        raise Invalid(PurposeAsked.words, fields=fields)
    stated = StatedPurpose(
        staff_id=by.id,
        record=journal.record_name(record),
        purpose=purpose,
        words=told or None,
        stated_at=at,
        until=at + GOOD_FOR,
    )
    session.add(stated)
    session.flush()
    journal.write(session, "purpose.state", record, by=by, at=at, purpose=purpose.value, stated=stated.id)
    return stated


def in_force(session: Session, record: object, *, by: Staff, at: datetime) -> StatedPurpose | None:
    """Return the purpose that still lets someone read a record, or None."""
    query = (
        sa.select(StatedPurpose)
        .where(
            StatedPurpose.staff_id == by.id,
            StatedPurpose.record == journal.record_name(record),
            StatedPurpose.stated_at <= at,
            StatedPurpose.until > at,
        )
        .order_by(StatedPurpose.id.desc())
    )
    return session.scalars(query.limit(1)).first()


def note_reading(session: Session, record: object, action: str, *, by: Staff, at: datetime) -> StatedPurpose:
    """Journal that a sealed text is read, with its purpose; refuse where none was said."""
    stated = in_force(session, record, by=by, at=at)
    if stated is None:
        raise PurposeAsked
    journal.write(session, action, record, by=by, at=at, purpose=stated.purpose.value, stated=stated.id)
    session.flush()
    return stated
