"""The holder-time ledger: every second of a matter's open life belongs to exactly one holder, by its log alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from matters.standing import Deed, Standing
from matters.states import OPEN, Holder, holder
from matters.steps import apply


@dataclass(frozen=True)
class Held:
    """Who holds a matter: the centre, an office, one unit, or its caller."""

    holder: Holder
    unit: int | None = None


@dataclass(frozen=True)
class Stretch:
    """One unbroken time in one holder's hands."""

    held: Held
    began_at: datetime
    ended_at: datetime
    round: int

    @property
    def length(self) -> timedelta:
        """How long it lasted."""
        return self.ended_at - self.began_at


@dataclass(frozen=True)
class Ledger:
    """The stretches of a matter in their order; time after its end belongs to no one and is left out."""

    stretches: tuple[Stretch, ...]

    @property
    def totals(self) -> dict[Held, timedelta]:
        """How long each holder had it, in the order in which they first had it."""
        found: dict[Held, timedelta] = {}
        for stretch in self.stretches:
            found[stretch.held] = found.get(stretch.held, timedelta()) + stretch.length
        return found

    @property
    def life(self) -> timedelta:
        """How long the matter was open."""
        return sum((stretch.length for stretch in self.stretches), timedelta())


def held_by(standing: Standing) -> Held:
    """Say who holds a matter."""
    found = holder(standing.state)
    return Held(found, standing.lead) if found is Holder.UNIT else Held(found)


def ledger(begun: Standing, log: Iterable[Deed], *, until: datetime) -> Ledger:
    """Read the ledger off a log, up to a moment for what is still open."""
    stretches: list[Stretch] = []
    standing, since = begun, begun.raised_at

    def close(ended: datetime) -> None:
        if standing.state in OPEN and ended > since:
            stretches.append(Stretch(held_by(standing), since, ended, standing.round))

    for deed in log:
        after = apply(standing, deed)
        if held_by(after) != held_by(standing) or after.round != standing.round or is_turn(standing, after):
            close(deed.at)
            since = deed.at
        standing = after
    close(until)
    return Ledger(tuple(stretches))


def is_turn(before: Standing, after: Standing) -> bool:
    """Say whether a matter was closed or opened."""
    return (before.state in OPEN) != (after.state in OPEN)
