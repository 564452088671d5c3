"""Let eight operators take the same caller at the same moment, many times: each has one winner.

python -m benchmarks.hotline_races --races 200
python -m benchmarks.hotline_races --races 200 --database postgres
"""

from __future__ import annotations

import argparse
import contextvars
import json
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier

import sqlalchemy as sa

from benchmarks.hotline_reports import Report
from benchmarks.hotline_schedules import stage_in
from benchmarks.hotline_stage import BEGIN, NUMBER, Stage
from benchmarks.throwaway_postgres import throwaway_postgres
from core import clock, db, secrets
from core.problems import Problem
from hotline import taking
from hotline.contacts import Contact, ContactState
from hotline.seats import Seat, SeatState
from hotline.taking import AlreadyAnswered
from telephony.calls import Call

OPERATORS = 8


def race(stage: Stage, number: int, pool: ThreadPoolExecutor) -> Counter[str]:
    """Let everybody take one caller at once; count winners, who heard that they were too late, and anything else."""
    leg = f"CA{number:032x}"
    call = {"CallSid": leg, "From": f"+86139{number:08d}", "To": NUMBER, "Direction": "inbound"}
    stage.take_in(Report("inbound", call))
    stage.take_in(
        Report("wait", {**call, "QueueSid": "QU1", "QueuePosition": "1"}, {"line": "line-counselling"})
    )
    with db.reading() as session:
        query = sa.select(Contact).join(Call, Call.id == Contact.call_id).where(Call.provider_ref == leg)
        contact = session.scalars(query).one()
    start = Barrier(len(stage.people))

    def take(who: int) -> str:
        start.wait()
        try:
            with clock.frozen(stage.now), db.transaction() as session:
                taking.take(session, session.get_one(Contact, contact.id), by=stage.people[who], at=stage.now)
        except AlreadyAnswered:
            return "too late"
        except Problem as problem:
            return type(problem).__name__
        return "won"

    told = [pool.submit(contextvars.copy_context().run, take, who) for who in range(len(stage.people))]
    found = Counter(one.result() for one in told)
    with db.transaction() as session:
        kept = session.get_one(Contact, contact.id)
        if kept.state is not ContactState.TAKEN or kept.taken_by is None:
            found["not taken"] += 1
        talking = session.scalars(sa.select(Seat).where(Seat.state == SeatState.TALKING)).all()
        if [seat.contact_id for seat in talking] != [kept.id]:
            found["seats astray"] += 1
        kept.state, kept.closed_at = ContactState.DONE, BEGIN
        for seat in talking:
            seat.state, seat.contact_id = SeatState.AVAILABLE, None
    return found


def run(stage: Stage, races: int) -> Counter[str]:
    """Run the races, one after the other."""
    stage.set()
    found: Counter[str] = Counter()
    with ThreadPoolExecutor(OPERATORS) as pool:
        for number in range(races):
            found += race(stage, number + 1, pool)
    return found


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--races", type=int, default=200)
    parser.add_argument("--database", default="sqlite", help="sqlite or postgres (thrown away)")
    given = parser.parse_args()
    secrets.use(secrets.Keyring.fresh())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(throwaway_postgres()) if given.database == "postgres" else ""
        stage = stack.enter_context(stage_in(folder, url, people=OPERATORS))
        began = time.perf_counter()
        found = run(stage, given.races)
        seconds = round(time.perf_counter() - began, 1)
    clean = found == {"won": given.races, "too late": given.races * (OPERATORS - 1)}
    print(json.dumps({"database": given.database, "races": given.races, "seconds": seconds, **found}))
    sys.exit(0 if clean else 1)


if __name__ == "__main__":
    main()
