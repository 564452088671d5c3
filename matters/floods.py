"""Floods: the same words from many numbers within an hour, and copied answers, noticed by a sweep and shown to the desk."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from rapidfuzz import fuzz, process
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff
from core.sweeps import sweep
from core.terms import Term, coded
from matters.attributes import Conflict
from matters.flow import MatterAction
from matters.keeping_away import within_sight
from matters.likeness import COPIED_FROM, LOOKED_BACK, answers_since, bare, repeated
from matters.log import MatterEvent
from matters.matter import Matter
from matters.reporters import Reporter

HOUR = timedelta(hours=1)
MANY = 5
"""So many different numbers with the same words are shown to the desk; every one of them stays a matter."""
SAME = 0.85
AT_ONCE = 200
"""Entries that one look takes in, so that nobody waits for it; a file of thousands is looked at bit by bit."""
MOST_IN_AN_HOUR = 5000
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


class _Entry(NamedTuple):
    """An entry of a log that is looked at."""

    id: int
    at: datetime
    matter_id: int
    action: str


@sweep("matters.likeness", every=timedelta(minutes=1), batch=AT_ONCE)
def look(session: Session, now: datetime) -> int:
    """Look at every registration and every answer that nobody has looked at yet; safe to repeat."""
    looked = sa.select(Likeness.event_id).where(Likeness.event_id == MatterEvent.id)
    query = (
        sa.select(MatterEvent.id, MatterEvent.at, MatterEvent.matter_id, MatterEvent.action)
        .where(
            MatterEvent.at >= now - MISSED,
            MatterEvent.action.in_([MatterAction.REGISTER.value, MatterAction.REPORT.value]),
            ~looked.exists(),
        )
        .order_by(MatterEvent.id)
        .limit(AT_ONCE)
    )
    events = [_Entry(*row) for row in session.execute(query)]
    answers = [event for event in events if event.action == MatterAction.REPORT.value]
    raised = [event for event in events if event.action == MatterAction.REGISTER.value]
    found = {**_copied(session, answers), **_flooded(session, raised)}
    for event in events:
        row = found[event.id]
        row.event_id, row.matter_id, row.noticed_at = event.id, event.matter_id, now
        session.add(row)
    session.flush()
    return len(events)


def _copied(session: Session, events: Sequence[_Entry]) -> dict[int, Likeness]:
    """Hold answers against those of a month, read once; what is about the centre is shown to no other checker."""
    if not events:
        return {}
    texts = dict(
        session.execute(
            sa.select(MatterEvent.id, MatterEvent.text).where(
                MatterEvent.id.in_([event.id for event in events])
            )
        ).all()
    )
    secret = set(session.scalars(sa.select(Matter.id).where(Matter.conflict == Conflict.CENTRE)))
    given = answers_since(session, min(event.at for event in events) - LOOKED_BACK)
    rows = {}
    for event in events:
        others = [g for g in given if event.matter_id in secret or g.matter_id not in secret]
        found = repeated(others, event.matter_id, texts[event.id] or "")
        rows[event.id] = (
            Likeness(kind=LikenessKind.COPY, other_id=found[0], score=found[1])
            if found
            else Likeness(kind=LikenessKind.NOTHING)
        )
    return rows


@dataclass(frozen=True)
class _Raised:
    """What was raised within the hour before the registrations that are looked at."""

    ids: list[int]
    at: list[datetime]
    words: list[str]
    numbers: dict[int, set[bytes]]

    @classmethod
    def of(cls, session: Session, since: datetime, until: datetime) -> _Raised:
        """Read it once, with the fingerprints of the numbers."""
        query = (
            sa.select(Matter.id, Matter.registered_at, Matter.narrative)
            .where(Matter.registered_at > since, Matter.registered_at <= until)
            .order_by(Matter.registered_at.desc(), Matter.id.desc())
            .limit(MOST_IN_AN_HOUR)
        )
        rows = session.execute(query).all()[::-1]
        numbers: dict[int, set[bytes]] = {}
        for matter_id, fingerprint in session.execute(
            sa.select(Reporter.receipt_of_id, Reporter.fingerprint)
            .join(Matter, Matter.id == Reporter.receipt_of_id)
            .where(
                Matter.registered_at > since, Matter.registered_at <= until, Reporter.fingerprint.is_not(None)
            )
        ):
            numbers.setdefault(matter_id, set()).add(fingerprint or b"")
        return cls(
            [r.id for r in rows], [r.registered_at for r in rows], [bare(r.narrative) for r in rows], numbers
        )

    def before(self, at: datetime, matter_id: int) -> tuple[int, int]:
        """Return the first matter with the words of one, within the hour before, and from how many numbers."""
        first, last = bisect_right(self.at, at - HOUR), bisect_right(self.at, at)
        own = next((n for n in range(first, last) if self.ids[n] == matter_id), None)
        if own is None:
            return matter_id, 0
        alike = {own}
        if self.words[own]:
            hits = process.extract(
                self.words[own],
                self.words[first:last],
                scorer=fuzz.ratio,
                score_cutoff=SAME * 100,
                limit=None,
            )
            alike |= {first + index for _, _, index in hits}
        numbers = set().union(*(self.numbers.get(self.ids[n], set()) for n in alike))
        return self.ids[min(alike)], len(numbers)


def _flooded(session: Session, events: Sequence[_Entry]) -> dict[int, Likeness]:
    if not events:
        return {}
    raised = _Raised.of(session, min(e.at for e in events) - HOUR, max(e.at for e in events))
    rows = {}
    for event in events:
        first, numbers = raised.before(event.at, event.matter_id)
        is_flood = numbers >= MANY
        rows[event.id] = Likeness(
            kind=LikenessKind.FLOOD if is_flood else LikenessKind.NOTHING,
            other_id=first if is_flood else None,
            score=SAME if is_flood else 0.0,
            numbers=numbers,
        )
    return rows


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


@dataclass(frozen=True)
class Flood:
    """A flood as whoever leads the shift is told of it: how many numbers and when, nothing of what was said."""

    numbers: int
    noticed_at: datetime


def under_way(session: Session, *, at: datetime) -> list[Flood]:
    """Return the floods noticed within the hour, each once, without their matters; none that is about the centre."""
    query = (
        sa.select(sa.func.max(Likeness.numbers), sa.func.max(Likeness.noticed_at))
        .join(Matter, Matter.id == Likeness.other_id)
        .where(
            Likeness.kind == LikenessKind.FLOOD,
            Likeness.noticed_at >= at - HOUR,
            Matter.conflict != Conflict.CENTRE,
        )
        .group_by(Likeness.other_id)
    )
    return [Flood(numbers, noticed) for numbers, noticed in session.execute(query)]


def copies(session: Session, staff: Staff, matter_ids: list[int]) -> dict[int, Likeness]:
    """Return, by matter, what was noticed of its latest answer: copied, from a matter that someone may know of too."""
    latest = sa.select(sa.func.max(MatterEvent.id)).where(
        MatterEvent.matter_id == Likeness.matter_id, MatterEvent.action == MatterAction.REPORT.value
    )
    query = sa.select(Likeness).where(
        Likeness.event_id == latest.scalar_subquery(),
        Likeness.other_id.in_(within_sight(session, staff, sa.select(Matter.id))),
        Likeness.matter_id.in_(matter_ids),
        Likeness.kind == LikenessKind.COPY,
        Likeness.score >= COPIED_FROM,
    )
    return {row.matter_id: row for row in session.scalars(query)}
