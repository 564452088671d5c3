"""Interviewers at work: the languages they speak, how long they have been at it, and when they must rest."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import journal
from core.db import Base
from core.people import Staff
from core.terms import Term
from survey.calling import Rules

SEEN_EVERY = timedelta(seconds=30)
BREAK = timedelta(minutes=10)
"""A pause as long as this counts as rest."""


class Tongue(Term):
    """A language in which interviews are made."""

    MANDARIN = "mandarin", "普通话", "Mandarin"
    DIALECT = "dialect", "本地方言", "Local dialect"
    ENGLISH = "english", "英语", "English"


class Interviewer(Base):
    """What the queue must know of someone who interviews; one row is also the lock that their hand-outs queue on."""

    __tablename__ = "interviewer"

    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), primary_key=True)
    languages: Mapped[list[Any]] = mapped_column(default=lambda: [Tongue.MANDARIN.value])
    working_since: Mapped[datetime | None]
    """Start of the present stretch of work without a break."""
    seen_at: Mapped[datetime | None]
    cooling_until: Mapped[datetime | None]
    """No case before this moment: a pause after abuse."""


_LOCKED = sa.select(Interviewer).where(Interviewer.staff_id == sa.bindparam("staff")).with_for_update()


def at_work(session: Session, staff: Staff) -> Interviewer:
    """Return the interviewer's row, locked until the transaction ends, making it on the first day."""
    found = session.scalars(_LOCKED, {"staff": staff.id}).first()
    if found is not None:
        return found
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(
        insert(Interviewer)
        .values(staff_id=staff.id, languages=[Tongue.MANDARIN.value])
        .on_conflict_do_nothing(index_elements=["staff_id"])
    )
    return session.scalars(_LOCKED, {"staff": staff.id}).one()


def note_presence(interviewer: Interviewer, at: datetime) -> None:
    """Keep the stretch of work going, or begin a new one after a break."""
    if interviewer.seen_at is None or interviewer.working_since is None or at - interviewer.seen_at >= BREAK:
        interviewer.working_since = interviewer.seen_at = at
    elif at - interviewer.seen_at >= SEEN_EVERY:
        interviewer.seen_at = at


def is_tired(interviewer: Interviewer, rules: Rules, at: datetime) -> bool:
    """Say whether a break is due."""
    since = interviewer.working_since
    return since is not None and at - since >= timedelta(minutes=rules.fatigue)


def cool_down(session: Session, interviewer: Interviewer, rules: Rules, *, by: Staff, at: datetime) -> None:
    """Give someone who was abused a pause before the next case."""
    interviewer.cooling_until = at + timedelta(minutes=rules.cool_down)
    session.flush()
    journal.write(session, "interviewer.cool_down", f"staff:{by.id}", by=by, at=at, minutes=rules.cool_down)
