"""Sweeps: one run at a time, and a backlog is worked off in short transactions, one after the other."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from core import clock, db, sweeps
from core.sweeps import MOST_RUNS, Sweep, run_due


def test_a_full_batch_is_followed_at_once(sqlite: db.Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """25 at 10 a run take three transactions; a sweep without batches runs once; nothing runs before its time."""
    left, seen = [25], []

    def work(session: Session, now: datetime) -> int:
        done = min(10, left[0])
        left[0] -= done
        seen.append(session)
        return done

    every = timedelta(seconds=30)
    known = {"backlog": Sweep("backlog", every, work, 10), "plain": Sweep("plain", every, lambda s, now: 500)}
    monkeypatch.setattr(sweeps, "SWEEPS", known)
    with clock.frozen(clock.now()):
        assert run_due() == ["backlog", "backlog", "backlog", "plain"]
        assert (left, len(set(map(id, seen)))) == ([0], 3)
        assert run_due() == []
        left[0] = 10_000
    with clock.frozen(clock.now() + every):
        assert run_due() == ["backlog"] * MOST_RUNS + ["plain"]
        assert run_due() == ["backlog"] * MOST_RUNS
