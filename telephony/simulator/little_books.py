"""What the little centre keeps: its desks, and every event it heard of."""

from __future__ import annotations

from dataclasses import dataclass, field

from telephony.simulator.leg import Leg


@dataclass(eq=False)
class Desk:
    """One interviewer or operator with a room of their own and at most one call."""

    room: str
    is_survey: bool
    leg: Leg | None = None
    conference: str = ""
    is_ready: bool = False
    number: str | None = None
    call: str | None = None
    talks: bool = False


@dataclass
class Books:
    """What the centre learned: every event once, the last word on every call."""

    seen: dict[str, dict[str, str]] = field(default_factory=dict)
    repeated: int = 0
    forged: int = 0
    outcomes: dict[str, str] = field(default_factory=dict)
    queue_results: list[str] = field(default_factory=list)
    calls_dialled: int = 0
    swept: int = 0
