"""Data exports: who asked for which weight set in which form, the bundle that was made, and when it goes again."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import clock, journal
from core.dates import day_words
from core.db import Base, Id, reading, transaction
from core.jobs import Running, enqueue, job
from core.people import Staff
from core.problems import Invalid, Missing
from core.sweeps import sweep
from core.terms import LANGUAGES, Words, coded
from reports.export_bundle import Made, bundle
from reports.export_files import FileFormat
from reports.export_replicates import FEWEST, MOST, REPLICATES, ReplicateMethod
from survey.uploads import Shelf
from survey.weighting import WeightSet

KEPT = timedelta(days=14)
NAME = "tingmin-{a}-{b}-set{id}.zip"
GONE = Words(
    "这份数据文件已不在了（保留 {days} 天）；可以再导出一次，内容相同",
    "This data file is gone (kept {days} days); export it again, the contents are the same",
)


class DataExport(Base):
    """One bundle of a weight set, from being asked for to being deleted."""

    __tablename__ = "data_export"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    weight_set_id: Mapped[int] = mapped_column(sa.ForeignKey("weight_set.id"), index=True)
    formats: Mapped[list[Any]]
    """Codes of the forms beside CSV."""
    language: Mapped[str] = mapped_column(sa.String(2))
    method: Mapped[ReplicateMethod] = mapped_column(coded(ReplicateMethod))
    replicates: Mapped[int]
    requested_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    requested_at: Mapped[datetime]
    job_id: Mapped[int | None] = mapped_column(sa.ForeignKey("job.id"))
    token: Mapped[str | None] = mapped_column(sa.String(22))
    """Where the bundle rests outside the web root; the name says nothing."""
    size: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    sha256: Mapped[str] = mapped_column(sa.String(64), default="")
    interviews: Mapped[int] = mapped_column(default=0)
    blanked: Mapped[int] = mapped_column(default=0)
    """Interviews whose township was left out."""
    made_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]

    weight_set: Mapped[WeightSet] = relationship()
    requester: Mapped[Staff | None] = relationship()

    @property
    def is_there(self) -> bool:
        """Say whether the bundle can be fetched."""
        return self.token is not None and self.dropped_at is None

    @property
    def goes_at(self) -> datetime | None:
        """Say when the bundle is deleted."""
        return self.made_at + KEPT if self.made_at else None

    @property
    def filename(self) -> str:
        """Return the name under which it is fetched: period and set, nobody."""
        s = self.weight_set
        return NAME.format(a=s.starts_on, b=s.ends_on, id=s.id)


_shelf: Shelf | None = None


def use(folder: Path) -> None:
    """Say where bundles rest."""
    global _shelf
    _shelf = Shelf(folder)


def shelf() -> Shelf:
    """Return where bundles rest."""
    if _shelf is None:
        raise RuntimeError("no place for exports: call reports.data_exports.use() first")
    return _shelf


def ask_for_export(
    session: Session,
    made: WeightSet,
    *,
    formats: Iterable[FileFormat],
    language: str,
    method: ReplicateMethod = ReplicateMethod.BOOTSTRAP,
    replicates: int = REPLICATES,
    by: Staff,
    at: datetime,
) -> DataExport:
    """Ask for a bundle of a weight set; the worker makes it."""
    if language not in LANGUAGES:
        raise Invalid(Words("请选择标签的语言", "Choose the language of the labels"))
    if not FEWEST <= replicates <= MOST:
        words = Words("复制权数应在 {a} 到 {b} 个之间", "Between {a} and {b} replicate weights")
        raise Invalid(fields={"replicates": words.filled(a=FEWEST, b=MOST)})
    chosen = [f.value for f in FileFormat if f in set(formats)]
    record = DataExport(
        weight_set_id=made.id,
        formats=chosen,
        language=language,
        method=method,
        replicates=replicates,
        requested_by=by.id,
        requested_at=at,
    )
    session.add(record)
    session.flush()
    title = Words("导出数据：{a}至 {b}", "Data export: {a} to {b}")
    work = enqueue(
        session,
        "data.export",
        title.filled(a=day_words(made.starts_on), b=day_words(made.ends_on)),
        by=by,
        at=at,
        data_export=record.id,
    )
    record.job_id = work.id
    journal.write(
        session,
        "data_export.ask",
        record,
        by=by,
        at=at,
        weight_set=made.id,
        formats=chosen,
        language=language,
        replicates=replicates,
        method=method.value,
    )
    session.flush()
    return record


@job("data.export")
def make_export(running: Running) -> dict[str, Any]:
    """Make a bundle and put it where it can be fetched, once however often the job is run."""
    export_id = int(running.params["data_export"])
    with reading() as session:
        record = session.get_one(DataExport, export_id)
        if record.token is not None:
            return _said(record)
        shelf().folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=shelf().folder) as folder:
            path = Path(folder) / "bundle.zip"
            found = bundle(
                session,
                record.weight_set,
                path,
                formats=[FileFormat.of(code) for code in record.formats],
                language=record.language,
                method=record.method,
                count=record.replicates,
                progress=running.progress,
            )
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            with path.open("rb") as stream:
                token = shelf().keep(stream, at=clock.now(), most=1 << 32, data_export=export_id)
            size = path.stat().st_size
    with transaction() as session:
        record = session.get_one(DataExport, export_id)
        by = session.get(Staff, running.requested_by) if running.requested_by else None
        _put_down(session, record, token, found, size=size, digest=digest, by=by, at=clock.now())
        return _said(record)


def _put_down(
    session: Session,
    record: DataExport,
    token: str,
    found: Made,
    *,
    size: int,
    digest: str,
    by: Staff | None,
    at: datetime,
) -> None:
    record.token, record.size, record.sha256, record.made_at = token, size, digest, at
    record.interviews, record.blanked = found.interviews, found.blanked
    journal.write(
        session,
        "data_export.make",
        record,
        by=by,
        at=at,
        weight_set=record.weight_set_id,
        files=list(found.files),
        interviews=found.interviews,
        sha256=digest,
    )
    session.flush()


def _said(record: DataExport) -> dict[str, Any]:
    words = Words("已导出 {n} 份访问的数据", "Data of {n} interviews exported").filled(n=record.interviews)
    return {"words": words.as_json(), "url": "/exports"}


def fetch_export(session: Session, record: DataExport, *, by: Staff, at: datetime) -> Path:
    """Return where a bundle rests, and note in the journal who takes it."""
    if not record.is_there or record.token is None:
        raise Missing(GONE, days=KEPT.days)
    try:
        path = shelf().path(record.token)
    except Missing:
        raise Missing(GONE, days=KEPT.days) from None
    journal.write(session, "data_export.fetch", record, by=by, at=at, weight_set=record.weight_set_id)
    session.flush()
    return path


@sweep("data_export.drop", every=timedelta(hours=1))
def drop_old(session: Session, now: datetime) -> int:
    """Delete bundles whose time is over, and what a worker that died left behind."""
    if _shelf is None:
        return 0
    query = sa.select(DataExport).where(
        DataExport.token.is_not(None), DataExport.dropped_at.is_(None), DataExport.made_at < now - KEPT
    )
    count = 0
    for record in session.scalars(query):
        shelf().drop(record.token or "")
        record.dropped_at = now
        journal.write(session, "data_export.drop", record, by=None, at=now, weight_set=record.weight_set_id)
        count += 1
    session.flush()
    shelf().clear(before=now - KEPT - timedelta(days=1))
    return count
