"""The residents at the other end: who picks up, when, and how they take an interview."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum

from telephony.simulator.chance import chance, exponential, uniform

CHINA = timezone(timedelta(hours=8))
_MOBILE = re.compile(r"\+861[3-9]\d{9}")


class PickupKind(Enum):
    """What happens when a number is dialled once."""

    NO_ANSWER = "no_answer"
    BUSY = "busy"
    NOT_IN_SERVICE = "not_in_service"
    SWITCHED_OFF = "switched_off"
    MACHINE = "machine"
    ANSWERED = "answered"
    REJECTED = "rejected"


class Temper(Enum):
    """How a resident takes being asked for an interview."""

    COOPERATIVE = "cooperative"
    SOFT_REFUSER = "soft_refuser"
    HARD_REFUSER = "hard_refuser"
    BREAKS_OFF = "breaks_off"
    APPOINTMENT = "appointment"


@dataclass(frozen=True)
class Pickup:
    """One attempt's outcome: after how many seconds of ringing, and how long the far end then stays."""

    kind: PickupKind
    ring_s: float
    hangs_up_after_s: float | None = None


# Of those who answer, about half complete: with 48 % of dials answered this gives 80 of 340 dials.
_TEMPERS = (
    (Temper.COOPERATIVE, 0.49),
    (Temper.APPOINTMENT, 0.10),
    (Temper.SOFT_REFUSER, 0.21),
    (Temper.HARD_REFUSER, 0.12),
    (Temper.BREAKS_OFF, 0.08),
)
# Share at home or free to answer: (09-12, 12-14, 14-18, 18-21, otherwise), invented, by way of life.
_REACH_BY_WORK = {"home": (0.78, 0.66, 0.74, 0.76, 0.20), "work": (0.47, 0.60, 0.45, 0.76, 0.18)}


def _day_part(at: datetime) -> int:
    hour = at.hour + at.minute / 60
    return next((i for i, (a, b) in enumerate(((9, 12), (12, 14), (14, 18), (18, 21))) if a <= hour < b), 4)


@dataclass(frozen=True)
class Resident:
    """A person behind a number; everything about them follows from seed and number."""

    seed: int
    number: str
    is_rural: bool

    def trait(self, name: str) -> float:
        """Return a stable number in [0, 1) for anything one may want to know of them."""
        return uniform(f"{self.seed}\x1f{self.number}\x1f{name}")

    @property
    def is_mobile(self) -> bool:
        """Tell a mobile from a landline."""
        return _MOBILE.fullmatch(self.number) is not None

    @property
    def age(self) -> int:
        """Return an age from 16 to 90, older in the countryside and on landlines."""
        shape = 0.75 if self.is_rural or not self.is_mobile else 1.15
        return 16 + int(74 * self.trait("age") ** shape)

    @property
    def sex(self) -> str:
        """Return 'male' or 'female'."""
        return "male" if self.trait("sex") < 0.51 else "female"

    @property
    def education(self) -> str:
        """Return primary, junior, senior or college, by age and place."""
        level = self.trait("education") + (0.0 if self.is_rural else 0.22) - max(0, self.age - 35) * 0.007
        return next((name for cut, name in ((0.22, "primary"), (0.6, "junior"), (0.85, "senior")) if level < cut),
                    "college")  # fmt: skip

    @property
    def is_at_home_by_day(self) -> bool:
        """Tell the retired, the young and part of the countryside from those at work."""
        return self.age >= 60 or self.trait("works") < (0.45 if self.is_rural else 0.2)

    @property
    def temper(self) -> Temper:
        """Return how they take being asked."""
        left = self.trait("temper")
        for temper, share in _TEMPERS:
            if left < share:
                return temper
            left -= share
        return Temper.COOPERATIVE

    @property
    def hangs_up_after_s(self) -> float | None:
        """Return how long they stay once they answered; None stays until the other side ends it."""
        u = self.trait("stays")
        if self.temper is Temper.HARD_REFUSER:
            return 4.0 + 11.0 * u
        if self.temper is Temper.SOFT_REFUSER:
            return 12.0 + 30.0 * u
        if self.temper is Temper.BREAKS_OFF:
            return 60.0 + 300.0 * u
        return None

    def pickup(self, attempt_number: int, local_datetime: datetime) -> Pickup:
        """Return what dialling them does, by number, day-part and chance."""
        if self.trait("in service") < 0.06:
            return Pickup(PickupKind.NOT_IN_SERVICE, 0.0)
        part = _day_part(local_datetime)
        is_weekend = local_datetime.weekday() >= 5
        draw = (self.number, attempt_number, local_datetime.date().isoformat(), part)
        ring_s = 3.0 + min(22.0, exponential(6.0, chance(self.seed, "ring", *draw)))
        # A phone switched off tends to stay off for the day.
        if chance(self.seed, "off", self.number, draw[2]) < 0.05:
            return Pickup(PickupKind.SWITCHED_OFF, 0.0)
        reach = _REACH_BY_WORK["home" if self.is_at_home_by_day or is_weekend else "work"][part]
        u = chance(self.seed, "reach", *draw)
        if u >= reach:
            # Some of those out of reach have a machine; it belongs to the number.
            if self.trait("machine") < (0.04 if self.is_mobile else 0.15):
                return Pickup(PickupKind.MACHINE, 18.0, 60.0)
            return Pickup(PickupKind.NO_ANSWER, 90.0)
        v = chance(self.seed, "how", *draw)
        if v < 0.06:
            return Pickup(PickupKind.BUSY, 0.0)
        if v < (0.17 if self.is_mobile else 0.08):
            return Pickup(PickupKind.REJECTED, ring_s)
        return Pickup(PickupKind.ANSWERED, ring_s, self.hangs_up_after_s)


def resident(seed: int, number: str, *, is_rural: bool | None = None) -> Resident:
    """Return the resident behind a number; the frame may say whether they live in the countryside."""
    rural = chance(seed, number, "rural") < 0.45 if is_rural is None else is_rural
    return Resident(seed, number, rural)
