"""How many seats an hour needs to keep its promise, and what one more seat would save."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, sqrt

from hotline.staffing_impatient import impatient
from hotline.staffing_patient import patient
from hotline.staffing_waiting import HOUR, TOO_SHORT, WITHIN, Load, Waiting

PATIENCE_OF_SAINTS = 30 * 24 * HOUR
"""Callers who would wait longer than this on average are taken to wait for ever."""


@dataclass(frozen=True)
class Promise:
    """What callers are promised: a share answered within some seconds, and few who hang up."""

    answered: float = 0.95
    within: float = WITHIN
    abandoned: float = 0.05
    too_short: float = TOO_SHORT

    def __post_init__(self) -> None:
        if not 0 <= self.answered < 1 or not 0 < self.abandoned <= 1 or self.within < 0 or self.too_short < 0:
            raise ValueError(f"no such promise can be kept: {self}")

    def is_kept(self, standing: Waiting) -> bool:
        """Say whether both targets are met; who hangs up at once does not count as abandoned."""
        return standing.service_level >= self.answered and standing.abandoned_late < self.abandoned


PROMISE = Promise()
"""95 % within 20 seconds, under 5 % abandoned after more than 10 seconds."""


def standing(load: Load, seats: int, patience: float | None, promise: Promise = PROMISE) -> Waiting:
    """Return what callers meet at so many seats: Erlang A with a mean patience in seconds, Erlang C without."""
    if patience is None or patience > PATIENCE_OF_SAINTS:
        return patient(load, seats, within=promise.within)
    return impatient(load, seats, patience, within=promise.within, too_short=promise.too_short)


def seats_needed(load: Load, patience: float | None, promise: Promise = PROMISE) -> int:
    """Return the fewest seats that keep the promise; 0 only when no call is expected.

    Both targets get better with every seat, so the fewest is found by halving between none and a number that
    surely suffices: load + t √load, doubled until it does.
    """
    if load.calls == 0:
        return 0
    enough = max(1, ceil(load.erlangs + 2 * sqrt(load.erlangs)))
    while not promise.is_kept(standing(load, enough, patience, promise)):
        enough *= 2
    short = 0
    while enough - short > 1:
        middle = (short + enough) // 2
        if promise.is_kept(standing(load, middle, patience, promise)):
            enough = middle
        else:
            short = middle
    return enough


def with_absences(seats: int, away: float) -> int:
    """Return how many people a shift needs for so many seats, when a share of their time goes to rest and breaks."""
    if not 0 <= away < 1:
        raise ValueError(f"the share of time away must lie from 0 to under 1, got {away}")
    return ceil(seats / (1.0 - away) - 1e-9)


@dataclass(frozen=True)
class Saving:
    """What one more seat does in one hour; seconds may be endless where the queue would never empty."""

    before: Waiting
    after: Waiting
    calls: float

    @property
    def abandonments(self) -> float:
        """Callers fewer who hang up before they are answered."""
        return self.calls * (self.before.abandoned - self.after.abandoned)

    @property
    def seconds(self) -> float:
        """Seconds less that a caller waits on average, whether answered or not."""
        if self.before.mean_wait_of_all == inf and self.after.mean_wait_of_all == inf:
            return 0.0
        return self.before.mean_wait_of_all - self.after.mean_wait_of_all

    @property
    def in_time(self) -> float:
        """Callers more who are answered within the promised seconds."""
        return self.calls * (self.after.service_level - self.before.service_level)


def one_more_seat(load: Load, seats: int, patience: float | None, promise: Promise = PROMISE) -> Saving:
    """Return what changes when one more seat is staffed in this span."""
    return Saving(
        standing(load, seats, patience, promise), standing(load, seats + 1, patience, promise), load.calls
    )
