"""Hearing: who may hear what was recorded of a talk, which talks were, and that every hearing is written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import journal
from core.people import Staff
from core.permissions import Permission
from core.problems import Missing
from hotline.asked_purposes import in_force_of, is_past
from hotline.contacts import Contact, ContactLeg
from hotline.lines import LineKind
from hotline.read_log import ReadPurpose, note_read
from hotline.sight import purpose_of, stated
from telephony.recordings import Recording, RecordingState
from telephony.voice_messages import is_talk

LED_BY = {LineKind.CITIZEN: Permission.HOTLINE_LEAD, LineKind.COUNSELLING: Permission.COUNSEL_LEAD}
SHOWN = 100


@dataclass(frozen=True)
class RecordedTalk:
    """A recorded talk on the shift leads' list: nothing of what is said, and nothing of who called."""

    token: str
    which: int
    line: str
    operator: str
    at: datetime
    seconds: int
    is_asked: bool
    """Whether it is so old that it is asked first what it is heard for."""


def purpose_to_hear(session: Session, contact: Contact, *, by: Staff, at: datetime) -> ReadPurpose | None:
    """Say what somebody may hear a talk for: who leads its line, or reviews its case; never because they took it."""
    if by.may(LED_BY[contact.line]):
        return ReadPurpose.REVIEW
    if contact.line is LineKind.COUNSELLING and by.may(Permission.COUNSEL_REVIEW):
        found = purpose_of(session, contact, by=by, at=at)
        return ReadPurpose.REVIEW if found is ReadPurpose.REVIEW else None
    return None


def talk_to_hear(session: Session, contact: Contact, which: int, *, by: Staff, at: datetime) -> str:
    """Return the line's reference of a recorded talk for whoever may hear it."""
    purpose = purpose_to_hear(session, contact, by=by, at=at)
    if purpose is None:
        raise Missing
    purpose = stated(session, contact, by=by, at=at) or purpose
    found = next((one for one in talks_of(session, contact) if one.id == which), None)
    return hear(session, contact, found, "talk", purpose, by=by, at=at)


def hear(
    session: Session, contact: Contact, found: Recording | None, record: str, purpose: ReadPurpose,
    *, by: Staff, at: datetime,
) -> str:  # fmt: skip
    """Write a hearing down, and return where its sound lies; what isn't whole or is gone is not there."""
    if found is None or found.state is not RecordingState.READY or found.provider_ref is None:
        raise Missing
    if contact.line is LineKind.COUNSELLING:
        note_read(session, by=by, contact=contact, purpose=purpose, record=record, fields=["sound"], at=at)
    journal.write(session, f"{record}.hear", found, by=by, at=at, contact=contact.id)
    return found.provider_ref


def _ready() -> sa.Select[Recording]:
    return (
        sa.select(Recording)
        .join(ContactLeg, ContactLeg.call_id == Recording.call_id)
        .where(Recording.state == RecordingState.READY, is_talk())
    )


def talks_of(session: Session, contact: Contact) -> Sequence[Recording]:
    """Return what was recorded of an episode's talks, first come first."""
    query = _ready().where(ContactLeg.contact_id == contact.id)
    return session.scalars(query.order_by(Recording.id)).all()


def recorded_talks(session: Session, *, by: Staff, at: datetime) -> list[RecordedTalk]:
    """Return the newest recorded talks of the lines somebody leads."""
    lines = [kind for kind, permission in LED_BY.items() if by.may(permission)]
    query = (
        _ready()
        .join(Contact, Contact.id == ContactLeg.contact_id)
        .add_columns(Contact)
        .where(Contact.line.in_(lines))
        .options(joinedload(Contact.taker))
        .order_by(Recording.id.desc())
        .limit(SHOWN)
    )
    told = in_force_of(session, by=by, at=at)
    return [
        RecordedTalk(
            contact.token, recording.id, contact.line.label, contact.taker.name if contact.taker else "",
            recording.requested_at, recording.duration_s or 0,
            contact.line is LineKind.COUNSELLING and is_past(contact, at=at) and contact.id not in told,
        )
        for recording, contact in session.execute(query)
    ]  # fmt: skip
