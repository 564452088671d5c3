"""Asked purposes: what an old counselling record is opened for, said beforehand by whoever opens it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, Id
from core.people import Staff
from core.problems import Invalid, Refused
from core.secrets import SealedText
from core.terms import Words, coded
from hotline.contacts import Contact
from hotline.read_log import CounsellingRead, ReadPurpose
from hotline.sealed import PURPOSE

AFTER = timedelta(hours=12)
"""Within a shift after its end a talk is still being worked on; later its record is opened for a reason."""
GOOD_FOR = timedelta(hours=2)
LONGEST, SHORTEST = 200, 4
P = ReadPurpose
ASKED = (P.AGAIN, P.CORRECT, P.TEACH, P.LAW, P.OTHER)


class AskedPurpose(Base):
    """One person's reason to read one contact, good for a while; what they wrote is sealed."""

    __tablename__ = "asked_purpose"
    __table_args__ = (sa.Index("ix_asked_purpose_contact_id_staff_id", "contact_id", "staff_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"))
    purpose: Mapped[ReadPurpose] = mapped_column(coded(ReadPurpose))
    words: Mapped[str | None] = mapped_column(SealedText(PURPOSE))
    stated_at: Mapped[datetime]
    until: Mapped[datetime]


class PurposeWanted(Refused):
    """An old record is not opened before it was said what for."""

    words = Words(
        "这次来电早已结束。请先在旁边的页面说明为什么要看，内容没有打开",
        "This contact ended long ago. Say first, on one of its pages, what you read it for; nothing was opened",
    )

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token


def is_past(contact: Contact, *, at: datetime) -> bool:
    """Say whether a contact's talk and wrap-up are so long over that reading it needs a reason."""
    return contact.closed_at is not None and at > contact.closed_at + AFTER


def in_force(session: Session, contact: Contact, *, by: Staff, at: datetime) -> ReadPurpose | None:
    """Return what somebody said they read a contact for, while it holds."""
    query = sa.select(AskedPurpose.purpose).where(
        AskedPurpose.contact_id == contact.id, AskedPurpose.staff_id == by.id, AskedPurpose.until > at
    )
    return session.scalars(query.order_by(AskedPurpose.id.desc()).limit(1)).first()


def words_of(session: Session, reads: Sequence[CounsellingRead]) -> dict[int, str]:
    """Return what readers had written of why they read, by the number of the reading."""
    asked = [read for read in reads if read.purpose in ASKED]
    query = sa.select(AskedPurpose).where(
        AskedPurpose.staff_id.in_({read.staff_id for read in asked}),
        AskedPurpose.contact_id.in_({read.contact_id for read in asked}),
        AskedPurpose.words.is_not(None),
    )
    stated = session.scalars(query.order_by(AskedPurpose.id)).all()
    return {
        read.seq: one.words
        for read in asked
        for one in stated
        if (one.staff_id, one.contact_id, one.purpose) == (read.staff_id, read.contact_id, read.purpose)
        and one.stated_at <= read.at < one.until
        and one.words
    }


def in_force_of(session: Session, *, by: Staff, at: datetime) -> set[int]:
    """Return the contacts of which somebody has said what they read them for."""
    query = sa.select(AskedPurpose.contact_id).where(AskedPurpose.staff_id == by.id, AskedPurpose.until > at)
    return set(session.scalars(query))


def state(
    session: Session, contact: Contact, purpose: ReadPurpose | None, words: str, *, by: Staff, at: datetime
) -> AskedPurpose:
    """Write down what somebody reads a contact for."""
    told = words.strip()
    wrong: dict[str, Words] = {}
    if purpose not in ASKED:
        wrong["purpose"] = Words("请选一项", "Choose one")
    elif purpose is P.OTHER and len(told) < SHORTEST:
        wrong["words"] = Words("选“其他”时请写明", "Say what for when it is something else")
    if len(told) > LONGEST:
        wrong["words"] = Words("最多 {n} 字", "At most {n} characters").filled(n=LONGEST)
    if wrong or purpose is None:
        raise Invalid(Words("还没有打开", "Nothing was opened yet"), fields=wrong)
    row = AskedPurpose(
        staff_id=by.id,
        contact_id=contact.id,
        purpose=purpose,
        words=told or None,
        stated_at=at,
        until=at + GOOD_FOR,
    )
    session.add(row)
    session.flush()
    return row
