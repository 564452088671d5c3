"""Opening a part of an episode: who may, what for, and a line in the read log before anything is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from core.people import Staff
from hotline.contacts import Contact
from hotline.read_log import ReadPurpose, note_read
from hotline.sight import in_sight


def open_part(
    session: Session, token: str, part: str, fields: Sequence[str], *, by: Staff, at: datetime
) -> tuple[Contact, ReadPurpose]:
    """Return an episode for somebody's eyes and note which part of it they read; Missing for whoever may not."""
    contact, purpose = in_sight(session, token, by=by, at=at)
    record = f"{part}:{contact.id}"
    note_read(session, by=by, contact=contact, purpose=purpose, record=record, fields=fields, at=at)
    return contact, purpose
