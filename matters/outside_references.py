"""Outside references: under which number another office knows a matter, so that nothing is taken in twice."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from matters.matter import Matter
from matters.partners import Partner

LONGEST = 80


class OutsideReference(Base):
    """One number of one source for one matter."""

    __tablename__ = "outside_reference"
    __table_args__ = (
        sa.UniqueConstraint("source", "reference"),
        sa.Index("ix_outside_reference_partner_id_matter_id", "partner_id", "matter_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(sa.String(LONGEST))
    reference: Mapped[str] = mapped_column(sa.String(LONGEST))
    matter_id: Mapped[int] = mapped_column(sa.ForeignKey("matter.id"), index=True)
    partner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("partner.id"))

    matter: Mapped[Matter] = relationship()


def source_of(partner: Partner) -> str:
    """Return under which source a partner's numbers stand."""
    return f"partner:{partner.id}"


def known_as(session: Session, source: str, reference: str) -> OutsideReference | None:
    """Find what was taken in under a number."""
    query = sa.select(OutsideReference).where(
        OutsideReference.source == source, OutsideReference.reference == reference
    )
    return session.scalars(query).first()


def note(
    session: Session, matter: Matter, source: str, reference: str, partner: Partner | None = None
) -> OutsideReference:
    """Write down under which number a matter came."""
    record = OutsideReference(
        source=source,
        reference=reference,
        matter_id=matter.id,
        partner_id=partner.id if partner else None,
    )
    session.add(record)
    session.flush()
    return record
