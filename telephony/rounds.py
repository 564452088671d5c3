"""The line's rounds: what the worker repeats so that nothing waits unsent, unfound or unheard."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core import db
from core.sweeps import sweep
from telephony import errands, events
from telephony.line import in_use
from telephony.outbox import send_due
from telephony.reconciler import reconcile


def outside(work: Callable[[], object]) -> None:
    """Do work that speaks with the line after the sweep's own transaction is over, never inside it."""
    carrier, database = in_use(), db.database()
    if carrier is None or not carrier.capabilities().dials:
        return

    def with_database() -> None:
        with db.using(database):
            work()

    errands.beside(contextvars.Context(), with_database)


@sweep("telephony.outbox", every=timedelta(seconds=2))
def send(_session: Session, _now: datetime) -> None:
    """Send what the request that wrote it could not."""
    outside(send_due)


@sweep("telephony.reconcile", every=timedelta(seconds=20))
def look(_session: Session, _now: datetime) -> None:
    """Look for what was lost."""
    outside(reconcile)


@sweep("telephony.unheard", every=timedelta(seconds=20))
def hear(session: Session, now: datetime) -> int:
    """Apply what came too early, and tell again what a listener could not take."""
    return events.take_again(session, at=now)
