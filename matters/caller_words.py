"""Words with callers: what the centre still has to ring them for, every try on the way, and what they were promised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matters.caller_tries import CallerTry
from matters.matter import Matter
from matters.promise_ledger import Told, ledger
from matters.reporters import numbers_of
from matters.turns import ON_THE_WAY, CallerTurn


@dataclass(frozen=True)
class CallerWords:
    """What stands between the centre and the callers of one matter, without who they are."""

    numbers: dict[int, int]
    """Which caller each is."""
    promises: list[Told]
    waiting: list[CallerTurn]
    tries: list[CallerTry]
    """Calls on the way that have a result, newest first; telling and asking again stand in the log."""


def caller_words(session: Session, matter: Matter, *, at: datetime) -> CallerWords:
    """Read what was said to the callers of a matter, and what must still be said."""
    turns = sa.select(CallerTurn).where(CallerTurn.matter_id == matter.id, CallerTurn.errand.in_(ON_THE_WAY))
    tries = (
        sa.select(CallerTry)
        .where(CallerTry.matter_id == matter.id, CallerTry.errand.in_(ON_THE_WAY))
        .where(CallerTry.result.is_not(None))
        .options(sa.orm.defer(CallerTry.words))
    )
    return CallerWords(
        numbers_of(session, matter),
        ledger(session, matter, at=at),
        list(session.scalars(turns.order_by(CallerTurn.due_at))),
        list(session.scalars(tries.order_by(CallerTry.id.desc()))),
    )
