"""Service levels: how many calls were answered, how soon, and how many hung up, against what is promised."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from hotline.contacts import Contact, Source, WayOut
from hotline.lines import LineKind
from hotline.staffing_waiting import TOO_SHORT, WITHIN

SOON = 15.0
"""Seconds within which nine of ten calls should be answered."""
ANSWER_RATE, WITHIN_20, WITHIN_15, ABANDONED = 0.95, 0.95, 0.90, 0.05
"""What is promised: shares of all calls that came; the last one is a most."""

RANG = (Source.PHONE, Source.RECONCILED)


@dataclass(frozen=True)
class Served:
    """Calls whose waiting is over; who waits now is not yet in any of them."""

    offered: int = 0
    answered: int = 0
    within_15: int = 0
    within_20: int = 0
    abandoned: int = 0  # hung up after more than 10 s
    too_short: int = 0  # hung up before
    seconds: float = 0.0  # waited by all

    def share(self, of: int) -> float | None:
        """Return a count as a share of all calls that came; None without calls."""
        return of / self.offered if self.offered else None

    @property
    def answer_rate(self) -> float | None:
        """Share of calls that reached a person."""
        return self.share(self.answered)

    @property
    def soon(self) -> float | None:
        """Share answered within 15 seconds."""
        return self.share(self.within_15)

    @property
    def in_time(self) -> float | None:
        """Share answered within 20 seconds."""
        return self.share(self.within_20)

    @property
    def lost(self) -> float | None:
        """Share that hung up after more than 10 seconds."""
        return self.share(self.abandoned)

    @property
    def mean_wait(self) -> float | None:
        """Mean seconds waited, answered or not."""
        return self.seconds / self.offered if self.offered else None

    @property
    def keeps_in_time(self) -> bool | None:
        """Whether 95 % were answered within 20 s; None without calls."""
        return None if self.in_time is None else self.in_time >= WITHIN_20

    @property
    def keeps_soon(self) -> bool | None:
        """Whether 90 % were answered within 15 s."""
        return None if self.soon is None else self.soon >= WITHIN_15

    @property
    def keeps_lost(self) -> bool | None:
        """Whether fewer than 5 % hung up."""
        return None if self.lost is None else self.lost < ABANDONED


NOBODY = (0, 0, 0, 0, 0, 0, 0.0)


def served(session: Session, lines: Collection[LineKind], since: dict[str, datetime]) -> dict[str, Served]:
    """Count the calls that rang since each of some moments, in one reading of the longest period."""
    calls = (
        sa.select(Contact.rung_at, Contact.way_out, Contact.first_wait_s.label("wait"))
        .where(
            Contact.line.in_(lines),
            Contact.rung_at >= min(since.values()),
            Contact.source.in_(RANG),
            Contact.way_out.is_not(None),
        )
        .cte("calls")
        .prefix_with("MATERIALIZED")  # else each wait would be worked out a dozen times
    )
    is_answered, hung_up = calls.c.way_out == WayOut.ANSWERED, calls.c.way_out == WayOut.ABANDONED
    wait, moments = calls.c.wait, sorted(since.values(), reverse=True)
    # Each call is counted once, in the shortest period it belongs to; the longer ones add up in between.
    period = sa.case(*((calls.c.rung_at >= moment, n) for n, moment in enumerate(moments)))
    columns: tuple[Any, ...] = (
        sa.func.count(),
        _count(is_answered),
        _count(is_answered & (wait <= SOON)),
        _count(is_answered & (wait <= WITHIN)),
        _count(hung_up & (wait > TOO_SHORT)),
        _count(hung_up & (wait <= TOO_SHORT)),
        sa.func.sum(wait),
    )
    rows = {row[0]: row[1:] for row in session.execute(sa.select(period, *columns).group_by(period))}
    nested = [
        Served(*(sum(parts) for parts in zip(NOBODY, *(rows[k] for k in rows if k <= n), strict=True)))
        for n in range(len(moments))
    ]
    return {name: nested[moments.index(moment)] for name, moment in since.items()}


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))
