"""The commands of the terminal: people, keys, drawings, the worker."""

from __future__ import annotations

import threading
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from core import clock, jobs, rotation, secrets
from core.db import Database, reading, transaction, using
from core.jobs import Job, JobState, Running, enqueue
from core.people import Staff
from core.permissions import Role
from core.terms import Words
from core.worker import Worker, pause_after
from tests.factories import a_staff


def test_the_first_administrator_comes_from_the_terminal(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["staff", "create-admin", "Root.Admin"])
    assert done.exit_code == 0, done.output
    assert "First password (shown once)" in done.output
    with reading() as session:
        assert session.scalars(sa.select(Staff)).one().roles == {Role.ADMINISTRATOR}
    again = app.test_cli_runner().invoke(args=["staff", "create-admin", "root.admin"])
    assert again.exit_code == 1
    assert "taken" in again.output


def test_new_keys_seal_and_the_old_ones_open_until_everything_is_sealed_anew(app: Flask) -> None:
    with transaction() as session:
        people = [a_staff(session) for _ in range(7)]
        for n, staff in enumerate(people):
            staff.totp_secret = f"SECRET{n}"
    run = app.test_cli_runner()
    assert run.invoke(args=["keys", "add"]).exit_code == 0
    key_file: Path = app.config["SETTINGS"].keys_file
    assert key_file.stat().st_mode & 0o077 == 0
    assert "staff: seals with 2, opens 1, 2" in run.invoke(args=["keys", "show"]).output
    with reading() as session:
        assert session.get_one(Staff, people[0].id).totp_secret == "SECRET0"
    done = run.invoke(args=["keys", "reseal", "--batch", "3"])
    assert "staff.totp_secret: 7" in done.output, done.output
    ring = secrets.keyring()
    newest = {p: {i: k for i, k in keys.items() if i == 2} for p, keys in ring.keys.items()}
    secrets.use(secrets.Keyring(newest, ring.current, ring.index_key))
    with reading() as session:
        assert sorted(s for s in session.scalars(sa.select(Staff.totp_secret)) if s) == [
            f"SECRET{n}" for n in range(7)
        ]
    assert "staff.totp_secret: 0" in run.invoke(args=["keys", "reseal"]).output


def test_the_index_key_stays_so_that_lookups_go_on() -> None:
    ring = secrets.Keyring.fresh()
    assert rotation.with_new_keys(ring).blind_index("+8613800000000") == ring.blind_index("+8613800000000")


def test_waiting_grows_to_a_minute() -> None:
    assert [pause_after(n) for n in (1, 2, 3, 6, 7, 50)] == [1, 2, 4, 32, 60, 60]


def test_the_worker_does_what_waits_and_goes_on_after_a_failure(app: Flask) -> None:
    def good(running: Running) -> dict[str, object]:
        running.progress(1, 2)
        return {"words": {"zh": "好", "en": "good"}}

    def bad(_running: Running) -> dict[str, object]:
        raise ValueError("broken")

    jobs.KINDS.update({"test.good": good, "test.bad": bad})
    try:
        with transaction() as session:
            for kind in ("test.good", "test.bad", "test.good"):
                enqueue(session, kind, Words("试", "Try"), by=None, at=clock.now())
        worker = Worker()
        worker.turn()
        assert worker.failures == 1
        worker.turn()
        assert worker.failures == 0
    finally:
        for kind in ("test.good", "test.bad"):
            del jobs.KINDS[kind]
    with reading() as session:
        states = list(session.scalars(sa.select(Job.state).order_by(Job.id)))
    assert states == [JobState.DONE, JobState.FAILED, JobState.DONE]


def test_the_worker_waits_for_a_lost_database_and_stops_when_told(app: Flask, tmp_path: Path) -> None:
    worker = Worker()
    gone = Database(f"sqlite:///{tmp_path / 'gone' / 'tingmin.db'}")
    with using(gone):
        assert worker.turn() is None
        assert worker.failures == 1
    gone.close()
    thread = threading.Thread(target=worker.run)
    thread.start()
    worker.stop()
    thread.join(timeout=20)
    assert not thread.is_alive()
