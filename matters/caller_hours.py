"""Hours of calling back: when a caller may be rung, and when the next try is due, at another hour or on another day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time, timedelta, tzinfo
from itertools import pairwise

from matters.attributes import TryResult
from matters.standing import Try
from matters.trying import EVENING, NOON, TRIES, band

ORDINARY = ((time(9), time(12)), (time(14, 30), time(21)))
"""As in the survey: never during the noon rest, never at night."""
PRESSING = ((time(8), time(21)),)
"""Life, property and basic supply do not wait for the noon rest; they do wait for the morning."""
GAP = timedelta(hours=2)
BUSY_GAP = timedelta(minutes=30)
LOOK_AHEAD_DAYS = 15
FURTHEST = timedelta(days=10)
"""How far ahead a caller may ask to be rung."""

Enough = Callable[[Sequence[Try]], bool]


def _stretches(start: datetime, is_pressing: bool) -> Iterator[tuple[datetime, datetime]]:
    """List the stretches of the days from `start` on in which calls may be made, cut at noon and in the evening."""
    cuts = (time(NOON), time(EVENING))
    for n in range(LOOK_AHEAD_DAYS):
        on = start.date() + timedelta(days=n)
        for opens, closes in PRESSING if is_pressing else ORDINARY:
            edges = [opens, *(cut for cut in cuts if opens < cut < closes), closes]
            for a, b in pairwise(edges):
                yield datetime.combine(on, a, start.tzinfo), datetime.combine(on, b, start.tzinfo)


def within_hours(local: datetime, *, is_pressing: bool) -> bool:
    """Say whether a caller may be rung at a local moment."""
    return any(a <= local.time() < b for a, b in (PRESSING if is_pressing else ORDINARY))


def open_from(local: datetime, *, is_pressing: bool) -> datetime:
    """Return the first moment from `local` on at which a caller may be rung."""
    return next(max(local, a) for a, b in _stretches(local, is_pressing) if local < b)


def next_try(tries: Sequence[Try], zone: tzinfo, enough: Enough, *, is_pressing: bool) -> datetime:
    """Return when a caller who was not reached is tried again.

    In another part of the day than the last try; and the try that could be the last one only where it makes the
    tries enough: on a second day and in a second part of the day, or in an evening or on a day off.
    """
    calls = [t for t in tries if t.result != TryResult.SENT.value]
    last = max(calls, key=lambda t: t.at)
    local = last.at.astimezone(zone)
    is_early = len(calls) + 1 < TRIES
    is_busy = last.result == TryResult.BUSY.value and is_early
    earliest = local + (BUSY_GAP if is_busy else GAP)
    for opens, closes in _stretches(earliest, is_pressing):
        moment = max(opens, earliest)
        if moment >= closes or (not is_busy and band(moment, zone) == band(local, zone)):
            continue
        if is_early or enough([*tries, Try(moment, None, TryResult.NO_ANSWER.value)]):
            return moment
    return open_from(earliest, is_pressing=is_pressing)
