"""Assessments: questionnaires filled in without a name on the public page, or by an operator in an episode."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff
from core.places import Place
from core.terms import Words, coded
from hotline import instruments, scoring
from hotline.contacts import Contact
from hotline.escalations import Escalation
from hotline.instruments import Instrument, Rater, Scoring
from hotline.scoring import Scored
from hotline.sealed import SealedJson


class AssessmentSheet(Base):
    """One questionnaire, kept answer by answer; answers and totals are sealed, a total's band is not."""

    __tablename__ = "assessment"
    __table_args__ = (
        sa.CheckConstraint("(rater = 'operator') = (contact_id IS NOT NULL)", name="operators_rate_contacts"),
        sa.CheckConstraint("(rater = 'operator') = (begun_by IS NOT NULL)", name="operators_are_named"),
        sa.Index("ix_assessment_instrument_finished_at", "instrument_code", "finished_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    token: Mapped[str] = mapped_column(sa.String(40), unique=True)
    """What proves on the public page that it is one's own; never part of an address there."""
    instrument_code: Mapped[str] = mapped_column(sa.String(20))
    version: Mapped[str] = mapped_column(sa.String(40))
    coding: Mapped[str] = mapped_column(sa.String(10))
    rater: Mapped[Rater] = mapped_column(coded(Rater))
    contact_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    """The county, for totals."""
    begun_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    begun_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    answers: Mapped[dict[str, int]] = mapped_column(SealedJson())
    total: Mapped[int | None] = mapped_column(SealedJson())
    """The number that the cut-offs are about; None while an item is missing."""
    band: Mapped[str | None] = mapped_column(sa.String(30))
    is_flagged: Mapped[bool] = mapped_column(default=False)
    escalation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("escalation.id"))
    asked_at: Mapped[datetime | None]
    """When somebody without a name asked to be called; the number is the caller's, not the sheet's."""
    emptied_at: Mapped[datetime | None]
    """When the answers of a nameless sheet were forgotten; its band still counts."""

    contact: Mapped[Contact | None] = relationship()
    place: Mapped[Place | None] = relationship()
    rated_by: Mapped[Staff | None] = relationship()
    escalation: Mapped[Escalation | None] = relationship()

    @property
    def instrument(self) -> Instrument:
        """Its definition."""
        return instruments.instrument(self.instrument_code)

    @property
    def given(self) -> dict[int, int]:
        """The answers by item."""
        return {int(item): value for item, value in self.answers.items()}

    @property
    def scored(self) -> Scored:
        """What the answers add up to."""
        return scoring.score(self.instrument, self.given, self.coding)

    @property
    def band_words(self) -> Words | None:
        """The band in words."""
        bands = self.instrument.bands.get(self.coding, ())
        return next((b.words for b in bands if b.code == self.band), None)


def new_sheet(
    session: Session,
    instrument: Instrument,
    coding: str | None,
    *,
    contact: Contact | None,
    by: Staff | None,
    at: datetime,
    place_id: int | None = None,
) -> AssessmentSheet:
    """Take a fresh sheet of an instrument, with its coding declared."""
    if instrument.scoring is Scoring.TRIAGE:
        raise instruments.NoInstrument
    sheet = AssessmentSheet(
        token=secrets.token_urlsafe(24),
        instrument_code=instrument.code,
        version=instrument.version,
        coding=scoring.coding_of(instrument, coding),
        rater=Rater.OPERATOR if contact is not None else Rater.SELF,
        contact_id=contact.id if contact else None,
        place_id=place_id,
        begun_by=by.id if by else None,
        begun_at=at,
        changed_at=at,
        answers={},
    )
    session.add(sheet)
    session.flush()
    return sheet


def sheets_of(session: Session, contact: Contact) -> Sequence[AssessmentSheet]:
    """Return an episode's questionnaires, newest first."""
    query = sa.select(AssessmentSheet).where(AssessmentSheet.contact_id == contact.id)
    return session.scalars(query.order_by(AssessmentSheet.id.desc())).all()


def sheet_of(session: Session, contact: Contact, sheet_id: int) -> AssessmentSheet:
    """Return one questionnaire of an episode."""
    query = sa.select(AssessmentSheet).where(
        AssessmentSheet.id == sheet_id, AssessmentSheet.contact_id == contact.id
    )
    found = session.scalars(query.with_for_update(of=AssessmentSheet)).first()
    if found is None:
        raise instruments.NoInstrument
    return found
