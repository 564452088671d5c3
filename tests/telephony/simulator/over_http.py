"""A small application over HTTP, and the vendor's own client sent to the simulated carrier."""

import threading
from dataclasses import replace
from urllib.parse import parse_qsl

from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from werkzeug.wrappers import Request, Response

from telephony.simulator.scenario import scenario_config

APP_PORT, CARRIER_PORT = 21110, 21111
APP = f"http://127.0.0.1:{APP_PORT}"
LINE = "+861010054321"
CONFIG = replace(scenario_config(), client_url=f"{APP}/client", inbound_url=f"{APP}/line")


class Swapped(TwilioHttpClient):
    """The vendor's client, sent to the simulated carrier."""

    def __init__(self, base: str) -> None:
        super().__init__(timeout=10)
        self._base = base

    def request(self, method, url, *args, **kwargs):  # type: ignore[no-untyped-def]
        return super().request(method, url.replace("https://api.twilio.com", self._base), *args, **kwargs)


class App:
    """A small application over HTTP that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, str]]] = []
        self.unsigned = 0
        self.slow = threading.Event()
        self.slow.set()

    def __call__(self, environ, start_response):  # type: ignore[no-untyped-def]
        request = Request(environ)
        form = dict(parse_qsl(request.get_data(as_text=True), keep_blank_values=True))
        valid = RequestValidator(CONFIG.auth_token).validate(
            APP + request.path, form, request.headers.get("X-Twilio-Signature", "")
        )
        self.unsigned += not valid
        if request.path == "/slow":
            self.slow.wait(10)
        self.told.append((request.path, form))
        return Response(self._document(request.path, form), mimetype="text/xml")(environ, start_response)

    def _document(self, path: str, form: dict[str, str]) -> str:
        room = f'statusCallback="{APP}/room" statusCallbackEvent="start end join leave"'
        if path == "/client":
            return (f'<Response><Dial><Conference participantLabel="agent" endConferenceOnExit="true" {room}>'
                    f"{form['room']}</Conference></Dial></Response>")  # fmt: skip
        if path in ("/line", "/slow"):
            return "<Response><Say>您好</Say><Pause length='600'/></Response>"
        return ""

    def to(self, path: str) -> list[dict[str, str]]:
        return [form for where, form in self.told if where == path]
