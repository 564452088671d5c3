"""Callers: known by a keyed fingerprint of their number, apart on each line, and never by name."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import secrets
from core.db import Base, Id
from core.phone import masked
from core.secrets import SealedText
from core.terms import coded
from hotline.lines import LineKind


class Caller(Base):
    """Whoever calls from one number on one line; a withheld number makes a caller of every call."""

    __tablename__ = "caller"
    __table_args__ = (
        sa.UniqueConstraint("line", "number_index"),
        sa.CheckConstraint("(number IS NULL) = (number_index IS NULL)", name="number_is_indexed"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    line: Mapped[LineKind] = mapped_column(coded(LineKind))
    number: Mapped[str | None] = mapped_column(SealedText("caller"))
    number_index: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    first_at: Mapped[datetime]
    contacts: Mapped[int] = mapped_column(default=0)
    """How often they were in contact on this line."""

    @property
    def is_withheld(self) -> bool:
        """Whether the number was not told."""
        return self.number is None

    @property
    def masked_number(self) -> str:
        """The number as an operator may see it."""
        return masked(self.number) if self.number else ""


def index_on(line: LineKind, number: str) -> bytes:
    """Return a number's fingerprint on one line: the same person's on the other line is a different one."""
    return secrets.keyring().blind_index(f"{line.value}|{number}")


_KNOWN = (
    sa.select(Caller)
    .where(Caller.line == sa.bindparam("line"), Caller.number_index == sa.bindparam("index"))
    .with_for_update(of=Caller)
)


def caller_from(session: Session, line: LineKind, number: str | None, *, at: datetime) -> Caller:
    """Return the caller of a number on a line, or a new one; a withheld number is always a new one."""
    found: Caller | None = None
    if number is not None:
        found = session.scalars(_KNOWN, {"line": line, "index": index_on(line, number)}).first()
    if found is None:
        index = index_on(line, number) if number is not None else None
        found = Caller(line=line, number=number, number_index=index, first_at=at)
        session.add(found)
    found.contacts = (found.contacts or 0) + 1
    session.flush()
    return found
