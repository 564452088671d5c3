"""Continuity: six digits that let a caller go on where they left off, without a name."""

from __future__ import annotations

import secrets as random_source
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import secrets
from core.db import Base, Id
from core.people import Staff
from core.problems import Invalid, TooMany
from core.secrets import SealedText
from core.terms import Words
from core.throttle import count_try
from hotline.contacts import Contact
from hotline.read_log import ReadPurpose, note_read

DIGITS = 6
LASTS = timedelta(days=365)
LONGEST_STORY = 160
PER_OPERATOR, PER_HOUSE = 8, 60
WINDOW = timedelta(minutes=15)


class ContinuityCode(Base):
    """A code given to a caller; the house keeps its fingerprint and can't say it again."""

    __tablename__ = "continuity_code"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code_index: Mapped[bytes] = mapped_column(sa.LargeBinary(16), unique=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    """The talk it was given in."""
    story: Mapped[str] = mapped_column(SealedText("counselling"))
    """Two lines that the next operator reads."""
    given_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    given_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    contact: Mapped[Contact] = relationship()
    giver: Mapped[Staff] = relationship(foreign_keys=given_by)


class ContinuityUse(Base):
    """That a caller gave their code in a later talk."""

    __tablename__ = "continuity_use"
    __table_args__ = (sa.UniqueConstraint("contact_id", "code_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code_id: Mapped[int] = mapped_column(sa.ForeignKey("continuity_code.id"), index=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"))
    used_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    used_at: Mapped[datetime]

    code: Mapped[ContinuityCode] = relationship()


class TooManyCodes(TooMany):
    """Somebody tries codes."""

    words = Words(
        "接续码试得太多，请 15 分钟后再试。通话和记录不受影响",
        "Too many codes were tried; wait 15 minutes. The talk and the record go on",
    )


class NoSuchCode(Invalid):
    """Wrong, or over; which of them is not told."""

    words = Words(
        "没有这个接续码，请来电人再念一遍", "There is no such code; ask the caller to read it again"
    )


@dataclass(frozen=True)
class Given:
    """A code as it is read to the caller, once."""

    code: str

    @property
    def spoken(self) -> str:
        """The code in two groups."""
        return f"{self.code[:3]} {self.code[3:]}"


def _index(code: str) -> bytes:
    return secrets.keyring().blind_index(f"continuity|{code}")


def give(session: Session, contact: Contact, story: str, *, by: Staff, at: datetime) -> Given:
    """Give a caller a code for this talk, with the two lines that the next operator will read."""
    story = story.strip()
    if not 1 <= len(story) <= LONGEST_STORY or story.count("\n") > 1:
        words = Words(
            f"请写一到两行（最多 {LONGEST_STORY} 字）",
            f"One or two lines, {LONGEST_STORY} characters at most",
        )
        raise Invalid(Words("还没有给出接续码", "No code was given yet"), fields={"story": words})
    for _ in range(50):
        code = f"{random_source.randbelow(10**DIGITS):0{DIGITS}d}"
        if (
            session.scalar(sa.select(ContinuityCode.id).where(ContinuityCode.code_index == _index(code)))
            is None
        ):
            break
    session.execute(sa.delete(ContinuityCode).where(_of_this_talk(contact), ~_is_used()))
    row = ContinuityCode(
        code_index=_index(code),
        contact_id=contact.id,
        story=story,
        given_by=by.id,
        given_at=at,
        expires_at=at + LASTS,
    )
    session.add(row)
    session.flush()
    return Given(code)


def _of_this_talk(contact: Contact) -> sa.ColumnElement[bool]:
    return ContinuityCode.contact_id == contact.id


def _is_used() -> sa.ColumnElement[bool]:
    return sa.exists().where(ContinuityUse.code_id == ContinuityCode.id)


def is_within_limits(session: Session, *, by: Staff, at: datetime) -> bool:
    """Count a try, of the operator and of the house; commit it before the code is looked at."""
    own = count_try(session, "continuity.operator", str(by.id), limit=PER_OPERATOR, within=WINDOW, at=at)
    return count_try(session, "continuity.house", "all", limit=PER_HOUSE, within=WINDOW, at=at) and own


def go_on(session: Session, contact: Contact, code: str, *, by: Staff, at: datetime) -> ContinuityCode:
    """Take up an earlier talk in the present one, by the code that the caller says."""
    digits = "".join(ch for ch in code if ch.isdecimal())
    row = session.scalars(
        sa.select(ContinuityCode).where(ContinuityCode.code_index == _index(digits))
    ).first()
    if row is None or at >= row.expires_at or len(digits) != DIGITS:
        raise NoSuchCode
    query = sa.select(ContinuityUse).where(
        ContinuityUse.contact_id == contact.id, ContinuityUse.code_id == row.id
    )
    if session.scalars(query).first() is None:
        session.add(ContinuityUse(code_id=row.id, contact_id=contact.id, used_by=by.id, used_at=at))
    row.expires_at = at + LASTS
    session.flush()
    return row


def taken_up(session: Session, contact: Contact, *, by: Staff, at: datetime) -> list[ContinuityCode]:
    """Return the earlier talks that the present one goes on from; what they hold is read here, and noted."""
    query = (
        sa.select(ContinuityCode)
        .join(ContinuityUse, ContinuityUse.code_id == ContinuityCode.id)
        .where(ContinuityUse.contact_id == contact.id)
    )
    found = list(session.scalars(query.order_by(ContinuityUse.id)))
    for row in found:
        note_read(
            session, by=by, contact=row.contact, purpose=ReadPurpose.CONTINUITY, record="continuity_code",
            fields=("story", "safety_plan"), at=at,
        )  # fmt: skip
    return found
