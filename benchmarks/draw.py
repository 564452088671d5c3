"""Draw 10,000 numbers from a frame of 6,758,000, and from one ten times smaller: the time should be the same.

    python -m benchmarks.draw --frame 6758000 --draw 10000
    python -m benchmarks.draw --frame 6758000 --draw 10000 --database postgres

The frame is made directly: sealed dummy values, permanent random numbers, 182 townships × two kinds of line.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.throwaway_postgres import throwaway_postgres
from core import secrets
from core.db import Base, Database, transaction, using
from core.people import Staff
from core.phone import NumberKind
from core.places import Level, Place
from survey.frame import Frame, FrameState, Stratum
from survey.planning import take
from survey.waves import Wave, WaveState

COUNTIES, TOWNS = 14, 13
AT = datetime(2026, 11, 1, 1, tzinfo=UTC)
BATCH = 100_000


def main() -> None:
    """Build both frames, draw from each several times and print the times as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frame", type=int, default=6_758_000)
    parser.add_argument("--draw", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--database", default="sqlite", help="sqlite or postgres")
    chosen = parser.parse_args()
    secrets.use(secrets.Keyring.fresh())
    result: dict[str, object] = {"draw": chosen.draw, "database": chosen.database}
    medians = []
    for size in (chosen.frame, chosen.frame // 10):
        with _database(chosen.database) as database, using(database):
            Base.metadata.create_all(database.engine)
            wave_id = _build(database, size)
            measured = [_draw(wave_id, chosen.draw, day) for day in range(chosen.times)]
        seconds = [wall for wall, _ in measured]
        medians.append(median(seconds))
        result[f"frame_{size}"] = {
            "median": round(medians[-1], 3),
            "all": [round(s, 3) for s in seconds],
            "median_of_processor": round(median(cpu for _, cpu in measured), 3),
        }
    result["ratio"] = round(medians[0] / medians[1], 2)
    result["met"] = medians[0] <= 1.0
    print(json.dumps(result, indent=1))
    if not result["met"]:
        sys.exit(1)


@contextmanager
def _database(wanted: str) -> Iterator[Database]:
    if wanted == "postgres":
        with throwaway_postgres() as url:
            yield (database := Database(url))
            database.close()
        return
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'benchmark.db'}")
        yield database
        database.close()


def _build(database: Database, size: int) -> int:
    with transaction() as session:
        maker = Staff(username="benchmark", name="benchmark", password_hash="!", created_at=AT)
        session.add(maker)
        session.flush()
        frame = Frame(name="b", seed=1, size=size, state=FrameState.READY, created_by=maker.id, created_at=AT)
        session.add(frame)
        session.flush()
        strata = []
        for c in range(COUNTIES):
            county = Place(level=Level.COUNTY, code=f"c{c}", name=f"c{c}", name_en=f"c{c}")
            session.add(county)
            session.flush()
            for n in range(TOWNS):
                name = f"t{c}.{n}"
                town = Place(level=Level.TOWNSHIP, parent_id=county.id, code=name, name=name, name_en=name)
                session.add(town)
                session.flush()
                for kind in NumberKind:
                    strata.append(
                        Stratum(
                            frame_id=frame.id, county_id=county.id, township_id=town.id, kind=kind, size=0
                        )
                    )
        session.add_all(strata)
        wave = Wave(
            name="b", state=WaveState.DRAFT, frame_id=frame.id, starts_on=date(2026, 11, 1), created_at=AT
        )
        session.add(wave)
        session.flush()
        shares = np.bincount(np.arange(size) % len(strata), minlength=len(strata))
        for stratum, share in zip(strata, shares.tolist(), strict=True):
            stratum.size = share
        ids = [s.id for s in strata]
        frame_id, wave_id = frame.id, wave.id
    random = np.random.default_rng(1)
    sealed = secrets.keyring().seal("number", "+8614500000000")
    for start in range(0, size, BATCH):
        count = min(BATCH, size - start)
        prns = random.random(count).tolist()
        rows = [
            (frame_id, ids[(start + i) % len(ids)], sealed, os.urandom(16), prns[i]) for i in range(count)
        ]
        rows.sort(key=lambda row: row[3])
        _insert(rows)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return wave_id


def _insert(rows: list[tuple[int, int, bytes, bytes, float]]) -> None:
    columns = "frame_id, stratum_id, number, fingerprint, prn"
    with transaction() as session:
        connection = session.connection()
        driver = connection.connection.driver_connection
        assert driver is not None
        if connection.dialect.name == "postgresql":
            with (
                driver.cursor() as cursor,
                cursor.copy(f"COPY frame_number ({columns}) FROM STDIN (FORMAT BINARY)") as copy,
            ):
                copy.set_types(["int8", "int8", "bytea", "bytea", "float8"])
                for row in rows:
                    copy.write_row(row)
        else:
            driver.executemany(f"INSERT INTO frame_number ({columns}) VALUES (?,?,?,?,?)", rows)


def _draw(wave_id: int, numbers: int, day: int) -> tuple[float, float]:
    begin, processor = time.monotonic(), time.process_time()
    with transaction() as session:
        wave = session.get_one(Wave, wave_id)
        on = date(2026, 11, 1) + timedelta(days=day)
        sample = take(session, wave, numbers, on, reason={}, by=None, at=AT + timedelta(days=day))
        drawn = sample.drawn
    seconds = time.monotonic() - begin, time.process_time() - processor
    if drawn != numbers:
        sys.exit(f"{drawn} numbers were drawn instead of {numbers}")
    return seconds


if __name__ == "__main__":
    main()
