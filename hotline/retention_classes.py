"""Retention classes: what each kind of thing is, which of it has reached its end, and how it is ended with proof."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from core.db import Base
from core.terms import Term
from hotline.callers import Caller
from hotline.citizen_records import CitizenRecord
from hotline.contacts import Contact, ContactLeg, ContactState
from hotline.deleting import counted, delete_below, sealed_tables
from hotline.followups import FollowUp, FollowUpWish
from hotline.handovers import Handover
from hotline.legal_holds import held_contacts
from hotline.lines import LineKind
from hotline.shifts import Shift
from telephony.outgoing import delete_sound
from telephony.recordings import Recording, RecordingState


class KeptClass(Term):
    """What is kept for how long."""

    RECORD = "record", "咨询记录", "Counselling records"
    NUMBER = "number", "来电号码", "Callers' numbers"
    LEFT_NUMBER = "left_number", "另留的随访号码", "Other numbers left for follow-up"
    CITIZEN = "citizen", "市民来电的备注和草稿", "Notes and drafts of citizens’ calls"
    HANDOVER = "handover", "交接班记录", "Handover notes"
    RECORDING = "recording", "录音和留言", "Recordings and messages"


SHORTEST = {
    KeptClass.RECORD: 3.0, KeptClass.NUMBER: 0.25, KeptClass.LEFT_NUMBER: 0.25, KeptClass.CITIZEN: 0.25,
    KeptClass.HANDOVER: 0.5, KeptClass.RECORDING: 0.25,
}  # fmt: skip
USUAL = {
    KeptClass.RECORD: 10.0, KeptClass.NUMBER: 3.0, KeptClass.LEFT_NUMBER: 3.0, KeptClass.CITIZEN: 3.0,
    KeptClass.HANDOVER: 3.0, KeptClass.RECORDING: 3.0,
}  # fmt: skip


@dataclass(frozen=True)
class Ended:
    """What was ended: rows by table, the fingerprint of their list, what is left, and what the line still has to end."""

    rows: dict[str, Any]
    digest: str
    left: int
    awaited: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Keeping:
    """How one class is looked through and ended; ids are those of contacts, notes or recordings."""

    due: Callable[[Session, datetime, int], tuple[Sequence[int], int]]
    """Return what has reached its end, and how much is held back."""
    end: Callable[[Session, Sequence[int], datetime], Ended]


def _count(session: Session, *conditions: sa.ColumnElement[bool]) -> int:
    return session.scalar(sa.select(sa.func.count(Contact.id)).where(*conditions)) or 0


def _contacts(
    session: Session, before: datetime, has_rows: sa.ColumnElement[bool], limit: int, *lines: LineKind
) -> tuple[Sequence[int], int]:
    """Return the contacts of some lines that were closed before a moment, and how many of them are held."""
    old = sa.and_(Contact.line.in_(lines), Contact.state == ContactState.DONE, Contact.closed_at < before)
    query = sa.select(Contact.id).where(old, has_rows, Contact.id.not_in(held_contacts()))
    held = _count(session, old, Contact.id.in_(held_contacts()))
    return session.scalars(query.order_by(Contact.id).limit(limit)).all(), held


def _records(session: Session, before: datetime, limit: int) -> tuple[Sequence[int], int]:
    has_rows = sa.or_(*(sa.exists().where(table.c.contact_id == Contact.id) for table in sealed_tables()))
    return _contacts(session, before, has_rows, limit, LineKind.COUNSELLING)


def _end_records(session: Session, contacts: Sequence[int], _at: datetime) -> Ended:
    rows, digest = delete_below(session, contacts)
    return Ended(rows, digest, counted(session, contacts))


def _numbers(session: Session, before: datetime, limit: int) -> tuple[Sequence[int], int]:
    # A caller who came again, or is still to be called, keeps their number until the last of it is that old and none is held.
    again = aliased(Contact)
    is_young = sa.or_(
        again.state != ContactState.DONE,
        again.closed_at >= before,
        again.id.in_(held_contacts()),
        sa.exists().where(FollowUp.contact_id == again.id, FollowUp.closed_at.is_(None)),
    )
    came_again = sa.exists().where(again.caller_id == Contact.caller_id, is_young)
    has_number = Contact.caller_id.in_(sa.select(Caller.id).where(Caller.number.is_not(None)))
    return _contacts(session, before, sa.and_(has_number, ~came_again), limit, *LineKind)


def _end_numbers(session: Session, contacts: Sequence[int], _at: datetime) -> Ended:
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
    return Ended({"caller": len(chosen)}, digest.hexdigest(), session.execute(left).scalar_one())


def _left_numbers(session: Session, before: datetime, limit: int) -> tuple[Sequence[int], int]:
    # The other number somebody gave for follow-up is kept as long as calls go on.
    goes_on = sa.exists().where(
        FollowUp.contact_id == Contact.id, sa.or_(FollowUp.closed_at.is_(None), FollowUp.closed_at >= before)
    )
    has_number = sa.exists().where(FollowUpWish.contact_id == Contact.id, FollowUpWish.number.is_not(None))
    return _contacts(session, before, sa.and_(has_number, ~goes_on), limit, LineKind.COUNSELLING)


def _citizens(session: Session, before: datetime, limit: int) -> tuple[Sequence[int], int]:
    has_words = sa.exists().where(
        CitizenRecord.contact_id == Contact.id,
        sa.or_(CitizenRecord.draft.is_not(None), CitizenRecord.note.is_not(None)),
    )
    return _contacts(session, before, has_words, limit, LineKind.CITIZEN)


def _emptying(table: sa.Table, *names: str) -> Callable[[Session, Sequence[int], datetime], Ended]:
    """Return what empties some sealed columns of the rows that hang on contacts."""
    columns = [table.c[name] for name in names]
    filled = sa.or_(*(column.is_not(None) for column in columns))

    def end(session: Session, contacts: Sequence[int], _at: datetime) -> Ended:
        about = sa.and_(table.c.contact_id.in_(contacts), filled)
        raw = [sa.type_coerce(column, sa.LargeBinary) for column in columns]
        digest, ended = hashlib.sha256(), 0
        for number, *parts in session.execute(sa.select(table.c.id, *raw).where(about).order_by(table.c.id)):
            digest.update(f"{table.name}:{number}:".encode() + b"".join(bytes(part or b"") for part in parts))
            ended += 1
        session.execute(sa.update(table).where(about).values(dict.fromkeys(names)))
        session.expire_all()
        left = session.scalar(sa.select(sa.func.count()).select_from(table).where(about)) or 0
        return Ended({table.name: ended}, digest.hexdigest(), left)

    return end


def _notes(session: Session, before: datetime, limit: int) -> tuple[Sequence[int], int]:
    """Return the notes of shifts that ended before a moment; one of a shift with a held contact is held as well."""
    is_held = sa.exists().where(
        Contact.id.in_(held_contacts()),
        Contact.line == Shift.line,
        Contact.rung_at >= Shift.begins_at,
        Contact.rung_at < Shift.ends_at,
    )
    old = sa.select(Handover.id).join(Shift, Shift.id == Handover.shift_id).where(Shift.ends_at < before)
    held = session.scalars(old.where(is_held)).all()
    return session.scalars(old.where(~is_held).order_by(Handover.id).limit(limit)).all(), len(held)


def _end_notes(session: Session, notes: Sequence[int], _at: datetime) -> Ended:
    sealed = sa.type_coerce(Handover.sealed_note, sa.LargeBinary)
    query = sa.select(Handover.id, sealed, Handover.note).where(Handover.id.in_(notes)).order_by(Handover.id)
    digest = hashlib.sha256()
    for number, raw, plain in session.execute(query):
        digest.update(f"handover:{number}:".encode() + bytes(raw or b"") + (plain or "").encode())
    session.execute(sa.delete(Handover).where(Handover.id.in_(notes)))
    left = session.scalar(sa.select(sa.func.count(Handover.id)).where(Handover.id.in_(notes))) or 0
    return Ended({"handover": len(notes)}, digest.hexdigest(), left)


def _recordings(session: Session, before: datetime, limit: int) -> tuple[Sequence[int], int]:
    """Return the recordings of both lines that were begun before a moment and lie at the carrier."""
    old = (
        sa.select(Recording.id)
        .join(ContactLeg, ContactLeg.call_id == Recording.call_id)
        .where(Recording.state == RecordingState.READY, Recording.requested_at < before)
    )
    held = session.scalars(old.where(ContactLeg.contact_id.in_(held_contacts()))).all()
    free = old.where(ContactLeg.contact_id.not_in(held_contacts()))
    return session.scalars(free.order_by(Recording.id).limit(limit)).all(), len(held)


def _end_recordings(session: Session, recordings: Sequence[int], at: datetime) -> Ended:
    """Ask the line to delete them; from now on nobody hears them, and each counts as left until it is confirmed."""
    query = sa.select(Recording).where(Recording.id.in_(recordings)).order_by(Recording.id)
    digest = hashlib.sha256()
    for recording in session.scalars(query.with_for_update(of=Recording)):
        digest.update(f"recording:{recording.id}:{recording.provider_ref}:".encode())
        delete_sound(session, recording, at=at)
    return Ended({"recording": len(recordings)}, digest.hexdigest(), len(recordings), list(recordings))


KEEPING = {
    KeptClass.RECORD: Keeping(_records, _end_records),
    KeptClass.NUMBER: Keeping(_numbers, _end_numbers),
    KeptClass.LEFT_NUMBER: Keeping(
        _left_numbers, _emptying(Base.metadata.tables["follow_up_wish"], "number")
    ),
    KeptClass.CITIZEN: Keeping(_citizens, _emptying(Base.metadata.tables["citizen_record"], "draft", "note")),
    KeptClass.HANDOVER: Keeping(_notes, _end_notes),
    KeptClass.RECORDING: Keeping(_recordings, _end_recordings),
}
