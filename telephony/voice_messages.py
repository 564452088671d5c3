"""Voice messages: what a caller chose to leave, told apart from talks we record; its record is made before it begins."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from telephony.calls import Call
from telephony.line import Kept
from telephony.outgoing import Command, Outgoing, fresh_key
from telephony.recordings import Recording, RecordingState
from telephony.spoken import Record


def leave_message(session: Session, call: Call, question: str, *, turn: int = 0, at: datetime) -> Record:
    """Return the step that records a message; choosing to leave one is the consent to its recording."""
    recording = Recording(
        call_id=call.id, request_key=fresh_key(), consent_at=at, requested_by=None, requested_at=at
    )
    session.add(recording)
    session.flush()
    return Record(question, recording.request_key, turn)


def keep_found(session: Session, call: Call, found: Iterable[Kept], *, at: datetime) -> list[Recording]:
    """Write down messages that the line recorded without us; those known already stay as they are."""
    kept = []
    for one in found:
        query = sa.select(Recording).where(Recording.provider_ref == one.recording)
        recording = session.scalars(query).first()
        if recording is None:
            recording = Recording(
                call_id=call.id,
                request_key=fresh_key(),
                provider_ref=one.recording,
                state=RecordingState.READY,
                consent_at=one.began_at,
                requested_by=None,
                requested_at=max(at, one.began_at),
                ready_at=at,
                duration_s=one.duration_s,
            )
            session.add(recording)
            session.flush()
        kept.append(recording)
    return kept


def is_talk() -> sa.ColumnElement[bool]:
    """Say in a query of recordings whether one is of a talk: those we ask the line for, messages come by themselves."""
    asked = sa.select(Outgoing.id).where(
        Outgoing.recording_id == Recording.id, Outgoing.command == Command.RECORD
    )
    return asked.exists()
