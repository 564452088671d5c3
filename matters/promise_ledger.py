"""The promise ledger: what callers were told would happen, by which day and by whom, and how far the day has slipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import clock
from core.db import Base, Id
from core.people import Unit
from core.terms import Term, coded
from matters.attributes import Decision, TryResult
from matters.flow import MatterAction as A
from matters.log import MatterEvent
from matters.matter import Matter
from matters.reporters import Reporter, numbers_of, reporters_of
from matters.standing import CallerStanding, Standing, from_json
from matters.states import MatterState


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
"""What keeps a promise to all the callers of a matter; for one caller see `kept_at`."""


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
    stopped_on: date | None
    """Not kept, and owed no more since then: they withdrew, or the matter ended without reaching them."""
    slip: int | None
    """Days from the day that was first told of this deed to the day it was done, or to today (or the day it stopped)
    where that has passed; 0 or less: in time. None while its day is still to come."""


def slip_of(first: date, kept_on: date | None, today: date) -> int | None:
    """Return by how many days what was promised first has slipped; negative: done before."""
    if kept_on is not None:
        return (kept_on - first).days
    return (today - first).days if today > first else None


Entry = tuple[str, datetime, dict[str, Any]]
_REACHED = TryResult.REACHED.value


def _answers(caller: CallerStanding, entry: Entry) -> bool:
    """Say whether an entry of the log gave this caller their answer: their own, not another's."""
    action, _, facts = entry
    if action in (A.ANSWER, A.TRANSFER) or (action == A.DECLINE and facts.get("told") is True):
        return True
    if caller.is_anonymous:  # the status page is what they asked for
        return action in (A.ACCEPT, A.DECLINE)
    if facts.get("caller") != caller.id or facts.get("result") != _REACHED:
        return False
    is_decline = action == A.INFORM and facts.get("decision") == Decision.DECLINED.value
    return is_decline or action in (A.TELL, A.REVISIT)


def kept_at(
    deed: PromisedDeed, told_at: datetime, caller: CallerStanding, log: Sequence[Entry]
) -> datetime | None:
    """Return when a promise to a caller was kept: at the first deed of its kind after it was told and they had joined."""
    joined = [at for action, at, facts in log if action == A.ADD_CALLER and facts.get("caller") == caller.id]
    since = max((told_at, *joined))
    if deed is PromisedDeed.LOOK_AGAIN:
        return min((e[1] for e in log if e[0] in KEPT_BY[deed] and e[1] >= since), default=None)
    found = [entry[1] for entry in log if entry[1] >= since and _answers(caller, entry)]
    if caller.is_anonymous and caller.told_at is not None and caller.told_at >= since:
        found.append(caller.told_at)  # joined when the result stood on the page already
    return min(found, default=None)


def _stopped_at(
    standing: Standing, caller: CallerStanding, log: Sequence[Entry], told_at: datetime
) -> datetime | None:
    """Return from when nobody is owed anything: the caller withdrew, or the matter ended."""
    left = [at for action, at, facts in log if action == A.CALLER_LEFT and facts.get("caller") == caller.id]
    # Whoever waits to hear why it was declined is still owed the answer.
    ended = standing.ended_at if standing.state is not MatterState.NOT_ACCEPTED else None
    moments = [at for at in (*left, ended) if at is not None]
    if caller.has_left and not moments:  # withdrew before the matters were joined
        return told_at
    return min(moments, default=None)


def ledger(session: Session, matter: Matter, *, at: datetime) -> list[Told]:
    """List what the callers of a matter were told, oldest first, with what became of it."""
    reporters, numbers = reporters_of(session, matter), numbers_of(session, matter)
    promises = session.scalars(
        sa.select(CallerPromise).where(CallerPromise.reporter_id.in_(numbers)).order_by(CallerPromise.id)
    ).all()
    query = sa.select(MatterEvent.action, MatterEvent.at, MatterEvent.facts).where(
        MatterEvent.matter_id == matter.id
    )
    log: list[Entry] = [(row[0], row[1], row[2] or {}) for row in session.execute(query)]
    standing = from_json(matter.standing)
    first: dict[tuple[int, PromisedDeed], date] = {}
    rows = []
    for promise in promises:
        caller = _caller(standing, promise.reporter, reporters)
        began = first.setdefault((promise.reporter_id, promise.deed), promise.promised_on)
        kept = kept_at(promise.deed, promise.told_at, caller, log)
        stopped = _stopped_at(standing, caller, log, promise.told_at) if kept is None else None
        kept_on, stopped_on = (clock.local(moment).date() if moment else None for moment in (kept, stopped))
        slip = slip_of(began, kept_on, stopped_on or clock.today(at))
        rows.append(Told(promise, numbers[promise.reporter_id], kept_on, stopped_on, slip))
    return rows


def _caller(standing: Standing, reporter: Reporter, others: Sequence[Reporter]) -> CallerStanding:
    """Find a caller in the standing; who called again stands there as they joined first."""
    same = (r.id for r in others if reporter.fingerprint and r.fingerprint == reporter.fingerprint)
    found = (standing.caller(each) for each in (reporter.id, *same))
    return next((c for c in found if c is not None), CallerStanding(reporter.id, has_left=True))
