"""Erlang C: what callers meet who would wait for ever."""

from __future__ import annotations

from math import exp, inf

from hotline.staffing_waiting import WITHIN, Load, Waiting, checked_seats


def blocking(seats: int, erlangs: float) -> float:
    """Return Erlang B, the share of time in which every one of so many seats is busy when nobody waits.

    B(0) = 1, B(k) = a B(k-1) / (k + a B(k-1)): every step lies between 0 and 1, so that thousands of seats
    neither overflow nor cancel. Source: Erlang 1917; the recursion is Jagerman's, Bell System Tech. J. 53, 1974.
    """
    share = 1.0
    for k in range(1, checked_seats(seats) + 1):
        share = erlangs * share / (k + erlangs * share)
    return share


def patient(load: Load, seats: int, *, within: float = WITHIN) -> Waiting:
    """Return the standing of an M/M/n queue in which nobody hangs up.

    P(wait) = B / (1 - ρ(1 - B)), service level = 1 - P(wait) e^{-(n-a) T/AHT}, mean wait = P(wait) AHT / (n - a)
    over all calls. With as much load as seats, or more, the queue grows without end: everybody waits for ever.
    Source: Gross, Shortle, Thompson & Harris, Fundamentals of Queueing Theory, 4th ed., 2.4.
    """
    erlangs = load.erlangs
    free = checked_seats(seats) - erlangs
    if erlangs == 0:
        return Waiting(
            seats, p_wait=0.0 if seats else 1.0, service_level=float(seats > 0), mean_wait=0.0, occupancy=0.0
        )
    if free <= 0:
        return Waiting(
            seats, p_wait=1.0, service_level=0.0, mean_wait=inf, occupancy=1.0, mean_wait_of_all=inf
        )
    share = blocking(seats, erlangs)
    p_wait = share / (1.0 - erlangs / seats * (1.0 - share))
    mean_wait = p_wait * load.handling / free
    return Waiting(
        seats,
        p_wait=p_wait,
        service_level=1.0 - p_wait * exp(-free * within / load.handling),
        mean_wait=mean_wait,
        occupancy=erlangs / seats,
        mean_wait_of_all=mean_wait,
    )
