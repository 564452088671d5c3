"""A small house on the simulated line: our adapter and webhooks, and the carrier in the same process."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from twilio.http import HttpClient
from twilio.http.response import Response

from core import clock, db
from core.people import Staff
from core.permissions import Role
from core.settings import Settings
from telephony import events, inbound, line, outbox, webhooks
from telephony.advice import standing_documents
from telephony.contract import check_answer, check_request
from telephony.reconciler import reconcile
from telephony.simulator.carrier import Carrier
from telephony.simulator.config import CarrierConfig
from telephony.simulator.faults import FAIR_WEATHER, Faults
from telephony.simulator.personas import Pickup, PickupKind
from telephony.simulator.timeline import VirtualClock
from telephony.twilio.adapter import TwilioLine
from telephony.twilio.addresses import path_of
from tests.conftest import NOON
from tests.factories import a_staff, all_models

ACCOUNT = "AC" + "1" * 32
NUMBER = "+8613800006021"
BASE = "https://tingmin.example"


def settings_for(tmp_path: Path, **changes: Any) -> Settings:
    """Settings of a small installation on the simulated line."""
    plain = Settings(
        database_url="sqlite://",
        secret_key="k" * 40,
        data_dir=tmp_path,
        keys_file=tmp_path / "keys.json",
        public_base_url=BASE,
        line="simulator",
        caller_number="+862160000000",
        account=ACCOUNT,
        auth_token="a-token-that-signs-webhooks-000000",
        api_key="SK" + "2" * 32,
        api_secret="a-secret-that-signs-grants-00000000",
        voice_app="AP" + "3" * 32,
        line_base_url="http://127.0.0.1:9",
    )
    return replace(plain, **changes)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The settings of this test's house."""
    return settings_for(tmp_path)


class DirectTransport(HttpClient):  # type: ignore[misc]
    """Hand the client's requests to a carrier in this process, checking each against the contract."""

    def __init__(self, carrier: Carrier) -> None:
        super().__init__(None, False, 5.0)
        self.carrier = carrier
        self.seen: list[tuple[str, str, dict[str, Any]]] = []
        self.before: Callable[[str, str], None] = lambda method, path: None
        self.after: Callable[[str, str], None] = lambda method, path: None

    def request(
        self, method: str, uri: str, params: Any = None, data: Any = None, headers: Any = None, auth: Any = None,
        timeout: Any = None, allow_redirects: bool = False,
    ) -> Response:  # fmt: skip
        """Make the request in this process."""
        parts = urlsplit(uri)
        raw = {**parse_qs(parts.query), **(params or {}), **(data or {})}
        form = {k: v if isinstance(v, list) else str(v) for k, v in raw.items()}
        form = {k: ("true" if v == "True" else "false" if v == "False" else v) for k, v in form.items()}
        check_request(method.upper(), parts.path, form)
        self.seen.append((method.upper(), parts.path, form))
        self.before(method.upper(), parts.path)
        user, password = auth
        given = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        status, answer = self.carrier.rest.handle(method, parts.path, form, given)
        if status < 300:
            check_answer(method.upper(), parts.path, status, answer)
        self.after(method.upper(), parts.path)
        return Response(status, "" if answer is None else json.dumps(answer))


@dataclass
class House:
    """Everything that one scenario needs."""

    settings: Settings
    app: Flask
    line: TwilioLine
    carrier: Carrier
    timeline: VirtualClock
    transport: DirectTransport
    documents: list[str] = field(default_factory=list)
    is_away: bool = False
    """Whether the application is down: nobody answers the carrier."""

    @contextmanager
    def at_present(self) -> Iterator[datetime]:
        """Hold our clock at the carrier's moment."""
        now = self.timeline.now()
        with clock.frozen(now):
            yield now

    def send(self) -> int:
        """Empty the outbox."""
        with self.at_present():
            return outbox.send_due()

    def reconcile(self) -> Any:
        """Look for what was lost."""
        with self.at_present():
            return reconcile()

    def run(self, seconds: float) -> None:
        """Let time pass, sending what falls due."""
        self.send()
        self.timeline.run_for(seconds)
        self.send()


class Pickups:
    """Residents who do as the test says."""

    def __init__(self) -> None:
        self.next = Pickup(PickupKind.ANSWERED, 3.0, None)

    def pickup(self, attempt: int, local: datetime) -> Pickup:
        """Pick up as told."""
        return self.next

    def trait(self, name: str) -> float:
        """Have every trait to the full."""
        return 1.0


@pytest.fixture(autouse=True)
def _clean_ears() -> Iterator[None]:
    all_models()  # a module read only now would lose its ears with the first test's
    inbound.forget_answers()
    heard = {kind: list(listeners) for kind, listeners in events._listeners.items()}
    yield
    events._listeners.clear()
    events._listeners.update(heard)
    inbound.forget_answers()
    line.use(None)


@pytest.fixture
def pickups() -> Pickups:
    """How the residents of this test pick up."""
    return Pickups()


@pytest.fixture
def weather() -> Faults:
    """The carrier's weather; scenario tests override it."""
    return FAIR_WEATHER


@pytest.fixture
def house(
    settings: Settings,
    sqlite: db.Database,
    pickups: Pickups,
    weather: Faults,
    monkeypatch: pytest.MonkeyPatch,
) -> House:
    """A house on the simulated line, with SQLite."""
    return build_house(settings, pickups, weather, monkeypatch)


def build_house(settings: Settings, pickups: Any, weather: Faults, monkeypatch: pytest.MonkeyPatch) -> House:
    """Put our side and the carrier's together."""
    monkeypatch.setattr(webhooks, "kick", lambda: None)
    app = Flask("house")
    app.register_blueprint(webhooks.blueprint)
    documents: list[str] = []
    timeline = VirtualClock(NOON)

    def post(url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, str]:
        if built.is_away:
            raise ConnectionRefusedError
        assert url.startswith(BASE)
        with clock.frozen(timeline.now()):
            answer = app.test_client().post(url.removeprefix(BASE), data=dict(form), headers=dict(headers))
        documents.append(answer.get_data(as_text=True))
        return answer.status_code, documents[-1]

    config = CarrierConfig(
        account_sid=settings.account,
        auth_token=settings.auth_token,
        api_key_sid=settings.api_key,
        api_key_secret=settings.api_secret,
        application_sid=settings.voice_app,
        client_url=BASE + path_of("browser"),
        inbound_url=BASE + path_of("inbound"),
        fallback_url=BASE + path_of("fallback"),
        line_status_url=BASE + path_of("call"),
        standing=standing_documents(settings),
    )
    carrier = Carrier(config, timeline, post, faults=weather, people=lambda number: pickups)
    transport = DirectTransport(carrier)
    carried = TwilioLine(settings, transport)
    line.use(carried)
    built = House(settings, app, carried, carrier, timeline, transport, documents)
    return built


@pytest.fixture
def interviewer(house: House) -> Staff:
    """An interviewer who may use the line."""
    with db.transaction() as session:
        return a_staff(session, Role.INTERVIEWER)
