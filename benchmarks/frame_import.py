"""Import a frame of a million numbers with planted bad rows: how long, how much memory, every bad row found.

python -m benchmarks.frame_import --rows 1000000                      on SQLite
python -m benchmarks.frame_import --rows 1000000 --database postgres  on a throw-away PostgreSQL
python -m benchmarks.frame_import --rows 1000000 --database postgresql+psycopg://…
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from benchmarks.throwaway_postgres import throwaway_postgres
from core import secrets
from core.db import Base, Database, reading, transaction, using
from core.people import Staff
from core.places import Level, Place
from demo.city import city
from survey.frame import Frame, FrameNumber
from survey.frame_file import FrameFile, propose
from survey.frame_import import import_frame

REASONS = {
    "bad number": {"wrong length or area code (landlines need the area code)", "not a dialable number",
                   "the number has characters that are not digits", "the number is empty",
                   "not a resident's number (service or business line)"},
    "unknown area": {"no such county", "no such township in that county"},
    "duplicate": {"the same number as an earlier row"},
}  # fmt: skip


def main() -> None:
    """Run once and print what was measured as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--bad-rows", type=int, default=-1, help="one in a thousand unless told")
    parser.add_argument("--database", default="sqlite", help="sqlite, postgres or an address")
    parser.add_argument("--encoding", default="utf-8", choices=("utf-8", "gbk"))
    chosen = parser.parse_args()
    bad_rows = chosen.bad_rows if chosen.bad_rows >= 0 else max(1, chosen.rows // 1000)
    secrets.use(secrets.Keyring.fresh())
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        path = where / "frame.csv"
        planted = _write(path, chosen.rows, bad_rows, chosen.encoding)
        with _database(chosen.database, where) as database, using(database):
            Base.metadata.create_all(database.engine)
            _places()
            result = _measure(path, where / "rejected.csv", planted)
            result["database"] = database.engine.dialect.name
    print(json.dumps(result, indent=1, ensure_ascii=False))
    if not result["every_planted_row_found"] or result["accepted"] != chosen.rows:
        sys.exit("the import took what it should not, or lost what it should have taken")


def _write(path: Path, rows: int, bad_rows: int, encoding: str) -> dict[int, str]:
    # In a process of its own: the maker's memory must not count as the import's.
    code = (
        "import json, sys; from pathlib import Path; from demo.numbers import write_csv; "
        "bad = write_csv(Path(sys.argv[1]), int(sys.argv[2]), bad_rows=int(sys.argv[3]), encoding=sys.argv[4]); "
        "print(json.dumps({b.line: b.reason for b in bad}))"
    )
    command = [sys.executable, "-c", code, str(path), str(rows), str(bad_rows), encoding]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return {int(line): reason for line, reason in json.loads(done.stdout).items()}


@contextmanager
def _database(wanted: str, where: Path) -> Iterator[Database]:
    if wanted == "postgres":
        with throwaway_postgres() as url:
            yield (database := Database(url))
            database.close()
        return
    database = Database(f"sqlite:///{where / 'benchmark.db'}" if wanted == "sqlite" else wanted)
    yield database
    database.close()


def _places() -> None:
    with transaction() as session:
        made: dict[str, Place] = {}
        for n, town in enumerate(city().townships):
            if town.county_name not in made:
                code = f"c{len(made)}"
                made[town.county_name] = Place(
                    level=Level.COUNTY, code=code, name=town.county_name, name_en=code
                )
                session.add(made[town.county_name])
                session.flush()
            parent = made[town.county_name].id
            session.add(
                Place(level=Level.TOWNSHIP, parent_id=parent, code=f"t{n}", name=town.name, name_en=f"t{n}")
            )


def _measure(path: Path, reject_path: Path, planted: dict[int, str]) -> dict[str, object]:
    with transaction() as session:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        maker = Staff(username="benchmark", name="benchmark", password_hash="!", created_at=at)
        session.add(maker)
        session.flush()
        frame = Frame(name="benchmark", seed=1, created_by=maker.id, created_at=at)
        session.add(frame)
        session.flush()
        frame_id = frame.id
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin, cpu = time.monotonic(), time.process_time()
    file = FrameFile.at(path)
    summary = import_frame(frame_id, file, propose(file.head()), reject_path=reject_path)
    seconds, cpu_seconds = time.monotonic() - begin, time.process_time() - cpu
    with reading() as session:
        stored = session.scalar(sa.select(sa.func.count()).select_from(FrameNumber))
    with reject_path.open(encoding="utf-8-sig", newline="") as opened:
        found = {int(row[0]): row[4] for row in list(csv.reader(opened))[1:]}
    right = sum(found.get(line) in REASONS[reason] for line, reason in planted.items())
    return {
        "rows": summary.rows,
        "accepted": summary.accepted,
        "stored": stored,
        "rejected": summary.rejected,
        "planted": len(planted),
        "planted_by_reason": dict(Counter(planted.values())),
        "every_planted_row_found": right == len(planted) == len(found) and stored == summary.accepted,
        "seconds": round(seconds, 2),
        "processor_seconds": round(cpu_seconds, 2),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "before_mib": round(before / 1024, 1),
    }


if __name__ == "__main__":
    main()
