"""Risk levels: the dated level of an episode, its reasons, and how two people agree to lower it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff
from core.secrets import SealedText
from core.terms import Words, coded, language
from hotline import risk
from hotline.contacts import Contact
from hotline.risk import RiskLevel
from hotline.sealed import PURPOSE, SealedJson


class EpisodeLevel(Base):
    """A level that was given to an episode at a moment; the newest one counts, none is ever changed."""

    __tablename__ = "risk_level"
    __table_args__ = (
        sa.CheckConstraint("agreed_by IS NULL OR agreed_by <> given_by", name="two_people"),
        sa.Index("ix_risk_level_contact_id_given_at", "contact_id", "given_at"),
        sa.Index("ix_risk_level_level_given_at", "level", "given_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"))
    talk_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    """The follow-up call it was given in; None for the episode's own talk."""
    level: Mapped[RiskLevel] = mapped_column(coded(RiskLevel))
    reasons: Mapped[list[Any]] = mapped_column(SealedJson())
    """Each with its code, level and words in both languages."""
    words: Mapped[str | None] = mapped_column(SealedText(PURPOSE))
    given_at: Mapped[datetime]
    given_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    agreed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    """The second person, where it was lowered from key."""
    expires_at: Mapped[datetime | None]
    counts_from: Mapped[datetime | None]
    """From when its follow-ups are planned afresh; None for the ladder that the episode began with."""
    seen_at: Mapped[datetime | None]
    """When a supervisor first read a key case."""
    seen_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))

    contact: Mapped[Contact] = relationship(foreign_keys=contact_id)
    talk: Mapped[Contact | None] = relationship(foreign_keys=talk_id)
    giver: Mapped[Staff] = relationship(foreign_keys=given_by)
    agreer: Mapped[Staff | None] = relationship(foreign_keys=agreed_by)

    def in_force(self, at: datetime) -> RiskLevel:
        """Return what still holds of it."""
        return risk.in_force(self.level, self.expires_at, at=at)

    @property
    def reason_words(self) -> list[str]:
        """The reasons in the language spoken."""
        return [str(reason[language()]) for reason in self.reasons]

    @property
    def reason_codes(self) -> set[str]:
        """The codes of the reasons."""
        return {str(reason["code"]) for reason in self.reasons}


class Lowering(Base):
    """A proposal to lower a key level, open until a second person decides."""

    __tablename__ = "risk_lowering"
    __table_args__ = (
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="two_people"),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (is_agreed IS NULL)",
            name="decided_by_someone",
        ),
        sa.Index(
            "uq_risk_lowering_open",
            "contact_id",
            unique=True,
            postgresql_where=sa.text("decided_at IS NULL"),
            sqlite_where=sa.text("decided_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"))
    wanted: Mapped[RiskLevel] = mapped_column(coded(RiskLevel))
    words: Mapped[str] = mapped_column(SealedText(PURPOSE))
    asked_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    asked_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    is_agreed: Mapped[bool | None]
    answer: Mapped[str | None] = mapped_column(SealedText(PURPOSE))

    contact: Mapped[Contact] = relationship()
    asker: Mapped[Staff] = relationship(foreign_keys=asked_by)


def history(session: Session, contact: Contact) -> Sequence[EpisodeLevel]:
    """Return every level an episode was given, newest first."""
    query = sa.select(EpisodeLevel).where(EpisodeLevel.contact_id == contact.id)
    return session.scalars(query.order_by(EpisodeLevel.id.desc())).all()


def newest(session: Session, contact_id: int) -> EpisodeLevel | None:
    """Return the level an episode was given last, expired or not."""
    query = sa.select(EpisodeLevel).where(EpisodeLevel.contact_id == contact_id)
    return session.scalars(query.order_by(EpisodeLevel.id.desc()).limit(1)).first()


def level_of(session: Session, contact_id: int, *, at: datetime) -> RiskLevel | None:
    """Return the level that an episode has now; None where none was given yet."""
    found = newest(session, contact_id)
    return None if found is None else found.in_force(at)


def open_lowering(session: Session, contact: Contact) -> Lowering | None:
    """Return the proposal that waits for a second person."""
    query = sa.select(Lowering).where(Lowering.contact_id == contact.id, Lowering.decided_at.is_(None))
    return session.scalars(query).first()


def as_kept(reasons: Sequence[risk.Reason], more: Sequence[tuple[str, RiskLevel, Words]] = ()) -> list[Any]:
    """Return reasons as they are stored."""
    rows = [(r.code, r.level, r.words) for r in reasons] + list(more)
    return [{"code": code, "level": level.value, **words.as_json()} for code, level, words in rows]
