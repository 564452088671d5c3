"""The read log: who read which counselling record, as whom, what for and which parts; a chain that cannot fork."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, Id
from core.people import Staff
from core.permissions import OPENS, Permission
from core.terms import Term, coded
from hotline.contacts import Contact

ORIGIN = "0" * 64


class ReadPurpose(Term):
    """What a counselling record is read for."""

    TALK = "talk", "正在通话或整理本人接的来电", "Own talk or wrap-up"
    CONTINUITY = "continuity", "来电人报出接续码", "The caller gave their code"
    FOLLOW_UP = "follow_up", "随访或回拨", "Follow-up or call-back"
    ALARM = "alarm", "处理重点警报", "A key case's alarm"
    REVIEW = "review", "评议重点个案", "Review of a key case"
    DUTY = "duty", "值班组长当班处理", "The shift lead's duty"
    BREAK_GLASS = "break_glass", "破例查看号码", "A number opened with reasons"
    HAND_OFF = "hand_off", "移交非心理问题", "Handing a problem over"
    AGAIN = "again", "来电人又来电，或将回拨", "The caller called again, or is to be called"
    CORRECT = "correct", "核对、补正自己写的记录", "To check or correct one's own record"
    TEACH = "teach", "督导、带教、复看等级", "Supervision, teaching, looking at the level again"
    LAW = "law", "投诉、质询或依法调取", "A complaint, a question to answer for, the law"
    OTHER = "other", "其他用途", "Something else"


class CounsellingRead(Base):
    """One reading; its place in the chain is given inside the lock of the chain's end."""

    __tablename__ = "counselling_read"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    seq: Mapped[int] = mapped_column(sa.BigInteger, unique=True)
    at: Mapped[datetime]
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    role: Mapped[str] = mapped_column(sa.String(32))
    """The code of the role that opened the door."""
    purpose: Mapped[ReadPurpose] = mapped_column(coded(ReadPurpose))
    contact_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    record: Mapped[str] = mapped_column(sa.String(60))
    fields: Mapped[str] = mapped_column(sa.String(400))
    """The parts that were shown, by their names, never by what they held."""
    prev_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    hash: Mapped[str] = mapped_column(sa.String(64))


class ReadLogEnd(Base):
    """The one row that every writer of the log locks first: the chain's last place and fingerprint."""

    __tablename__ = "counselling_read_end"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    seq: Mapped[int] = mapped_column(sa.BigInteger)
    hash: Mapped[str] = mapped_column(sa.String(64))


@dataclass(frozen=True)
class Break:
    """Where the log is not what was written: the place in the chain, and what is wrong there."""

    seq: int
    what: str


def fingerprint(
    seq: int, at: datetime, staff_id: int, role: str, purpose: str, contact_id: int | None, record: str,
    fields: str, prev_hash: str,
) -> str:  # fmt: skip
    """Return the chain value of one reading that follows `prev_hash` (SHA-256 over its parts, in order)."""
    moment = at.astimezone(UTC).isoformat()
    parts = (str(seq), moment, str(staff_id), role, purpose, str(contact_id), record, fields, prev_hash)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def role_at_the_door(by: Staff) -> str:
    """Return the code of the role that lets this person read counselling records."""
    doors = {Permission.COUNSEL, Permission.COUNSEL_LEAD, Permission.COUNSEL_REVIEW}
    roles = sorted(role.value for role in by.roles if OPENS[role] & doors)
    return roles[0] if roles else "none"


def note_read(
    session: Session,
    *,
    by: Staff,
    contact: Contact | None,
    purpose: ReadPurpose,
    record: str,
    fields: Sequence[str],
    at: datetime,
) -> CounsellingRead:
    """Write one reading at the chain's end; the end stays locked until the transaction is over."""
    end = locked_end(session)
    seq, parts = end.seq + 1, ",".join(fields)[:400]
    contact_id = contact.id if contact is not None else None
    role = role_at_the_door(by)
    value = fingerprint(seq, at, by.id, role, purpose.value, contact_id, record, parts, end.hash)
    row = CounsellingRead(
        seq=seq, at=at, staff_id=by.id, role=role, purpose=purpose, contact_id=contact_id, record=record,
        fields=parts, prev_hash=end.hash, hash=value,
    )  # fmt: skip
    session.add(row)
    end.seq, end.hash = seq, value
    session.flush()
    return row


def locked_end(session: Session) -> ReadLogEnd:
    """Return the chain's end, locked and as it is now; the first reader of all makes it."""
    query = sa.select(ReadLogEnd).where(ReadLogEnd.id == 1).with_for_update()
    fresh = query.execution_options(populate_existing=True)
    end = session.scalars(fresh).first()
    if end is None:
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        row = {"id": 1, "seq": 0, "hash": ORIGIN}
        session.execute(insert(ReadLogEnd.__table__).values(row).on_conflict_do_nothing())  # type: ignore[arg-type]
        end = session.scalars(fresh).one()
    return end


@dataclass(frozen=True)
class Walked:
    """How far a walk along the log has come, and the break that ended it."""

    seq: int
    hash: str
    broken: Break | None = None


def walk(session: Session, seq: int = 0, mark: str = ORIGIN, *, limit: int | None = None) -> Walked:
    """Follow the log from one place on, as far as it is whole; so many readings at most."""
    table = CounsellingRead.__table__.c
    query = sa.select(
        table.seq, table.at, table.staff_id, table.role, table.purpose, table.contact_id, table.record,
        table.fields, table.prev_hash, table.hash,
    ).where(table.seq > seq).order_by(table.seq).limit(limit)  # fmt: skip
    with session.execute(query.execution_options(yield_per=10_000)) as rows:
        for row in rows:
            found, at, staff_id, role, purpose, contact_id, record, fields, prev_hash, value = row
            if found != seq + 1:
                return Walked(seq, mark, Break(seq + 1, "missing"))
            if prev_hash != mark:
                return Walked(seq, mark, Break(found, "does not follow"))
            if value != fingerprint(
                found, at, staff_id, role, purpose.value, contact_id, record, fields, prev_hash
            ):
                return Walked(seq, mark, Break(found, "altered"))
            seq, mark = found, value
    return Walked(seq, mark)


def break_at_end(session: Session, walked: Walked) -> Break | None:
    """Return the break of a walk that came to the last reading: where it broke, or an end that is not the log's."""
    end = session.get(ReadLogEnd, 1)
    is_end = (end.seq, end.hash) == (walked.seq, walked.hash) if end is not None else walked.seq == 0
    return walked.broken or (None if is_end else Break(walked.seq + 1, "the end is missing"))


def first_break(session: Session) -> Break | None:
    """Return the first place where the log was altered, shortened, or added to; None when it is whole."""
    return break_at_end(session, walk(session))


def end_of_log(session: Session) -> tuple[int, str]:
    """Return the chain's last place and fingerprint, to be kept outside the house."""
    end = session.get(ReadLogEnd, 1)
    return (end.seq, end.hash) if end is not None else (0, ORIGIN)
