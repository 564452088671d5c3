"""Matching: whose telephone rings for whom, by priority, then language, then the longest wait; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

TELEPHONES = 3
Pair = tuple[int, int]
"""A contact and an operator."""


@dataclass(frozen=True)
class Turn:
    """Somebody whose turn it may be: who waits on a line, or who kept their place."""

    contact_id: int
    line: str
    since: datetime
    is_first: bool = False
    is_kept: bool = False
    """Nobody waits on the line there: one telephone at a time is enough."""
    asks_for: int | None = None
    """The operator who answers them best."""
    language: int | None = None
    left_until: datetime | None = None
    """Until when they are left to those who speak their language."""


@dataclass(frozen=True)
class Free:
    """Somebody whose telephone may ring now."""

    staff_id: int
    serves: frozenset[str]
    speaks: frozenset[int] = frozenset()


def pairs(
    turns: Sequence[Turn],
    free: Sequence[Free],
    at: datetime,
    ringing: Mapping[int, int],
    rang: Collection[Pair] = (),
    declined: Collection[Pair] = (),
) -> list[Pair]:
    """Give each caller one telephone in turn, then a second and a third while some are left.

    `free` is in order, longest idle first; `ringing` says how many telephones ring for a caller already, `rang`
    which ones rang before, and `declined` who has just said no and isn't asked again. Equal callers are served in
    the order of their wait, behind those for whom somebody free is the one: they speak the language, or were asked for.
    """
    left, found, rings = list(free), list[Pair](), Counter(ringing)
    wanted = frozenset(turn.language for turn in turns if turn.language is not None)
    alone: set[int] = set()

    def best_for(turn: Turn) -> Free | None:
        if turn.asks_for is None:
            return None
        best = next((one for one in left if one.staff_id == turn.asks_for), None)
        is_new = (
            best is not None and turn.line in best.serves and (turn.contact_id, best.staff_id) not in rang
        )
        return best if is_new else None

    def place(turn: Turn) -> tuple[bool, bool, datetime, int]:
        is_called_for = (turn.line, turn.language) in spoken or best_for(turn) is not None
        return not turn.is_first, not is_called_for, turn.since, turn.contact_id

    def seat_for(turn: Turn) -> Free | None:
        best = best_for(turn)
        if best is not None:
            alone.add(turn.contact_id)  # for one ringing the one they asked for is rung alone
            return best
        ready = [s for s in left if turn.line in s.serves and (turn.contact_id, s.staff_id) not in declined]
        if turn.language is not None:
            speakers = [s for s in ready if turn.language in s.speaks]
            if not speakers and turn.left_until is not None and at < turn.left_until:
                return None
            ready = speakers or ready
        needed = wanted - {turn.language}  # by others: who speaks it is left to them where another is free
        return min(
            ready,
            key=lambda s: ((turn.contact_id, s.staff_id) in rang, not needed.isdisjoint(s.speaks)),
            default=None,
        )

    spoken = {(line, language) for one in free for line in one.serves for language in one.speaks}
    order = sorted(turns, key=place)
    for round_ in range(TELEPHONES):
        for turn in order:
            if rings[turn.contact_id] > round_ or turn.contact_id in alone or (round_ and turn.is_kept):
                continue
            seat = seat_for(turn)
            if seat is not None:
                left.remove(seat)
                rings[turn.contact_id] += 1
                found.append((turn.contact_id, seat.staff_id))
    return found
