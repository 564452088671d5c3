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
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from benchmarks.throwaway_postgres import throwaway_postgres
from core import clock
from core.db import Base, Database, transaction
from core.people import Staff, StaffRole, Unit, UnitKind
from core.permissions import Role
from core.places import Level, Place
from core.settings import Settings
from core.signing_in import admit
from matters import sweep
from matters.attributes import ClockColour, IdentityClass, MatterKind, Origin, Urgency
from matters.matter import Matter
from matters.policies import policy_on
from matters.receipts import receipt
from matters.recomputing import recompute_all
from matters.reporters import Reporter
from matters.standing import CallerStanding, Standing, as_json
from matters.states import OPEN, MatterState
from matters.topics import TOPICS
from migrations.tables import every_table
from web.app import create_app

AT = datetime(2026, 11, 18, 2, 30, tzinfo=UTC)
AT_ONCE = 5000
COUNTIES, TOWNS, UNITS = 10, 12, 60
S = MatterState
STATES = (
    (S.REGISTERED, 6),
    (S.TO_ROUTE, 8),
    (S.ASSIGNED, 10),
    (S.IN_HAND, 50),
    (S.RETURN_ASKED, 2),
    (S.WAIT_CALLER, 3),
    (S.RESULT_IN, 6),
    (S.FEEDBACK_DUE, 6),
    (S.REVISIT_DUE, 7),
    (S.SUSPENDED, 2),
)
URGENCIES = ((Urgency.U1, 1), (Urgency.U2, 9), (Urgency.U3, 75), (Urgency.U4, 15))
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


def standing(dice: random.Random, units: list[int], policy: int, serial: int) -> Standing:
    """Make up where one open matter stands."""
    state = dice.choices([s for s, _ in STATES], [n for _, n in STATES])[0]
    urgency = dice.choices([u for u, _ in URGENCIES], [n for _, n in URGENCIES])[0]
    registered = AT - timedelta(minutes=dice.randrange(60 * 24 * 12))
    has_lead = state not in (S.REGISTERED, S.TO_ROUTE)
    signed = registered + timedelta(hours=2) if has_lead and state is not S.ASSIGNED else None
    asked = state is S.IN_HAND and dice.random() < 0.01
    is_incident = dice.random() < 0.001
    return Standing(
        state,
        min(registered + timedelta(hours=dice.randrange(72)), AT),
        registered,
        urgency=urgency,
        policy=policy,
        registered_at=registered,
        round_began_at=registered,
        lead=dice.choice(units) if has_lead else None,
        assigned_at=registered + timedelta(hours=1) if has_lead else None,
        signed_at=signed,
        contacted_at=signed if dice.random() < 0.8 else None,
        extension_asked=AT + timedelta(days=9) if asked else None,
        callers=(CallerStanding(serial),),
        is_incident=is_incident,
        incident_at=registered if is_incident else None,
        escalated_at=registered if is_incident else None,
        review_at=AT + timedelta(days=dice.randrange(-5, 80)) if state is S.SUSPENDED else None,
    )


def rows(dice: random.Random, count: int, units: list[int], towns: list[int], policy: int) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Make up the records of open matters, with their clocks still blank."""
    topics = [topic.code for topic in TOPICS]
    for n in range(count):
        found = standing(dice, units, policy, n + 1)
        yield {
            "receipt": receipt(f"26{7 + n % 5:02}", n // 5 + 1),
            "pin_hash": "-",
            "kind": MatterKind.HELP,
            "topic": dice.choice(topics),
            "urgency": found.urgency,
            "identity": IdentityClass.PROTECTED,
            "origin": Origin.CITIZEN_LINE,
            "narrative": "村口的路灯坏了两个多月,晚上孩子放学看不见路",
            "redacted": "村口的路灯坏了两个多月,晚上孩子放学看不见路",
            "place_id": dice.choice(towns),
            "promised_on": (AT + timedelta(days=7)).date(),
            "raised_at": found.raised_at,
            "registered_at": found.registered_at,
            "state": found.state,
            "standing": as_json(found),
            "policy_id": policy,
            "is_incident": found.is_incident,
            "lead_unit_id": found.lead,
            "state_since": found.since,
        }


def caller(matter_id: int, row: dict[str, Any]) -> dict[str, Any]:
    """Make up who raised a matter; ids are alike, as the standing says."""
    return {
        "id": matter_id,
        "matter_id": matter_id,
        "receipt_of_id": matter_id,
        "identity": row["identity"],
        "origin": row["origin"],
        "joined_at": row["raised_at"],
    }


def furnish(session: Session) -> tuple[list[int], list[int], dict[Role, Staff]]:
    """Make units, places and whoever looks at the pages."""
    counties = [
        Place(level=Level.COUNTY, code=f"{n:02}", name=f"县{n}", name_en=f"County {n}")
        for n in range(COUNTIES)
    ]
    session.add_all(counties)
    session.flush()
    towns = [
        Place(
            level=Level.TOWNSHIP, code=f"{c.code}{n:02}", name=f"镇{n}", name_en=f"Town {n}", parent_id=c.id
        )
        for c in counties
        for n in range(TOWNS)
    ]
    units = [Unit(kind=UnitKind.HANDLING, name=f"单位{n}", name_en=f"Unit {n}") for n in range(UNITS)]
    office = Unit(kind=UnitKind.SUPERVISION, name="督查室", name_en="Office")
    session.add_all([*towns, *units, office])
    session.flush()
    people = {
        role: Staff(
            username=role.value,
            name=role.value,
            password_hash="!",
            created_at=AT,
            unit_id=unit.id,
            role_rows=[StaffRole(role=role)],
        )
        for role, unit in ((Role.SUPERVISION, office), (Role.HANDLER, units[0]))
    }
    session.add_all(people.values())
    session.flush()
    return [u.id for u in units], [p.id for p in towns], people


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
