"""Assessing: answers are kept one by one, a dangerous one reaches a person at once, also when nothing more follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from core.problems import Refused
from core.terms import Words
from hotline import escalations, scoring
from hotline.assessments import AssessmentSheet
from hotline.contacts import Contact
from hotline.escalations import EscalationKind


class Finished(Refused):
    """The sheet is scored already."""

    words = Words(
        "这份量表已经完成，没有改动。需要重测请另开一份",
        "This questionnaire is finished; nothing was changed. Take a fresh one to ask again",
    )


def answer(
    session: Session, sheet: AssessmentSheet, changes: Mapping[int, int], *, by: Staff | None, at: datetime
) -> AssessmentSheet:
    """Keep answers as they are given; the first dangerous one on a nameless sheet is escalated in the same moment."""
    if sheet.finished_at is not None:
        if {**sheet.given, **changes} == sheet.given:
            return sheet
        raise Finished
    instrument = sheet.instrument
    for item, value in changes.items():
        scoring.check_answer(instrument, sheet.coding, item, value)
    sheet.answers = {str(item): value for item, value in sorted({**sheet.given, **changes}.items())}
    sheet.changed_at = at
    if not sheet.is_flagged and scoring.flags_of(instrument, sheet.coding, sheet.given):
        sheet.is_flagged = True
        session.flush()
        if sheet.contact_id is None:
            kind = EscalationKind.RED_FLAG
            found = escalations.escalate(session, kind, sheet.id, contact=None, by=by, at=at)
            sheet.escalation_id = found.id
    session.flush()
    return sheet


def finish(session: Session, sheet: AssessmentSheet, *, at: datetime) -> scoring.Scored:
    """Score a sheet; with an item missing it stays open and has no total."""
    scored = sheet.scored
    if scored.is_finished and sheet.finished_at is None:
        sheet.finished_at, sheet.total = at, scored.shown
        sheet.band = scored.band.code if scored.band else None
        session.flush()
    return scored


@dataclass(frozen=True)
class Point:
    """One finished questionnaire on the way of an instrument."""

    at: datetime
    total: int
    band: Words | None


@dataclass(frozen=True)
class Trend:
    """How one instrument went over an episode's caller: one coding only, since two are never mixed."""

    instrument_code: str
    name: Words
    coding: str
    points: tuple[Point, ...]
    contacts: frozenset[int]
    """Whose questionnaires the points are: the reading of each is noted."""


def trends(session: Session, contact: Contact) -> Sequence[Trend]:
    """Return how the instruments went over the caller's episodes, oldest point first."""
    query = sa.select(AssessmentSheet).where(AssessmentSheet.finished_at.is_not(None))
    if contact.caller_id is None:
        query = query.where(AssessmentSheet.contact_id == contact.id)
    else:
        query = query.join(Contact, Contact.id == AssessmentSheet.contact_id).where(
            Contact.caller_id == contact.caller_id
        )
    ways: dict[tuple[str, str], list[AssessmentSheet]] = {}
    for sheet in session.scalars(query.order_by(AssessmentSheet.finished_at, AssessmentSheet.id)):
        if sheet.total is not None:
            ways.setdefault((sheet.instrument_code, sheet.coding), []).append(sheet)
    return [
        Trend(
            code,
            sheets[0].instrument.name,
            coding,
            tuple(Point(s.finished_at or s.changed_at, s.total or 0, s.band_words) for s in sheets),
            frozenset(s.contact_id for s in sheets if s.contact_id is not None),
        )
        for (code, coding), sheets in ways.items()
    ]
