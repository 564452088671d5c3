"""The carrier's outgoing mail: signed requests to the application, each with its own token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urldefrag

from telephony.simulator.signature import sign
from telephony.simulator.transport import CONNECT_S, READ_S, HttpPost, Reply

if TYPE_CHECKING:
    from telephony.simulator.carrier import Carrier


@dataclass
class Postage:
    """What was sent: each callback once, each delivery of it, and how many were not taken."""

    documents: int = 0
    callbacks: int = 0
    deliveries: int = 0
    lost: int = 0
    refused: int = 0


@dataclass(frozen=True)
class _Overrides:
    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})
    connect_s: float = CONNECT_S
    read_s: float = READ_S

    @classmethod
    def read(cls, fragment: str) -> _Overrides:
        fields = parse_qs(fragment)
        policy = fields.get("rp", ["ct"])[0].split(",")
        connect_s, read_s = (
            int(fields[name][0]) / 1000 if name in fields else usual
            for name, usual in (("ct", CONNECT_S), ("rt", READ_S))
        )
        return cls(int(fields.get("rc", ["1"])[0]), frozenset(policy), connect_s, read_s)

    def retries_on(self, status: int) -> bool:
        if "all" in self.policy and not 200 <= status < 300:
            return True
        if status == 0:
            return bool({"ct", "rt"} & self.policy)
        return (status >= 500 and "5xx" in self.policy) or (400 <= status < 500 and "4xx" in self.policy)


class Mail:
    """Send forms to the application, on time, signed, and with the weather there is."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._letters = 0
        self.postage = Postage()

    def fetch(self, key: str, url: str, form: dict[str, str], done: Callable[[Reply], None]) -> None:
        """Ask the application for a document; the answer comes back on the timeline."""
        self.postage.documents += 1
        self._send(key, url, form, self._next_token(), 0.0, done)

    def notify(self, key: str, url: str, form: dict[str, str]) -> None:
        """Tell the application that something happened, once or as the weather has it."""
        self.postage.callbacks += 1
        idempotency = self._next_token()
        delays = self._carrier.faults.deliveries(idempotency)
        if not delays:
            self.postage.lost += 1
        for index, delay in enumerate(delays):
            # Late and repeated letters travel alone, or they would hold up those that follow.
            lane = key if delay == 0 else f"{key}:{idempotency}:{index}"
            self._send(lane, url, form, idempotency, delay, self._receipt)

    def _next_token(self) -> str:
        self._letters += 1
        return self._carrier.name("letter", self._letters)

    def _receipt(self, reply: Reply) -> None:
        if not 200 <= reply[0] < 300:
            self.postage.refused += 1

    def _send(
        self,
        key: str,
        url: str,
        form: dict[str, str],
        idempotency: str,
        delay: float,
        done: Callable[[Reply], None],
    ) -> None:
        carrier = self._carrier
        address, fragment = urldefrag(url)
        overrides = _Overrides.read(fragment)
        headers = {
            "X-Twilio-Signature": sign(address, form, carrier.config.auth_token),
            "I-Twilio-Idempotency-Token": idempotency,
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
        }

        post = carrier.post
        if isinstance(post, HttpPost):
            post = post.within(overrides.connect_s, overrides.read_s)

        def job() -> Reply:
            return post(address, form, headers)

        def arrived(tries: int, reply: Reply) -> None:
            if overrides.retries_on(reply[0]) and tries < overrides.retries:
                carrier.timeline.after(0.1, lambda: leave(tries + 1))
                return
            with carrier.timeline.lock:
                done(reply)

        def leave(tries: int) -> None:
            self.postage.deliveries += 1
            carrier.courier.carry(key, job, lambda reply: arrived(tries, reply))

        carrier.timeline.after(carrier.config.latency_s + delay, lambda: leave(0))
