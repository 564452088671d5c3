"""What a line can be asked for: what it can do, which legs and recordings it has, a browser's pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from telephony.signals import Cause, LegState


@dataclass(frozen=True)
class RoomRef:
    """A room: our name, and the line's reference once it has reported one."""

    name: str
    ref: str | None = None


@dataclass(frozen=True)
class LegFacts:
    """What the line knows about a leg when asked."""

    leg: str
    state: LegState
    cause: Cause | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration_s: int | None = None


@dataclass(frozen=True)
class Waiting:
    """A leg that waits on a line."""

    leg: str
    position: int
    waited_s: int


@dataclass(frozen=True)
class Rung:
    """A call to one of our numbers as the line's own list has it, whether or not we ever heard of it."""

    leg: str
    state: LegState
    cause: Cause | None
    began_at: datetime
    ended_at: datetime | None
    caller: str | None = field(repr=False)
    """The number that was told; None when it was withheld."""


@dataclass(frozen=True)
class Kept:
    """A recording that the line holds of a leg."""

    recording: str
    began_at: datetime
    duration_s: int


@dataclass(frozen=True)
class Grant:
    """What a browser needs to become an operator's telephone."""

    driver: str
    identity: str
    token: str = field(repr=False)
    seconds: int = 3600


@dataclass(frozen=True)
class Capabilities:
    """What a line can do, so that screens show only what works."""

    provider: str
    dials: bool = True
    browser: bool = True
    holds: bool = True
    listens_in: bool = True
    records: bool = True
    detects_answerer: bool = True
    texts: bool = True
    queues: bool = True
    is_simulated: bool = False
    creates_per_second: float | None = None
    browser_connects_to: tuple[str, ...] = ()
    """Foreign addresses that an operator's browser must be let through to."""
