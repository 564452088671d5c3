"""What a caller meets when calls of a known load arrive at a number of seats: the load, and the waiting it makes."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

HOUR = 3600.0
WITHIN = 20.0
"""Seconds within which a call should be answered."""
TOO_SHORT = 10.0
"""Who hangs up within this many seconds counts as a wrong number, not as an abandoned call."""


@dataclass(frozen=True)
class Load:
    """Calls arriving in a span, and the seconds one of them keeps a seat busy, wrap-up included."""

    calls: float
    handling: float
    span: float = HOUR

    def __post_init__(self) -> None:
        for name, value in (("calls", self.calls), ("handling", self.handling), ("span", self.span)):
            if not isfinite(value) or value < 0 or (name != "calls" and value == 0):
                raise ValueError(f"{name} of a load must be a positive number, got {value}")

    @property
    def arrivals(self) -> float:
        """Calls a second."""
        return self.calls / self.span

    @property
    def erlangs(self) -> float:
        """Seats that would be busy all the time if nobody ever left."""
        return self.arrivals * self.handling


@dataclass(frozen=True)
class Waiting:
    """The long-run standing of a queue; shares are of all calls offered, times are seconds."""

    seats: int
    p_wait: float  # a call finds every seat busy
    service_level: float  # answered within the promised seconds, among all offered
    mean_wait: float  # of those who are answered
    occupancy: float  # share of a seat's time with a call
    abandoned: float = 0.0  # hang up before they are answered
    abandoned_late: float = 0.0  # of these, after more than the seconds that count as too short
    mean_wait_of_all: float = 0.0  # answered or not

    @property
    def answered(self) -> float:
        """Share of calls that reach a person."""
        return 1.0 - self.abandoned


def checked_seats(seats: int) -> int:
    """Return the number of seats; a negative one is refused."""
    if seats < 0:
        raise ValueError(f"seats must be 0 or more, got {seats}")
    return seats
