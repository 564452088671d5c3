"""The promise ledger: what callers were told would happen, by which day and by whom, and how far the day has slipped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import clock
from core.db import Base, Id
from core.people import Unit
from core.terms import Term, coded
from matters.flow import MatterAction as A
from matters.log import MatterEvent
from matters.matter import Matter
from matters.reporters import Reporter


class PromisedDeed(Term):
    """What a caller was told would be done."""

    ANSWER = "answer", "给出答复", "Answer"
    LOOK_AGAIN = "look_again", "再看办理条件", "Look at it again"


KEPT_BY: dict[PromisedDeed, tuple[A, ...]] = {
    PromisedDeed.ANSWER: (
        A.ANSWER, A.TRANSFER, A.DECLINE, A.ALL_TOLD, A.CLOSE_SOLVED, A.CLOSE_EXPLAINED, A.CLOSE_UNREACHED,
    ),
    PromisedDeed.LOOK_AGAIN: (A.RENEW, A.RESUME_WORK),
}  # fmt: skip
"""The first of these after the promise keeps it."""


class CallerPromise(Base):
    """One thing that one caller was told: never changed, another day told later is another row."""

    __tablename__ = "caller_promise"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    reporter_id: Mapped[int] = mapped_column(sa.ForeignKey("reporter.id"), index=True)
    deed: Mapped[PromisedDeed] = mapped_column(coded(PromisedDeed))
    promised_on: Mapped[date] = mapped_column(index=True)
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"))
    """Who acts; None: the centre."""
    told_at: Mapped[datetime]
    told_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))

    reporter: Mapped[Reporter] = relationship()
    unit: Mapped[Unit | None] = relationship()


def note(
    session: Session,
    reporter_id: int,
    deed: PromisedDeed,
    on: date,
    *,
    who: int | None = None,
    told_by: int | None,
    at: datetime,
) -> CallerPromise:
    """Write down what a caller has just been told."""
    promise = CallerPromise(
        reporter_id=reporter_id,
        deed=deed,
        promised_on=on,
        unit_id=who,
        told_at=at,
        told_by=told_by,
    )
    session.add(promise)
    session.flush()
    return promise


@dataclass(frozen=True)
class Told:
    """One promise as the ledger shows it."""

    promise: CallerPromise
    which: int
    """Which of the matter's callers it was told."""
    kept_on: date | None
    slip: int | None
    """Days from the day that was first told of this deed to the day it was done, or to today where that has passed;
    0 or less: in time. None while its day is still to come."""


def slip_of(first: date, kept_on: date | None, today: date) -> int | None:
    """Return by how many days what was promised first has slipped; negative: done before."""
    if kept_on is not None:
        return (kept_on - first).days
    return (today - first).days if today > first else None


def kept_at(deed: PromisedDeed, told_at: datetime, log: Iterable[tuple[str, datetime]]) -> datetime | None:
    """Return when a promise was kept: at the first deed of its kind that came after it was told."""
    keeps = {action.value for action in KEPT_BY[deed]}
    return min((moment for action, moment in log if action in keeps and moment >= told_at), default=None)


def ledger(session: Session, matter: Matter, *, at: datetime) -> list[Told]:
    """List what the callers of a matter were told, oldest first, with what became of it."""
    reporters = sa.select(Reporter.id).where(Reporter.matter_id == matter.id).order_by(Reporter.id)
    places = {reporter_id: n for n, reporter_id in enumerate(session.scalars(reporters), start=1)}
    promises = session.scalars(
        sa.select(CallerPromise).where(CallerPromise.reporter_id.in_(places)).order_by(CallerPromise.id)
    ).all()
    query = sa.select(MatterEvent.action, MatterEvent.at).where(MatterEvent.matter_id == matter.id)
    log = [(row[0], row[1]) for row in session.execute(query)]
    first: dict[tuple[int, PromisedDeed], date] = {}
    rows = []
    for promise in promises:
        began = first.setdefault((promise.reporter_id, promise.deed), promise.promised_on)
        kept = kept_at(promise.deed, promise.told_at, log)
        kept_on = clock.local(kept).date() if kept else None
        slip = slip_of(began, kept_on, clock.today(at))
        rows.append(Told(promise, places[promise.reporter_id], kept_on, slip))
    return rows
