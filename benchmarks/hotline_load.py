"""Fill the lines: operators at work and callers waiting, by signed reports against a real server and PostgreSQL.

    python -m benchmarks.hotline_load
    python -m benchmarks.hotline_load --operators 100 --waiting 200 --seconds 120 --workers 2

The simulated carrier, the callers and the operators' browsers are in this process, the application in gunicorn's
own. Printed are the times that the carrier waited for each report to be answered, the share that failed, and how
long it took from an operator's click until the caller was in their room.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import requests
import sqlalchemy as sa

from benchmarks.throwaway_postgres import throwaway_postgres
from core import clock, db, secrets
from core.db import Base, Database, transaction
from core.people import Staff, StaffRole
from core.permissions import Role
from core.settings import Settings
from core.signing_in import admit
from hotline.contacts import Contact, ContactState
from hotline.lines import HelpLine, LineKind
from migrations.tables import every_table
from telephony.commands import carrier_config
from telephony.line import identity_of
from telephony.rooms import Purpose, open_room
from telephony.simulator.carrier import Carrier
from telephony.simulator.leg import Leg
from telephony.simulator.server import open_carrier
from telephony.simulator.transport import HttpPost, Post, Reply

ROOT = Path(__file__).resolve().parent.parent
NUMBER = "+862160012356"
BEAT_S, TALK_S, WRAP_S, GREETING_S = 3.0, 45.0, 3.0, 15.0
TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


class Timed:
    """Post as the vendor does, and note how long each answer took."""

    def __init__(self) -> None:
        self._post = HttpPost()
        self.took: list[float] = []
        self.failed = 0

    def within(self, connect_s: float, read_s: float) -> Post:
        """Keep to the vendor's usual patience."""
        return self

    def __call__(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """Post the form."""
        began = time.perf_counter()
        status = 0
        try:
            status, body = self._post(url, form, headers)
        finally:
            self.took.append(time.perf_counter() - began)
            self.failed += not 200 <= status < 300
        return status, body

    def forget(self) -> None:
        """Begin to count."""
        self.took, self.failed = [], 0


class Operator(threading.Thread):
    """An operator's browser: alive every few seconds, answers what rings, frees the seat after a while."""

    def __init__(
        self, staff: Staff, cookie: str, base: str, leg: Leg, carrier: Carrier, stop: threading.Event
    ) -> None:
        super().__init__(daemon=True)
        self.leg, self.carrier, self.base, self.stop_it = leg, carrier, base, stop
        self.staff = staff
        self.browser = requests.Session()
        self.browser.trust_env = False
        self.browser.cookies.set("tingmin", cookie)
        self.to_talk: list[float] = []
        self.took: list[float] = []
        self.refused = self.failed = 0

    def sit(self) -> None:
        """Open the page once, and sit down."""
        page = self.browser.get(f"{self.base}/hotline/line", timeout=60)
        found = TOKEN.search(page.text)
        if found is None:
            raise RuntimeError(f"no form token on a page answered with {page.status_code}")
        self.browser.headers["X-CSRFToken"] = found[1]
        self._post("/hotline/seat/sit")

    def _post(self, path: str) -> dict[str, object] | None:
        began = time.perf_counter()
        answer = self.browser.post(f"{self.base}{path}", json={}, timeout=30, headers={"X-Live": "1"})
        self.took.append(time.perf_counter() - began)
        if answer.status_code == 200:
            told: dict[str, object] = answer.json()
            return told
        if answer.status_code == 409:
            self.refused += 1
        else:
            self.failed += 1
        return None

    def run(self) -> None:
        """Work until told to stop."""
        dice = random.Random(self.staff.id)
        while not self.stop_it.wait(BEAT_S * dice.uniform(0.7, 1.3)):
            with suppress(requests.RequestException):
                self._turn(dice)

    def _turn(self, dice: random.Random) -> None:
        told = self._post("/hotline/seat/beat") or {}
        offer, seat = told.get("offer"), told.get("seat")
        if isinstance(seat, dict) and seat.get("state") == "wrapping":
            self.stop_it.wait(WRAP_S * dice.random())
            self._post("/hotline/seat/free")
        elif isinstance(offer, dict):
            clicked = time.perf_counter()
            if self._post(f"/hotline/contacts/{offer['token']}/take") is None:
                return
            while time.perf_counter() - clicked < 20 and not self.stop_it.is_set():
                seat_in_room = self.leg.seat
                if seat_in_room is not None and len(seat_in_room.conference.seats) > 1:
                    self.to_talk.append(time.perf_counter() - clicked)
                    return
                time.sleep(0.01)


def environment(folder: Path, database: str, port: int, line_port: int) -> dict[str, str]:
    """Return the settings of an installation on this machine."""
    return {
        "TINGMIN_DATABASE_URL": database,
        "TINGMIN_SECRET_KEY": "k" * 40,
        "TINGMIN_DATA_DIR": str(folder),
        "TINGMIN_PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        "TINGMIN_LINE": "simulator",
        "TINGMIN_CALLER_NUMBER": "+862161000000",
        "TINGMIN_LINE_ACCOUNT": "AC" + "1" * 32,
        "TINGMIN_LINE_AUTH_TOKEN": "a-token-that-signs-webhooks",
        "TINGMIN_LINE_API_KEY": "SK" + "2" * 32,
        "TINGMIN_LINE_API_SECRET": "a-secret-that-signs-grants-0000000",
        "TINGMIN_LINE_VOICE_APP": "AP" + "3" * 32,
        "TINGMIN_LINE_BASE_URL": f"http://127.0.0.1:{line_port}",
        "TINGMIN_SECURE_COOKIES": "0",
        "TINGMIN_DEMO": "1",
    }


def staff_up(count: int) -> list[tuple[Staff, str, str]]:
    """Make operators who have signed in, each with a room: person, cookie, room."""
    found = []
    with transaction() as session:
        now = clock.now()
        lead = Staff(
            username="lead", name="某人", password_hash="!", created_at=now,
            role_rows=[StaffRole(role=Role.SHIFT_LEAD)],
        )  # fmt: skip
        session.add(lead)
        session.flush()
        session.add(HelpLine(kind=LineKind.COUNSELLING, number=NUMBER, owner_id=lead.id, changed_at=now))
        for n in range(count):
            staff = Staff(
                username=f"operator{n}", name="某人", password_hash="!", created_at=now,
                role_rows=[StaffRole(role=Role.OPERATOR)],
            )  # fmt: skip
            session.add(staff)
            session.flush()
            room = open_room(session, owner=staff, purpose=Purpose.HOTLINE, at=now)
            found.append((staff, admit(session, staff, at=now), room.name))
    return found


def wait_for(ready: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until something is so, or give up."""
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            sys.exit(f"{what} did not come about in {seconds:.0f} s")
        time.sleep(0.2)


def answers(base: str) -> bool:
    """Say whether the server is up."""
    with suppress(requests.RequestException):
        return requests.get(f"{base}/healthz", timeout=2).status_code == 200
    return False


def percentile(times: Sequence[float], share: float) -> float | None:
    """Return a percentile in milliseconds."""
    return round(1000 * sorted(times)[int(len(times) * share)], 1) if times else None


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--operators", type=int, default=100)
    parser.add_argument("--waiting", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--port", type=int, default=21940)
    given = parser.parse_args()
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit("told to stop")
    )  # and the server and its database with it
    with ExitStack() as stack:
        print(json.dumps(measure(stack, given)))


def measure(stack: ExitStack, given: argparse.Namespace) -> dict[str, object]:
    """Fill the lines and look."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    url = stack.enter_context(throwaway_postgres())
    base = f"http://127.0.0.1:{given.port}"
    settings = Settings.from_env(environment(folder, url, given.port, given.port + 1))
    secrets.use(secrets.key_file(settings.keys_file))
    every_table()
    database = Database(url)
    Base.metadata.create_all(database.engine)
    db.use(database)
    people = staff_up(given.operators)
    gunicorn = [sys.executable, "-m", "gunicorn", "wsgi:app", "-k", "gthread", "--workers", str(given.workers),
                "--threads", "16", "-b", f"127.0.0.1:{given.port}", "--log-level", "warning"]  # fmt: skip
    server = subprocess.Popen(
        gunicorn, cwd=ROOT, env=os.environ | environment(folder, url, given.port, given.port + 1)
    )
    stack.callback(server.wait)
    stack.callback(server.terminate)
    running = open_carrier(
        carrier_config(settings, seed=1), port=given.port + 1, start=clock.now(), workers=32
    )
    post = Timed()
    running.carrier.post = post
    running.serve_beside()
    stack.callback(running.stop)
    wait_for(lambda: answers(base), 300, "the server")
    stop = threading.Event()
    stack.callback(stop.set)
    crew = []
    for staff, cookie, room in people:
        with running.carrier.timeline.lock:
            leg = running.carrier.softphones.connect_as(identity_of(staff.id), {"room": room})
        crew.append(Operator(staff, cookie, base, leg, running.carrier, stop))
    wait_for(lambda: all(one.leg.seat is not None for one in crew), 120, "the telephones")
    for one in crew:
        one.sit()
    post.forget()
    for one in crew:
        one.took.clear()
        one.start()
    began, called = time.monotonic(), 0
    while time.monotonic() - began < given.seconds:
        # As many callers as keep the queue full; whoever is in the greeting will wait in a moment.
        there = sum(not leg.is_ended and leg.seat is None for leg in list(running.carrier.legs.live.values()))
        for _ in range(min(8, given.waiting - there)):
            called += 1
            running.carrier.inbound(f"+86139{called:08d}", NUMBER, talk_s=TALK_S * random.uniform(0.5, 1.5))
        time.sleep(0.5)
    most = len(running.carrier.queues.open("line-counselling").places)
    stop.set()
    with db.reading() as session:
        counts = session.execute(sa.select(Contact.state, sa.func.count()).group_by(Contact.state)).all()
        states = {state: int(count) for state, count in counts}
    written = sum(states.values())
    talks, pages = [t for one in crew for t in one.to_talk], [t for one in crew for t in one.took]
    return {
        "operators": given.operators,
        "waiting_at_the_end": most,
        "seconds": given.seconds,
        "webhooks": len(post.took),
        "webhook_p50_ms": percentile(post.took, 0.5),
        "webhook_p95_ms": percentile(post.took, 0.95),
        "webhook_p99_ms": percentile(post.took, 0.99),
        "webhook_errors": post.failed,
        "talks": len(talks),
        "accept_to_talk_p50_ms": percentile(talks, 0.5),
        "accept_to_talk_p95_ms": percentile(talks, 0.95),
        "operator_requests": len(pages),
        "operator_p95_ms": percentile(pages, 0.95),
        "operator_errors": sum(one.failed for one in crew),
        "refused": sum(one.refused for one in crew),
        "calls": called,
        "contacts": written,
        "by_state": {
            state.value: count for state, count in states.items() if isinstance(state, ContactState)
        },
        "load_of_the_machine": round(os.getloadavg()[0], 1),
    }


if __name__ == "__main__":
    main()
