"""Recompute deadlines and colours of many open matters, and time the boards that show them.

    python -m benchmarks.matter_clocks --matters 100000
    python -m benchmarks.matter_clocks --matters 100000 --database postgres

The matters are made up and open, spread over every open state; `recompute_all_s` works out and writes every clock
anew (nothing was written before), `recompute_again_s` works all out and finds nothing to write. Pages are asked for
by the test client, one after another, as someone of the supervision office, the desk and a unit sees them.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from benchmarks.matter_crowd import AT, AT_ONCE, caller, furnish, rows
from benchmarks.throwaway_postgres import throwaway_postgres
from core import clock
from core.db import Base, Database, transaction
from core.people import Staff
from core.permissions import Role
from core.settings import Settings
from core.signing_in import admit
from matters import sweep
from matters.attributes import ClockColour
from matters.matter import Matter
from matters.policies import policy_on
from matters.recomputing import recompute_all
from matters.reporters import Reporter
from matters.states import OPEN
from migrations.tables import every_table
from web.app import create_app

PAGES = {
    Role.SUPERVISION: (
        "/supervision/",
        "/supervision/?queue=yellow",
        "/supervision/?queue=assign",
        "/supervision/?queue=returns",
        "/supervision/?queue=extensions",
        "/supervision/?queue=incidents",
        "/supervision/?queue=escalated",
        "/supervision/?queue=all",
        "/supervision/?queue=all&page=40&sort=clock",
        "/supervision/?queue=red&urgency=u2&county=3",
        "/supervision/rates/",
        "/notices/",
        "/supervision/matters/{receipt}",
        "/supervision/matters/{receipt}/deadline",
    ),
    Role.HANDLER: ("/handling/", "/handling/?colour=red", "/notices/"),
}


def timed_pages(app: Flask, people: dict[Role, Staff], receipts: list[str], rounds: int) -> dict[str, Any]:
    """Ask for every page so many times; return p50, p95 and the slowest, by the wall and by the processor."""
    spent: dict[str, list[float]] = {}
    worked: list[float] = []
    for role, addresses in PAGES.items():
        client = app.test_client()
        with transaction() as session:
            client.set_cookie(
                "tingmin", admit(session, session.get_one(Staff, people[role].id), at=clock.now())
            )
        for turn in range(rounds + 1):
            for address in addresses:
                url = address.format(receipt=receipts[turn % len(receipts)])
                began, work = time.perf_counter(), time.process_time()
                answer = client.get(url)
                took, work = 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - work)
                if answer.status_code != 200:
                    sys.exit(f"{url}: {answer.status_code}")
                if turn:  # the first round warms templates and caches
                    spent.setdefault(address, []).append(took)
                    worked.append(work)
    every = sorted(ms for times in spent.values() for ms in times)
    return {
        "requests": len(every),
        "p50_ms": round(every[len(every) // 2], 1),
        "p95_ms": round(every[int(0.95 * len(every))], 1),
        "slowest_ms": round(every[-1], 1),
        "cpu_p95_ms": round(sorted(worked)[int(0.95 * len(worked))], 1),
        "p95_ms_by_page": {
            address: round(sorted(times)[int(0.95 * len(times))], 1) for address, times in spent.items()
        },
    }


def measure(url: str, folder: Path, count: int, rounds: int) -> dict[str, Any]:
    """Fill a database, recompute it, look at its boards."""
    every_table()
    database = Database(url)
    Base.metadata.create_all(database.engine)
    app = create_app(
        Settings(
            database_url=url,
            secret_key="b" * 40,
            data_dir=folder,
            keys_file=folder / "keys.json",
            public_base_url="http://localhost",
            secure_cookies=False,
        ),
        database=database,
    )
    dice = random.Random(1)
    with clock.frozen(AT):
        with transaction() as session:
            units, towns, people = furnish(session)
            policy = policy_on(session, clock.today(), at=AT).id
        made = rows(dice, count, units, towns, policy)
        while chunk := [row for _, row in zip(range(min(AT_ONCE, count)), made, strict=False)]:
            with transaction() as session:
                first = (session.scalar(sa.select(sa.func.max(Matter.id))) or 0) + 1
                session.execute(sa.insert(Matter), [{"id": first + n, **row} for n, row in enumerate(chunk)])
                callers = [caller(first + n, row) for n, row in enumerate(chunk)]
                session.execute(sa.insert(Reporter), callers)

        def tell(done: int, total: int) -> None:
            sys.stderr.write(f"\r{done:,}/{total:,}")
            sys.stderr.flush()

        seconds, worked, changed = [], [], []
        for _ in range(2):
            began, work = time.perf_counter(), time.process_time()
            changed.append(recompute_all(AT, tell=tell))
            seconds.append(round(time.perf_counter() - began, 2))
            worked.append(round(time.process_time() - work, 2))
        sys.stderr.write("\n")
        if database.is_sqlite is False:
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")
        with transaction() as session:
            colours = counted_colours(session)
            receipts = list(session.scalars(sa.select(Matter.receipt).order_by(Matter.id).limit(200)))
        pages = timed_pages(app, people, [r for r in receipts if r], rounds)
        began = time.perf_counter()
        with transaction() as session:
            ticked = sweep.tick_all(session, AT)
        sweep_s = round(time.perf_counter() - began, 2)
    database.close()
    return {
        "database": database.engine.dialect.name,
        "matters": count,
        "colours": colours,
        "recompute_all_s": seconds[0],
        "recompute_all_cpu_s": worked[0],
        "recomputed": changed[0],
        "recompute_again_s": seconds[1],
        "recompute_again_cpu_s": worked[1],
        "changed_again": changed[1],
        "sweep_s": sweep_s,
        "sweep_did": ticked,
        "pages": pages,
    }


def counted_colours(session: Session) -> dict[str, int]:
    """Count the colours at the moment."""
    found = dict.fromkeys((colour.value for colour in ClockColour), 0)
    for due_at, yellow_at, is_paused in session.execute(
        sa.select(Matter.due_at, Matter.yellow_at, Matter.is_paused).where(Matter.state.in_(OPEN))
    ):
        colour = (
            ClockColour.PAUSED
            if is_paused
            else ClockColour.NONE
            if due_at is None
            else ClockColour.RED
            if due_at <= AT
            else ClockColour.YELLOW
            if yellow_at is not None and yellow_at <= AT
            else ClockColour.GREEN
        )
        found[colour.value] += 1
    return found


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--matters", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=20, help="how often each page is asked for")
    parser.add_argument("--database", default="sqlite", help="sqlite, postgres (thrown away), or a URL")
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = given.database
        if url == "sqlite":
            url = f"sqlite:///{folder / 'matters.db'}"
        elif url == "postgres":
            url = stack.enter_context(throwaway_postgres())
        print(json.dumps(measure(url, folder, given.matters, given.rounds), indent=1))


if __name__ == "__main__":
    main()
