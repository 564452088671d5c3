"""The do-not-call list: numbers known by their fingerprints, checked at import, at draw and at dial."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal, secrets
from core.people import Staff
from core.phone import read_number
from core.terms import Term
from survey.frame import DoNotCall, FrameNumber


class DoNotCallReason(Term):
    """Why a number must not be called."""

    HARD_REFUSAL = "hard_refusal", "坚拒", "Hard refusal"
    REQUEST = "request", "本人要求", "On request"
    LEGAL = "legal", "依法禁止", "By law"


def add(
    session: Session, fingerprint: bytes, *, reason: DoNotCallReason, by: Staff | None, at: datetime
) -> bool:
    """Put a number on the list for ever; False when it is there already."""
    if session.get(DoNotCall, fingerprint) is not None:
        return False
    session.add(
        DoNotCall(fingerprint=fingerprint, reason=reason.value, added_by=by.id if by else None, added_at=at)
    )
    session.flush()
    journal.write(session, "do_not_call.add", "do_not_call", by=by, at=at, reason=reason.value)
    return True


def add_number(session: Session, text: str, *, reason: DoNotCallReason, by: Staff, at: datetime) -> bool:
    """Put a number, as a person writes it, on the list; raise BadNumber when it is none."""
    fingerprint = secrets.keyring().blind_index(read_number(text).e164)
    return add(session, fingerprint, reason=reason, by=by, at=at)


def is_listed(session: Session, fingerprint: bytes) -> bool:
    """Say whether a number must not be called."""
    return session.get(DoNotCall, fingerprint) is not None


def listed_among(session: Session, number_ids: Sequence[int]) -> set[int]:
    """Return which frame numbers are on the list."""
    found: set[int] = set()
    for start in range(0, len(number_ids), 500):
        query = (
            sa.select(FrameNumber.id)
            .join(DoNotCall, DoNotCall.fingerprint == FrameNumber.fingerprint)
            .where(FrameNumber.id.in_(number_ids[start : start + 500]))
        )
        found.update(session.scalars(query))
    return found


def counts(session: Session) -> dict[DoNotCallReason, int]:
    """Count the list by reason."""
    query = sa.select(DoNotCall.reason, sa.func.count()).group_by(DoNotCall.reason)
    return {DoNotCallReason.of(reason): count for reason, count in session.execute(query)}
