"""Need: which county and township is furthest below its target, counting what is already in hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import UtcDateTime
from survey.calling import Rules

# Literals, not parameters, in what must match the partial indexes: a prepared plan could not use them otherwise.
AGAIN = "c.state = 'waiting' AND c.due_at IS NOT NULL AND c.due_at <= :now"
FRESH = "c.state = 'waiting' AND c.due_at IS NULL"
MINE = (
    "(c.avoid_staff_id IS NULL OR c.avoid_staff_id <> :me)"
    " AND (c.language IS NULL OR c.language IN :languages)"
)

PAGE = 24
"""Townships looked at together; the first one nearly always has a case."""


def _statement(callable_now: str) -> sa.TextClause:
    # All of the arithmetic in the database: only a handful of rows come back for each hand-out.
    return sa.text(
        f"""
        WITH hand AS (
          SELECT c.wave_id, c.township_id, COUNT(*) * :likely AS likely FROM "case" c
          WHERE c.state = 'claimed' AND c.wave_id IN :waves GROUP BY c.wave_id, c.township_id
        ), town AS (
          SELECT p.wave_id, p.county_id, p.township_id, w.is_cross_county, p.target,
                 p.target - p.completes AS short, p.target - p.completes - COALESCE(h.likely, 0) AS need
          FROM wave_place p JOIN wave w ON w.id = p.wave_id
          LEFT JOIN hand h ON h.wave_id = p.wave_id AND h.township_id = p.township_id
          WHERE p.wave_id IN :waves
        ), county AS (
          SELECT t.*, SUM(t.short) OVER here AS county_short, SUM(t.need) OVER here AS county_need,
                 SUM(t.short) OVER whole * 1.0 / NULLIF(SUM(t.target) OVER whole, 0) AS missing
          FROM town t WINDOW here AS (PARTITION BY t.wave_id, t.county_id), whole AS (PARTITION BY t.wave_id)
        ), ranked AS (
          SELECT k.*, DENSE_RANK() OVER (PARTITION BY k.wave_id ORDER BY k.county_short DESC) AS county_rank
          FROM county k
        )
        SELECT r.wave_id, r.county_id, r.township_id, r.short, r.county_short, r.county_rank FROM ranked r
        WHERE NOT (r.is_cross_county AND r.county_id = :home)
          AND EXISTS (SELECT 1 FROM "case" c WHERE c.wave_id = r.wave_id AND c.township_id = r.township_id
                      AND {callable_now} AND {MINE})
        ORDER BY COALESCE(r.missing, 0) DESC, r.wave_id, r.county_need DESC, r.county_id, r.need DESC, r.township_id
        LIMIT :page OFFSET :skip
        """  # noqa: S608 (constants of this module)
    ).bindparams(
        sa.bindparam("waves", expanding=True),
        sa.bindparam("languages", expanding=True),
        *([sa.bindparam("now", type_=UtcDateTime())] if ":now" in callable_now else []),
    )


_AGAIN, _FRESH = _statement(AGAIN), _statement(FRESH)


@dataclass(frozen=True)
class Standing:
    """One township's standing in a wave and what of it could be handed out now."""

    wave_id: int
    county_id: int
    township_id: int
    short: int
    """Completes missing in the township; negative when it is above target."""
    county_short: int
    county_rank: int
    """1 for the county furthest below its target."""


def standings(
    session: Session,
    rules: Mapping[int, Rules],
    *,
    again: bool,
    me: int,
    home: int,
    languages: Sequence[str],
    at: datetime,
) -> Iterator[Standing]:
    """Give the townships that have a call-back due (or a fresh case) in the order of need.

    The wave, then the county, then the township furthest below target. A wave is compared by the share it misses,
    so that a short poll beside a long one gets its turn; counties and townships by interviews missing, less what
    the claims in hand are likely to bring.
    """
    given = {
        "waves": list(rules),
        "me": me,
        "home": home,
        "languages": list(languages),
        "likely": max(r.in_flight_yield for r in rules.values()),
        "page": PAGE,
        **({"now": at} if again else {}),
    }
    for skip in count(0, PAGE):
        rows = session.connection().execute(_AGAIN if again else _FRESH, {**given, "skip": skip}).all()
        for wave_id, county_id, township_id, short, county_short, rank in rows:
            yield Standing(wave_id, county_id, township_id, int(short), int(county_short), int(rank))
        if len(rows) < PAGE:
            return
