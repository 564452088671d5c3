"""Sweeps: small jobs the worker repeats, each safe to run twice, one worker at a time for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock, journal
from core.db import Base, transaction

SweepFunction = Callable[[Session, datetime], object]
MOST_RUNS = 10
"""Full batches of one sweep in a row, before the others have their turn."""


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
    """Run every sweep that is due, each run in its own transaction; return their names."""
    ran = []
    for item in SWEEPS.values():
        for _ in range(MOST_RUNS):
            done = _run(item)
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
        row = session.get(SweepRun, item.name, with_for_update=True)
        if row is None:
            row = SweepRun(name=item.name, due_at=now)
            session.add(row)
            session.flush()
        if row.due_at > now:
            return None
        row.due_at = now + item.every
        row.ran_at = now
        done = item.run(session, now)
        count = done if isinstance(done, int) else 0
        if item.batch is not None and count >= item.batch:
            row.due_at = now
        return count


@sweep("journal.chain", every=timedelta(seconds=30))
def _chain_journal(session: Session, now: datetime) -> int:
    return journal.chain_up(session, settled_before=now - timedelta(seconds=60))
