"""The carrier itself: its books, its mail, and what a party at either end can do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from telephony.simulator.chance import token
from telephony.simulator.conferences import Conferences
from telephony.simulator.config import CarrierConfig
from telephony.simulator.faults import FAIR_WEATHER, Faults
from telephony.simulator.leg import Leg, Subscription
from telephony.simulator.legs import Legs
from telephony.simulator.mail import Mail
from telephony.simulator.messages import Messages
from telephony.simulator.personas import Resident, resident
from telephony.simulator.queues import Queues
from telephony.simulator.recordings import Recordings
from telephony.simulator.rest import Rest
from telephony.simulator.script import Script
from telephony.simulator.softphones import Softphones
from telephony.simulator.timeline import Timeline
from telephony.simulator.transport import AtOnce, Courier, Post
from telephony.simulator.verbs import run_verb

# A number's own callback is told of the end of a call and of nothing before it.
_NUMBER_EVENTS = frozenset({"completed"})


@dataclass(frozen=True)
class Mishap:
    """An error of the application as the vendor's debugger would show it."""

    code: int
    leg: str
    problem: str


class Carrier:
    """A simulated carrier over one timeline; every public method may be called from any thread."""

    def __init__(
        self, config: CarrierConfig, timeline: Timeline, post: Post, *, courier: Courier | None = None,
        faults: Faults = FAIR_WEATHER, people: Callable[[str], Resident] | None = None,
    ) -> None:  # fmt: skip
        self.config = config
        self.timeline = timeline
        self.post = post
        self.courier: Courier = courier or AtOnce()
        self.faults = faults
        self.people: Callable[[str], Resident] = people or (lambda number: resident(config.seed, number))
        self.warnings: list[Mishap] = []
        self.verbs_run: dict[str, int] = {}
        self.mail = Mail(self)
        self.legs = Legs(self)
        self.conferences = Conferences(self)
        self.queues = Queues(self)
        self.recordings = Recordings(self)
        self.messages = Messages(self)
        self.softphones = Softphones(self)
        self.rest = Rest(self)

    def name(self, kind: str, number: int) -> str:
        """Return 32 digits that name a thing of this run and no other."""
        return token(self.config.seed, self.config.run, kind, number)

    def warn(self, code: int, leg: Leg, problem: str) -> None:
        """Note an error of the application."""
        self.warnings.append(Mishap(code, leg.sid, problem))

    def run_verb(self, script: Script, verb: etree._Element) -> None:
        """Run one verb of a document."""
        run_verb(script, verb)

    def inbound(
        self, from_: str, to: str, *, patience_s: float | None = None, talk_s: float | None = None,
        message_s: float = 0.0, presses: tuple[tuple[float, str], ...] = (),
    ) -> Leg:  # fmt: skip
        """Let somebody call one of the lines; they wait, press keys and talk as told."""
        with self.timeline.lock:
            leg = self.legs.open("inbound", from_, to)
            leg.status, leg.started_at = "ringing", self.timeline.now()
            leg.patience_s, leg.talk_s, leg.message_s, leg.presses = patience_s, talk_s, message_s, presses
            if self.config.line_status_url:
                leg.subscription = Subscription(self.config.line_status_url, _NUMBER_EVENTS)
            leg.script = Script(self, leg, lambda: self.legs.end(leg, "completed", by="script"))
            leg.script.fetch(self.config.url_for(to))
            if patience_s is not None:
                self.timeline.after(patience_s, lambda: self._lose_patience(leg))
            for after_s, keys in presses:
                self.timeline.after(after_s, lambda keys=keys: self.press(leg, keys))  # type: ignore[misc]
        return leg

    def _lose_patience(self, leg: Leg) -> None:
        if not leg.has_met:
            self.hang_up(leg)

    def hang_up(self, leg: Leg) -> None:
        """Let the party at the far end hang up."""
        with self.timeline.lock:
            answered = leg.is_answered or leg.direction == "inbound"
            self.legs.end(
                leg, "completed" if answered else "busy", by="far", sip_code=200 if answered else 603
            )

    def press(self, leg: Leg, keys: str) -> None:
        """Let the party at the far end press keys; keys nobody listens for are lost."""
        with self.timeline.lock:
            for key in keys:
                if leg.ear is not None and not leg.is_ended:
                    leg.ear(key)

    def say(self, leg: Leg, text: str) -> None:
        """Let the party at the far end say something, in words."""
        with self.timeline.lock:
            if not leg.is_ended:
                self.softphones.hear(leg, text)

    def redirect(
        self,
        leg: Leg,
        *,
        url: str | None = None,
        twiml: str | None = None,
        extra: dict[str, str] | None = None,
    ) -> None:
        """Send a call to another document: it leaves its room, its queue and whoever it was dialling."""
        for script in (leg.script, leg.background):
            if script is not None:
                script.stop()
        leg.ear = leg.tongue = None
        if leg.place is not None:
            self.queues.leave(leg.place, "redirected")
        if leg.seat is not None:
            self.conferences.leave(leg.seat, "participant_updated_via_api")
        if leg.dialling is not None:
            leg.dialling.parent_ended()
        if leg.peer is not None:
            other, leg.peer = leg.peer, None
            other.peer = None
            if other.dialling is not None:
                other.dialling.parent_ended()
        leg.script = Script(self, leg, lambda: self.legs.end(leg, "completed", by="script"))
        if twiml is not None:
            leg.script.run(twiml, "")
        elif url is not None:
            leg.script.fetch(url, extra)

    def counts(self) -> dict[str, object]:
        """Count what the carrier holds, for the demonstration's screen and for tests."""
        with self.timeline.lock:
            legs = self.legs.all.values()
            return {
                "at": self.timeline.now().isoformat(),
                "legs": dict(Counter(leg.status for leg in legs)),
                "live": len(self.legs.live),
                "rooms": sum(room.status != "completed" for room in self.conferences.all.values()),
                "waiting": sum(len(queue.places) for queue in self.queues.all.values()),
                "recordings": len(self.recordings.all),
                "messages": len(self.messages.all),
                "documents": self.mail.postage.documents,
                "callbacks": self.mail.postage.callbacks,
                "deliveries": self.mail.postage.deliveries,
                "lost": self.mail.postage.lost,
                "refused": self.mail.postage.refused,
                "warnings": len(self.warnings),
            }
