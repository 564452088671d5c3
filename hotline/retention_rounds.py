"""Retention rounds: what the worker deletes at night when its time has come, a batch at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core import clock
from core.sweeps import sweep
from hotline.retention import RetentionRun, delete_due, look_again
from hotline.retention_classes import KeptClass
from hotline.same_operator import forget_ended

NIGHT = range(2, 5)


def delete_all_due(session: Session, now: datetime) -> list[RetentionRun]:
    """Delete one batch of each class, and return the proofs."""
    runs = (delete_due(session, kept, at=now) for kept in KeptClass)
    return [run for run in runs if run is not None]


@sweep("hotline.retention", every=timedelta(minutes=10))
def at_night(session: Session, now: datetime) -> int:
    """Delete what is due in the small hours, when nobody waits for the database; look after what the line owes us."""
    look_again(session, at=now)
    forget_ended(session, at=now)
    return len(delete_all_due(session, now)) if clock.local(now).hour in NIGHT else 0
