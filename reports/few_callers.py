"""Few callers: of which units a report does not tell what callers said, as it would tell who said it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import sqlalchemy as sa

from core.people import Unit
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


def hidden_units(c: Context, found: Mapping[int, Counts]) -> tuple[set[int], bool]:
    """Return the units of which a report does not tell what callers said, and whether nor of all together."""
    chain = Chain.of(c)
    hidden, is_whole = _told_by_pairs(c, chain)
    hidden |= kept_back(found) | {unit for unit in found if chain.tells({unit})}
    is_whole |= chain.tells_of_all()
    # All together less those shown must not tell either, whatever other reports told of the rest.
    others = sorted((n.reached, unit) for unit, n in found.items() if unit not in hidden and n.reached)
    while hidden and not is_whole and chain.tells(hidden, is_rest=True):
        if not others:
            return hidden, True
        hidden.add(others.pop(0)[1])
    return hidden, is_whole


def _told_by_pairs(c: Context, chain: Chain) -> tuple[set[int], bool]:
    """Return the units of which an earlier report, taken from this one, would tell a few; and whether all together.

    What was hidden of the very same callers stays hidden, under whatever outline.
    """
    hidden: set[int] = set()
    is_whole = False
    for before in c.earlier:
        other = before.context
        if other.until <= c.since or other.since >= c.until:
            continue
        apart = differing(c, other)
        hidden |= with_next({unit for unit, n in apart.items() if 0 < n < LEAST}, apart)
        hidden |= {unit for unit, n in apart.items() if n == 0 and chain.names.get(unit) not in before.told}
        total = sum(apart.values())
        is_whole |= 0 < total < LEAST or (total == 0 and "" not in before.told)
    return hidden, is_whole


@dataclass(frozen=True)
class Chain:
    """Reports of one outline, end to end: what they tell together of the callers between any two of their days.

    What a report tells of a unit ties its first moment to its last. Between any two moments that are tied, over however
    many reports, the callers follow by adding and subtracting; between others nothing does.
    """

    span: tuple[datetime, datetime]
    """Of the report that is made."""
    told: tuple[tuple[datetime, datetime, frozenset[str]], ...]
    """Earlier ones, with the units that each told of, by name; "" is all together."""
    names: Mapping[int, str]
    heard: Mapping[datetime, Mapping[int, int]]
    """How many callers of each unit were reached from the first moment of all up to each."""

    @classmethod
    def of(cls, c: Context) -> Chain:
        """Tie a report to the earlier ones of the same topics and place."""
        mine = [b for b in c.earlier if (b.context.topics, b.context.within) == (c.topics, c.within)]
        told = tuple((b.context.since, b.context.until, b.told) for b in mine)
        if not c.earlier:
            return cls((c.since, c.until), (), {}, {})
        names = {row.id: row.name for row in c.session.execute(sa.select(Unit.id, Unit.name))}
        if not told:
            return cls((c.since, c.until), (), names, {})
        moments = sorted({c.since, c.until, *(m for since, until, _ in told for m in (since, until))})
        sums: Counter[int] = Counter()
        heard: dict[datetime, Mapping[int, int]] = {moments[0]: {}}
        for since, until in pairwise(moments):
            between = counted(c.session, None, since=since, until=until, at=c.as_of, only=c.scope)
            sums.update({unit: counts.reached for unit, counts in between.items()})
            heard[until] = dict(sums)
        return cls((c.since, c.until), told, names, heard)

    def tells(self, units: set[int], *, is_rest: bool = False) -> bool:
        """Say whether the report, telling of these together, would tell of 1 to 9 callers between two moments.

        What is the rest of a report follows as well wherever another told of all together.
        """
        names = {self.names[unit] for unit in units if unit in self.names}
        return self._tells(units, lambda told: names <= told or (is_rest and "" in told))

    def tells_of_all(self) -> bool:
        """Say so of all units together."""
        return self._tells(set(self.names), lambda told: "" in told)

    def _tells(self, units: set[int], is_told: Callable[[frozenset[str]], bool]) -> bool:
        ties = [(since, until) for since, until, told in self.told if is_told(told)]
        tied, size = {*self.span}, 0
        while size < len(tied):
            size = len(tied)
            for tie in ties:
                if not tied.isdisjoint(tie):
                    tied |= {*tie}
        sums = [sum(self.heard.get(m, {}).get(unit, 0) for unit in units) for m in sorted(tied)]
        return bool(ties) and any(0 < b - a < LEAST for n, a in enumerate(sums) for b in sums[n + 1 :])
