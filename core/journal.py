"""The journal: who did what to which record and when, append-only and chained, never with content."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, Id
from core.people import Staff


class Entry(Base):
    """One line of the journal."""

    __tablename__ = "journal_entry"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    action: Mapped[str] = mapped_column(sa.String(60), index=True)
    record: Mapped[str] = mapped_column(sa.String(60), index=True)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    chain: Mapped[str | None] = mapped_column(sa.String(64))
    """Fingerprint of this line and the one before; filled by the worker a moment later, so that
    busy writers do not queue for the chain's end."""


def record_name(record: object) -> str:
    """Return how the journal names a record: its table and id."""
    table = getattr(record, "__tablename__", type(record).__name__.lower())
    return f"{table}:{getattr(record, 'id', '?')}"


def write(
    session: Session, action: str, record: object | str, *, by: Staff | None, at: datetime, **details: Any
) -> Entry:
    """Write one line in the present transaction; details are codes and counts, never names or texts."""
    name = record if isinstance(record, str) else record_name(record)
    entry = Entry(at=at, staff_id=by.id if by else None, action=action, record=name, details=details)
    session.add(entry)
    return entry


def fingerprint(entry: Entry, before: str) -> str:
    """Return the chain value of a line that follows `before`."""
    body = [entry.id, entry.at.isoformat(), entry.staff_id, entry.action, entry.record, entry.details, before]
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def chain_up(session: Session, *, settled_before: datetime, limit: int = 5000) -> int:
    """Chain the settled lines that are not chained yet, in order of id; return how many."""
    last = session.scalars(
        sa.select(Entry).where(Entry.chain.is_not(None)).order_by(Entry.id.desc()).limit(1)
    ).first()
    before = (last.chain or "") if last else ""
    query = (
        sa.select(Entry)
        .where(Entry.chain.is_(None), Entry.at < settled_before)
        .order_by(Entry.id)
        .limit(limit)
    )
    count = 0
    for entry in session.scalars(query):
        before = entry.chain = fingerprint(entry, before)
        count += 1
    session.flush()
    return count


def first_break(session: Session) -> int | None:
    """Return the id of the first line whose chain value does not fit, or None when all fit."""
    before = ""
    for entry in session.scalars(sa.select(Entry).where(Entry.chain.is_not(None)).order_by(Entry.id)):
        if entry.chain != fingerprint(entry, before):
            return entry.id
        before = entry.chain
    return None
