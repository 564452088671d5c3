"""Claims under load: nobody gets the same case twice, none is lost, no quota is overshot, and the next case is quick.

A crowd of threads claims and finishes cases as fast as it can; then interviewers claim at a working pace and the
time of each hand-out is measured. Prints one JSON object. Without --database a throw-away PostgreSQL is started.
"""

from __future__ import annotations

import argparse
import json
import random
import threading
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import sqlalchemy as sa

import survey.instruments
from benchmarks.throwaway_postgres import throwaway_postgres
from core import clock, db, secrets
from core.people import Staff
from core.phone import NumberKind
from core.places import Level, Place
from survey import quotas
from survey.attempts import Attempt, HandOut
from survey.cases import Case, CaseState
from survey.dials import write_attempt
from survey.edition_import import import_edition
from survey.frame import Frame, FrameNumber, FrameState, Stratum
from survey.outcomes import count_complete
from survey.queue import next_case
from survey.sampling import Replicate, ReplicateState, Sample
from survey.waves import Quota, Wave, WavePlace, WaveState

NOON = datetime(2026, 11, 18, 2, 30, tzinfo=UTC)
COUNTIES, TOWNSHIPS = 10, 199
YIELD = 0.02


def fill(database: db.Database, *, cases: int, staff: int, seats: int) -> None:
    """Make a wave with so many open cases over 199 townships, and so many interviewers."""
    db.Base.metadata.create_all(database.engine)
    dice = random.Random(7)
    with db.transaction() as session:
        counties = [
            Place(level=Level.COUNTY, code=f"C{n}", name=f"县{n}", name_en=f"County {n}")
            for n in range(COUNTIES)
        ]
        session.add_all(counties)
        session.flush()
        towns = [
            Place(
                level=Level.TOWNSHIP,
                code=f"T{n}",
                name=f"镇{n}",
                name_en=f"Town {n}",
                parent_id=counties[n % COUNTIES].id,
            )
            for n in range(TOWNSHIPS)
        ]
        session.add_all(towns)
        frame = Frame(name="bench", seed=1, state=FrameState.READY, size=cases, created_at=NOON)
        session.add(frame)
        session.flush()
        strata = [
            Stratum(
                frame_id=frame.id,
                county_id=town.parent_id,
                township_id=town.id,
                kind=NumberKind.MOBILE,
                size=cases // TOWNSHIPS,
            )
            for town in towns
        ]
        wave = Wave(name="bench", state=WaveState.DRAFT, starts_on=NOON.date(), created_at=NOON)
        session.add_all([*strata, wave])
        session.flush()
        sample = Sample(
            wave_id=wave.id, frame_id=frame.id, planned_on=NOON.date(), wanted=cases, seed=1, drawn_at=NOON
        )
        session.add(sample)
        session.flush()
        replicate = Replicate(sample_id=sample.id, number=1, size=cases, state=ReplicateState.RELEASED)
        session.add(replicate)
        for n in range(staff):
            session.add(
                Staff(
                    username=f"i{n}",
                    name=f"访员{n}",
                    password_hash="!",
                    created_at=NOON,
                    home_county_id=counties[n % COUNTIES].id,
                )
            )
        for n, town in enumerate(towns):
            session.add(
                WavePlace(wave_id=wave.id, township_id=town.id, county_id=town.parent_id, target=10 + n % 7)
            )
        for county in counties:
            session.add(Quota(wave_id=wave.id, cell=f"county:{county.id}", seats=seats))
        session.flush()
        for start in range(0, cases, 5000):
            numbers, rows = [], []
            for n in range(start, min(start + 5000, cases)):
                number = f"+86145{n:08d}"
                stratum = strata[n % TOWNSHIPS]
                numbers.append(
                    {
                        "id": n + 1,
                        "frame_id": frame.id,
                        "stratum_id": stratum.id,
                        "number": number,
                        "fingerprint": secrets.keyring().blind_index(number),
                        "prn": dice.random(),
                    }
                )
                rows.append(
                    {
                        "wave_id": wave.id,
                        "replicate_id": replicate.id,
                        "frame_number_id": n + 1,
                        "stratum_id": stratum.id,
                        "county_id": stratum.county_id,
                        "township_id": stratum.township_id,
                        "kind": NumberKind.MOBILE,
                        "state": CaseState.WAITING,
                        "shuffle": dice.randrange(2**31),
                    }
                )
            session.execute(sa.insert(FrameNumber), numbers)
            session.execute(sa.insert(Case), rows)
        # The bench needs no questionnaire: the wave is opened past the flow, as the check allows with an edition.
        _open(session, wave, frame)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def _open(session: Any, wave: Wave, frame: Frame) -> None:
    workbook = Path(survey.instruments.__file__).with_name("security.xlsx").read_bytes()
    wave.edition_id = import_edition(session, workbook, by=None, at=NOON).id
    wave.frame_id = frame.id
    wave.state = WaveState.OPEN


@dataclass
class Tally:
    """What a crowd saw."""

    claims: int = 0
    none: int = 0
    double: int = 0
    took_ms: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def work(database: db.Database, staff_id: int, claims: int, pause: float, tally: Tally, lock: threading.Lock,
         skew: int) -> None:  # fmt: skip
    """Claim, try for a seat, finish; again and again."""
    dice = random.Random(staff_id)
    with db.using(database):
        with db.reading() as session:
            me = session.get_one(Staff, staff_id)
            session.expunge_all()
        for n in range(claims):
            if pause:
                sleep(dice.expovariate(1 / pause))
            at = NOON + timedelta(seconds=(n + skew) % 3600)
            started = monotonic()
            try:
                with db.transaction() as session:
                    hand_out = next_case(session, by=me, at=at)
                    case_id = hand_out.case_id if hand_out else None
                took = (monotonic() - started) * 1000
                double = finish(me, case_id, at, dice) if case_id is not None else 0
            except Exception as error:
                with lock:
                    tally.errors.append(f"{type(error).__name__}: {str(error)[:200]}")
                continue
            with lock:
                tally.claims += case_id is not None
                tally.none += case_id is None
                tally.double += double
                tally.took_ms.append(took)


def finish(me: Staff, case_id: int, at: datetime, dice: random.Random) -> int:
    """Connect (hold a seat), end (fill or free it), and let the case go; 1 when it was somebody else's as well."""
    with db.transaction() as session:
        case = session.get_one(Case, case_id, with_for_update=True)
        if case.state != CaseState.CLAIMED or case.lease_by != me.id:
            return 1
        is_complete = dice.random() < YIELD
        if is_complete:
            attempt = write_attempt(session, case, None, by=me, at=at)
            is_complete = quotas.hold_seat(session, attempt)
            attempt.disposition, attempt.ended_at = ("1.1" if is_complete else "4.80"), at
            quotas.free_seat(session, attempt, is_complete=is_complete)
            if is_complete:
                count_complete(session, case, 1)
            case.state, case.disposition, case.closed_at = CaseState.CLOSED, attempt.disposition, at
        else:
            case.state, case.due_at = CaseState.WAITING, at + timedelta(seconds=dice.randrange(1, 600))
        case.lease_by = case.lease_until = None
    return 0


def crowd(url: str, ring: str, staff_ids: list[int], claims: int, pause: float, skew: int) -> dict[str, Any]:
    """Run one process's share of the threads."""
    secrets.use(secrets.Keyring.from_json(ring))
    clock.use(offset=timedelta(0), zone="Asia/Shanghai")
    database = db.Database(url, pool_size=16)
    if (
        not database.is_sqlite
    ):  # a crowd waits for its turn as long as it takes: that wait is what is measured
        database.engine.dispose()
        database.engine = sa.create_engine(database.url, pool_size=16, max_overflow=0, pool_timeout=3600)
        database.sessions.configure(bind=database.engine)
    tally, lock = Tally(), threading.Lock()
    threads = [
        threading.Thread(target=work, args=(database, s, claims, pause, tally, lock, skew)) for s in staff_ids
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close()
    return vars(tally)


def run(
    url: str, ring: str, staff: list[int], claims: int, pause: float, processes: int
) -> tuple[dict[str, Any], float]:
    """Run a crowd in several processes and add up what they saw."""
    started = monotonic()
    shares = [staff[n::processes] for n in range(processes)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        each = max(1, claims // len(staff))
        jobs = [
            pool.submit(crowd, url, ring, share, each, pause, n) for n, share in enumerate(shares) if share
        ]
        seen = [job.result() for job in jobs]
    total = {key: sum(s[key] for s in seen) for key in ("claims", "none", "double")}
    total["took_ms"] = sorted(ms for s in seen for ms in s["took_ms"])
    total["errors"] = [e for s in seen for e in s["errors"]]
    return total, monotonic() - started


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
        "seats": options.seats * COUNTIES,
        "filled": int(filled or 0),
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
    parser.add_argument("--seats", type=int, default=200, help="quota seats in each of the ten counties")
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
