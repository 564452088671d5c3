"""The hours ahead: calls expected, seats they need, seats there are, and what one more would save."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import exp

from hotline.staffing import PROMISE, Promise, Saving, one_more_seat, seats_needed
from hotline.staffing_waiting import HOUR, Load


@dataclass(frozen=True)
class HourAhead:
    """What is expected of an hour: calls with their interval, handling time in seconds, seats on the roster."""

    calls: float
    low: float
    high: float
    handling: float
    seats: int


@dataclass(frozen=True)
class HourPlan:
    """One hour of the staffing table."""

    ahead: HourAhead
    load: Load  # as the seats feel it: with the calls that reach over from the hours before
    needed: int
    needed_low: int  # if only as many call as the interval's lower end
    needed_high: int
    saving: Saving

    @property
    def short(self) -> int:
        """Seats that are missing for the promise."""
        return max(0, self.needed - self.ahead.seats)


def busy(hours: Iterable[tuple[float, float]]) -> list[float]:
    """Return the mean number of seats that each hour's calls would keep busy, long calls reaching into the next.

    With λ calls and a mean handling time S in an hour, the load follows dm/dt = λ - m/S from one hour to the next
    (infinitely many seats, exponential times); the first hour begins as if it had always been so. Staffing by this
    load instead of by λS is the modified-offered-load rule, which matters for calls of half an hour.
    Source: Jennings, Mandelbaum, Massey & Whitt, Management Science 42, 1996.
    """
    found: list[float] = []
    standing: float | None = None
    for calls, handling in hours:
        goal = calls / HOUR * handling
        begin = goal if standing is None else standing
        left = exp(-HOUR / handling)
        found.append(goal + (begin - goal) * handling / HOUR * (1 - left))
        standing = goal + (begin - goal) * left
    return found


def plan(hours: Sequence[HourAhead], patience: float | None, promise: Promise = PROMISE) -> list[HourPlan]:
    """Work out the seats of consecutive hours."""
    loads = {end: busy((getattr(h, end), h.handling) for h in hours) for end in ("calls", "low", "high")}

    def felt(end: str, n: int) -> Load:
        return Load(loads[end][n] * HOUR / hours[n].handling, hours[n].handling)

    return [
        HourPlan(
            ahead=hour,
            load=felt("calls", n),
            needed=seats_needed(felt("calls", n), patience, promise),
            needed_low=seats_needed(felt("low", n), patience, promise),
            needed_high=seats_needed(felt("high", n), patience, promise),
            saving=one_more_seat(felt("calls", n), hour.seats, patience, promise),
        )
        for n, hour in enumerate(hours)
    ]


def with_seats(found: HourPlan, seats: int, patience: float | None, promise: Promise = PROMISE) -> HourPlan:
    """Return the same hour with another number of seats, for trying out."""
    return replace(
        found,
        ahead=replace(found.ahead, seats=seats),
        saving=one_more_seat(found.load, seats, patience, promise),
    )
