"""Recording talks: only of callers who heard that it is done, not while they wait or are held, and no more once they say no."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.problems import Missing
from hotline.contacts import Contact, ContactLeg, ContactState, contact_of_leg
from hotline.legal_holds import held_contacts
from hotline.taking import live_leg
from telephony.calls import Call, Direction, Party
from telephony.dialling import record
from telephony.events import listen
from telephony.line import Event, EventKind, RecordAction, line
from telephony.outgoing import delete_sound
from telephony.recordings import Recording, RecordingState
from telephony.voice_messages import is_talk

RUNNING = (RecordingState.REQUESTED, RecordingState.RUNNING)


def go_on(session: Session, contact: Contact, *, at: datetime) -> None:
    """Record a talk that begins, or go on with the recording of a caller who is spoken with again.

    Only a call to the line is recorded: nobody greeted whom we rang ourselves.
    """
    leg = live_leg(session, contact)
    if not contact.is_recorded or contact.noticed_at is None or leg is None or not leg.in_room:
        return
    if leg.direction is not Direction.INBOUND or not line().capabilities().records:
        return
    running = recording_of_talk(session, leg)
    if running is None:
        told_at = min(contact.noticed_at, at)
        record(session, leg, RecordAction.START, by=None, at=at, consent_at=told_at)
    elif running.is_paused:
        record(session, leg, RecordAction.RESUME, by=None, at=at)


def pause(session: Session, contact: Contact, *, at: datetime) -> None:
    """Record nothing of a caller who waits or is held: what they say then is said to nobody."""
    leg = live_leg(session, contact)
    running = recording_of_talk(session, leg) if leg is not None else None
    if leg is not None and running is not None and not running.is_paused:
        record(session, leg, RecordAction.PAUSE, by=None, at=at)


def refuse(session: Session, contact: Contact, *, by: Staff | None, at: datetime) -> None:
    """Record no more of a talk and delete what was recorded: the caller said no, to the operator or by a key."""
    if by is not None and contact.taken_by != by.id:
        raise Missing
    if not contact.is_recorded:
        return  # said before
    contact.is_recorded = False
    session.flush()
    journal.write(session, "contact.unrecorded", contact, by=by, at=at)
    for recording in session.scalars(_OF_CONTACT, {"contact": contact.id}).all():
        if recording.state in RUNNING:
            record(session, recording.call, RecordAction.STOP, by=by, at=at)
        else:
            _delete(session, contact, recording, at)


def recording_of_talk(session: Session, leg: Call) -> Recording | None:
    """Return the recording of a talk that runs on a leg; a message is none."""
    return session.scalars(_RUNNING, {"leg": leg.id}).first()


_RUNNING = (
    sa.select(Recording)
    .where(Recording.call_id == sa.bindparam("leg"), Recording.state.in_(RUNNING), is_talk())
    .order_by(Recording.id.desc())
    .limit(1)
)
_TALKS = (
    sa.select(Recording)
    .join(ContactLeg, ContactLeg.call_id == Recording.call_id)
    .where(ContactLeg.contact_id == sa.bindparam("contact"), is_talk())
)
_OF_CONTACT = _TALKS.order_by(Recording.id).with_for_update(of=Recording)
_NEWEST = _TALKS.order_by(Recording.id.desc()).limit(1)


def standing(session: Session, contact: Contact) -> str:
    """Say how the recording stands, as the line says and not as it was meant: running, paused, kept, or nothing."""
    newest = session.scalars(_NEWEST, {"contact": contact.id}).first() if contact.is_recorded else None
    if newest is None:
        return ""
    if newest.state in RUNNING:
        return "paused" if newest.is_paused else "running"
    return "kept" if newest.state is RecordingState.READY else ""


def _delete(session: Session, contact: Contact, recording: Recording, at: datetime) -> None:
    is_held = sa.select(Contact.id).where(Contact.id == contact.id, Contact.id.in_(held_contacts()))
    if recording.state is RecordingState.READY and session.scalar(is_held) is None:
        delete_sound(session, recording, at=at)


def held(session: Session, event: Event, call: Call | None) -> None:
    """Hear that a caller was put on hold or taken back, by whomever."""
    contact = _contact_of(session, call)
    if contact is None or call is None or contact.state is not ContactState.TALKING:
        return
    if call.is_held:
        pause(session, contact, at=event.at)
    else:
        go_on(session, contact, at=event.at)


def kept(session: Session, event: Event, call: Call | None) -> None:
    """Hear that a recording is whole; one that its caller didn't want is deleted now that it can be."""
    contact = _contact_of(session, call)
    if contact is None or contact.is_recorded:
        return
    for recording in session.scalars(_OF_CONTACT, {"contact": contact.id}).all():
        _delete(session, contact, recording, event.at)


def _contact_of(session: Session, call: Call | None) -> Contact | None:
    return contact_of_leg(session, call) if call is not None and call.party is Party.RESIDENT else None


listen(EventKind.HELD, held)
listen(EventKind.RECORDING, kept)
