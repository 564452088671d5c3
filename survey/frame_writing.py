"""Writing a frame's numbers: sealed, each with its permanent random number, chunk by chunk, while the next is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from types import TracebackType
from typing import Self

import numpy as np
from sqlalchemy.orm import Session

from core import secrets
from core.db import transaction
from core.phone import NumberKind
from survey.frame import Stratum
from survey.frame_rows import FrameRow

Chunk = list[tuple[FrameRow, bytes]]


class FrameWriter:
    """Writes chunks in a thread of its own: COPY on PostgreSQL, one prepared insert on SQLite."""

    def __init__(self, frame_id: int, random: np.random.Generator) -> None:
        self.frame_id = frame_id
        self.random = random
        self.strata: dict[tuple[int, NumberKind], int] = {}
        self.sizes: Counter[tuple[int, NumberKind]] = Counter()
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._writing: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(wait=True)

    def write(self, chunk: Chunk) -> None:
        """Begin to write a chunk when the one before is written; its failure is raised here."""
        self.finish()
        if chunk:
            self._writing = self._thread.submit(copy_context().run, self._write, chunk)

    def finish(self) -> None:
        """Wait until all is written."""
        if self._writing is not None:
            self._writing.result()
            self._writing = None

    def _write(self, chunk: Chunk) -> None:
        seal = secrets.keyring().seal
        numbers = self.random.random(len(chunk)).tolist()
        with transaction() as session:
            rows = []
            for (row, fingerprint), prn in zip(chunk, numbers, strict=True):
                stratum_id = self._stratum(session, row)
                residence = row.residence.value if row.residence else None
                sealed = seal("number", row.e164)
                rows.append((self.frame_id, stratum_id, sealed, fingerprint, residence, row.adults, prn))
            # In the order of the index every page of it is met once a chunk, not once a row.
            rows.sort(key=_fingerprint)
            _insert(session, rows)

    def _stratum(self, session: Session, row: FrameRow) -> int:
        key = (row.township_id, row.kind)
        self.sizes[key] += 1
        found = self.strata.get(key)
        if found is not None:
            return found
        stratum = Stratum(
            frame_id=self.frame_id,
            county_id=row.county_id,
            township_id=row.township_id,
            kind=row.kind,
            size=0,
        )
        session.add(stratum)
        session.flush()
        self.strata[key] = stratum.id
        return stratum.id


def _fingerprint(row: tuple[object, ...]) -> bytes:
    value = row[3]
    assert isinstance(value, bytes)
    return value


def _insert(session: Session, rows: Sequence[tuple[object, ...]]) -> None:
    columns = "frame_id, stratum_id, number, fingerprint, residence, adults, prn"
    connection = session.connection()
    driver = connection.connection.driver_connection
    assert driver is not None
    if connection.dialect.name == "postgresql":
        kinds = ["int8", "int8", "bytea", "bytea", "varchar", "int4", "float8"]
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY frame_number ({columns}) FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types(kinds)
            for row in rows:
                copy.write_row(row)
    else:
        driver.executemany(f"INSERT INTO frame_number ({columns}) VALUES (?,?,?,?,?,?,?)", rows)  # noqa: S608
