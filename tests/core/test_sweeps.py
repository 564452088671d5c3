"""Sweeps: one run at a time, and a backlog is worked off in short transactions, one after the other."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from core import clock, db, jobs, sweeps
from core.sweeps import AGAIN, MOST_RUNS, Sweep, SweepRun, run_due
from core.worker import Worker


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


def test_a_sweep_that_fails_keeps_no_other_from_its_turn_nor_the_jobs(
    sqlite: db.Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An unkept rule of the database is the sweep's own fault; it is undone, logged, and tried again in its rhythm."""

    def breaks(session: Session, now: datetime) -> None:
        for _ in range(2):  # the same name twice
            session.execute(sa.insert(SweepRun), [{"name": "twice", "due_at": now}])

    slow = timedelta(hours=6)
    known = {"broken": Sweep("broken", slow, breaks), "sound": Sweep("sound", slow, lambda s, now: 1)}
    monkeypatch.setattr(sweeps, "SWEEPS", known)
    asked = []
    monkeypatch.setattr(jobs, "run_next", lambda: bool(asked.append("job")))
    now = clock.now()
    with clock.frozen(now):
        assert Worker().turn() is False
        assert asked == ["job"]
        assert [type(r.exc_info[1]) for r in caplog.records if r.exc_info] == [IntegrityError]
        with db.reading() as session:
            due = {row.name: row.due_at for row in session.scalars(sa.select(SweepRun))}
        assert due == {"broken": now + AGAIN, "sound": now + slow}
        assert run_due() == []
    with clock.frozen(now + AGAIN):
        monkeypatch.setitem(known, "broken", Sweep("broken", slow, lambda s, now: 1))
        assert run_due() == ["broken"]


def test_while_the_database_is_away_everything_waits(
    sqlite: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> db.Database:
        raise OperationalError("SELECT 1", {}, Exception("no route"))

    ran = []
    monkeypatch.setattr(sweeps, "SWEEPS", {"one": Sweep("one", AGAIN, lambda s, now: ran.append(1))})
    worker = Worker()
    with monkeypatch.context() as m:
        m.setattr(db, "database", away)
        assert worker.turn() is None
        assert (ran, worker.failures) == ([], 1)
    assert worker.turn() is False
    assert (ran, worker.failures) == ([1], 0)
