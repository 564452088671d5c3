"""Throttles: how often something may be tried, counted in the database under a keyed fingerprint."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base
from core.secrets import keyring
from core.sweeps import sweep


class Throttle(Base):
    """Tries of one kind from one place in one window; whose they are can't be read back."""

    __tablename__ = "throttle"

    key: Mapped[bytes] = mapped_column(sa.LargeBinary(16), primary_key=True)
    tries: Mapped[int] = mapped_column(default=0)
    until_at: Mapped[datetime] = mapped_column(index=True)


def count_try(session: Session, kind: str, whom: str, *, limit: int, within: timedelta, at: datetime) -> bool:
    """Count one try and say whether it is within the limit.

    Commit before refusing: a Problem raised inside the transaction would take the count back.
    """
    key = keyring().blind_index(f"throttle:{kind}:{whom}")
    row = session.get(Throttle, key, with_for_update=True)
    if row is None:
        row = Throttle(key=key, tries=0, until_at=at + within)
        session.add(row)
    elif row.until_at <= at:
        row.tries = 0
        row.until_at = at + within
    row.tries += 1
    session.flush()
    return row.tries <= limit


def give_back(session: Session, kind: str, whom: str) -> None:
    """Take one try back, after a success: an office behind one address signs in together each morning."""
    key = keyring().blind_index(f"throttle:{kind}:{whom}")
    session.execute(
        sa.update(Throttle).where(Throttle.key == key, Throttle.tries > 0).values(tries=Throttle.tries - 1)
    )


def forget(session: Session, kind: str, whom: str) -> None:
    """Start counting anew, after a success."""
    key = keyring().blind_index(f"throttle:{kind}:{whom}")
    session.execute(sa.delete(Throttle).where(Throttle.key == key))


@sweep("throttle.clear", every=timedelta(minutes=10))
def _clear(session: Session, now: datetime) -> None:
    session.execute(sa.delete(Throttle).where(Throttle.until_at < now))
