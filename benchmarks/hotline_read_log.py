"""Verify a read log of a million rows, and let sixteen writers lengthen it at once: seconds, forks, found alterations.

python -m benchmarks.hotline_read_log --rows 1000000
python -m benchmarks.hotline_read_log --rows 1000000 --database postgres
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from benchmarks.throwaway_postgres import throwaway_postgres
from core import secrets
from core.db import Base, Database, reading, transaction, using
from core.people import Staff, StaffRole
from core.permissions import Role
from hotline.read_log import (
    ORIGIN,
    Break,
    CounsellingRead,
    ReadLogEnd,
    ReadPurpose,
    fingerprint,
    first_break,
    note_read,
)
from migrations.tables import every_table

AT = datetime(2026, 1, 1, tzinfo=UTC)
BATCH, WRITERS = 20_000, 16
PURPOSE, RECORD, FIELDS = ReadPurpose.TALK, "counselling_record", "narrative,level"


def main() -> None:
    """Write, verify, alter, verify again; print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--each", type=int, default=50, help="rows of each concurrent writer")
    parser.add_argument("--database", default="sqlite", help="sqlite or postgres")
    chosen = parser.parse_args()
    secrets.use(secrets.Keyring.fresh())
    with _database(chosen.database) as database, using(database):
        every_table()
        Base.metadata.create_all(database.engine)
        staff = _people()
        _fill(staff[0], chosen.rows)
        whole, seconds = _verified()
        begun = time.perf_counter()
        _write_at_once(database, staff, chosen.each)
        writing = time.perf_counter() - begun
        after, _ = _verified()
        forks = _forks()
        with transaction() as session:
            middle = CounsellingRead.seq == chosen.rows // 2
            session.execute(sa.update(CounsellingRead).where(middle).values(fields="sex"))
        altered, _ = _verified()
        result = {
            "database": chosen.database,
            "rows": chosen.rows,
            "verify_s": round(seconds, 2),
            "whole_at_first": whole is None,
            "writers": WRITERS,
            "written_at_once": WRITERS * chosen.each,
            "writes_per_s": round(WRITERS * chosen.each / writing),
            "forks": forks,
            "whole_after_writers": after is None,
            "altered_row_found_at": altered.seq if altered else None,
            "altered_row": chosen.rows // 2,
        }
    print(json.dumps(result, indent=1))


def _people() -> list[int]:
    with transaction() as session:
        people = [
            Staff(
                username=f"w{n}", name=f"w{n}", password_hash="!", created_at=AT,
                role_rows=[StaffRole(role=Role.OPERATOR)],
            )
            for n in range(WRITERS)
        ]  # fmt: skip
        session.add_all(people)
        session.flush()
        return [one.id for one in people]


def _fill(staff_id: int, rows: int) -> None:
    """Write a long chain at one go."""
    before = ORIGIN
    with transaction() as session:
        for start in range(0, rows, BATCH):
            batch = []
            for seq in range(start + 1, min(start + BATCH, rows) + 1):
                at = AT + timedelta(seconds=seq)
                value = fingerprint(
                    seq, at, staff_id, "operator", PURPOSE.value, None, RECORD, FIELDS, before
                )
                batch.append({
                    "seq": seq, "at": at, "staff_id": staff_id, "role": "operator", "purpose": PURPOSE,
                    "contact_id": None, "record": RECORD, "fields": FIELDS, "prev_hash": before, "hash": value,
                })  # fmt: skip
                before = value
            session.execute(sa.insert(CounsellingRead), batch)
        session.add(ReadLogEnd(id=1, seq=rows, hash=before))


def _verified() -> tuple[Break | None, float]:
    begun = time.perf_counter()
    with reading() as session:
        found = first_break(session)
    return found, time.perf_counter() - begun


def _write_at_once(database: Database, staff: list[int], each: int) -> None:
    def write(staff_id: int) -> None:
        with using(database):
            for n in range(each):
                with transaction() as session:
                    by = session.get_one(Staff, staff_id)
                    note_read(
                        session, by=by, contact=None, purpose=PURPOSE, record=RECORD,
                        fields=("narrative",), at=AT + timedelta(seconds=n),
                    )  # fmt: skip

    threads = [threading.Thread(target=write, args=(one,)) for one in staff]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _forks() -> int:
    with reading() as session:
        rows = sa.func.count(CounsellingRead.id)
        apart = sa.func.count(sa.distinct(CounsellingRead.prev_hash))
        return int(session.execute(sa.select(rows - apart)).scalar_one())


@contextmanager
def _database(kind: str) -> Iterator[Database]:
    if kind == "postgres":
        with throwaway_postgres() as url:
            database = Database(url, pool_size=WRITERS)
            yield database
            database.close()
        return
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/log.db")
        yield database
        database.close()


if __name__ == "__main__":
    main()
