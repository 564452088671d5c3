"""Records: what an operator writes down of a counselling contact, sealed whole, saved field by field, never lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import journal
from core.db import Base, Id
from core.people import Staff
from core.places import Level, Place
from core.problems import Invalid, Missing, Refused
from core.terms import Words
from hotline import forms, read_log
from hotline.contacts import Contact
from hotline.form_values import BadValue, read_value
from hotline.forms import Form, Value
from hotline.lines import LineKind
from hotline.read_log import ReadPurpose
from hotline.sealed import SealedJson
from hotline.sight import also_in_sight

FORM = "counselling"
LONGEST_TOKEN = 36
MOST_CHANGES = 60


class CounsellingRecord(Base):
    """The record of one contact on the counselling line; its whole content is sealed under the line's own key."""

    __tablename__ = "counselling_record"
    __table_args__ = (sa.CheckConstraint("version >= 1", name="version"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"), unique=True)
    form_version: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(SealedJson())
    version: Mapped[int] = mapped_column(default=1)
    """Goes up with every change, so that two windows notice each other."""
    begun_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    begun_at: Mapped[datetime]
    changed_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    changed_at: Mapped[datetime]

    contact: Mapped[Contact] = relationship()

    @property
    def form(self) -> Form:
        """The form it was written with."""
        return forms.form(FORM, self.form_version)


class RecordChange(Base):
    """One change that reached the house: its token, so that a repeated one is known, and never what it said."""

    __tablename__ = "counselling_record_change"
    __table_args__ = (sa.UniqueConstraint("record_id", "token"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    record_id: Mapped[int] = mapped_column(sa.ForeignKey("counselling_record.id"))
    token: Mapped[str] = mapped_column(sa.String(LONGEST_TOKEN))
    version: Mapped[int]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    at: Mapped[datetime]


class WrittenElsewhere(Refused):
    """Another window wrote in between."""

    words = Words(
        "这份记录刚在另一个窗口有改动，本次没有保存。内容还在本页，正在取来新的一份后再存",
        "Another window has just changed this record, so this was not saved. It is still on this page "
        "and will be saved onto the fresh record",
    )


class RecordIsFinished(Refused):
    """A finished record is not written over."""

    words = Words(
        "这份记录已经完成，本次改动没有保存；之前的内容都在",
        "The record is finished, so this change was not saved; what was written before is kept",
    )


@dataclass(frozen=True)
class Recorded:
    """A record as it was read: which form, which version, what it holds."""

    form: Form
    version: int
    values: dict[str, Value]
    is_finished: bool


def record_of(session: Session, contact: Contact, *, locks: bool = False) -> CounsellingRecord | None:
    """Return the record of a contact, if it was begun; whoever shows what it holds goes through `read`."""
    query = sa.select(CounsellingRecord).where(CounsellingRecord.contact_id == contact.id)
    return session.scalars(query.with_for_update() if locks else query).first()


@also_in_sight
def _writes(session: Session, contact: Contact, by: Staff, at: datetime) -> ReadPurpose | None:
    """Let whoever wrote in a record see it while its contact is open, whoever else calls its caller meanwhile."""
    record = None if contact.closed_at is not None else record_of(session, contact)
    return ReadPurpose.TALK if record is not None and by.id in (record.begun_by, record.changed_by) else None


def read(session: Session, contact: Contact, *, by: Staff, purpose: ReadPurpose, at: datetime) -> Recorded:
    """Open a contact's record for somebody's eyes, and note so; an unbegun one is empty."""
    record = record_of(session, contact)
    is_finished = contact.closed_at is not None
    if record is None:
        return Recorded(forms.form(FORM), 0, {}, is_finished)
    held = dict(record.content)
    read_log.note_read(
        session,
        by=by,
        contact=contact,
        purpose=purpose,
        record=journal.record_name(record),
        fields=sorted(held),
        at=at,
    )
    return Recorded(record.form, record.version, held, is_finished)


def save(
    session: Session,
    contact: Contact,
    changes: Sequence[tuple[str, object]],
    *,
    token: str,
    seen: int,
    by: Staff,
    at: datetime,
    after: str = "",
) -> int:
    """Save some fields and return the new version; the same token twice is one change, None empties a field.

    `seen` is the version that the page knows of; `after` names a change of its own whose arrival it does not know of.
    """
    if contact.line is not LineKind.COUNSELLING:
        raise Missing
    must_be_sound(changes, token)
    session.refresh(contact, with_for_update=True)
    record = record_of(session, contact, locks=True)
    known = known_version(session, record, token)
    if known is not None:
        return known
    if contact.closed_at is not None:
        raise RecordIsFinished
    is_nobodys = contact.taken_by is None and contact.owner_id == by.id
    if contact.taken_by != by.id and not is_nobodys:
        raise Missing
    version = record.version if record is not None else 0
    if version != seen and not (after and known_version(session, record, after) == version):
        raise WrittenElsewhere
    return write(session, contact, record, changed(session, record, changes), token=token, by=by, at=at)


def must_be_sound(changes: Sequence[tuple[str, object]], token: str) -> None:
    """Refuse a change that doesn't say which one it is, or of what."""
    if not token or len(token) > LONGEST_TOKEN or not changes or len(changes) > MOST_CHANGES:
        raise Invalid(Words("改动缺少标记，没有保存", "The change has no token and was not saved"))


def write(
    session: Session,
    contact: Contact,
    record: CounsellingRecord | None,
    held: dict[str, Value],
    *,
    token: str,
    by: Staff,
    at: datetime,
) -> int:
    """Put down what a record holds from now on, and return its version."""
    if record is None:
        record = CounsellingRecord(
            contact_id=contact.id,
            form_version=forms.form(FORM).version,
            content=held,
            version=1,
            begun_by=by.id,
            begun_at=at,
            changed_by=by.id,
            changed_at=at,
        )
        session.add(record)
    else:
        record.content, record.version = held, record.version + 1
        record.changed_by, record.changed_at = by.id, at
    session.flush()
    session.add(RecordChange(record_id=record.id, token=token, version=record.version, by_id=by.id, at=at))
    session.flush()
    return record.version


def values_of(record: CounsellingRecord | None) -> dict[str, Value]:
    """Return a copy of what a record holds; an unbegun one holds nothing."""
    return dict(record.content) if record is not None else {}


def known_version(session: Session, record: CounsellingRecord | None, token: str) -> int | None:
    """Return the version that a change made which has arrived before."""
    if record is None:
        return None
    query = sa.select(RecordChange.version).where(
        RecordChange.record_id == record.id, RecordChange.token == token
    )
    return session.scalars(query).first()


def changed(
    session: Session,
    record: CounsellingRecord | None,
    changes: Sequence[tuple[str, object]],
    *,
    is_strict: bool = True,
) -> dict[str, Value]:
    """Return what a record holds after some changes; what a field can't hold is refused, or else left out."""
    form = record.form if record is not None else forms.form(FORM)
    held = values_of(record)
    fields, wrong = form.fields, {}
    for name, raw in changes:
        try:
            value = read_value(fields.get(name), raw, is_township=lambda id_: is_township(session, id_))
        except BadValue as bad:
            wrong[name] = bad.words
            continue
        if value is None:
            held.pop(name, None)
        else:
            held[name] = value
    if wrong and is_strict:
        raise Invalid(Words("这一项没有保存，其余都在", "This was not saved; the rest is kept"), fields=wrong)
    return held


def is_township(session: Session, place_id: int) -> bool:
    """Say whether an id names a township."""
    place = session.get(Place, place_id)
    return place is not None and place.level is Level.TOWNSHIP
