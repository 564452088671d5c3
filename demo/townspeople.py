"""Townspeople: the residents of the invented city, who take a stranger's call as people at home and at work do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from demo.chance import SEED
from demo.manners import manners
from telephony.simulator.chance import chance, exponential
from telephony.simulator.personas import Pickup, PickupKind, Resident, Temper

_TEMPERS = (
    ("cooperative", Temper.COOPERATIVE),
    ("appointment", Temper.APPOINTMENT),
    ("breaks_off", Temper.BREAKS_OFF),
    ("soft", Temper.SOFT_REFUSER),
    ("hard", Temper.HARD_REFUSER),
)
_AT_HOME = 0.22
"""How much likelier those who are at home by day answer by day than the average, and those at work less."""
OLD = 75


@dataclass(frozen=True)
class Townsperson(Resident):
    """One adult behind a number: the one who usually answers (place 0), or another of the household."""

    place: int = 0

    def trait(self, name: str) -> float:
        """Return a stable number in [0, 1); what belongs to the number is the same for the whole household."""
        return super().trait(f"{name} of {self.place}" if self.place else name)

    @property
    def age(self) -> int:
        """Return an age; whoever is fetched to the telephone is an adult."""
        return max(18, super().age) if self.place else super().age

    @property
    def shares(self) -> Mapping[str, float]:
        """Return how people on this kind of number take a call."""
        return manners(is_mobile=self.is_mobile)

    @property
    def temper(self) -> Temper:
        """Return how they take being asked; who was fetched for it is willing or declines."""
        left = self.trait("temper")
        if self.place:
            return Temper.COOPERATIVE if left < self.shares["agrees"] else Temper.SOFT_REFUSER
        for name, temper in _TEMPERS:
            if left < self.shares[name]:
                return temper
            left -= self.shares[name]
        return Temper.COOPERATIVE

    @property
    def is_business(self) -> bool:
        """Tell a firm's or an office's number."""
        return super().trait("business") < self.shares["business"]

    @property
    def is_unable(self) -> bool:
        """Tell the frail, who cannot be interviewed."""
        return self.age > OLD and self.trait("frail") < self.shares["unable"]

    @property
    def is_turned(self) -> bool:
        """Tell who says yes when another interviewer asks once more."""
        return self.trait("turned") < self.shares["turned"]

    @property
    def never_again(self) -> bool:
        """Tell who asks never to be called again."""
        return self.temper is Temper.HARD_REFUSER and self.trait("hard") < self.shares["for_good"]

    def pickup(self, attempt_number: int, local_datetime: datetime) -> Pickup:
        """Return what dialling them does, by number, occasion and chance."""
        shares, service = self.shares, super().trait("in service")
        if service < shares["empty"]:
            return Pickup(PickupKind.NOT_IN_SERVICE, 0.0)
        draw = (self.number, attempt_number, local_datetime.date().isoformat(), local_datetime.hour)
        # The network says the same of a number that is stopped and of a telephone that is off.
        is_stopped = service < shares["empty"] + shares["stopped"]
        if is_stopped or chance(self.seed, "off", self.number, draw[2]) < shares["off_today"]:
            return Pickup(PickupKind.SWITCHED_OFF, 0.0)
        ring_s = 3.0 + min(20.0, exponential(6.0, chance(self.seed, "ring", *draw)))
        screens = super().trait("screens")
        if screens < shares["screens"]:
            if chance(self.seed, "blocks", *draw) < shares["blocked"]:
                return Pickup(PickupKind.REJECTED, ring_s)
            return self._unanswered()
        if chance(self.seed, "reach", *draw) >= self._reach(local_datetime):
            return self._unanswered()
        if chance(self.seed, "how", *draw) < shares["busy"]:
            return Pickup(PickupKind.BUSY, 0.0)
        return Pickup(PickupKind.ANSWERED, ring_s, self.hangs_up_after_s)

    def _unanswered(self) -> Pickup:
        if super().trait("machine") < self.shares["machine"]:
            return Pickup(PickupKind.MACHINE, 18.0, 60.0)
        return Pickup(PickupKind.NO_ANSWER, 90.0)

    def _reach(self, at: datetime) -> float:
        if at.weekday() >= 5:
            return self.shares["reach_weekend"]
        if at.hour >= 18:
            return self.shares["reach_evening"]
        return self.shares["reach_day"] + (_AT_HOME / 2 if self.is_at_home_by_day else -_AT_HOME / 2)


def townsperson(number: str, *, is_rural: bool | None = None) -> Townsperson:
    """Return who usually answers a number; the frame may say whether they live in the countryside."""
    rural = chance(SEED, number, "rural") < 0.45 if is_rural is None else is_rural
    return Townsperson(SEED, number, rural)
