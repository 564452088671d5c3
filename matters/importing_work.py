"""Importing: a file kept sealed, checked row by row without writing, then written as a job that can be repeated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from core import clock, journal
from core.db import reading, transaction
from core.jobs import Job, Running, enqueue, job
from core.people import Staff
from core.problems import Invalid, Problem, Refused
from core.terms import Words
from matters import outside_references
from matters.attributes import Origin
from matters.importing import ImportState, MatterImport, MatterImportRow
from matters.importing_columns import Fault, ImportColumn, check_mapping, propose
from matters.importing_file import table
from matters.importing_rows import Known, read_row
from matters.outside_references import OutsideReference
from matters.registration import register

Row = MatterImportRow
EVERY = 20


def upload(session: Session, data: bytes, source: str, *, by: Staff, at: datetime) -> MatterImport:
    """Keep a file's rows, sealed; nothing of it is a matter yet."""
    name = source.strip()
    if not 0 < len(name) <= 60:
        raise Invalid(
            fields={"source": Words("请写明来自哪条热线，最多 60 字", "Say which hotline it is from")}
        )
    head, rows = table(data)
    record = MatterImport(
        source=name,
        head=json.dumps(head, ensure_ascii=False),
        mapping={c.value: n for c, n in propose(head).items()},
        uploaded_by=by.id,
        uploaded_at=at,
    )
    session.add(record)
    session.flush()
    session.add_all(
        Row(import_id=record.id, number=n, cells=json.dumps(cells, ensure_ascii=False)) for n, cells in rows
    )
    session.flush()
    journal.write(session, "matter_import.upload", record, by=by, at=at, rows=len(rows))
    return record


def head_of(record: MatterImport) -> list[str]:
    """Return the names of the file's columns."""
    found: list[str] = json.loads(record.head)
    return found


def mapping_of(record: MatterImport) -> dict[ImportColumn, int]:
    """Return which column holds what."""
    return {ImportColumn.of(code): int(at) for code, at in record.mapping.items()}


def _source(record: MatterImport) -> str:
    return f"import:{record.source}"


def _known(session: Session, record: MatterImport) -> Known:
    query = sa.select(OutsideReference.reference).where(OutsideReference.source == _source(record))
    return Known.of(session, frozenset(session.scalars(query)))


def _open_rows(session: Session, record: MatterImport) -> list[Row]:
    query = sa.select(Row).where(Row.import_id == record.id, Row.matter_id.is_(None), Row.cells.is_not(None))
    return list(session.scalars(query.order_by(Row.number)))


def check(
    session: Session,
    record: MatterImport,
    mapping: Mapping[ImportColumn, int],
    *,
    consent: bool,
    by: Staff,
    at: datetime,
) -> int:
    """Look at every row without writing a matter; return how many have faults."""
    session.refresh(record, ["state"], with_for_update=True)
    if record.state in (ImportState.WRITING, ImportState.DONE):
        raise Refused(Words("这份文件已在写入或已写完", "This file is being written or is done"))
    check_mapping(mapping, len(head_of(record)))
    record.mapping = {column.value: at for column, at in mapping.items()}
    record.consent_known = consent
    if not consent:
        raise Invalid(
            fields={
                "consent": Words(
                    "请确认对方热线已征得诉求人同意转来",
                    "Confirm that the callers agreed to it being passed on",
                )
            }
        )
    known, bad = _known(session, record), 0
    for row in _open_rows(session, record):
        _, _, row.errors = read_row(json.loads(row.cells or "[]"), mapping, known, consent=consent)
        bad += bool(row.errors)
    record.state, record.checked_at = ImportState.CHECKED, at
    session.flush()
    journal.write(session, "matter_import.check", record, by=by, at=at, faulty=bad)
    return bad


def begin(session: Session, record: MatterImport, *, by: Staff, at: datetime) -> Job:
    """Have the good rows written in the background."""
    session.refresh(record, ["state"], with_for_update=True)
    if record.state is not ImportState.CHECKED:
        raise Refused(Words("先检查，再写入", "Check the file first"))
    made = enqueue(
        session, "matter.import", Words("导入诉求", "Import matters"), by=by, at=at, import_id=record.id
    )
    record.state, record.job_id = ImportState.WRITING, made.id
    session.flush()
    journal.write(session, "matter_import.begin", record, by=by, at=at, job=made.id)
    return made


@job("matter.import")
def _write(running: Running) -> dict[str, Any]:
    import_id = int(running.params["import_id"])
    with reading() as session:
        record = session.get_one(MatterImport, import_id)
        waiting = [row.id for row in _open_rows(session, record) if not row.errors]
        known = _known(session, record)
    for done, row_id in enumerate(waiting):
        try:
            _write_row(import_id, row_id, known, running.requested_by)
        except (Problem, IntegrityError):  # what changed since the check: looked at anew, then told
            _note_faults(import_id, row_id, known)
        if done % EVERY == 0:
            running.progress(done, len(waiting))
    with transaction() as session:
        record = session.get_one(MatterImport, import_id)
        record.state = ImportState.DONE
        taken, left = counts(session, record)
        return {
            "words": Words("已导入 {n} 件，{m} 行未导入", "{n} taken in, {m} rows left out")
            .filled(n=taken, m=left)
            .as_json(),
            "url": f"/imports/{import_id}",
        }


def _write_row(import_id: int, row_id: int, known: Known, staff_id: int | None) -> None:
    with transaction() as session:
        record, row = session.get_one(MatterImport, import_id), session.get_one(Row, row_id)
        if row.matter_id is not None or row.cells is None:
            return
        known.seen.clear()
        reference, statement, faults = read_row(
            json.loads(row.cells), mapping_of(record), known, consent=record.consent_known
        )
        if faults or outside_references.known_as(session, _source(record), reference) is not None:
            raise Invalid
        by = session.get(Staff, staff_id) if staff_id else None
        told = register(session, statement, origin=Origin.IMPORT, by=by, at=clock.now())
        outside_references.note(session, told.matter, _source(record), reference)
        row.matter_id, row.cells, row.errors = told.matter.id, None, []
        row.pin = told.pin


def _note_faults(import_id: int, row_id: int, known: Known) -> None:
    with transaction() as session:
        record, row = session.get_one(MatterImport, import_id), session.get_one(Row, row_id)
        if row.cells is not None:
            known.seen.clear()
            _, _, faults = read_row(json.loads(row.cells), mapping_of(record), known, consent=True)
            row.errors = faults or [f"{ImportColumn.REFERENCE.value}:{Fault.TAKEN.value}"]


def counts(session: Session, record: MatterImport) -> tuple[int, int]:
    """Return how many rows became matters and how many did not."""
    query = sa.select(sa.func.count(Row.matter_id), sa.func.count()).where(Row.import_id == record.id)
    row = session.execute(query).one()
    return row[0], row[1] - row[0]


def _with_pins(record: MatterImport) -> sa.ColumnElement[bool]:
    return sa.and_(Row.import_id == record.id, Row.pin.is_not(None), Row.matter_id.is_not(None))


def pins_left(session: Session, record: MatterImport, staff: Staff) -> int:
    """Count the receipts whose PINs wait to be fetched by someone: whoever imported them, nobody else."""
    if record.uploaded_by != staff.id or record.state is not ImportState.DONE:
        return 0
    return session.execute(sa.select(sa.func.count()).where(_with_pins(record))).scalar_one()


def fetch_pins(
    session: Session, record: MatterImport, *, by: Staff, at: datetime
) -> list[tuple[str, str, str]]:
    """Give the other hotline's numbers with receipts and PINs, as often as a download fails within the days they stay.

    Whoever left no number can be told by the status page alone, and has the PIN from the hotline they called.
    """
    session.refresh(record, ["state"], with_for_update=True)
    if not pins_left(session, record, by):
        raise Refused(
            Words(
                "编号和密码已过期清除，或不由您取",
                "The receipts and PINs are gone by now, or are another's to fetch",
            )
        )
    query = (
        sa.select(Row, OutsideReference.reference)
        .join(OutsideReference, OutsideReference.matter_id == Row.matter_id)
        .where(_with_pins(record), OutsideReference.source == _source(record))
        .options(joinedload(Row.matter))
        .order_by(Row.number)
    )
    found = []
    for row, reference in session.execute(query).all():
        found.append((reference, (row.matter.receipt if row.matter else None) or "", row.pin or ""))
    journal.write(session, "matter_import.pins", record, by=by, at=at, rows=len(found))
    return found
