"""Operators at work: a hundred browsers that look, beat, answer what rings, write down what they hear, and go on."""

from __future__ import annotations

import http.client
import json
import random
import re
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core import clock
from core.db import transaction
from core.people import Staff, StaffRole
from core.permissions import Role
from core.signing_in import admit
from hotline.lines import HelpLine, LineKind
from telephony.rooms import Purpose, open_room
from telephony.simulator.leg import Leg

NUMBER = "+862160012356"
PACE_S = {"available": 1.0, "talking": 2.0, "wrapping": 3.0}
MOVING_S, ELSE_S, BEAT_S = 0.8, 5.0, 10.0
"""How often a browser looks: as `web/static/js/operator.js` does."""
DRAFT_S, WRAP_S, REACTS_S = 10.0, 6.0, 1.0
LONGEST_TO_TALK_S = 20.0
FORM_TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


def staff_up(count: int) -> list[tuple[Staff, str, str]]:
    """Make a line and its operators who have signed in, each with a room: person, cookie, room."""
    found = []
    with transaction() as session:
        now = clock.now()

        def somebody(name: str, role: Role) -> Staff:
            staff = Staff(
                username=name,
                name="某人",
                password_hash="!",
                created_at=now,
                role_rows=[StaffRole(role=role)],
            )
            session.add(staff)
            session.flush()
            return staff

        lead = somebody("lead", Role.SHIFT_LEAD)
        session.add(HelpLine(kind=LineKind.COUNSELLING, number=NUMBER, owner_id=lead.id, changed_at=now))
        for n in range(count):
            staff = somebody(f"operator{n}", Role.OPERATOR)
            room = open_room(session, owner=staff, purpose=Purpose.HOTLINE, at=now)
            found.append((staff, admit(session, staff, at=now), room.name))
    return found


@dataclass
class Notes:
    """What one browser or all of them saw: seconds by kind of question, and what went wrong."""

    took: dict[str, list[float]] = field(default_factory=dict)
    to_talk: list[float] = field(default_factory=list)
    unchanged: int = 0
    refused: int = 0
    failed: int = 0

    def note(self, what: str, seconds: float) -> None:
        """Note how long a question took."""
        self.took.setdefault(what, []).append(seconds)

    @classmethod
    def of_all(cls, notes: Sequence[Notes]) -> Notes:
        """Put the notes of many together."""
        found = cls()
        for one in notes:
            for what, times in one.took.items():
                found.took.setdefault(what, []).extend(times)
            found.to_talk += one.to_talk
            found.unchanged += one.unchanged
            found.refused += one.refused
            found.failed += one.failed
        return found


class Operator(threading.Thread):
    """One operator's browser, with a connection for each question, as a proxy in front makes it."""

    def __init__(self, staff: Staff, cookie: str, port: int, leg: Leg, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.leg, self.port, self.stop_it = leg, port, stop
        self.dice = random.Random(staff.id)
        self.headers = {
            "Cookie": f"tingmin={cookie}",
            "Accept": "application/json",
            "Content-Type": "application/json",
        }
        self.notes = Notes()
        self.screen: dict[str, Any] = {}
        self.version = 0

    def sit(self) -> None:
        """Open the page once, and sit down."""
        status, page, head = self._exchange("GET", "/hotline/line", None)
        found = FORM_TOKEN.search(page)
        if found is None:
            raise RuntimeError(f"no form token on a page answered with {status}")
        self.headers["X-CSRFToken"] = found[1]
        kept = [c.split(";")[0] for c in head]
        self.headers["Cookie"] = "; ".join([self.headers["Cookie"], *kept])
        self._ask("sit", "POST", "/hotline/seat/sit")

    def _exchange(self, method: str, path: str, body: object) -> tuple[int, str, list[str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(
                method, path, None if body is None else json.dumps(body).encode(), self.headers
            )
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.headers.get_all("Set-Cookie") or []
        finally:
            connection.close()

    def _ask(self, what: str, method: str, path: str, body: object = None) -> dict[str, Any] | None:
        began = time.perf_counter()
        try:
            status, text, _ = self._exchange(method, path, {} if method == "POST" and body is None else body)
        except OSError:
            self.notes.failed += 1
            return None
        self.notes.note(what, time.perf_counter() - began)
        if status == 409:
            self.notes.refused += 1
        elif not 200 <= status < 300:
            self.notes.failed += 1
        if status != 200:
            return None
        told: dict[str, Any] = json.loads(text)
        return told

    def run(self) -> None:
        """Sit down, and work until told to stop."""
        self.sit()
        beat_at = time.monotonic() + BEAT_S * self.dice.random()
        drafted_at = freed_at = 0.0
        self.stop_it.wait(self.dice.random())
        while not self.stop_it.wait(self.pace * self.dice.uniform(0.9, 1.1)):
            now = time.monotonic()
            if now >= beat_at:
                beat_at = now + BEAT_S
                self._ask("beat", "POST", "/hotline/seat/beat")
            self._look()
            contact, seat = self.screen.get("contact"), self.screen.get("seat") or {}
            if self.screen.get("offer"):
                self._take(self.screen["offer"]["token"])
            elif seat.get("state") == "wrapping":
                freed_at = freed_at or now + WRAP_S * self.dice.uniform(0.5, 1.5)
                if now >= freed_at:
                    freed_at = 0.0
                    self._show(self._ask("free", "POST", "/hotline/seat/free"))
            elif contact and contact["state"] == "talking" and now >= drafted_at + DRAFT_S:
                drafted_at = now
                self._draft(contact["token"])

    @property
    def pace(self) -> float:
        """How long until the next look."""
        contact = self.screen.get("contact") or {}
        if self.screen.get("offer") or contact.get("state") == "taken":
            return MOVING_S
        return PACE_S.get((self.screen.get("seat") or {}).get("state", ""), ELSE_S)

    def _look(self) -> None:
        seen = self.screen.get("tag", "")
        told = self._ask("look", "GET", f"/hotline/line/state?contact=&seen={seen}")
        if told is not None and told.get("unchanged"):
            self.notes.unchanged += 1
        else:
            self._show(told)

    def _show(self, told: dict[str, Any] | None) -> None:
        self.screen = self.screen if told is None else told

    def _take(self, token: str) -> None:
        """Answer after a moment, and wait until the caller is there."""
        if self.stop_it.wait(REACTS_S * self.dice.uniform(0.5, 1.5)):
            return
        clicked = time.perf_counter()
        told = self._ask("take", "POST", f"/hotline/contacts/{token}/take")
        if told is None:
            return
        self._show(told)
        self.version = 0
        while time.perf_counter() - clicked < LONGEST_TO_TALK_S and not self.stop_it.is_set():
            seat = self.leg.seat
            if seat is not None and len(seat.conference.seats) > 1:
                self.notes.to_talk.append(time.perf_counter() - clicked)
                return
            time.sleep(0.05)

    def _draft(self, token: str) -> None:
        """Save a sentence of the record."""
        body = {
            "changes": {"narrative": f"第 {self.version + 1} 句"}, "token": str(uuid.uuid4()), "seen": self.version
        }  # fmt: skip
        told = self._ask("draft", "POST", f"/counselling/{token}/record", body)
        if told is not None:
            self.version = int(told["version"])
