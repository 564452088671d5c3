"""Frame import: a dry run that lists every rejected row, or the import itself, in pieces that are all undone on failure."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import secrets
from core.db import reading, transaction
from core.export import safe_cell
from core.phone import NumberKind
from core.places import Level, Place
from core.problems import Invalid
from core.terms import Words
from survey.frame import DoNotCall, Frame, FrameNumber, FrameState, Stratum
from survey.frame_file import Column, FrameFile, check_mapping
from survey.frame_rows import FrameRow, Gazetteer, Rejected, RowReader

CHUNK = 20_000
DUPLICATE = Words("与前面的行号码重复", "the same number as an earlier row")
DO_NOT_CALL = Words("号码在免打扰名单上", "the number is on the do-not-call list")

Progress = Callable[[int, int, Words | None], None]


@dataclass
class ImportSummary:
    """What an import (or a dry run) found."""

    rows: int = 0
    accepted: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def rejected(self) -> int:
        """Rows that were not taken."""
        return self.rows - self.accepted

    def as_json(self) -> dict[str, object]:
        """Return the counts for storage."""
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "reasons": dict(self.reasons.most_common()),
            "kinds": dict(self.kinds),
        }


def gazetteer(session: Session) -> Gazetteer:
    """Collect the places by name and code."""
    counties: dict[str, int] = {}
    towns: dict[tuple[int, str], int] = {}
    for place in session.scalars(sa.select(Place).where(Place.level == Level.COUNTY, Place.is_current)):
        counties |= {place.name: place.id, place.code: place.id, place.name_en: place.id}
    for place in session.scalars(sa.select(Place).where(Place.level == Level.TOWNSHIP, Place.is_current)):
        for name in (place.name, place.code, place.name_en):
            towns[(place.parent_id or 0, name)] = place.id
    if not towns:
        raise Invalid(
            Words(
                "还没有县区和乡镇;请先由管理员导入地点",
                "There are no places yet; an administrator imports them first",
            )
        )
    return Gazetteer(counties, towns)


class Screening:
    """Goes through a file once: gives the rows that can be taken and writes the others to the reject file."""

    def __init__(self, file: FrameFile, mapping: dict[Column, int], reject_path: Path) -> None:
        head = file.head()
        check_mapping(mapping, head)
        self.file = file
        self.reject_path = reject_path
        self.number_column = mapping[Column.NUMBER]
        self.summary = ImportSummary()
        with reading() as session:
            self.reader = RowReader(mapping, gazetteer(session))
            self.forbidden = set(session.scalars(sa.select(DoNotCall.fingerprint)))

    def rows(self) -> Iterator[tuple[FrameRow, bytes]]:
        """Give each acceptable row with its number's fingerprint."""
        ring = secrets.keyring()
        seen: set[int] = set()
        summary = self.summary
        with self.reject_path.open("w", encoding="utf-8-sig", newline="") as out:
            rejects = csv.writer(out)
            rejects.writerow(["行号 row", "列 column", "内容 content", "原因", "reason"])
            rows = self.file.rows()
            next(rows, None)
            for line, row in enumerate(rows, start=2):
                if not any(row):
                    continue
                summary.rows += 1
                try:
                    read = self.reader.read(row)
                    fingerprint = ring.blind_index(read.e164)
                    short = int.from_bytes(fingerprint[:8], "big")  # 64 bits tell ten million numbers apart
                    if short in seen:
                        raise Rejected(Column.NUMBER, DUPLICATE)
                    if fingerprint in self.forbidden:
                        raise Rejected(Column.NUMBER, DO_NOT_CALL)
                except Rejected as error:
                    summary.reasons[error.words.zh] += 1
                    rejects.writerow([line, *self._shown(error, row), error.words.zh, error.words.en])
                    continue
                seen.add(short)
                summary.accepted += 1
                summary.kinds[read.kind.value] += 1
                yield read, fingerprint

    def _shown(self, error: Rejected, row: list[str]) -> tuple[str, object]:
        """Show the faulty content so that it can be found; a number only by its ends."""
        if error.column is None:
            return "", ""
        at = self.reader.at[error.column]
        text = row[at] if at < len(row) else ""
        if error.column is Column.NUMBER and len(text) > 6:
            text = f"{text[:3]}…{text[-2:]}"
        return f"{error.column.zh} {error.column.en}", safe_cell(text[:60])


def dry_run(
    file: FrameFile, mapping: dict[Column, int], *, reject_path: Path, progress: Progress | None = None
) -> ImportSummary:
    """Read the whole file and write nothing but the list of rejected rows."""
    screening = Screening(file, mapping, reject_path)
    for _ in screening.rows():
        if progress and screening.summary.rows % (CHUNK * 5) == 0:
            progress(screening.summary.rows, 0, Words("核对各行", "Checking rows"))
    return screening.summary


def import_frame(
    frame_id: int,
    file: FrameFile,
    mapping: dict[Column, int],
    *,
    reject_path: Path,
    progress: Progress | None = None,
) -> ImportSummary:
    """Import the acceptable rows into the frame; on any failure take back what was written.

    Pieces are committed one by one so that the rest of the house goes on working; the frame can be
    drawn from only after the last one.
    """
    clear(frame_id)
    screening = Screening(file, mapping, reject_path)
    with reading() as session:
        seed = session.get_one(Frame, frame_id).seed
    writer = _Writer(frame_id, np.random.default_rng(seed))
    try:
        chunk: list[tuple[FrameRow, bytes]] = []
        for row in screening.rows():
            chunk.append(row)
            if len(chunk) == CHUNK:
                writer.write(chunk)
                chunk = []
                if progress:
                    progress(screening.summary.rows, 0, Words("写入号码", "Writing numbers"))
        writer.write(chunk)
        if screening.summary.accepted == 0:
            raise Invalid(
                Words(
                    "没有一行可以导入;请看拒收清单",
                    "Not one row could be imported; see the list of rejected rows",
                )
            )
    except BaseException:
        clear(frame_id, state=FrameState.FAILED)
        raise
    with transaction() as session:
        frame = session.get_one(Frame, frame_id)
        for key, size in writer.sizes.items():
            session.execute(sa.update(Stratum).where(Stratum.id == writer.strata[key]).values(size=size))
        frame.size = screening.summary.accepted
        frame.rejected = screening.summary.rejected
        frame.reject_file = reject_path.name
        frame.summary = screening.summary.as_json()
        frame.state = FrameState.READY
    return screening.summary


def clear(frame_id: int, *, state: FrameState = FrameState.IMPORTING) -> None:
    """Take back the rows of an import that did not end."""
    with transaction() as session:
        frame = session.get(Frame, frame_id)
        if frame is None or frame.state is FrameState.READY:
            raise Invalid(
                Words("抽样框已可用,不能重新导入", "The frame is ready already and can't be imported again")
            )
        session.execute(sa.delete(FrameNumber).where(FrameNumber.frame_id == frame_id))
        session.execute(sa.delete(Stratum).where(Stratum.frame_id == frame_id))
        frame.state = state


class _Writer:
    """Writes chunks of rows: COPY on PostgreSQL, one prepared insert on SQLite."""

    def __init__(self, frame_id: int, random: np.random.Generator) -> None:
        self.frame_id = frame_id
        self.random = random
        self.strata: dict[tuple[int, NumberKind], int] = {}
        self.sizes: Counter[tuple[int, NumberKind]] = Counter()

    def write(self, chunk: list[tuple[FrameRow, bytes]]) -> None:
        if not chunk:
            return
        seal = secrets.keyring().seal
        numbers = self.random.random(len(chunk)).tolist()
        with transaction() as session:
            rows = []
            for (row, fingerprint), prn in zip(chunk, numbers, strict=True):
                stratum_id = self._stratum(session, row)
                residence = row.residence.value if row.residence else None
                rows.append(
                    (
                        self.frame_id,
                        stratum_id,
                        seal("number", row.e164),
                        fingerprint,
                        residence,
                        row.adults,
                        prn,
                    )
                )
            self._insert(session, rows)

    def _stratum(self, session: Session, row: FrameRow) -> int:
        key = (row.township_id, row.kind)
        self.sizes[key] += 1
        if key not in self.strata:
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
        return self.strata[key]

    def _insert(self, session: Session, rows: Sequence[tuple[object, ...]]) -> None:
        columns = "frame_id, stratum_id, number, fingerprint, residence, adults, prn"
        connection = session.connection()
        driver = connection.connection.driver_connection
        assert driver is not None
        if connection.dialect.name == "postgresql":
            with driver.cursor() as cursor, cursor.copy(f"COPY frame_number ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            driver.executemany(f"INSERT INTO frame_number ({columns}) VALUES (?,?,?,?,?,?,?)", rows)  # noqa: S608
