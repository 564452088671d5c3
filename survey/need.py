"""Need: which county and township is furthest below its target, counting what is already in hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

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

_NEED = sa.text(
    f"""
    SELECT p.wave_id, p.county_id, p.township_id, p.target, p.completes, COALESCE(f.claimed, 0) AS in_flight,
      EXISTS (SELECT 1 FROM "case" c
              WHERE c.wave_id = p.wave_id AND c.township_id = p.township_id AND {AGAIN} AND {MINE}) AS again,
      EXISTS (SELECT 1 FROM "case" c
              WHERE c.wave_id = p.wave_id AND c.township_id = p.township_id AND {FRESH} AND {MINE}) AS fresh
    FROM wave_place p
    JOIN wave w ON w.id = p.wave_id
    LEFT JOIN (SELECT c.wave_id, c.township_id, COUNT(*) AS claimed FROM "case" c
               WHERE c.state = 'claimed' GROUP BY c.wave_id, c.township_id) f
      ON f.wave_id = p.wave_id AND f.township_id = p.township_id
    WHERE p.wave_id IN :waves
    """  # noqa: S608 (constants of this module)
).bindparams(
    sa.bindparam("waves", expanding=True),
    sa.bindparam("languages", expanding=True),
    sa.bindparam("now", type_=UtcDateTime()),
)


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
    has_again: bool
    has_fresh: bool


def standings(
    session: Session, rules: Mapping[int, Rules], *, me: int, languages: Sequence[str], at: datetime
) -> list[Standing]:
    """Return the townships of the waves in the order of need: wave, county, township furthest below target first.

    A wave is compared by the share it misses, so that a short poll beside a long one gets its turn; counties and
    townships by interviews missing, less what the claims in hand are likely to bring.
    """
    given = {"waves": list(rules), "me": me, "languages": list(languages), "now": at}
    rows = session.execute(_NEED, given).all()
    waves: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    shorts: dict[tuple[int, int], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for r in rows:
        likely = r.in_flight * rules[r.wave_id].in_flight_yield
        waves[r.wave_id][0] += r.target - r.completes
        waves[r.wave_id][1] += r.target
        shorts[r.wave_id, r.county_id][0] += r.target - r.completes
        shorts[r.wave_id, r.county_id][1] += likely
    ranks: dict[tuple[int, int], int] = {}
    seen: dict[int, int] = defaultdict(int)
    for key in sorted(shorts, key=lambda k: -shorts[k][0]):
        seen[key[0]] += 1
        ranks[key] = seen[key[0]]

    def order(row: sa.Row[tuple[int, ...]]) -> tuple[float, int, float, int, float, int]:
        missing, target = waves[row.wave_id]
        county, in_hand = shorts[row.wave_id, row.county_id]
        likely = row.in_flight * rules[row.wave_id].in_flight_yield
        return (
            -missing / max(target, 1.0),
            row.wave_id,
            in_hand - county,
            row.county_id,
            likely - (row.target - row.completes),
            row.township_id,
        )

    return [
        Standing(
            wave_id=r.wave_id,
            county_id=r.county_id,
            township_id=r.township_id,
            short=r.target - r.completes,
            county_short=int(shorts[r.wave_id, r.county_id][0]),
            county_rank=ranks[r.wave_id, r.county_id],
            has_again=bool(r.again),
            has_fresh=bool(r.fresh),
        )
        for r in sorted(rows, key=order)
    ]
