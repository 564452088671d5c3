"""Assemble and print the weekly bulletin of a city that looks back on a year of calls.

    python -m benchmarks.bulletin --calls 300000
    python -m benchmarks.bulletin --calls 300000 --database postgres

Prints JSON: seconds of the night before (the worker weighs and estimates the week and the four weeks), seconds to
assemble, to print and to write, and whether the same snapshot gave the same bytes twice.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from benchmarks.reported_year import ENDS, build
from benchmarks.throwaway_postgres import throwaway_postgres
from core import clock, secrets
from core.db import Base, Database, reading, transaction, using
from migrations.tables import every_table
from reports.assembling import snapshot
from reports.blocks import digest, frozen
from reports.bulletins import Bulletin, BulletinKind, BulletinState
from reports.nightly_estimates import estimate_new
from reports.office import docx
from reports.paper import Paper
from reports.periods import Period, PeriodKind
from reports.printing import printed
from survey.attempts import Attempt
from survey.interviews import Interview
from survey.weight_making import make_nightly

TARGETS = {"assemble_s": 5.0, "pdf_s": 15.0}


@contextmanager
def _database(wanted: str, folder: Path) -> Iterator[Database]:
    if wanted == "postgres":
        with throwaway_postgres() as url:
            yield (database := Database(url))
            database.close()
        return
    database = Database(f"sqlite:///{folder / 'year.db'}")
    yield database
    database.close()


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def main() -> None:
    """Build the year, assemble, print, and say how long each took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--calls", type=int, default=300_000)
    parser.add_argument("--matters", type=int, default=12_000)
    parser.add_argument("--database", default="sqlite", help="sqlite or postgres")
    chosen = parser.parse_args()
    every_table()
    secrets.use(secrets.Keyring.fresh())
    clock.use(offset=timedelta(), zone="Asia/Shanghai")
    with (
        tempfile.TemporaryDirectory() as name,
        _database(chosen.database, Path(name)) as database,
        using(database),
    ):
        Base.metadata.create_all(database.engine)
        build(Path(name), chosen.calls, chosen.matters, _say)
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
        at = clock.midnight(ENDS + timedelta(days=1)) + timedelta(hours=10)
        result = {"database": chosen.database, **_counts(), **_measured(at)}
    result["met"] = all(float(str(result[key])) <= most for key, most in TARGETS.items())
    print(json.dumps(result, indent=1))
    if not result["met"] or not result["same_bytes"]:
        sys.exit(1)


def _counts() -> dict[str, object]:
    with reading() as session:
        return {
            "calls": session.scalar(sa.select(sa.func.count()).select_from(Attempt)),
            "interviews": session.scalar(sa.select(sa.func.count()).select_from(Interview)),
        }


def _measured(at: datetime) -> dict[str, object]:
    period = Period.with_day(PeriodKind.WEEK, ENDS)
    for weeks in (52, 4, 1, 0):  # each week was weighed and estimated by the worker on its own Sunday night
        began, night = time.monotonic(), at - timedelta(weeks=weeks, hours=5)
        with transaction() as session:
            make_nightly(session, night)
        with transaction() as session:
            estimate_new(session, night)
    by_night = time.monotonic() - began
    began, processor = time.monotonic(), time.process_time()
    with transaction() as session:
        content = frozen(snapshot(session, BulletinKind.WEEKLY, period, as_of=at))
    assembled = time.monotonic() - began, time.process_time() - processor
    with transaction() as session:
        again = frozen(snapshot(session, BulletinKind.WEEKLY, period, as_of=at))
    bulletin = Bulletin(
        kind=BulletinKind.WEEKLY, year=period.year, number=period.number, edition=1, subject="",
        state=BulletinState.DRAFT, starts_on=period.starts_on, ends_on=period.ends_on, as_of=at,
        snapshot=content, digest=digest(content), comments={}, corrections=[], made_at=at,
    )  # fmt: skip
    paper = Paper(bulletin, bulletin.content, "zh")
    began = time.monotonic()
    first = printed(paper)
    pdf = time.monotonic() - began
    began = time.monotonic()
    word = docx(Paper(bulletin, bulletin.content, "zh"))
    return {
        "by_night_s": round(by_night, 2),
        "assemble_s": round(assembled[0], 2),
        "assemble_cpu_s": round(assembled[1], 2),
        "pdf_s": round(pdf, 2),
        "docx_s": round(time.monotonic() - began, 2),
        "snapshot_bytes": len(content),
        "pdf_bytes": len(first),
        "docx_bytes": len(word),
        "same_bytes": content == again and printed(Paper(bulletin, bulletin.content, "zh")) == first,
        "digest": digest(content)[:16],
    }


if __name__ == "__main__":
    main()
