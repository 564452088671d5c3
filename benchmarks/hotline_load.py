"""Fill a line: operators at work and callers waiting, by signed reports against the house as it is run for real.

    python -m benchmarks.hotline_load
    python -m benchmarks.hotline_load --operators 100 --waiting 200 --seconds 120
    python -m benchmarks.hotline_load --database sqlite

The web processes and the worker are started as `docs/running.md` says. The simulated carrier, the callers and the
operators' browsers are in this process. Printed are the times that the carrier waited for each report to be answered,
the share that failed, how long it took from an operator's click until the caller was in their room, how long the
browsers waited, and the processor's share of each party: on a machine that does other work beside, compare that.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import sqlalchemy as sa

from benchmarks.hotline_seats import NUMBER, Notes, Operator, staff_up
from benchmarks.house import answers, environment, house, processor_s, wait_for
from benchmarks.throwaway_postgres import throwaway_postgres
from core import clock, db, secrets
from core.db import Base, Database
from core.settings import Settings
from hotline.contacts import Contact
from migrations.tables import every_table
from telephony.commands import carrier_config
from telephony.line import identity_of
from telephony.simulator.server import RunningCarrier, open_carrier
from telephony.simulator.transport import HttpPost, Post, Reply

TALK_S = 45.0


class Timed:
    """Post as the vendor does, and note how long each answer took."""

    def __init__(self) -> None:
        self._post = HttpPost()
        self.took: dict[str, list[float]] = {}
        self.failed: Counter[str] = Counter()

    def within(self, connect_s: float, read_s: float) -> Post:
        """Keep to the vendor's usual patience."""
        return self

    def __call__(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """Post the form."""
        began = time.perf_counter()
        how = "0"
        try:
            status, body = self._post(url, form, headers)
            how = str(status)
        except OSError as problem:
            how = type(problem).__name__
            raise
        finally:
            hook = url.partition("?")[0].rpartition("/")[2]
            self.took.setdefault(hook, []).append(time.perf_counter() - began)
            if not how.startswith("2"):
                self.failed[f"{hook} {how}"] += 1
        return status, body

    def forget(self) -> None:
        """Begin to count."""
        self.took, self.failed = {}, Counter()


def percentiles(times: Sequence[float]) -> dict[str, float | int]:
    """Return how many there were, and percentiles in milliseconds."""
    found = sorted(times)
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99} if found else {}
    return {"count": len(found)} | {
        f"{name}_ms": round(1000 * found[int(len(found) * share)], 1) for name, share in shares.items()
    }


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--operators", type=int, default=100)
    parser.add_argument("--waiting", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--warm-up", type=float, default=90, help="over so many seconds operators sit down")
    parser.add_argument("--database", default="postgres", choices=("postgres", "sqlite"))
    parser.add_argument("--port", type=int, default=21940)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))  # and what was started with it
    with ExitStack() as stack:
        print(json.dumps(measure(stack, given)))


def measure(stack: ExitStack, given: argparse.Namespace) -> dict[str, object]:
    """Fill the line and look."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    is_sqlite = given.database == "sqlite"
    url = f"sqlite:///{folder / 'line.db'}" if is_sqlite else stack.enter_context(throwaway_postgres())
    settings = Settings.from_env(environment(folder, url, given.port))
    secrets.use(secrets.key_file(settings.keys_file))
    every_table()
    db.use(Database(url))
    Base.metadata.create_all(db.database().engine)
    people = staff_up(given.operators)
    parties = {"carrier_and_browsers": os.getpid()} | house(
        stack, environment(folder, url, given.port), given.port
    )
    if not is_sqlite:
        cluster = Path(str(sa.make_url(url).query["host"]))
        parties["database"] = int((cluster / "data" / "postmaster.pid").read_text().split()[0])
    post = Timed()
    running = open_carrier(
        carrier_config(settings, seed=1), port=given.port + 1, start=clock.now(), workers=32
    )
    running.carrier.post = post
    running.serve_beside()
    stack.callback(running.stop)
    wait_for(lambda: answers(given.port), 300, "the server")
    stop = threading.Event()
    stack.callback(stop.set)
    crew = []
    for staff, cookie, room in people:
        with running.carrier.timeline.lock:
            leg = running.carrier.softphones.connect_as(identity_of(staff.id), {"room": room})
        crew.append(Operator(staff, cookie, given.port, leg, stop))
    wait_for(lambda: all(one.leg.seat is not None for one in crew), 120, "the telephones")
    for one in crew:
        one.start()
        keep_full(running, given.waiting, given.warm_up / len(crew), at_once=2)
    for one in crew:
        one.notes = Notes()
    post.forget()
    before = {name: processor_s(pid) for name, pid in parties.items()}
    called = keep_full(running, given.waiting, given.seconds)
    used = {name: processor_s(pid) - before[name] for name, pid in parties.items()}
    stop.set()
    return figures(given, post, Notes.of_all([one.notes for one in crew]), used, called, running)


def ring(running: RunningCarrier) -> None:
    """Let somebody call who talks for three quarters of a minute."""
    number = f"+86139{len(running.carrier.legs.all):08d}"
    running.carrier.inbound(number, NUMBER, talk_s=TALK_S * random.uniform(0.5, 1.5))


def keep_full(running: RunningCarrier, waiting: int, seconds: float, *, at_once: int = 4) -> int:
    """Let as many call as leave the queue; return how many did. Who hears the greeting will wait in a moment."""
    began, called = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        there = sum(not leg.is_ended and leg.seat is None for leg in list(running.carrier.legs.live.values()))
        for _ in range(min(at_once, waiting - there)):
            ring(running)
            called += 1
        time.sleep(min(0.5, seconds))
    return called


def figures(
    given: argparse.Namespace,
    post: Timed,
    notes: Notes,
    used: Mapping[str, float],
    called: int,
    running: RunningCarrier,
) -> dict[str, object]:
    """Return everything that was seen."""
    with db.reading() as session:
        states = session.execute(sa.select(Contact.state, sa.func.count()).group_by(Contact.state)).all()
    reports = [t for times in post.took.values() for t in times]
    asked = [t for times in notes.took.values() for t in times]
    return {
        "database": given.database,
        "operators": given.operators,
        "waiting_at_the_end": len(running.carrier.queues.open("line-counselling").places),
        "seconds": given.seconds,
        "webhooks": percentiles(reports),
        "webhooks_failed": post.failed.total(),
        "webhooks_failed_how": dict(post.failed),
        "webhooks_by_kind": {hook: percentiles(times) for hook, times in sorted(post.took.items())},
        "accept_to_talk": percentiles(notes.to_talk),
        "browsers": percentiles(asked),
        "browsers_by_question": {what: percentiles(times) for what, times in sorted(notes.took.items())},
        "looks_unchanged": notes.unchanged,
        "browsers_failed": notes.failed,
        "refused": notes.refused,
        "called": called,
        "contacts": {str(state): count for state, count in states},
        "processor_share": {name: round(seconds / given.seconds, 3) for name, seconds in used.items()},
        "load_of_the_machine": round(os.getloadavg()[0], 1),
    }


if __name__ == "__main__":
    main()
