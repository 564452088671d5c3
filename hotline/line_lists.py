"""Lists of the lines: who waits, whom to call back, whom to follow up; the same for everybody who answers there."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, db
from core.phone import masked
from core.terms import Words
from hotline.callbacks import CallBack, CallBackReason, CallBackState
from hotline.callers import Caller
from hotline.contacts import Contact, ContactState
from hotline.followups import FollowUp, FollowUpState, overdue_at
from hotline.languages import SpokenLanguage
from hotline.lines import LineKind, line_of

SHOWN = 8
"""So many rows of a list; the rest is a number."""
KEPT_FOR = timedelta(seconds=1)
"""How long what one screen read serves the others of this process; a hundred seats ask the same question."""


@dataclass(frozen=True)
class Waiter:
    """Somebody who waits; `number` is masked, and empty where it was withheld."""

    waiting_from: datetime | None
    is_first: bool
    language: Words | None
    number: str
    times: int


@dataclass(frozen=True)
class Promise:
    """A call-back that is due, or that somebody has in hand."""

    id: int
    token: str
    reason: CallBackReason
    due_at: datetime
    rung_at: datetime
    tries: int
    held_by: int | None
    language: Words | None
    number: str
    times: int


@dataclass(frozen=True)
class LineLists:
    """What stands on one line."""

    is_set_up: bool
    within_s: int
    count: int
    longest: datetime | None
    waiters: tuple[Waiter, ...]
    due_count: int
    due: tuple[Promise, ...]
    held: tuple[Promise, ...]


@dataclass(frozen=True)
class FollowUps:
    """The follow-ups that are due."""

    count: int
    overdue: int
    first: datetime | None


@dataclass(frozen=True)
class Lists:
    """Everything that screens share, as it was read at one moment."""

    read_at: datetime
    lines: dict[LineKind, LineLists]
    follow_ups: FollowUps
    mark: str
    """A fingerprint of all of it but the moment: equal marks, equal lists."""
    promises_mark: str
    """The same without who waits: whoever is with a caller is shown what is promised, and no queue."""

    def is_of(self, at: datetime) -> bool:
        """Say whether they may still be shown at a moment."""
        return abs(at - self.read_at) < KEPT_FOR


_WAITING = (
    sa.select(sa.func.count(Contact.id), sa.func.min(Contact.waiting_from))
    .where(Contact.line == sa.bindparam("line"), Contact.state == ContactState.WAITING)
)  # fmt: skip
_WAITERS = (
    sa.select(
        Contact.waiting_from,
        Contact.is_first,
        SpokenLanguage.zh,
        SpokenLanguage.en,
        Caller.number,
        Caller.contacts,
    )
    .outerjoin(Caller, Caller.id == Contact.caller_id)
    .outerjoin(SpokenLanguage, SpokenLanguage.id == Contact.language_id)
    .where(Contact.line == sa.bindparam("line"), Contact.state == ContactState.WAITING)
    .order_by(Contact.is_first.desc(), Contact.waiting_from, Contact.id)
    .limit(SHOWN)
)
_IS_DUE = sa.and_(CallBack.state == CallBackState.DUE, CallBack.due_at <= sa.bindparam("now"))
_DUE = (
    sa.select(sa.func.count(CallBack.id))
    .join(Contact, Contact.id == CallBack.contact_id)
    .where(Contact.line == sa.bindparam("line"), _IS_DUE)
)
_PROMISES = (
    sa.select(
        CallBack.id, Contact.token, CallBack.reason, CallBack.due_at, Contact.rung_at, CallBack.tries,
        CallBack.held_by, SpokenLanguage.zh, SpokenLanguage.en, Caller.number, Caller.contacts,
    )
    .join(Contact, Contact.id == CallBack.contact_id)
    .outerjoin(Caller, Caller.id == Contact.caller_id)
    .outerjoin(SpokenLanguage, SpokenLanguage.id == Contact.language_id)
    .where(Contact.line == sa.bindparam("line"))
    .order_by(CallBack.due_at, CallBack.id)
)  # fmt: skip
_FIRST_DUE = _PROMISES.where(_IS_DUE).limit(SHOWN)
_HELD = _PROMISES.where(CallBack.state == CallBackState.HELD)
_TO_FOLLOW = sa.and_(FollowUp.state == FollowUpState.DUE, FollowUp.next_at <= sa.bindparam("now"))
_FOLLOW_UPS = sa.select(
    sa.func.count(FollowUp.id),
    sa.func.min(FollowUp.due_at),
).where(_TO_FOLLOW)


def read_lists(session: Session, *, at: datetime) -> Lists:
    """Read them now."""
    lines = {kind: _of_line(session, kind, at) for kind in LineKind}
    count, first = session.execute(_FOLLOW_UPS, {"now": at}).one()
    overdue = session.scalar(sa.select(sa.func.count(FollowUp.id)).where(overdue_at(at))) or 0
    follow_ups = FollowUps(count, overdue, first)
    promises = _mark(follow_ups, *((line.due_count, line.due, line.held) for line in lines.values()))
    return Lists(at, lines, follow_ups, _mark(promises, *lines.values()), promises)


def _mark(*facts: object) -> str:
    return hashlib.blake2b(repr(facts).encode(), digest_size=8).hexdigest()


def _of_line(session: Session, kind: LineKind, at: datetime) -> LineLists:
    line = line_of(session, kind)
    of = {"line": kind, "now": at}
    count, longest = session.execute(_WAITING, {"line": kind}).one()
    due_count = session.scalar(_DUE, of) or 0
    waiters = session.execute(_WAITERS, {"line": kind}) if count else ()
    return LineLists(
        is_set_up=line is not None,
        within_s=line.answer_within_s if line else 20,
        count=count,
        longest=longest,
        waiters=tuple(Waiter(*_told(row)) for row in waiters),
        due_count=due_count,
        due=tuple(Promise(*_told(row)) for row in session.execute(_FIRST_DUE, of)) if due_count else (),
        held=tuple(Promise(*_told(row)) for row in session.execute(_HELD, {"line": kind})),
    )


def _told(row: Sequence[Any]) -> list[Any]:
    """Return a row's facts, of its last four only what may be shown of a caller."""
    return [*row[:-4], *_who(*row[-4:])]


def _who(
    zh: str | None, en: str | None, number: str | None, times: int | None
) -> tuple[Words | None, str, int]:
    language = Words(zh, en or zh) if zh else None
    return (language, masked(number), times or 1) if number else (language, "", 1)


_kept: WeakKeyDictionary[db.Database, Lists] = WeakKeyDictionary()
_reading = threading.Lock()


def latest_lists(session: Session, *, at: datetime, seen_at: datetime | None = None) -> Lists:
    """Return the lists as somebody read them within the last second, but never older ones than were seen before."""
    kept = _kept_for(at, seen_at)
    if kept is not None:
        return kept
    with _reading:  # one reads, the others of this process wait for it
        kept = _kept_for(at, seen_at)
        if kept is None:
            kept = _kept[db.database()] = read_lists(session, at=clock.now())
        return kept


def _kept_for(at: datetime, seen_at: datetime | None) -> Lists | None:
    kept = _kept.get(db.database())
    if kept is None or not kept.is_of(at) or (seen_at is not None and kept.read_at < seen_at <= at):
        return None
    return kept
