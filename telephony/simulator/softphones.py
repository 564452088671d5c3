"""The browsers' telephones: who may speak, who is ready to be called, what each one shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jwt

from telephony.simulator.leg import Leg
from telephony.simulator.script import Script

if TYPE_CHECKING:
    from telephony.simulator.carrier import Carrier


class BadGrant(Exception):
    """The browser's grant is forged, expired, or does not allow what was asked."""


@dataclass(frozen=True)
class Grant:
    """What a browser may do: under which name, through which application, and whether it may be called."""

    identity: str
    application_sid: str | None
    may_be_called: bool


@dataclass
class Ready:
    """A browser waiting to be called; tests and demonstrations may let it answer by itself."""

    identity: str
    answers_after_s: float | None = None


def read_grant(token: str, *, account_sid: str, key_sid: str, key_secret: str) -> Grant:
    """Verify a browser's grant (JWT, HS256) and return what it allows."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token, key_secret, algorithms=["HS256"], options={"require": ["exp", "iss", "sub"]}
        )
    except jwt.PyJWTError as error:
        raise BadGrant(f"the grant can't be verified: {error}") from error
    if claims["iss"] != key_sid or claims["sub"] != account_sid:
        raise BadGrant("the grant is for another account or key")
    grants = claims.get("grants") or {}
    voice, identity = grants.get("voice"), grants.get("identity")
    if not isinstance(voice, dict) or not identity:
        raise BadGrant("the grant allows no voice or names nobody")
    outgoing = (voice.get("outgoing") or {}).get("application_sid")
    return Grant(str(identity), outgoing, bool((voice.get("incoming") or {}).get("allow")))


class Softphones:
    """The door for browsers, as methods; the HTTP door only translates."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self.ready: dict[str, Ready] = {}

    def grant(self, token: str) -> Grant:
        """Verify a browser's grant against this carrier's account."""
        config = self._carrier.config
        return read_grant(
            token,
            account_sid=config.account_sid,
            key_sid=config.api_key_sid,
            key_secret=config.api_key_secret,
        )

    def connect(self, token: str, params: dict[str, str]) -> Leg:
        """Start a leg from a browser; the application's page decides what becomes of it."""
        grant = self.grant(token)
        if grant.application_sid is None or grant.application_sid != self._carrier.config.application_sid:
            raise BadGrant("the grant allows no outgoing calls through this application")
        return self.connect_as(grant.identity, params)

    def connect_as(self, identity: str, params: dict[str, str]) -> Leg:
        """Start a leg for an identity already known to be right."""
        carrier = self._carrier
        leg = carrier.legs.open("inbound", f"client:{identity}", params.get("To", ""))
        leg.custom = dict(params)
        leg.application_sid = carrier.config.application_sid or None
        leg.status, leg.started_at = "ringing", carrier.timeline.now()
        leg.script = Script(carrier, leg, lambda: carrier.legs.end(leg, "completed", by="script"))
        leg.script.fetch(carrier.config.client_url)
        return leg

    def register(self, identity: str, answers_after_s: float | None = None) -> list[Leg]:
        """Note that a browser is ready to be called, and return what rings for it."""
        self.ready[identity] = Ready(identity, answers_after_s)
        address = f"client:{identity}"
        return [
            leg for leg in self._carrier.legs.live.values() if leg.to == address and leg.status == "ringing"
        ]

    def hear(self, leg: Leg, text: str) -> None:
        """Let what one party says in words reach those who would hear it."""
        if leg.tongue is not None:
            leg.tongue(text)
        seat = leg.seat
        if seat is None:
            hearers = [leg.peer] if leg.peer is not None else []
        elif leg.is_quiet or seat.terms.is_muted or seat.is_held:
            hearers = []
        else:
            hearers = [s.leg for s in seat.conference.seats if s is not seat and not s.is_held]
            if seat.terms.coaches is not None:
                hearers = [hearer for hearer in hearers if hearer.sid == seat.terms.coaches]
        for hearer in hearers:
            hearer.heard.append((leg.label or leg.sid, text))


def leg_state(leg: Leg) -> dict[str, object]:
    """Tell a browser how its leg stands: room, muting, the others, and what was said."""
    seat = leg.seat
    others = [s for s in seat.conference.seats if s is not seat] if seat else []
    peers: list[dict[str, object]] = [
        {
            "leg": s.leg.sid,
            "label": s.terms.label,
            "state": s.leg.status,
            "muted": s.terms.is_muted,
            "held": s.is_held,
        }
        for s in others
    ]
    if seat is not None:
        # Parties still being rung are shown too: the interviewer hears the ringing.
        peers += [
            {"leg": coming.sid, "label": terms.label, "state": coming.status, "muted": False, "held": False}
            for coming, terms in seat.conference.coming
        ]
    if leg.peer is not None:
        peers.append(
            {"leg": leg.peer.sid, "label": None, "state": leg.peer.status, "muted": False, "held": False}
        )
    return {
        "leg": leg.sid,
        "state": leg.status,
        "room": seat.conference.name if seat else None,
        "muted": leg.is_quiet or (seat is not None and seat.terms.is_muted),
        "held": seat.is_held if seat else False,
        "peer": peers[0]["state"] if peers else None,
        "peers": peers,
        "says": [{"from": who, "text": text} for who, text in leg.heard],
    }
