"""The people who call the hotline: when in the day, how long they wait, how long they talk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from telephony.simulator.chance import chance, exponential, lognormal
from telephony.simulator.personas import CHINA

# Calls per hour as a share of the mean hour, midnight first; evening and late night are busiest (invented).
HOURS = (1.1, 0.9, 0.7, 0.5, 0.4, 0.4, 0.5, 0.6, 0.8, 1.0, 1.1, 1.0,
         0.9, 0.9, 1.0, 1.0, 1.0, 1.0, 1.1, 1.3, 1.6, 1.8, 1.8, 1.5)  # fmt: skip
_PEAK = max(HOURS)
_MEAN = sum(HOURS) / 24


@dataclass(frozen=True)
class HotlineCall:
    """One person calling: when, from where (None when withheld), and with how much patience."""

    at: datetime
    number: str | None
    patience_s: float
    talk_s: float


def hotline_calls(
    seed: int,
    day: date,
    line: str,
    *,
    per_day: float = 200.0,
    patience_s: float = 180.0,
    talk_s: float = 900.0,
) -> tuple[HotlineCall, ...]:
    """Return a day's calls: Poisson by thinning, patience exponential (mean), talk lognormal (median)."""
    return tuple(_calls(seed, day, line, per_day, patience_s, talk_s))


def _calls(
    seed: int, day: date, line: str, per_day: float, patience: float, talk: float
) -> Iterator[HotlineCall]:
    midnight = datetime.combine(day, time(), tzinfo=CHINA)
    peak_per_s = per_day / 24 * _PEAK / _MEAN / 3600
    seconds, index = 0.0, 0
    while True:
        key = ("hotline", line, day.isoformat(), index)
        index += 1
        seconds += exponential(1.0 / peak_per_s, chance(seed, *key, "gap"))
        if seconds >= 86_400:
            return
        if chance(seed, *key, "kept") >= HOURS[int(seconds // 3600)] / _PEAK:
            continue
        # A quarter of callers come from a few frequent numbers, a tenth withhold theirs.
        who = chance(seed, *key, "who")
        number = None
        if who >= 0.1:
            pick = chance(seed, *key, "number")
            tail = int(pick * 40) if who < 0.35 else int(pick * 100_000_000)
            number = f"+86139{tail:08d}"
        yield HotlineCall(
            at=midnight + timedelta(seconds=seconds),
            number=number,
            patience_s=exponential(patience, chance(seed, *key, "patience")),
            talk_s=lognormal(talk, 0.7, chance(seed, *key, "talk"), chance(seed, *key, "talk too")),
        )
