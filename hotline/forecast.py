"""How many calls each hour of the coming days will bring: the hour of the week, the recent level, and an interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from scipy.stats import nbinom, poisson

from core.calendar import DayKind
from hotline.credibility import Believed

KindOf = Callable[[date], DayKind]
Slot = tuple[str, int]

SHARE = 0.95
RESTING = frozenset({DayKind.REST, DayKind.HOLIDAY})


@dataclass(frozen=True)
class HourCount:
    """The calls that came in one hour of one day, by the city's clock; an hour without calls is one with 0."""

    on: date
    hour: int
    calls: int


@dataclass(frozen=True)
class HourForecast:
    """The calls expected in one hour, with the interval that should hold the count so many times in a hundred."""

    on: date
    hour: int
    mean: float
    low: int
    high: int


def slot_of(on: date, hour: int, kind: DayKind) -> Slot:
    """Return what an hour is compared with: its weekday's hours, or those of holidays or of make-up days."""
    is_special = kind in (DayKind.HOLIDAY, DayKind.MAKEUP)
    return (kind.value if is_special else str(on.weekday()), hour)


def group_of(hour: int, kind: DayKind) -> Slot:
    """Return the larger experience an hour belongs to: this hour on days of rest, or on working days."""
    return ("rest" if kind in RESTING else "work", hour)


@dataclass(frozen=True)
class Profile:
    """What the past says of every hour of the week, and how much counts scatter about it."""

    slots: dict[Slot, Believed]
    groups: dict[Slot, Believed]
    scatter: float  # of single hours beyond chance: variance = mean + scatter · mean²
    level: Believed  # of the last weeks against the profile
    kind_of: KindOf

    def rate(self, on: date, hour: int) -> Believed:
        """Return the hour's rate before the present level: its own slot, or its group where it has no past."""
        kind = self.kind_of(on)
        own = self.slots.get(slot_of(on, hour, kind))
        return own or self.groups.get(group_of(hour, kind)) or Believed(0.0, 0.0, 0.0)

    def hour(self, on: date, hour: int, share: float = SHARE) -> HourForecast:
        """Forecast one hour: a negative binomial count, which knows chance, scatter, profile and level."""
        rate = self.rate(on, hour)
        expected = rate.mean * self.level.mean
        beyond = (
            self.scatter * expected**2
            + self.level.mean**2 * rate.variance
            + rate.mean**2 * self.level.variance
        )
        low, high = interval(expected, beyond, share)
        return HourForecast(on, hour, expected, low, high)

    def day(self, on: date, share: float = SHARE) -> list[HourForecast]:
        """Forecast the 24 hours of a day."""
        return [self.hour(on, hour, share) for hour in range(24)]


def interval(expected: float, beyond: float, share: float) -> tuple[int, int]:
    """Return the counts that leave at most (1 - share)/2 on either side; `beyond` is the variance beyond Poisson's."""
    if expected <= 0:
        return 0, 0
    tail = (1 - share) / 2
    if beyond <= 1e-9 * expected:
        return int(poisson.ppf(tail, expected)), int(poisson.ppf(1 - tail, expected))
    size = expected**2 / beyond
    chance = size / (size + expected)
    return int(nbinom.ppf(tail, size, chance)), int(nbinom.ppf(1 - tail, size, chance))
