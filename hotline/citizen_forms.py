"""The citizen line's form as it is typed: saved field by field, late words where nobody wrote since, never over others'."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.problems import Invalid, Missing, Refused
from core.terms import Words
from hotline import late_words
from hotline.citizen_records import CitizenRecord, CitizenResult, changing, own_call, record_of, typed_of
from hotline.contacts import Contact
from hotline.lines import LineKind
from hotline.records import RecordIsFinished, WrittenElsewhere

TYPED = (
    "narrative", "topic", "place", "village", "spot", "kind", "urgency", "identity", "conflict", "conflict_unit",
    "consent", "name", "number",
)  # fmt: skip
"""What is typed of a matter until it is registered."""
FIELDS = (*TYPED, "result", "note")
LONGEST_DRAFT = 12_000
LONGEST_NOTE = 1000


class SomebodyElseWrites(Refused):
    """The call is somebody else's by now, and they have written in the same fields."""

    words = Words(
        "这通来电已由同事接着写，这些内容没有存上，还在本页：请复制后交给接手的同事",
        "A colleague writes of this call now, so this was not saved. It is still on this page: copy it and "
        "give it to them",
    )


def values_of(record: CitizenRecord | None) -> dict[str, str]:
    """Return what the fields of a call hold; an empty one is left out."""
    if record is None:
        return {}
    ended = {"result": record.result.value if record.result else "", "note": record.note or ""}
    return typed_of(record) | {name: value for name, value in ended.items() if value}


def number_of(record: CitizenRecord | None) -> int:
    """Return which state of its form a call is in."""
    return record.draft_number if record is not None else 0


def must_have_seen(session: Session, contact: Contact, seen: int) -> None:
    """Refuse to act on a form that has changed since the page heard of it."""
    session.refresh(contact, with_for_update=True)
    if number_of(record_of(session, contact, locks=True)) != seen:
        raise WrittenElsewhere


def save(
    session: Session,
    contact: Contact,
    changes: Mapping[str, str],
    *,
    seen: int,
    was: Mapping[str, str],
    by: Staff,
    at: datetime,
    sent: Mapping[str, str] | None = None,
) -> int:
    """Save some fields and return which state they are in now; what is sent twice is saved once.

    `seen` is the state the page knows of, `was` what each field held in it. A page that goes away says by `sent` what
    may have arrived meanwhile; its words, like those that come when the call is a colleague's, are taken where the
    fields hold what it knew of.
    """
    session.refresh(contact, with_for_update=True)
    record = record_of(session, contact, locks=True)
    is_own = _is_own(session, contact, record, by, at)
    held, number = values_of(record), number_of(record)
    differing = [name for name in FIELDS if name in changes and held.get(name, "") != changes[name]]
    is_mine = record is not None and record.changed_by == by.id and number == seen + 1
    if not differing and (number == seen or is_mine or not is_own):
        return number
    if contact.closed_at is not None:
        raise RecordIsFinished
    if is_own and sent is None and number != seen:
        raise WrittenElsewhere
    known = sent or {}
    if any(held.get(name, "") not in (was.get(name, ""), known.get(name, "")) for name in differing):
        raise WrittenElsewhere if is_own else SomebodyElseWrites
    return _write(session, contact, held | {name: changes[name] for name in differing}, by=by, at=at)


def _write(session: Session, contact: Contact, held: Mapping[str, str], *, by: Staff, at: datetime) -> int:
    typed = {name: held[name] for name in TYPED if held.get(name)}
    text, note = json.dumps(typed, ensure_ascii=False, sort_keys=True), held.get("note", "")
    if len(text) > LONGEST_DRAFT:
        raise Invalid(Words("内容太长，没有保存", "Too long; it was not saved"))
    if len(note) > LONGEST_NOTE:
        raise Invalid(fields={"note": Words("最多 1000 字", "At most 1,000 characters")})
    record = changing(session, contact, by=by, at=at)
    before, result = record.result, CitizenResult.found(held.get("result"))
    record.draft, record.result, record.note = text if typed else None, result, note or None
    session.flush()
    if result is not before:
        journal.write(session, "citizen_record.result", record, by=by, at=at, result=result and result.value)
    return record.draft_number


def _is_own(
    session: Session, contact: Contact, record: CitizenRecord | None, by: Staff, at: datetime
) -> bool:
    """Say whether a call is in somebody's hand; Missing where it was not theirs to write down lately either."""
    if contact.line is not LineKind.CITIZEN or contact.taken_by == by.id:
        own_call(session, contact, by)
        return True
    wrote = late_words.talked(session, contact, by) or (record is not None and record.changed_by == by.id)
    if not wrote or at - contact.rung_at > late_words.TAKEN_WITHIN:
        raise Missing
    return False
