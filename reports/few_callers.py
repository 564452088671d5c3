"""Few callers: of which units a report does not tell what callers said, as it would tell who said it."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from matters.rates import Counts, counted
from reports.context import Context
from reports.matter_tiles import LEAST


def is_few(counts: Counts) -> bool:
    """Say whether callers were asked or due, and under ten reached."""
    return counts.asked + counts.overdue > 0 and counts.reached < LEAST


def kept_back(found: Mapping[int, Counts]) -> set[int]:
    """Return the units of which it is not told what callers said: of under ten it would tell who said it.

    All less those shown must not give it away either, so where the hidden are under ten together, the next goes too.
    """
    reached = {unit: counts.reached for unit, counts in found.items()}
    return with_next({unit for unit, counts in found.items() if is_few(counts)}, reached)


def with_next(hidden: set[int], reached: Mapping[int, int]) -> set[int]:
    """Return the hidden, and where they are under ten together also the smallest other."""
    others = sorted((n, unit) for unit, n in reached.items() if unit not in hidden and n)
    if 0 < sum(reached[unit] for unit in hidden) < LEAST and others:
        return {*hidden, others[0][1]}
    return hidden


def differing(c: Context, other: Context) -> dict[int, int]:
    """Count by unit the callers reached whom one of two reports counts and the other doesn't: |A| + |B| − 2 |A∩B|."""

    def reached(one: Context, two: Context) -> dict[int, int]:
        since, until = max(one.since, two.since), min(one.until, two.until)
        if since >= until:
            return {}
        only = sa.and_(one.scope, two.scope)
        found = counted(c.session, None, since=since, until=until, at=c.as_of, only=only)
        return {unit: counts.reached for unit, counts in found.items()}

    mine, theirs, both = reached(c, c), reached(other, other), reached(c, other)
    return {n: mine.get(n, 0) + theirs.get(n, 0) - 2 * both.get(n, 0) for n in {*mine, *theirs}}


def told_by_subtraction(c: Context) -> tuple[set[int], bool]:
    """Return the units of which an earlier report, taken from this one, would tell a few; and whether all together."""
    hidden: set[int] = set()
    is_whole = False
    for other in c.earlier:
        if other.until <= c.since or other.since >= c.until:
            continue
        apart = differing(c, other)
        hidden |= with_next({unit for unit, n in apart.items() if 0 < n < LEAST}, apart)
        is_whole |= 0 < sum(apart.values()) < LEAST
    return hidden, is_whole
