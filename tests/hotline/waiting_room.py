"""A waiting room played call by call: an authority for the formulas that shares no line with them."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass

from hotline.staffing_waiting import Load


@dataclass
class Seen:
    """What happened to the calls of a played waiting room, as counts and sums of seconds."""

    calls: int = 0
    waited: int = 0
    in_time: int = 0
    abandoned: int = 0
    abandoned_late: int = 0
    wait: float = 0.0
    wait_of_answered: float = 0.0

    def share(self, of: str) -> float:
        """Return a count as a share of all calls."""
        return float(getattr(self, of)) / self.calls


def play(
    load: Load,
    seats: int,
    patience: float,
    *,
    calls: int,
    seed: int,
    within: float = 20,
    too_short: float = 10,
) -> Seen:
    """Let so many calls arrive at random, first come first served, after an hour's worth of warming up.

    Only when each seat becomes free is kept. Whoever comes would be served when the earliest one is free; whose
    patience is shorter hangs up and keeps no seat busy, so nobody behind has to know of them.
    """
    chance = random.Random(seed)
    free_at = [0.0] * seats
    now, seen = 0.0, Seen()
    warming = max(1000, int(load.calls))
    for n in range(calls + warming):
        now += chance.expovariate(load.arrivals)
        wait = max(0.0, free_at[0] - now)
        bears = chance.expovariate(1 / patience)
        if wait <= bears:
            heapq.heapreplace(free_at, now + wait + chance.expovariate(1 / load.handling))
        if n < warming:
            continue
        seen.calls += 1
        seen.waited += wait > 0
        seen.wait += min(wait, bears)
        if wait <= bears:
            seen.in_time += wait <= within
            seen.wait_of_answered += wait
        else:
            seen.abandoned += 1
            seen.abandoned_late += bears > too_short
    return seen
