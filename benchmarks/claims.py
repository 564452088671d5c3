"""Claims under load: nobody gets the same case twice, none is lost, no quota is overshot, and the next case is quick.

Interviewers claim at a working pace and the time of each hand-out is measured; then a crowd of threads claims and
finishes cases as fast as it can, until every other county is full. Prints one JSON object, progress on stderr.
Without --database a throw-away PostgreSQL is started.
"""

from __future__ import annotations

import argparse
import json
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from benchmarks.claim_crowd import run
from benchmarks.claim_wave import PLENTY, fill
from benchmarks.throwaway_postgres import throwaway_postgres
from core import clock, db, secrets
from core.people import Staff
from survey.attempts import Attempt, HandOut
from survey.cases import Case, CaseState
from survey.waves import Quota


def part(values: list[float], share: float) -> float | None:
    """Return a percentile of sorted values."""
    return round(values[min(len(values) - 1, int(share * len(values)))], 2) if values else None


def measure(url: str, options: argparse.Namespace) -> dict[str, Any]:
    """Fill, crowd, pace, and check the books."""
    ring = secrets.Keyring.fresh()
    secrets.use(ring)
    clock.use(offset=timedelta(0), zone="Asia/Shanghai")
    database = db.Database(url)
    with db.using(database):
        people = max(options.threads, options.interviewers)
        fill(database, cases=options.cases, staff=people, seats=options.seats)
        with db.reading() as session:
            staff = list(session.scalars(sa.select(Staff.id).order_by(Staff.id)))
        paced, _ = run(
            url,
            ring.as_json(),
            staff[: options.interviewers],
            options.paced,
            options.pause,
            options.processes,
        )
        hard, seconds = run(
            url, ring.as_json(), staff[: options.threads], options.claims, 0, options.processes
        )
        with db.reading() as session:
            states = dict(session.execute(sa.select(Case.state, sa.func.count()).group_by(Case.state)).all())
            handed = session.scalar(sa.select(sa.func.count()).select_from(HandOut))
            over = session.scalar(
                sa.select(sa.func.count())
                .select_from(Quota)
                .where(Quota.filled + Quota.reserved > Quota.seats)
            )
            filled = session.scalar(sa.select(sa.func.sum(Quota.filled)))
            scarce = sa.select(sa.func.count()).select_from(Quota).where(Quota.seats < PLENTY)
            cells = session.scalar(scarce)
            full = session.scalar(scarce.where(Quota.filled == Quota.seats))
            completes = session.scalar(
                sa.select(sa.func.count()).select_from(Attempt).where(Attempt.disposition == "1.1")
            )
            twice = session.scalar(
                sa.select(sa.func.count()).select_from(
                    sa.select(Attempt.case_id)
                    .where(Attempt.disposition == "1.1")
                    .group_by(Attempt.case_id)
                    .having(sa.func.count() > 1)
                    .subquery()
                )
            )
    dialect = database.engine.dialect.name
    database.close()
    made = paced["claims"] + hard["claims"]
    return {
        "database": dialect,
        "cases": options.cases,
        "threads": options.threads,
        "interviewers": options.interviewers,
        "claims": made,
        "double": paced["double"] + hard["double"] + int(twice or 0),
        "lost": (options.cases - sum(states.values()))
        + states.get(CaseState.CLAIMED, 0)
        + abs(handed - made),
        "overshoot": int(over or 0) + abs(int(filled or 0) - int(completes or 0)),
        "filled": int(filled or 0),
        "scarce_cells": {"cells": cells, "seats_each": options.seats, "full_to_the_last_seat": full},
        "nothing_found": paced["none"] + hard["none"],
        "errors": (paced["errors"] + hard["errors"])[:5],
        "paced": {
            "claims": paced["claims"],
            "p50_ms": part(paced["took_ms"], 0.5),
            "p95_ms": part(paced["took_ms"], 0.95),
            "p99_ms": part(paced["took_ms"], 0.99),
        },
        "crowd": {
            "seconds": round(seconds, 1),
            "claims_per_s": round(hard["claims"] / seconds, 1),
            "p50_ms": part(hard["took_ms"], 0.5),
            "p95_ms": part(hard["took_ms"], 0.95),
            "p99_ms": part(hard["took_ms"], 0.99),
        },
        "targets": {"p95_ms": 100, "p99_ms": 300, "double": 0, "lost": 0, "overshoot": 0},
    }


def main() -> None:
    """Read the command line and print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--database", default="", help="URL of an empty database; a PostgreSQL is started if none"
    )
    parser.add_argument("--threads", type=int, default=200)
    parser.add_argument("--claims", type=int, default=200_000)
    parser.add_argument("--interviewers", type=int, default=150)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument(
        "--seats", type=int, default=200, help="quota seats in every other of the ten counties"
    )
    parser.add_argument("--paced", type=int, default=3_000, help="hand-outs measured at a working pace")
    parser.add_argument(
        "--pause", type=float, default=30.0, help="mean seconds between an interviewer's cases"
    )
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    if options.database:
        print(json.dumps(measure(options.database, options), indent=1))
        return
    with throwaway_postgres() as url:
        print(json.dumps(measure(url, options), indent=1))


if __name__ == "__main__":
    main()
