"""The log: every entry of a matter in its order, append-only; what was written with it is sealed beside it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, defer, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff, Unit
from core.secrets import SealedText
from matters.matter import Matter
from matters.rules import begin, replay
from matters.standing import Deed, Standing


class MatterEvent(Base):
    """One entry: action, moment, person, unit and facts; the text is read only where it must be."""

    __tablename__ = "matter_event"
    __table_args__ = (sa.UniqueConstraint("matter_id", "number"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    matter_id: Mapped[int] = mapped_column(sa.ForeignKey("matter.id"))
    number: Mapped[int]
    """1 for the first entry of a matter; two people who act at once can't both write the same."""
    action: Mapped[str] = mapped_column(sa.String(32), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    text: Mapped[str | None] = mapped_column(SealedText("note"))

    matter: Mapped[Matter] = relationship()
    staff: Mapped[Staff | None] = relationship()
    unit: Mapped[Unit | None] = relationship()

    @property
    def deed(self) -> Deed:
        """The entry as the rules read it."""
        return Deed(self.action, self.at, self.staff_id, self.unit_id, self.facts)


def write(session: Session, matter: Matter, deed: Deed, text: str) -> MatterEvent:
    """Append an entry."""
    matter.version += 1
    event = MatterEvent(
        matter_id=matter.id,
        number=matter.version,
        action=deed.action,
        at=deed.at,
        staff_id=deed.by,
        unit_id=deed.unit,
        facts=deed.facts,
        text=text.strip() or None,
    )
    session.add(event)
    return event


def entries(session: Session, matter: Matter, *, with_text: bool = False) -> list[MatterEvent]:
    """Return a matter's entries, oldest first; their texts stay sealed unless asked for."""
    query = sa.select(MatterEvent).where(MatterEvent.matter_id == matter.id).order_by(MatterEvent.number)
    return list(session.scalars(query if with_text else query.options(defer(MatterEvent.text))))


def replayed(session: Session, matter: Matter) -> Standing:
    """Return the standing that the log alone gives."""
    return replay(begin(matter.raised_at, matter.urgency), (event.deed for event in entries(session, matter)))
