"""Bad weather to order: callbacks twice, late, out of order or lost, and requests that fail."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from telephony.simulator.chance import chance


class Refusal(Enum):
    """How a request to the carrier fails: before anything was done, or after it was."""

    NOTHING_DONE = "nothing done"
    DONE_BUT_UNSAID = "done but unsaid"


@dataclass(frozen=True)
class Faults:
    """Shares of what goes wrong; every draw depends only on the seed and the thing's own key."""

    seed: int = 1
    duplicate: float = 0.0
    late: float = 0.0
    late_s: tuple[float, float] = (0.5, 30.0)
    drop: float = 0.0
    refuse_before: float = 0.0
    refuse_after: float = 0.0

    def deliveries(self, key: str) -> tuple[float, ...]:
        """Return the delays in seconds at which one callback is delivered; none when it is lost."""
        if self._hit(self.drop, key, "drop"):
            return ()
        first = self._delay(key, "first") if self._hit(self.late, key, "late") else 0.0
        if self._hit(self.duplicate, key, "twice"):
            return (first, first + self._delay(key, "again"))
        return (first,)

    def refusal(self, key: str) -> Refusal | None:
        """Say whether the request fails, and on which side of being done."""
        if self._hit(self.refuse_before, key, "before"):
            return Refusal.NOTHING_DONE
        if self._hit(self.refuse_after, key, "after"):
            return Refusal.DONE_BUT_UNSAID
        return None

    def _hit(self, share: float, key: str, what: str) -> bool:
        return share > 0.0 and chance(self.seed, key, what) < share

    def _delay(self, key: str, what: str) -> float:
        low, high = self.late_s
        return low + (high - low) * chance(self.seed, key, what, "delay")


FAIR_WEATHER = Faults()
BAD_WEATHER = Faults(seed=7, duplicate=0.3, late=0.4, refuse_before=0.05)
