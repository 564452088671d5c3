"""Messages: what a unit asks the centre to tell its callers, kept until it is passed on or the unit has lost the matter."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.people import Unit
from core.secrets import SealedText
from matters.matter import Matter
from matters.standing import Standing
from matters.states import OPEN


class MatterRelay(Base):
    """One message of a unit for the callers of a matter, until the centre has passed it on."""

    __tablename__ = "matter_relay"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    matter_id: Mapped[int] = mapped_column(sa.ForeignKey("matter.id"), index=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    message: Mapped[str] = mapped_column(SealedText("note"))
    written_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    written_at: Mapped[datetime]
    passed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    passed_at: Mapped[datetime | None] = mapped_column(index=True)
    is_given_up: Mapped[bool] = mapped_column(default=False)
    """Nobody was told: however often they were rung, or because the unit lost the matter or it came to its end."""

    matter: Mapped[Matter] = relationship()
    unit: Mapped[Unit] = relationship()


def _waiting(matter: Matter) -> sa.Select[MatterRelay]:
    return sa.select(MatterRelay).where(MatterRelay.matter_id == matter.id, MatterRelay.passed_at.is_(None))


def open_relay(session: Session, matter: Matter) -> MatterRelay | None:
    """Return the message of a matter that waits to be passed on."""
    return session.scalars(_waiting(matter).order_by(MatterRelay.id)).first()


def give_up_lost(session: Session, matter: Matter, standing: Standing, *, at: datetime) -> None:
    """Settle what nobody need be told any more: of a unit that lost the matter, or of one that is over."""
    for relay in session.scalars(_waiting(matter)).all():
        if relay.unit_id != standing.lead or standing.state not in OPEN:
            relay.passed_at, relay.is_given_up = at, True
    session.flush()
