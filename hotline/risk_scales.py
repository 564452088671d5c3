"""The centre's scale: the points it has adopted, and the sheets that were scored with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import journal
from core.db import Base, Id
from core.people import Staff
from hotline import scale
from hotline.contacts import Contact
from hotline.scale import Element, Scale
from hotline.sealed import SealedJson


class RiskScale(Base):
    """One version of the points; an older one stays with the sheets it scored."""

    __tablename__ = "risk_scale"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    points: Mapped[dict[str, Any]]
    adopted_at: Mapped[datetime]
    adopted_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))

    @property
    def scale(self) -> Scale:
        """The points, checked."""
        return scale.scale_of(str(self.id), self.points)


class ScaleSheet(Base):
    """The scale of one episode, as far as it was filled in."""

    __tablename__ = "scale_sheet"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"), unique=True)
    scale_id: Mapped[int] = mapped_column(sa.ForeignKey("risk_scale.id"))
    steps: Mapped[dict[str, int]] = mapped_column(SealedJson())
    changed_at: Mapped[datetime]
    changed_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))

    risk_scale: Mapped[RiskScale] = relationship()

    @property
    def score(self) -> int | None:
        """The points; None while an element is not answered."""
        return scale.score(self.risk_scale.scale, {e: self.steps.get(e.value) for e in Element})


def adopted(session: Session) -> RiskScale | None:
    """Return the points in use, None where the centre has set none."""
    return session.scalars(sa.select(RiskScale).order_by(RiskScale.id.desc()).limit(1)).first()


def adopt(session: Session, points: Mapping[str, Sequence[int]], *, by: Staff, at: datetime) -> RiskScale:
    """Adopt new points for sheets to come."""
    checked = scale.scale_of("", points)
    row = RiskScale(
        points={element.value: list(steps) for element, steps in checked.points.items()},
        adopted_at=at,
        adopted_by=by.id,
    )
    session.add(row)
    session.flush()
    journal.write(session, "risk_scale.adopt", row, by=by, at=at)
    return row


def sheet_of(session: Session, contact: Contact) -> ScaleSheet | None:
    """Return the scale sheet of an episode, if it was begun."""
    return session.scalars(sa.select(ScaleSheet).where(ScaleSheet.contact_id == contact.id)).first()


def fill_in(
    session: Session, contact: Contact, steps: Mapping[Element, int | None], *, by: Staff, at: datetime
) -> ScaleSheet:
    """Write down which step of each element was found; an element may stay open."""
    sheet = sheet_of(session, contact)
    if sheet is None:
        row = adopted(session)
        if row is None:
            raise scale.NotLoaded
        sheet = ScaleSheet(contact_id=contact.id, scale_id=row.id, risk_scale=row, steps={})
        session.add(sheet)
    found = {e.value: step for e, step in steps.items() if step is not None}
    scale.score(sheet.risk_scale.scale, {e: found.get(e.value, 0) for e in Element})
    sheet.steps, sheet.changed_at, sheet.changed_by = found, at, by.id
    session.flush()
    return sheet
