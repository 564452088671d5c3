"""Attachments: files that show what was done, sealed one by one outside the web root, read only by whoever may."""

from __future__ import annotations

import base64
import os
import re
import secrets as random_source
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import journal
from core.db import Base, Id
from core.people import Staff, Unit
from core.problems import Forbidden, Invalid, Missing, Refused
from core.secrets import SealedText
from core.sweeps import sweep
from core.terms import Words, coded
from matters.file_formats import FileFormat, cleaned
from matters.flow import MatterAction, Side
from matters.keeping_away import in_sight, sides_of
from matters.log import MatterEvent
from matters.matter import Matter

MOST_BYTES = 10 * 1024 * 1024
MOST_A_ROUND = 12
_ORPHAN_AFTER = timedelta(days=1)
_STORED = re.compile(r"[0-9a-f]{32}")


class MatterAttachment(Base):
    """One file of a matter; its key is sealed in this row, so that without the row the file is noise."""

    __tablename__ = "matter_attachment"
    __table_args__ = (sa.UniqueConstraint("matter_id", "number"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    matter_id: Mapped[int] = mapped_column(sa.ForeignKey("matter.id"))
    number: Mapped[int]
    """1 for the first file of a matter: what its address says."""
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    round: Mapped[int]
    format: Mapped[FileFormat] = mapped_column(coded(FileFormat))
    size: Mapped[int]
    name: Mapped[str] = mapped_column(SealedText("note"))
    """What the file was called where it came from; it may name somebody, so pages and downloads say its number."""
    key: Mapped[str] = mapped_column(SealedText("note"))
    stored_as: Mapped[str] = mapped_column(sa.String(32), unique=True)
    added_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    added_at: Mapped[datetime]

    unit: Mapped[Unit | None] = relationship()

    @property
    def download_name(self) -> str:
        """The name under which it is handed out: nobody's words, only its number."""
        return f"{self.number}.{self.format.value}"


_folder: Path | None = None


def use(folder: Path) -> None:
    """Keep this process's attachments in a folder outside the web root."""
    global _folder
    _folder = folder


def folder() -> Path:
    """Return where attachments are kept."""
    if _folder is None:
        raise RuntimeError("no folder for attachments: call matters.attachments.use() first")
    return _folder


def add(
    session: Session, matter: Matter, name: str, data: bytes, *, by: Staff, at: datetime
) -> MatterAttachment:
    """Check a file, make it clean, seal it and put it beside the matter."""
    if not data or len(data) > MOST_BYTES:
        raise Invalid(
            Words("每个文件最大 {n} MB，不能为空", "A file is at most {n} MB and not empty"),
            n=MOST_BYTES // 1024**2,
        )
    kind, data = cleaned(data)
    session.refresh(matter, ["round"], with_for_update=True)
    own = of_unit(session, matter, by.unit_id)
    if sum(each.round == matter.round for each in own) >= MOST_A_ROUND:
        raise Refused(
            Words("每一轮最多 {n} 个附件，这个没有收下", "At most {n} files a round; this one was not taken"),
            n=MOST_A_ROUND,
        )
    last = sa.select(sa.func.max(MatterAttachment.number)).where(MatterAttachment.matter_id == matter.id)
    key, stored_as = AESGCM.generate_key(256), random_source.token_hex(16)
    attachment = MatterAttachment(
        matter_id=matter.id,
        number=(session.scalar(last) or 0) + 1,
        unit_id=by.unit_id,
        round=matter.round,
        format=kind,
        size=len(data),
        name=_told_name(name),
        key=base64.b64encode(key).decode(),
        stored_as=stored_as,
        added_by=by.id,
        added_at=at,
    )
    session.add(attachment)
    session.flush()
    _write(stored_as, _sealed(key, data, stored_as), at=at)
    journal.write(session, "matter.attach", matter, by=by, at=at, attachment=attachment.id, kind=kind.value)
    return attachment


def of_unit(session: Session, matter: Matter, unit_id: int | None) -> list[MatterAttachment]:
    """Return the files that a unit put beside a matter, in their order."""
    query = sa.select(MatterAttachment).where(
        MatterAttachment.matter_id == matter.id, MatterAttachment.unit_id == unit_id
    )
    return list(session.scalars(query.order_by(MatterAttachment.number)))


def seen_by(session: Session, matter: Matter, staff: Staff) -> list[MatterAttachment]:
    """Return the files of a matter that someone may open: a unit its own, the centre all, whoever is kept away none."""
    in_sight(session, staff, matter)
    sides = sides_of(staff)
    if {Side.CENTRE, Side.SUPERVISION} & sides:
        query = sa.select(MatterAttachment).where(MatterAttachment.matter_id == matter.id)
        return list(session.scalars(query.order_by(MatterAttachment.number)))
    return of_unit(session, matter, staff.unit_id) if Side.UNIT in sides and staff.unit_id else []


def read(
    session: Session, matter: Matter, number: int, *, by: Staff, at: datetime
) -> tuple[MatterAttachment, bytes]:
    """Open one file for someone who may, and leave in the journal that it was opened."""
    found = next((a for a in seen_by(session, matter, by) if a.number == number), None)
    if found is None:
        raise Missing
    journal.write(session, "matter.attachment_read", matter, by=by, at=at, attachment=found.id)
    return found, opened(found)


def last_report(session: Session, matter: Matter, unit_id: int | None) -> datetime | None:
    """Say when a unit last reported on a matter, as lead or with its part; sent back or not."""
    reports = (MatterAction.REPORT.value, MatterAction.SUB_DONE.value)
    query = sa.select(sa.func.max(MatterEvent.at)).where(
        MatterEvent.matter_id == matter.id, MatterEvent.unit_id == unit_id, MatterEvent.action.in_(reports)
    )
    return session.scalar(query)


def remove(session: Session, matter: Matter, number: int, *, by: Staff, at: datetime) -> None:
    """Take a file back that was not reported yet; without its key what is stored is noise at once."""
    found = next((a for a in of_unit(session, matter, by.unit_id) if a.number == number), None)
    if found is None or by.unit_id is None:
        raise Missing
    reported_at = last_report(session, matter, by.unit_id)
    if reported_at is not None and found.added_at <= reported_at:
        raise Forbidden(
            Words("已随结果报送的附件不能撤回", "What was reported with a result can't be taken back")
        )
    session.delete(found)
    session.flush()
    journal.write(session, "matter.detach", matter, by=by, at=at, attachment=found.id)


def opened(attachment: MatterAttachment) -> bytes:
    """Return the content of a file; Missing where it is gone or was changed."""
    key, name = base64.b64decode(attachment.key), attachment.stored_as
    try:
        sealed = (folder() / name).read_bytes()
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], name.encode())
    except (OSError, InvalidTag):
        raise Missing(
            Words(
                "这个附件已读不出来，请联系管理员", "This file can't be read any more; tell the administrator"
            )
        ) from None


def _sealed(key: bytes, data: bytes, name: str) -> bytes:
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, data, name.encode())


def _write(name: str, sealed: bytes, *, at: datetime) -> None:
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder() / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(sealed)
        out.flush()
        os.fsync(out.fileno())
    os.utime(folder() / name, (at.timestamp(), at.timestamp()))  # its age is told by the house's clock


def _told_name(name: str) -> str:
    last = re.split(r"[/\\]", name)[-1]
    return "".join(c for c in last if c.isprintable()).strip()[:120] or "—"


def clear(session: Session, *, before: datetime) -> int:
    """Throw away stored files that no row speaks of: their row was taken back, or never came to be."""
    if not folder().is_dir():
        return 0
    known = set(session.scalars(sa.select(MatterAttachment.stored_as)))
    gone = [
        path
        for path in folder().iterdir()
        if _STORED.fullmatch(path.name)
        and path.name not in known
        and path.stat().st_mtime < before.timestamp()
    ]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


@sweep("attachments.clear", every=timedelta(hours=6))
def _clear(session: Session, now: datetime) -> int:
    return clear(session, before=now - _ORPHAN_AFTER) if _folder else 0
