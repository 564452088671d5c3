"""Lines: the numbers that callers dial, what each is for, and how long somebody may have to wait."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff
from core.permissions import Permission
from core.terms import Term, Words, coded


class LineKind(Term):
    """The two lines, walled off from each other."""

    CITIZEN = "citizen", "民意热线", "Citizen line"
    COUNSELLING = "counselling", "希望热线", "Counselling line"


SKILL: dict[LineKind, Permission] = {
    LineKind.CITIZEN: Permission.HOTLINE_CITIZEN,
    LineKind.COUNSELLING: Permission.COUNSEL,
}
"""Whose telephone a line's callers may ring on."""


NOT_RECORDED_KEY = "3"
"""What a waiting caller presses who doesn't agree to be recorded."""
LANGUAGE_KEYS = "3456789"
"""What may stand for a language: 1 and 2 are how the waiting is left."""


class HelpLine(Base):
    """A number that callers dial; who owns what nobody else owns is a fact of the line."""

    __tablename__ = "help_line"
    __table_args__ = (
        sa.CheckConstraint("longest_wait_s BETWEEN 60 AND 7200", name="longest_wait"),
        sa.CheckConstraint("answer_within_s BETWEEN 5 AND 120", name="answer_within"),
        sa.CheckConstraint("language_wait_s BETWEEN 0 AND 600", name="language_wait"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[LineKind] = mapped_column(coded(LineKind), unique=True)
    number: Mapped[str] = mapped_column(sa.String(20), unique=True)
    """The public number, in E.164."""
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    """Who owns a record when the roster names nobody: no record is ever without an owner."""
    duty_phones: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    """Telephones that the static fallback rings, first to last; duty numbers of the house, not residents'."""
    longest_wait_s: Mapped[int] = mapped_column(default=900)
    answer_within_s: Mapped[int] = mapped_column(default=20)
    is_recorded: Mapped[bool] = mapped_column(default=False)
    languages: Mapped[dict[str, int]] = mapped_column(sa.JSON, default=dict)
    """Which key stands for which language beside Mandarin; the line asks nobody while there is none."""
    language_wait_s: Mapped[int] = mapped_column(default=60)
    """So long a caller is left to those who speak their language, while one of them is at the line."""
    reconciled_at: Mapped[datetime | None]
    """Up to when the carrier's list of calls has been gone through; an outage is looked at from there on."""
    changed_at: Mapped[datetime]

    owner: Mapped[Staff] = relationship()

    @property
    def queue(self) -> str:
        """How the carrier's waiting line is called."""
        return f"line-{self.kind.value}"

    @property
    def longest_wait(self) -> timedelta:
        """After how long a caller is asked to leave a message."""
        return timedelta(seconds=self.longest_wait_s)

    @property
    def language_wait(self) -> timedelta:
        """How long a caller is left to those who speak their language."""
        return timedelta(seconds=self.language_wait_s)

    @property
    def name(self) -> Words:
        """What callers and operators call the line."""
        return Words(self.kind.zh, self.kind.en)


_CALLED = sa.select(HelpLine).where(HelpLine.number == sa.bindparam("called"))
_OF_KIND = sa.select(HelpLine).where(HelpLine.kind == sa.bindparam("kind"))


def line_called(session: Session, number: str) -> HelpLine | None:
    """Return the line of a number that was called."""
    return session.scalars(_CALLED, {"called": number}).first()


def line_of(session: Session, kind: LineKind) -> HelpLine | None:
    """Return the line of a kind, where it is set up."""
    return session.scalars(_OF_KIND, {"kind": kind}).first()


def lines_served_by(staff: Staff) -> frozenset[LineKind]:
    """Return the lines whose callers this person may answer."""
    return frozenset(kind for kind, skill in SKILL.items() if staff.may(skill))
