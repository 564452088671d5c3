"""The application is stopped, a call comes in, the carrier answers alone, and afterwards the call has its contact.

Real processes on this machine: a web server, a worker, the simulated carrier; and a real browser at the end.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
import requests
import sqlalchemy as sa
from playwright.sync_api import Browser, expect

from core import clock, secrets
from core.db import Database, reading, transaction, using
from core.people import Staff
from core.permissions import Role
from core.signing_in import admit
from hotline.callbacks import CallBack, CallBackReason, CallBackState
from hotline.contacts import Contact, ContactState, Source, WayOut
from hotline.fallback import HELLO
from hotline.line_setup import Terms, set_line
from hotline.lines import LineKind
from migrations.tables import every_table
from telephony import line
from tests.factories import a_staff
from tests.journeys.conftest import OFFICE, assert_accessible, house_settings
from tests.made_once import empty_sqlite
from web.app import create_app

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parent.parent.parent
NUMBER, CALLER = "+862160012356", "+8613912345678"
PATIENCE_S = 150.0
"""Far beyond what it takes: the machine may have other things to do."""
Found = TypeVar("Found")


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port: int = tried.getsockname()[1]
        return port


def until(look: Callable[[], Found | None], what: str) -> Found:
    """Look again and again until there is something."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{what}: not within {PATIENCE_S:.0f} s")


@dataclass
class Town:
    """Processes of one installation, started and killed by the test."""

    url: str
    carrier: str
    database: Database
    environment: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *command: str) -> None:
        """Start a process."""
        log = (Path(self.environment["TINGMIN_DATA_DIR"]) / f"{name}.log").open("ab")
        with log:
            self.running[name] = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=self.environment, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def start_application(self) -> None:
        """Start the web server and the worker, and wait until the house answers."""
        port = self.url.rpartition(":")[2]
        self.start(
            "web", "-m", "gunicorn", "wsgi:app", "-k", "gthread", "--threads", "8", "-b", f"127.0.0.1:{port}",
            "--log-level", "warning",
        )  # fmt: skip
        self.start("worker", "-m", "flask", "--app", "wsgi", "worker")
        until(lambda: is_there(f"{self.url}/healthz"), "the web server")

    def kill(self, *names: str) -> None:
        """Kill processes at once, with whatever they were doing."""
        for name in names:
            process = self.running.pop(name)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=20)

    def call(self) -> str:
        """Let somebody call the line; return the carrier's leg."""
        answer = requests.post(f"{self.carrier}/sim/inbound", json={"from": CALLER, "to": NUMBER}, timeout=10)
        leg: str = answer.json()["leg"]
        return leg

    def leg(self, leg: str) -> dict[str, Any] | None:
        """Return how a live leg stands at the carrier."""
        legs = requests.get(f"{self.carrier}/sim/legs", timeout=10).json()["legs"]
        found: dict[str, Any] | None = next((one for one in legs if one["leg"] == leg), None)
        return found

    def hang_up(self, leg: str) -> None:
        """Let the caller hang up."""
        requests.post(f"{self.carrier}/sim/hangup", json={"leg": leg}, timeout=10)

    def contact(self, source: Source, state: ContactState) -> Contact | None:
        """Return the newest contact of a kind."""
        with using(self.database), reading() as session:
            query = sa.select(Contact).where(Contact.source == source, Contact.state == state)
            return session.scalars(query.order_by(Contact.id.desc())).first()


def is_there(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """An installation with its counselling line, the carrier running, the application still down."""
    web, carrier = free_port(), free_port()
    database_url = f"sqlite:///{tmp_path / 'house.db'}"
    settings = house_settings(
        tmp_path, database_url=database_url, public_base_url=f"http://127.0.0.1:{web}", line="simulator",
        line_base_url=f"http://127.0.0.1:{carrier}", caller_number="+862160000000",
        account="AC" + "1" * 32, auth_token="a-token-that-signs-webhooks-000000", api_key="SK" + "2" * 32,
        api_secret="a-secret-that-signs-grants-00000000", voice_app="AP" + "3" * 32,
    )  # fmt: skip
    environment = os.environ | {
        "TINGMIN_DATABASE_URL": database_url,
        "TINGMIN_SECRET_KEY": settings.secret_key,
        "TINGMIN_DATA_DIR": str(tmp_path),
        "TINGMIN_PUBLIC_BASE_URL": settings.public_base_url,
        "TINGMIN_LINE": "simulator",
        "TINGMIN_LINE_BASE_URL": settings.line_base_url,
        "TINGMIN_CALLER_NUMBER": settings.caller_number,
        "TINGMIN_LINE_ACCOUNT": settings.account,
        "TINGMIN_LINE_AUTH_TOKEN": settings.auth_token,
        "TINGMIN_LINE_API_KEY": settings.api_key,
        "TINGMIN_LINE_API_SECRET": settings.api_secret,
        "TINGMIN_LINE_VOICE_APP": settings.voice_app,
        "TINGMIN_SECURE_COOKIES": "0",
        "TINGMIN_DEMO": "1",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }
    every_table()
    ring, before = secrets.keyring(), line.in_use()
    database = empty_sqlite(database_url)
    create_app(settings, database=database)
    made = Town(settings.public_base_url, settings.line_base_url, database, environment)
    try:
        made.start("carrier", "-m", "flask", "--app", "wsgi", "telephony", "simulate")
        until(lambda: is_there(f"{made.carrier}/sim/state"), "the carrier")
        yield made
    finally:
        made.kill(*list(made.running))
        database.close()
        secrets.use(ring)
        line.use(before)


def test_a_call_while_we_are_down_is_answered_and_finds_its_owner(town: Town, browser: Browser) -> None:
    with using(town.database), transaction() as session:
        lead, operator = a_staff(session, Role.SHIFT_LEAD), a_staff(session, Role.OPERATOR)
        terms = Terms(number=NUMBER, duty_phones=("+862160000101",))
        set_line(session, LineKind.COUNSELLING, terms, owner=lead, by=None, at=clock.now())
    town.start_application()
    standing = Path(town.environment["TINGMIN_DATA_DIR"]) / "standing" / f"{NUMBER.removeprefix('+')}.xml"
    until(standing.is_file, "the carrier's own document")

    ordinary = town.call()
    until(lambda: town.contact(Source.PHONE, ContactState.WAITING), "the first caller, waiting")
    town.hang_up(ordinary)
    until(lambda: town.contact(Source.PHONE, ContactState.MISSED), "the first caller, gone")

    town.kill("web", "worker")
    assert not is_there(f"{town.url}/healthz")
    rang = time.monotonic()
    leg = town.call()

    def answered() -> bool:
        there = town.leg(leg)
        return there is not None and any(
            HELLO[LineKind.COUNSELLING].zh in said["text"] for said in there["says"]
        )

    until(answered, "the carrier's kind sentence")
    assert time.monotonic() - rang < 5.0
    town.hang_up(leg)
    until(lambda: town.leg(leg) is None, "the end of the call")
    with using(town.database), reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Contact)) == 1

    town.start_application()
    back = time.monotonic()
    found = until(lambda: town.contact(Source.RECONCILED, ContactState.MISSED), "the contact of the outage")
    assert time.monotonic() - back < 300.0
    assert (found.line, found.owner_id, found.way_out) == (LineKind.COUNSELLING, lead.id, WayOut.FALLBACK)
    with using(town.database), reading() as session:
        promise = session.scalars(sa.select(CallBack).where(CallBack.contact_id == found.id)).one()
        assert (promise.state, promise.reason) == (CallBackState.DUE, CallBackReason.RECONCILED)
        caller = session.get_one(Contact, found.id).caller
        assert caller is not None
        assert caller.number == CALLER
        assert session.scalar(sa.select(sa.func.count()).select_from(Contact)) == 2
    see_the_promise(town, browser, operator.id)


def see_the_promise(town: Town, browser: Browser, operator_id: int) -> None:
    """Sign in as an operator, who finds the caller of the outage among those to be called back."""
    with using(town.database), transaction() as session:
        token = admit(session, session.get_one(Staff, operator_id), at=clock.now(), browser="Chromium")
    context = browser.new_context(base_url=town.url, viewport=OFFICE, locale="zh-CN")  # type: ignore[arg-type]
    context.add_cookies([{"name": "tingmin", "value": token, "url": town.url}])
    page = context.new_page()
    page.goto("/hotline/line")
    due = page.locator("#idle-side")
    expect(due).to_contain_text(CallBackReason.RECONCILED.zh)
    expect(due).to_contain_text("139 **** 5678")
    assert CALLER.removeprefix("+86") not in page.content()
    assert_accessible(page)
    context.close()
