"""Late words: what was typed of a call before it went to somebody else, and reached the house only afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import journal
from core.db import Base, Id
from core.people import Staff
from core.problems import Missing
from hotline import forms, records
from hotline.consults import Consult, ConsultState
from hotline.contacts import Contact
from hotline.lines import LineKind
from hotline.read_log import ReadPurpose, note_read
from hotline.record_sheet import SheetPart, sheet
from hotline.records import LONGEST_TOKEN, CounsellingRecord, RecordChange
from hotline.sealed import SealedJson

TAKEN_WITHIN = timedelta(hours=12)
"""How long after a call rang late words of it are still taken."""


class LateNote(Base):
    """What somebody had typed into fields that others had filled meanwhile: beside the record, never over it."""

    __tablename__ = "counselling_late_note"
    __table_args__ = (sa.UniqueConstraint("contact_id", "token"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"))
    token: Mapped[str] = mapped_column(sa.String(LONGEST_TOKEN))
    content: Mapped[dict[str, Any]] = mapped_column(SealedJson())
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    at: Mapped[datetime]

    by: Mapped[Staff] = relationship()


def save(
    session: Session,
    contact: Contact,
    changes: Sequence[tuple[str, object]],
    *,
    token: str,
    seen: int,
    was: Mapping[str, object],
    by: Staff,
    at: datetime,
    after: str = "",
) -> int:
    """Save some fields; late ones go where nobody wrote since, and the rest is noted beside the record.

    `was` is what each field held when the page last heard from the house.
    """
    session.refresh(contact, with_for_update=True)
    is_open = contact.closed_at is None
    record = records.record_of(session, contact, locks=True)
    is_own = by.id == (contact.owner_id if contact.taken_by is None else contact.taken_by)
    wrote_lately = _wrote(session, contact, record, by, at)
    if is_own and (is_open or not wrote_lately):
        return records.save(session, contact, changes, token=token, seen=seen, after=after, by=by, at=at)
    if not wrote_lately:
        raise Missing
    records.must_be_sound(changes, token)
    version = record.version if record is not None else 0
    known = records.known_version(session, record, token)
    if known is not None or _noted(session, contact, token):
        return version if known is None else known
    held = records.values_of(record)
    wanted = records.changed(session, record, changes)
    before = records.changed(session, record, [(name, was.get(name)) for name, _ in changes], is_strict=False)
    differing = [name for name, _ in changes if held.get(name) != wanted.get(name)]
    free = [name for name in differing if is_open and held.get(name) == before.get(name)]
    beside = {name: wanted[name] for name in differing if name not in free and name in wanted}
    if beside:
        session.add(LateNote(contact_id=contact.id, token=token, content=beside, by_id=by.id, at=at))
    if free:
        for name in free:
            held.pop(name, None)
        written = held | {name: wanted[name] for name in free if name in wanted}
        version = records.write(session, contact, record, written, token=token, by=by, at=at)
    session.flush()
    return version


def _wrote(
    session: Session, contact: Contact, record: CounsellingRecord | None, by: Staff, at: datetime
) -> bool:
    """Say whether a call was lately this person's to write down: they talked last, wrote of it, or passed it on."""
    if contact.line is not LineKind.COUNSELLING or at - contact.rung_at > TAKEN_WITHIN:
        return False
    if talked(session, contact, by):
        return True
    own = sa.select(RecordChange.id).where(
        RecordChange.record_id == (record.id if record is not None else 0), RecordChange.by_id == by.id
    )
    return session.scalars(own.limit(1)).first() is not None


def talked(session: Session, contact: Contact, by: Staff) -> bool:
    """Say whether somebody has a call in hand, talked last before it went from them, or passed it on."""
    passed = sa.select(Consult.id).where(
        Consult.contact_id == contact.id, Consult.asked_by == by.id, Consult.state == ConsultState.PASSED
    )
    return by.id in (contact.taken_by, contact.written_by) or session.scalars(passed).first() is not None


def _noted(session: Session, contact: Contact, token: str) -> bool:
    query = sa.select(LateNote.id).where(LateNote.contact_id == contact.id, LateNote.token == token)
    return session.scalars(query).first() is not None


def beside(
    session: Session, contact: Contact, *, by: Staff, purpose: ReadPurpose, at: datetime
) -> list[tuple[LateNote, list[SheetPart]]]:
    """Open what came too late for a record, oldest first, in words, for somebody's eyes, and note so."""
    record = records.record_of(session, contact)
    form = record.form if record is not None else forms.form(records.FORM)
    found = session.scalars(
        sa.select(LateNote).where(LateNote.contact_id == contact.id).order_by(LateNote.id)
    ).all()
    for note in found:
        name, fields = journal.record_name(note), sorted(note.content)
        note_read(session, by=by, contact=contact, purpose=purpose, record=name, fields=fields, at=at)
    return [(note, sheet(session, form, note.content)) for note in found]
