"""Imports: another hotline's list on its way in, its rows sealed until each is a matter or was rejected."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff
from core.secrets import SealedText
from core.sweeps import sweep
from core.terms import Term, coded
from matters.matter import Matter

KEPT = timedelta(days=7)
"""How long rows that were not taken in stay sealed after the upload, and PINs after their row was; then only counts."""


class ImportState(Term):
    """Where an import stands."""

    UPLOADED = "uploaded", "已上传", "Uploaded"
    CHECKED = "checked", "已检查", "Checked"
    WRITING = "writing", "正在写入", "Being written"
    DONE = "done", "已完成", "Done"


class MatterImport(Base):
    """One file that was uploaded, and which of its columns holds what."""

    __tablename__ = "matter_import"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(sa.String(80))
    """Which hotline it comes from; with its own numbers it keeps a matter from being taken in twice."""
    head: Mapped[str] = mapped_column(SealedText("note"))
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[ImportState] = mapped_column(coded(ImportState), default=ImportState.UPLOADED)
    consent_known: Mapped[bool] = mapped_column(default=False)
    uploaded_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    uploaded_at: Mapped[datetime] = mapped_column(index=True)
    checked_at: Mapped[datetime | None]
    job_id: Mapped[int | None] = mapped_column(sa.ForeignKey("job.id"))

    uploader: Mapped[Staff] = relationship()


class MatterImportRow(Base):
    """One row of the file; its cells are sealed, and gone once it is a matter."""

    __tablename__ = "matter_import_row"
    __table_args__ = (sa.UniqueConstraint("import_id", "number"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    import_id: Mapped[int] = mapped_column(sa.ForeignKey("matter_import.id"))
    number: Mapped[int]
    """The row's number in the file; the head is row 1."""
    cells: Mapped[str | None] = mapped_column(SealedText("reporter"))
    errors: Mapped[list[Any]] = mapped_column(default=list)
    """What the last check found, as column:fault codes."""
    matter_id: Mapped[int | None] = mapped_column(sa.ForeignKey("matter.id"))
    pin: Mapped[str | None] = mapped_column(SealedText("reporter"))
    """The PIN of the new receipt, for whoever imported to fetch the list for the other hotline to pass on."""

    matter: Mapped[Matter | None] = relationship()


@sweep("matter_import.forget", every=timedelta(hours=6))
def _forget(session: Session, now: datetime) -> None:
    old = sa.select(MatterImport.id).where(MatterImport.uploaded_at < now - KEPT)
    session.execute(
        sa.update(MatterImportRow)
        .where(MatterImportRow.import_id.in_(old), MatterImportRow.cells.is_not(None))
        .values(cells=None)
    )
    # A file may be written long after it was uploaded: a PIN's days count from when its receipt was given.
    given = sa.select(Matter.id).where(Matter.registered_at < now - KEPT)
    session.execute(
        sa.update(MatterImportRow)
        .where(MatterImportRow.matter_id.in_(given), MatterImportRow.pin.is_not(None))
        .values(pin=None)
    )
