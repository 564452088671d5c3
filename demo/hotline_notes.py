"""What the played operators write down of their callers: the screening, the record, the matter that was raised."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from core.places import Level, Place
from demo.chance import SEED, below, uniform
from demo.hotline_callers import story_on
from demo.hotline_stories import Story
from hotline import citizen_calls, citizen_forms, citizen_records, records, risk_giving, screener, screenings
from hotline.citizen_records import CitizenResult
from hotline.contacts import Contact


def story_of(contact: Contact) -> Story:
    """Return the invented story of whoever called."""
    call = contact.call
    number = contact.caller.number if contact.caller is not None else None
    return story_on(contact.line, number, (call.provider_ref or "") if call is not None else "")


def screen(session: Session, contact: Contact, *, by: Staff, at: datetime) -> None:
    """Ask the screener's questions once, and give the level that follows."""
    story = story_of(contact)
    if not story.screening or screenings.sheet_of(session, contact) is not None:
        return
    heard = screener.from_json(story.screening).answers
    screenings.answer(session, contact, heard, by=by, at=at)
    risk_giving.give(session, contact, always=(), chosen=None, words="", by=by, at=at)


def write_record(session: Session, contact: Contact, *, by: Staff, at: datetime) -> None:
    """Write the counselling record."""
    screen(session, contact, by=by, at=at)
    record = records.record_of(session, contact)
    changes = list(story_of(contact).record(contact.token).items())
    seen = record.version if record is not None else 0
    records.save(session, contact, changes, token=str(uuid4()), seen=seen, by=by, at=at)


def write_call(session: Session, contact: Contact, *, by: Staff, at: datetime) -> None:
    """Register what was raised on the citizen line, or say how the call ended."""
    story = story_of(contact)
    if story.ends != CitizenResult.REGISTERED.value:
        seen = citizen_forms.number_of(citizen_records.record_of(session, contact))
        citizen_forms.save(session, contact, {"result": story.ends}, was={}, seen=seen, by=by, at=at)
        return
    query = sa.select(Place.id).where(Place.level == Level.TOWNSHIP).order_by(Place.id)
    towns = list(session.scalars(query))
    typed = {
        "narrative": str(story.raw["narrative"]),
        "kind": "help",
        "topic": str(story.raw["topic"]),
        "place": str(towns[below(len(towns), SEED, "place", contact.token)]),
        "identity": "protected" if uniform(SEED, "identity", contact.token) < 0.9 else "anonymous",
        "consent": "1",
    }
    citizen_calls.register_from(session, contact, typed, by=by, at=at)
