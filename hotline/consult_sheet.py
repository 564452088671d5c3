"""What an operator's page shows of consults: who asks them in, whom they asked, and what the caller must still be told."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from core.people import Staff
from hotline.consults import Consult, consult_with, open_consult
from hotline.contacts import Contact


def told(session: Session, staff: Staff, talk: Contact | None) -> dict[str, Any]:
    """Say who asks somebody, and how far the colleague is whom they asked about the talk they have."""
    asked = consult_with(session, staff)
    mine = open_consult(session, talk) if talk is not None else None
    return {
        "asked": _row(asked, asked.asker) if asked is not None else None,
        "mine": _row(mine, mine.colleague) if mine is not None and mine.asked_by == staff.id else None,
        "must_tell": talk.token if talk is not None and talk.noticed_at is None else None,
    }


def _row(row: Consult, other: Staff) -> dict[str, Any]:
    return {
        "id": row.id,
        "token": row.contact.token,
        "who": other.name,
        "line_words": row.contact.line.label,
        "state": row.state.value,
        "label": row.state.label,
        "until": row.due_at.isoformat(),
    }
