"""Retention: how long what the lines leave behind is kept, and proof of what was deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import journal
from core.db import Base, Id
from core.people import Staff
from core.problems import Invalid
from core.terms import Words, coded
from hotline.retention_classes import KEEPING, SHORTEST, USUAL, KeptClass
from telephony.outgoing import Command, Outgoing, OutgoingState, ask
from telephony.recordings import Recording, RecordingState

YEAR = timedelta(days=365.25)
BATCH = 200


class RetentionRule(Base):
    """For how many years a class is kept; changed by the lead, never below what the guide asks."""

    __tablename__ = "retention_rule"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kept: Mapped[KeptClass] = mapped_column(coded(KeptClass), unique=True)
    years: Mapped[float]
    changed_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    changed_at: Mapped[datetime]


class RetentionRun(Base):
    """What one run of the job deleted: how many rows of which tables, and the fingerprint of their list."""

    __tablename__ = "retention_run"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    kept: Mapped[KeptClass] = mapped_column(coded(KeptClass))
    before: Mapped[datetime]
    contacts: Mapped[int]
    """How many things of the class: contacts, notes or recordings."""
    held: Mapped[int]
    rows: Mapped[dict[str, Any]]
    digest: Mapped[str] = mapped_column(sa.String(64))
    """SHA-256 over the deleted rows' names and sealed content, in order."""
    left: Mapped[int]
    """Rows found afterwards that should be gone: zero, or the run is not whole."""
    awaited: Mapped[list[Any]] = mapped_column(default=list)
    """Recordings that the line was asked to delete; `left` counts those whose end it has not confirmed."""


@dataclass(frozen=True)
class Due:
    """What a run would delete."""

    before: datetime
    contacts: Sequence[int]
    held: int


def years_of(session: Session, kept: KeptClass) -> float:
    """Return for how long a class is kept."""
    found = session.scalar(sa.select(RetentionRule.years).where(RetentionRule.kept == kept))
    return USUAL[kept] if found is None else float(found)


def set_years(session: Session, kept: KeptClass, years: float, *, by: Staff, at: datetime) -> None:
    """Say for how long a class is kept from now on."""
    if not SHORTEST[kept] <= years <= 50:
        words = Words(f"须在 {SHORTEST[kept]:g} 到 50 年之间", f"Between {SHORTEST[kept]:g} and 50 years")
        raise Invalid(Words("没有改动", "Nothing was changed"), fields={kept.value: words})
    rule = session.scalars(sa.select(RetentionRule).where(RetentionRule.kept == kept)).first()
    if rule is None:
        rule = RetentionRule(kept=kept, years=years, changed_by=by.id, changed_at=at)
        session.add(rule)
    rule.years, rule.changed_by, rule.changed_at = years, by.id, at
    session.flush()
    journal.write(session, "retention.set", rule, by=by, at=at, kept=kept.value, years=years)


def due(session: Session, kept: KeptClass, *, at: datetime, limit: int = BATCH) -> Due:
    """Return what has reached the end of a class, and how much is held back."""
    before = at - years_of(session, kept) * YEAR
    return Due(before, *KEEPING[kept].due(session, before, limit))


def delete_due(session: Session, kept: KeptClass, *, at: datetime) -> RetentionRun | None:
    """Delete what has reached its end, look whether it is gone, and keep the proof; None when nothing was due."""
    found = due(session, kept, at=at)
    if not found.contacts:
        return None
    ended = KEEPING[kept].end(session, found.contacts, at)
    run = RetentionRun(
        at=at, kept=kept, before=found.before, contacts=len(found.contacts), held=found.held, rows=ended.rows,
        digest=ended.digest, left=ended.left, awaited=ended.awaited,
    )  # fmt: skip
    session.add(run)
    session.flush()
    journal.write(
        session, "retention.delete", run, by=None, at=at, kept=kept.value, contacts=run.contacts, left=run.left
    )  # fmt: skip
    return run


def look_again(session: Session, *, at: datetime) -> int:
    """Count anew what the line has not confirmed, and ask once more where asking was given up; return what is left."""
    runs = session.scalars(
        sa.select(RetentionRun).where(RetentionRun.kept == KeptClass.RECORDING, RetentionRun.left > 0)
    ).all()
    for run in runs:
        query = sa.select(Recording).where(
            Recording.id.in_(run.awaited), Recording.state != RecordingState.DELETED
        )
        waiting = session.scalars(query.order_by(Recording.id)).all()
        for recording in waiting:
            _ask_again(session, recording, at)
        if run.left != len(waiting):
            run.left = len(waiting)
            session.flush()
            journal.write(session, "retention.confirm", run, by=None, at=at, left=run.left)
    return sum(run.left for run in runs)


def _ask_again(session: Session, recording: Recording, at: datetime) -> None:
    under_way = sa.select(Outgoing.id).where(
        Outgoing.recording_id == recording.id,
        Outgoing.command == Command.DELETE,
        Outgoing.state != OutgoingState.FAILED,
    )
    if session.scalar(under_way.limit(1)) is None:
        ask(session, Command.DELETE, at=at, recording=recording)
