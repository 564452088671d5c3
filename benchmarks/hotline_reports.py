"""The carrier's reports of a play: what it tells, in what weather, what it has in its books, and how it knocks."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy.orm import Session

from benchmarks.webhooks import settings_in
from core.settings import Settings
from telephony import webhooks
from telephony.line import Cause, LegFacts, LegState, RoomRef, Rung, Waiting
from telephony.twilio.adapter import TwilioLine
from telephony.twilio.addresses import path_of
from telephony.twilio.signature import SIGNATURE_HEADER, sign


@dataclass(frozen=True)
class Report:
    """One report of the carrier; a page it asks for comes in order, everything else may come whenever."""

    hook: str
    fields: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)
    is_page: bool = False
    learned: Callable[[], dict[str, str]] | None = None
    """What is known only when it is told, such as the name of a room that was opened meanwhile."""

    @property
    def is_of_end(self) -> bool:
        """Whether it tells that the leg is over."""
        return self.fields.get("CallStatus") == "completed"

    def stamped(self, at: datetime) -> Report:
        """Return it with the moment at which the carrier tells it."""
        learned = self.learned() if self.learned else {}
        fields = {**self.fields, **learned, "Timestamp": rfc2822(at)}
        return Report(self.hook, fields, self.query, self.is_page)


@dataclass(frozen=True)
class Act:
    """What somebody at work does as soon as it can be done."""

    do: Callable[[Session, datetime], object]


Step = Report | Act
Story = Sequence[Step]


@dataclass(frozen=True)
class Weather:
    """How often reports come twice, late, or never, and for how many steps they are late."""

    twice: float = 0.0
    late: float = 0.0
    lost: float = 0.0
    longest: int = 14

    @property
    def is_fair(self) -> bool:
        """Whether everything comes once and at once."""
        return not (self.late or self.twice or self.lost)


FAIR = Weather()
FOUL = Weather(twice=0.35, late=0.5)
STORM = Weather(twice=0.25, late=0.4, lost=0.25)


class Books(TwilioLine):
    """The carrier's own books, for whoever asks afterwards what became of a leg."""

    def __init__(self, folder: Path) -> None:
        super().__init__(settings_in(folder, "sqlite://"))
        self.rung: dict[str, Rung] = {}
        self.over: dict[str, LegFacts] = {}

    def calls_to(self, number: str, since: datetime) -> list[Rung]:
        """Return every call to the line."""
        return list(self.rung.values())

    def waiting(self, line: str) -> list[Waiting]:
        """Return nobody: plays are over when books are read."""
        return []

    def recordings_of(self, leg: str) -> list[Any]:
        """Return nothing: nobody leaves messages."""
        return []

    def fetch_leg(self, leg: str) -> LegFacts | None:
        """Return what became of a leg."""
        return self.over.get(leg)

    def find_leg(
        self, room: RoomRef, *, request_key: str, to: str, caller_id: str | None, since: datetime,
        known: frozenset[str],
    ) -> LegFacts | None:  # fmt: skip
        """Find nothing: dials are never sent here."""
        return None


class Door:
    """The house's own door for reports, at which the carrier knocks with what it signed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.app = Flask("house")
        self.app.register_blueprint(webhooks.blueprint)

    def post(self, report: Report) -> str:
        """Hand one signed report to the application as a server does, and return the page it answers with."""
        path, query = path_of(report.hook), urlencode(report.query)
        body = urlencode(report.fields).encode()
        environ = {
            "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query,
            "SERVER_NAME": "tingmin.example", "SERVER_PORT": "443", "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "tingmin.example", "REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "https",
            "wsgi.version": (1, 0), "wsgi.errors": io.StringIO(), "wsgi.multithread": False,
            "wsgi.multiprocess": False, "wsgi.run_once": False, "wsgi.input": io.BytesIO(body),
            "CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(body)),
            _SIGNATURE: sign(self.settings, path, report.fields, query=query),
        }  # fmt: skip
        statuses: list[str] = []
        answer = self.app(environ, lambda status, headers, error=None: statuses.append(status))  # type: ignore[arg-type]
        text = b"".join(answer).decode()
        if statuses != ["200 OK"]:
            raise RuntimeError(f"a {report.hook} report was answered with {statuses}: {text[:200]}")
        return text


_SIGNATURE = "HTTP_" + SIGNATURE_HEADER.upper().replace("-", "_")


def rfc2822(at: datetime) -> str:
    """Write a moment as the carrier does."""
    return at.strftime("%a, %d %b %Y %H:%M:%S +0000")


def ended_facts(leg: str, began: datetime, ended: datetime, seconds: int) -> LegFacts:
    """Return what the books say of a leg that is over."""
    return LegFacts(leg, LegState.ENDED, Cause.NORMAL, began, ended, seconds)
