"""Sweeps: small jobs the worker repeats, each safe to run twice, one worker at a time for each."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock, journal
from core.db import Base, transaction

log = logging.getLogger("tingmin.sweeps")
SweepFunction = Callable[[Session, datetime], object]
MOST_RUNS = 10
"""Full batches of one sweep in a row, before the others have their turn."""
AGAIN = timedelta(minutes=10)
"""When a sweep that failed is tried again, where its own rhythm is slower."""


class SweepRun(Base):
    """When a sweep is due again; taking it is a compare-and-set, so two workers never double it."""

    __tablename__ = "sweep_run"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    due_at: Mapped[datetime]
    ran_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Sweep:
    """A named repeated job and its rhythm."""

    name: str
    every: timedelta
    run: SweepFunction
    batch: int | None = None
    """How much one run does at most, so that its transaction stays short."""


SWEEPS: dict[str, Sweep] = {}


def sweep(
    name: str, *, every: timedelta, batch: int | None = None
) -> Callable[[SweepFunction], SweepFunction]:
    """Register a sweep."""

    def register(function: SweepFunction) -> SweepFunction:
        SWEEPS[name] = Sweep(name, every, function, batch)
        return function

    return register


def run_due() -> list[str]:
    """Run every sweep that is due, each run in its own transaction; return their names.

    One that fails is logged and put off, and keeps no other from its turn, nor the jobs from theirs. Where it can't even
    be put off, the database is away: that is raised, for everything waits then.
    """
    ran = []
    for item in SWEEPS.values():
        for _ in range(MOST_RUNS):
            try:
                done = _run(item)
            except Exception:
                _put_off(item)
                log.exception("sweep %s failed; the others go on", item.name)
                break
            if done is None:
                break
            ran.append(item.name)
            if item.batch is None or done < item.batch:
                break
    return ran


def _run(item: Sweep) -> int | None:
    """Run a sweep if it is due and say how much it did; a full batch leaves it due, for what is left follows at once."""
    now = clock.now()
    with transaction() as session:
        row = _taken(session, item, now)
        if row.due_at > now:
            return None
        row.due_at = now + item.every
        row.ran_at = now
        done = item.run(session, now)
        count = done if isinstance(done, int) else 0
        if item.batch is not None and count >= item.batch:
            row.due_at = now
        return count


def _put_off(item: Sweep) -> None:
    """Set when a sweep that failed is tried again: what it wrote was undone, its due time as well."""
    now = clock.now()
    with transaction() as session:
        _taken(session, item, now).due_at = now + min(item.every, AGAIN)


def _taken(session: Session, item: Sweep, now: datetime) -> SweepRun:
    """Return a sweep's row, held until the transaction ends."""
    row = session.get(SweepRun, item.name, with_for_update=True)
    if row is None:
        row = SweepRun(name=item.name, due_at=now)
        session.add(row)
        session.flush()
    return row


@sweep("journal.chain", every=timedelta(seconds=30))
def _chain_journal(session: Session, now: datetime) -> int:
    return journal.chain_up(session, settled_before=now - timedelta(seconds=60))
