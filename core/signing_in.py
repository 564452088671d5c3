"""Signing in: sessions kept on the server, growing locks, and one-time codes for privileged roles."""

from __future__ import annotations

import hashlib
import secrets as random_source
from datetime import datetime, timedelta

import pyotp
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from core import journal
from core.db import Base, Id
from core.people import Staff
from core.permissions import PRIVILEGED, Role
from core.sweeps import sweep

FREE_TRIES = 5
LONGEST_LOCK = timedelta(hours=1)
LONGEST_SESSION = timedelta(hours=14)
SEEN_EVERY = timedelta(seconds=60)
STEP = 30


class SignIn(Base):
    """One signed-in browser; the cookie holds a random token, the table its fingerprint."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), unique=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    browser: Mapped[str] = mapped_column(sa.String(80), default="")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]

    staff: Mapped[Staff] = relationship(lazy="joined")

    def is_open(self, at: datetime, idle: timedelta) -> bool:
        """Say whether the session still holds."""
        return self.ended_at is None and at < self.expires_at and at < self.seen_at + idle


def lock_after(failed_tries: int) -> timedelta:
    """Return how long an account stays shut after so many wrong tries: 1, 2, 4 … minutes, 1 hour at most."""
    if failed_tries < FREE_TRIES:
        return timedelta(0)
    return min(LONGEST_LOCK, timedelta(minutes=2 ** min(failed_tries - FREE_TRIES, 10)))


def needs_code(roles: set[Role], *, is_demo: bool) -> bool:
    """Say whether these roles sign in with a one-time code as well; the demonstration asks for none."""
    return not is_demo and bool(roles & PRIVILEGED)


def matching_step(secret: str, code: str, *, unix: float, used_step: int | None) -> int | None:
    """Return the time step whose code this is (one step of drift either way), never one used before."""
    plain = "".join(code.split())
    if len(plain) != 6 or not plain.isascii() or not plain.isdigit():
        return None
    totp = pyotp.TOTP(secret)
    here = int(unix) // STEP
    for step in (here, here - 1, here + 1):
        is_new = used_step is None or step > used_step
        if pyotp.utils.strings_equal(totp.at(step * STEP), plain) and is_new:
            return step
    return None


def _fingerprint(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def is_locked(staff: Staff, at: datetime) -> bool:
    """Say whether wrong tries have shut the account for now."""
    return staff.locked_until is not None and at < staff.locked_until


def miss(session: Session, staff: Staff, *, at: datetime) -> None:
    """Count a wrong password or code, and lock the account longer each time."""
    staff.failed_tries += 1
    lock = lock_after(staff.failed_tries)
    if lock:
        staff.locked_until = at + lock
        journal.write(session, "staff.locked", staff, by=None, at=at, tries=staff.failed_tries)
    session.flush()


def admit(session: Session, staff: Staff, *, at: datetime, browser: str = "") -> str:
    """Open a session for someone who has proved who they are; return the token for the cookie."""
    token = random_source.token_urlsafe(32)
    staff.failed_tries = 0
    staff.locked_until = None
    record = SignIn(
        token_hash=_fingerprint(token),
        staff_id=staff.id,
        browser=browser[:80],
        created_at=at,
        seen_at=at,
        expires_at=at + LONGEST_SESSION,
    )
    session.add(record)
    session.flush()
    journal.write(session, "staff.signed_in", staff, by=staff, at=at)
    return token


# One statement for session, person, unit and roles, built once: it runs for every page and every look of a screen.
_OF_TOKEN = (
    sa.select(SignIn)
    .where(SignIn.token_hash == sa.bindparam("fingerprint"))
    .options(joinedload(SignIn.staff).joinedload(Staff.role_rows))
)


def recognise(session: Session, token: str) -> SignIn | None:
    """Return the session of a token, open or not."""
    return session.scalars(_OF_TOKEN, {"fingerprint": _fingerprint(token)}).unique().first()


def touch(session: Session, sign_in: SignIn, *, at: datetime) -> None:
    """Note that the session is in use, at most once a minute."""
    session.execute(
        sa.update(SignIn).where(SignIn.id == sign_in.id, SignIn.seen_at < at - SEEN_EVERY).values(seen_at=at)
    )


def end(session: Session, sign_in: SignIn, *, by: Staff | None, at: datetime) -> None:
    """End one session."""
    if sign_in.ended_at is None:
        sign_in.ended_at = at
        journal.write(session, "staff.signed_out", f"staff:{sign_in.staff_id}", by=by, at=at)
        session.flush()


def end_all(session: Session, staff: Staff, *, by: Staff | None, at: datetime, but: int | None = None) -> int:
    """End every open session of a person, except perhaps the one in use; return how many."""
    query = sa.select(SignIn).where(
        SignIn.staff_id == staff.id, SignIn.ended_at.is_(None), SignIn.expires_at > at
    )
    ended = 0
    for sign_in in session.scalars(query):
        if sign_in.id != but:
            end(session, sign_in, by=by, at=at)
            ended += 1
    return ended


def open_sessions(session: Session, staff: Staff, *, at: datetime, idle: timedelta) -> list[SignIn]:
    """Return a person's open sessions, the newest first."""
    query = sa.select(SignIn).where(SignIn.staff_id == staff.id, SignIn.ended_at.is_(None))
    found = session.scalars(query.order_by(SignIn.seen_at.desc()))
    return [sign_in for sign_in in found if sign_in.is_open(at, idle)]


@sweep("sign_in.clear", every=timedelta(hours=1))
def _clear(session: Session, now: datetime) -> None:
    session.execute(sa.delete(SignIn).where(SignIn.expires_at < now - timedelta(days=7)))
