"""How long a call keeps a seat busy at each hour of the day, and how long callers are willing to wait."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hotline.credibility import Believed, believe, mean, variance

USUAL_PATIENCE = 180.0
"""Seconds; what is taken before enough callers have hung up."""
FROM_USUAL = 5
"""Hang-ups' worth of the usual patience in every estimate."""


def handling_by_hour(seconds: Mapping[int, Sequence[float]], usual: float) -> dict[int, Believed]:
    """Return the mean handling time of the 24 hours, wrap-up included.

    Each hour's own mean is drawn towards that of the whole day as far as its calls are few (credibility, with the
    spread within and between hours by moments); with fewer than two calls in all, `usual` stands.
    """
    every = [s for hour in seconds.values() for s in hour]
    if len(every) < 2:
        return {hour: Believed(usual, 0.0, 0.0) for hour in range(24)}
    overall = mean(every)
    free = sum(len(own) - 1 for own in seconds.values() if len(own) > 1)
    within = (
        sum(variance(own) * (len(own) - 1) for own in seconds.values() if len(own) > 1) / free
        if free
        else variance(every)
    )
    spread = _between([own for own in seconds.values() if own], overall, within)
    return {
        hour: believe(mean(own), within / len(own), overall, spread)
        if own
        else Believed(overall, spread, 0.0)
        for hour in range(24)
        for own in [seconds.get(hour, ())]
    }


def _between(hours: Sequence[Sequence[float]], overall: float, within: float) -> float:
    """Return how much hours differ beyond chance (Bühlmann & Straub 1970)."""
    counts = [len(own) for own in hours]
    total = sum(counts)
    room = total - sum(n * n for n in counts) / total
    if room <= 0:
        return 0.0
    squares = sum(n * (mean(own) - overall) ** 2 for n, own in zip(counts, hours, strict=True))
    return max(0.0, (squares - (len(counts) - 1) * within) / room)


@dataclass(frozen=True)
class Wait:
    """How long one caller waited, and whether they hung up."""

    seconds: float
    hung_up: bool


def patience_of(waits: Iterable[Wait]) -> float:
    """Return the mean patience in seconds: all seconds waited over the number who hung up.

    Who was answered would have waited longer (censored): leaving them out would make callers look impatient. This is
    the maximum-likelihood estimate for exponential patience, with a few hang-ups' worth of the usual one so that
    a quiet month gives no nonsense. Source: Brown et al., J. Amer. Stat. Assoc. 100, 2005, 5.3.
    """
    seconds, hung_up = FROM_USUAL * USUAL_PATIENCE, FROM_USUAL
    for wait in waits:
        seconds += max(wait.seconds, 0.0)  # a clock set back makes no wait of less than nothing
        hung_up += wait.hung_up
    return seconds / hung_up
