"""Read checks: every night the worker walks along the read log from its first reading, and says whether it is whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock
from core.db import Base, Id
from core.sweeps import sweep
from hotline.read_log import ORIGIN, Walked, break_at_end, locked_end, walk

NIGHT = range(1, 6)
STEP = 20_000
"""So many readings are verified in one transaction, so that nobody who reads waits for it."""


class ReadCheck(Base):
    """One walk along the log: how far it came, and where the log did not hold; it names places in the chain only."""

    __tablename__ = "read_check"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    begun_at: Mapped[datetime]
    seq: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    hash: Mapped[str] = mapped_column(sa.String(64), default=ORIGIN)
    ended_at: Mapped[datetime | None]
    broken_at: Mapped[int | None] = mapped_column(sa.BigInteger)
    what: Mapped[str | None] = mapped_column(sa.String(40))


def checks(session: Session, limit: int = 30) -> Sequence[ReadCheck]:
    """Return the last walks, newest first."""
    return session.scalars(sa.select(ReadCheck).order_by(ReadCheck.id.desc()).limit(limit)).all()


def is_broken(session: Session) -> bool:
    """Say whether the last walk that came to its end found the log altered."""
    query = sa.select(ReadCheck.broken_at).where(ReadCheck.ended_at.is_not(None))
    return session.scalars(query.order_by(ReadCheck.id.desc()).limit(1)).first() is not None


def step(session: Session, *, at: datetime, limit: int = STEP) -> int:
    """Go on with the walk of this night, or begin it; return how many readings were verified."""
    last = next(iter(checks(session, 1)), None)
    if last is None or (
        last.ended_at is not None and clock.local(last.begun_at).date() != clock.local(at).date()
    ):
        last = ReadCheck(begun_at=at, seq=0, hash=ORIGIN)
        session.add(last)
    elif last.ended_at is not None:
        return 0
    before = last.seq
    walked = walk(session, last.seq, last.hash, limit=limit)
    if walked.broken is None and walked.seq - before < limit:
        locked_end(session)  # what is read meanwhile waits a moment, so that the end is the end
        walked = walk(session, walked.seq, walked.hash)
        _end(session, last, walked, at)
    elif walked.broken is not None:
        _end(session, last, walked, at)
    last.seq, last.hash = walked.seq, walked.hash
    session.flush()
    return walked.seq - before


def _end(session: Session, check: ReadCheck, walked: Walked, at: datetime) -> None:
    broken = break_at_end(session, walked)
    check.ended_at = at
    if broken is not None:
        check.broken_at, check.what = broken.seq, broken.what


@sweep("hotline.read_log", every=timedelta(minutes=1))
def at_night(session: Session, now: datetime) -> int:
    """Verify a part in the small hours."""
    return step(session, at=now) if clock.local(now).hour in NIGHT else 0
