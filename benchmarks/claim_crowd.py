"""A crowd of interviewers: threads in a few processes that claim, try for a seat, finish, and claim again."""

from __future__ import annotations

import random
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing import get_context
from time import monotonic, sleep
from typing import Any

import sqlalchemy as sa

from benchmarks.claim_wave import NOON
from core import clock, db, secrets
from core.people import Staff
from survey import quotas
from survey.cases import Case, CaseState
from survey.dials import write_attempt
from survey.outcomes import count_complete
from survey.queue import next_case

YIELD = 0.02
TELL_EVERY = 10.0
"""Seconds between two lines of progress."""


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
            case.state, case.due_at = CaseState.WAITING, at + timedelta(seconds=dice.randrange(1, 60))
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
    began = told = monotonic()
    while any(thread.is_alive() for thread in threads):
        sleep(0.1)
        if monotonic() - told >= TELL_EVERY:
            told = monotonic()
            done, of = tally.claims + tally.none, claims * len(staff_ids)
            print(f"{skew}: {done:,}/{of:,} in {told - began:.0f} s", file=sys.stderr, flush=True)
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
