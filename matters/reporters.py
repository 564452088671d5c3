"""Reporters: who raised a matter, sealed under a key of their own; the matter itself never says it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import secrets
from core.db import Base, Id
from core.secrets import SealedText
from core.terms import coded
from matters.attributes import IdentityClass, Origin
from matters.matter import Matter

_CAREFUL = (IdentityClass.OPEN, IdentityClass.PROTECTED, IdentityClass.ANONYMOUS)


class Reporter(Base):
    """One caller of a matter; a merge moves them to the matter that stays."""

    __tablename__ = "reporter"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    matter_id: Mapped[int] = mapped_column(sa.ForeignKey("matter.id"), index=True)
    receipt_of_id: Mapped[int] = mapped_column(sa.ForeignKey("matter.id"), index=True)
    """The matter under whose receipt they ask; it stays theirs after a merge."""
    identity: Mapped[IdentityClass] = mapped_column(coded(IdentityClass))
    origin: Mapped[Origin] = mapped_column(coded(Origin))
    name: Mapped[str | None] = mapped_column(SealedText("reporter"))
    number: Mapped[str | None] = mapped_column(SealedText("reporter"))
    fingerprint: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16), index=True)
    joined_at: Mapped[datetime]

    matter: Mapped[Matter] = relationship(foreign_keys=[matter_id])
    receipt_of: Mapped[Matter] = relationship(foreign_keys=[receipt_of_id])


def add_reporter(
    session: Session,
    matter: Matter,
    *,
    identity: IdentityClass,
    origin: Origin,
    at: datetime,
    name: str | None = None,
    number: str | None = None,
) -> Reporter:
    """Keep who raised it, sealed; of an anonymous one nothing is kept."""
    if identity is IdentityClass.ANONYMOUS:
        name = number = None
    reporter = Reporter(
        matter_id=matter.id,
        receipt_of_id=matter.id,
        identity=identity,
        origin=origin,
        name=name or None,
        number=number or None,
        fingerprint=secrets.keyring().blind_index(number) if number else None,
        joined_at=at,
    )
    session.add(reporter)
    session.flush()
    return reporter


def reporters_of(session: Session, matter: Matter) -> list[Reporter]:
    """Return a matter's callers in the order in which they joined."""
    query = sa.select(Reporter).where(Reporter.matter_id == matter.id).order_by(Reporter.id)
    return list(session.scalars(query))


def numbers_of(session: Session, matter: Matter) -> dict[int, int]:
    """Return which caller somebody is (1: the first), wherever callers are told apart by a number."""
    query = sa.select(Reporter.id).where(Reporter.matter_id == matter.id).order_by(Reporter.id)
    return {reporter_id: n for n, reporter_id in enumerate(session.scalars(query), start=1)}


def most_careful(classes: list[IdentityClass]) -> IdentityClass:
    """Return the class that protects all of some callers."""
    return max(classes, key=_CAREFUL.index, default=IdentityClass.PROTECTED)
