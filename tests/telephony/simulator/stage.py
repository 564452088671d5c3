"""A stage for one carrier: pages that answer it, people who do as told, and all it posted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit

from twilio.request_validator import RequestValidator

from telephony.contract import check_answer, check_twiml
from telephony.simulator.carrier import Carrier
from telephony.simulator.config import CarrierConfig
from telephony.simulator.faults import FAIR_WEATHER, Faults
from telephony.simulator.leg import Leg
from telephony.simulator.personas import CHINA, Pickup, PickupKind, Resident
from telephony.simulator.rest import basic
from telephony.simulator.scenario import scenario_config
from telephony.simulator.timeline import VirtualClock

APP = "https://app.example"
LINE = "+861010054321"
RESIDENT = "+8613800000001"
ANSWERS = Pickup(PickupKind.ANSWERED, 3.0)
Page = str | Callable[[Mapping[str, str]], str]


@dataclass(frozen=True)
class Told(Resident):
    """A resident who does as told."""

    does: Pickup = ANSWERS

    def pickup(self, attempt_number: int, local_datetime: datetime) -> Pickup:
        return self.does


@dataclass(frozen=True)
class Posted:
    """One request that reached the application."""

    at: datetime
    path: str
    form: dict[str, str]
    token: str


@dataclass
class Stage:
    """Everything needed to put a carrier on stage."""

    faults: Faults = FAIR_WEATHER
    config: CarrierConfig = field(default_factory=lambda: replace(scenario_config(), client_url=f"{APP}/client",
                                                                  inbound_url=f"{APP}/line"))  # fmt: skip

    def __post_init__(self) -> None:
        self.clock = VirtualClock(datetime(2026, 3, 4, 10, 0, tzinfo=CHINA))
        self.pages: dict[str, Page] = {}
        self.people: dict[str, Pickup] = {}
        self.posted: list[Posted] = []
        self.status: dict[str, int] = {}
        self.carrier = Carrier(self.config, self.clock, self._post, faults=self.faults, people=self._person)

    def _person(self, number: str) -> Resident:
        return Told(1, number, False, self.people.get(number, ANSWERS))

    def _post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, str]:
        signature = headers["X-Twilio-Signature"]
        assert RequestValidator(self.config.auth_token).validate(url, dict(form), signature)
        path = urlsplit(url).path
        self.posted.append(Posted(self.clock.now(), path, dict(form), headers["I-Twilio-Idempotency-Token"]))
        if path in self.status:
            return self.status[path], ""
        page = self.pages.get(path, "")
        text = page if isinstance(page, str) else page(form)
        if text:
            check_twiml(text)
        return 200, text

    def page(self, path: str, *verbs: str) -> None:
        """Let a page answer with a document of these verbs."""
        self.pages[path] = f"<Response>{''.join(verbs)}</Response>"

    def ask(
        self, method: str, path: str, form: Mapping[str, str | Sequence[str]] | None = None, expect: int = 200
    ) -> dict[str, object]:
        """Send a request, check status and shape of the answer."""
        config = self.config
        full = f"/2010-04-01/Accounts/{config.account_sid}{path}"
        status, answer = self.carrier.rest.handle(
            method, full, form or {}, basic(config.account_sid, config.auth_token)
        )
        assert status == expect, answer
        if status < 300:
            check_answer(method, full, status, answer)
        return answer or {}

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.run_for(seconds)

    def agent(self, room: str = "op7", *, ends: bool = True, extra: str = "") -> Leg:
        """Seat an operator in a room whose events go to /room."""
        self.page(
            "/client",
            f'<Dial><Conference participantLabel="agent" endConferenceOnExit="{str(ends).lower()}" {extra} '
            f'statusCallback="{APP}/room" statusCallbackEvent="start end join leave mute hold modify announcement">'
            f"{room}</Conference></Dial>",
        )
        leg = self.carrier.softphones.connect_as("agent-1", {"room": room})
        self.run(1)
        return leg

    def add(self, room: str = "op7", **more: str) -> dict[str, object]:
        """Dial a resident into a room."""
        return self.ask("POST", f"/Conferences/{room}/Participants.json", {
            "To": RESIDENT, "From": LINE, "Label": "resident", "StatusCallback": f"{APP}/call",
            "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"], **more,
        }, expect=201)  # fmt: skip

    def to(self, path: str) -> list[dict[str, str]]:
        """Return the forms posted to a path."""
        return [posted.form for posted in self.posted if posted.path == path]

    def events(self, path: str = "/room") -> list[str]:
        """Return the names of conference events posted to a path."""
        return [form["StatusCallbackEvent"] for form in self.to(path)]

    def leg(self, sid: object) -> Leg:
        """Return a leg by its sid."""
        return self.carrier.legs.all[str(sid)]
