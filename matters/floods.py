"""Floods: the same words from many numbers within an hour, and copied answers, noticed by a sweep and shown to the desk."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from rapidfuzz import fuzz
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff
from core.sweeps import sweep
from core.terms import Term, coded
from matters.flow import MatterAction
from matters.keeping_away import within_sight
from matters.likeness import COPIED_FROM, LOOKED_BACK, bare, copied_from
from matters.log import MatterEvent
from matters.matter import Matter
from matters.reporters import Reporter

HOUR = timedelta(hours=1)
MANY = 5
"""So many different numbers with the same words are shown to the desk; every one of them stays a matter."""
SAME = 0.85
MISSED = timedelta(hours=25)
"""A worker that was away for a day still looks at what came meanwhile."""


class LikenessKind(Term):
    """What was noticed."""

    NOTHING = "nothing", "无", "Nothing"
    FLOOD = "flood", "一小时内多号码雷同", "The same words from many numbers within an hour"
    COPY = "copy", "答复雷同", "An answer like another's"


class Likeness(Base):
    """What was noticed at one entry of a log; every entry is looked at once."""

    __tablename__ = "matter_likeness"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("matter_event.id"), unique=True)
    matter_id: Mapped[int] = mapped_column(sa.ForeignKey("matter.id"), index=True)
    other_id: Mapped[int | None] = mapped_column(sa.ForeignKey("matter.id"), index=True)
    """The first matter with these words, or the one whose answer was copied."""
    kind: Mapped[LikenessKind] = mapped_column(coded(LikenessKind), index=True)
    score: Mapped[float] = mapped_column(default=0.0)
    numbers: Mapped[int] = mapped_column(default=0)
    noticed_at: Mapped[datetime]

    matter: Mapped[Matter] = relationship(foreign_keys=[matter_id])
    other: Mapped[Matter | None] = relationship(foreign_keys=[other_id])


@sweep("matters.likeness", every=timedelta(minutes=1))
def look(session: Session, now: datetime) -> int:
    """Look at every registration and every answer that nobody has looked at yet; safe to repeat."""
    looked = sa.select(Likeness.event_id).where(Likeness.event_id == MatterEvent.id)
    query = (
        sa.select(MatterEvent)
        .where(
            MatterEvent.at >= now - MISSED,
            MatterEvent.action.in_([MatterAction.REGISTER.value, MatterAction.REPORT.value]),
            ~looked.exists(),
        )
        .order_by(MatterEvent.id)
        .limit(2000)
    )
    events = list(session.scalars(query))
    for event in events:
        is_answer = event.action == MatterAction.REPORT.value
        row = _answer(session, event) if is_answer else _registration(session, event)
        row.event_id, row.matter_id, row.noticed_at = event.id, event.matter_id, now
        session.add(row)
    session.flush()
    return len(events)


def _answer(session: Session, event: MatterEvent) -> Likeness:
    found = copied_from(session, event.matter, since=event.at - LOOKED_BACK)
    if found is None:
        return Likeness(kind=LikenessKind.NOTHING)
    return Likeness(kind=LikenessKind.COPY, other_id=found.matter.id, score=found.score)


def _registration(session: Session, event: MatterEvent) -> Likeness:
    words = bare(event.matter.narrative)
    query = (
        sa.select(Matter)
        .where(Matter.registered_at > event.at - HOUR, Matter.registered_at <= event.at)
        .order_by(Matter.registered_at)
    )
    group = [
        other
        for other in session.scalars(query)
        if other.id == event.matter_id
        or (words and fuzz.ratio(words, bare(other.narrative), score_cutoff=SAME * 100))
    ]
    numbers = session.scalar(
        sa.select(sa.func.count(Reporter.fingerprint.distinct())).where(
            Reporter.receipt_of_id.in_([m.id for m in group])
        )
    )
    if not numbers or numbers < MANY:
        return Likeness(kind=LikenessKind.NOTHING, numbers=numbers or 0)
    return Likeness(kind=LikenessKind.FLOOD, other_id=group[0].id, score=SAME, numbers=numbers)


def floods(session: Session, staff: Staff, *, at: datetime) -> list[Likeness]:
    """Return the floods of the last day, each once with its latest count."""
    known = within_sight(session, staff, sa.select(Matter.id))
    query = (
        sa.select(Likeness)
        .where(
            Likeness.kind == LikenessKind.FLOOD,
            Likeness.noticed_at >= at - timedelta(days=1),
            Likeness.other_id.in_(known),
        )
        .order_by(Likeness.id)
    )
    latest = {row.other_id: row for row in session.scalars(query)}
    return list(latest.values())


def copies(session: Session, matter_ids: list[int]) -> dict[int, Likeness]:
    """Return, by matter, the copied answers that were noticed."""
    query = sa.select(Likeness).where(
        Likeness.matter_id.in_(matter_ids),
        Likeness.kind == LikenessKind.COPY,
        Likeness.score >= COPIED_FROM,
    )
    return {row.matter_id: row for row in session.scalars(query.order_by(Likeness.id))}
