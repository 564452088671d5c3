"""Erlang A: what callers meet who wait for a while only, from the birth-death chain of calls in the house."""

from __future__ import annotations

from math import ceil, exp, log, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, digamma, gammaln

from hotline.staffing_waiting import TOO_SHORT, WITHIN, Load, Waiting, checked_seats

Row = NDArray[np.float64]

NEGLIGIBLE = 45.0
"""States this many powers of e below the likeliest are left out (e^-45 = 3e-20)."""
LONGEST = 5_000_000
"""States of the chain that are still worked out; a patience beyond it is as good as endless."""


def queue_length(arrivals: float, ends: float, hang_up: float) -> int:
    """Return how many waiting calls the chain must know until what is left out is negligible."""
    around = max(arrivals - ends, 0.0) / hang_up
    by_patience = around + sqrt(2 * NEGLIGIBLE * arrivals / hang_up) + NEGLIGIBLE
    by_load = NEGLIGIBLE / log(ends / arrivals) if ends > arrivals else float("inf")
    length = ceil(min(by_patience, by_load)) + 10
    if length > LONGEST:
        raise ValueError(f"callers this patient make a queue of {length} states; use the patient formula")
    return length


def chain(load: Load, seats: int, patience: float) -> tuple[Row, Row]:
    """Return P(k calls, all of them talking) for k < n, and P(n talking and j waiting) for j = 0, 1, …

    Births λ; deaths kμ below n seats and nμ + jθ with j waiting, θ = 1/patience. Weights are logarithms, taken
    from the largest, so that thousands of seats neither overflow nor vanish.
    """
    arrivals, ends, hang_up = load.arrivals, seats / load.handling, 1.0 / patience
    talking = np.arange(seats + 1, dtype=np.float64)
    below = talking * log(load.erlangs) - gammaln(talking + 1.0)
    waiting = np.arange(1, queue_length(arrivals, ends, hang_up) + 1, dtype=np.float64)
    above = below[-1] + np.cumsum(log(arrivals) - np.log(ends + waiting * hang_up))
    logs = np.concatenate([below, above])
    shares = np.exp(logs - logs.max())
    shares /= shares.sum()
    return shares[:seats], shares[seats:]


def impatient(
    load: Load, seats: int, patience: float, *, within: float = WITHIN, too_short: float = TOO_SHORT
) -> Waiting:
    """Return the standing of an M/M/n+M queue: patience is exponential with this mean, in seconds.

    A call that finds n talking and j waiting would be answered after V = Σ_{i=0..j} Exp(nμ + iθ). Then e^{-θV} is
    Beta(c, j + 1) with c = nμ/θ, which gives every share without a simulation, by the incomplete beta function I:

        answered within T  =  P(V ≤ T and the patience outlasts V)  =  c/(c+j+1) · I_{1-u}(j + 1, c + 1),  u = e^{-θT}
        abandoned          =  (j+1)/(c+j+1)
        abandoned after s  =  e^{-θs} I_u(c, j + 1) - c/(c+j+1) · I_u(c + 1, j + 1),  u = e^{-θs}

    The service level counts the answered within T among ALL calls offered: who hangs up early is not a call well
    served. Sources: Palm 1957; Garnett, Mandelbaum & Reiman, M&SOM 4, 2002; Mandelbaum & Zeltyn, Service engineering
    in action: the Palm/Erlang-A queue, 2007 (measure P{W ≤ T; Sr}).
    """
    if not patience > 0:
        raise ValueError(f"patience must be above 0 seconds, got {patience}")
    if checked_seats(seats) and load.calls == 0:
        return Waiting(seats, p_wait=0.0, service_level=1.0, mean_wait=0.0, occupancy=0.0)
    if load.calls == 0:
        return Waiting(0, p_wait=1.0, service_level=0.0, mean_wait=0.0, occupancy=0.0)
    at_once, queued = chain(load, seats, patience)
    ahead = np.arange(1, len(queued) + 1, dtype=np.float64)  # j + 1
    c = seats / load.handling * patience
    reached = c / (c + ahead)
    answered = float(at_once.sum() + (queued * reached).sum())
    in_time = float((queued * reached * betainc(ahead, c + 1.0, 1.0 - exp(-within / patience))).sum())
    patiently = float((queued * reached * (digamma(c + ahead + 1.0) - digamma(c + 1.0))).sum()) * patience
    abandoned = float((queued * ahead / (c + ahead)).sum())
    u = exp(-too_short / patience)
    still_queued = betainc(c, ahead, u) if c else np.ones_like(ahead)
    late = float((queued * (u * still_queued - reached * betainc(c + 1.0, ahead, u))).sum())
    return Waiting(
        seats,
        p_wait=float(queued.sum()),
        service_level=float(at_once.sum()) + in_time,
        mean_wait=patiently / answered if answered else 0.0,
        occupancy=load.erlangs * (1.0 - abandoned) / seats if seats else 1.0,
        abandoned=abandoned,
        abandoned_late=late,
        mean_wait_of_all=abandoned * patience,
    )
