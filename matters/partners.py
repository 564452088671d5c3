"""Partners: the other offices that exchange matters with this one, each with a token of its own."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets as random_source
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import journal
from core.db import Base, Id
from core.people import Staff
from core.problems import Invalid, Refused
from core.terms import Term, Words, coded

_TOKEN = re.compile(r"tm_(\d{1,9})_([A-Za-z0-9_-]{43})")
_SEEN_EVERY = timedelta(minutes=5)


class Scope(Term):
    """What a partner may do."""

    READ = "read", "只查进度", "Read only"
    SEND = "send", "只送诉求", "Send only"
    BOTH = "both", "送诉求、查进度", "Send and read"

    @property
    def may_read(self) -> bool:
        """Say whether it may ask how its matters stand."""
        return self is not Scope.SEND

    @property
    def may_send(self) -> bool:
        """Say whether it may send matters."""
        return self is not Scope.READ


class Partner(Base):
    """One office outside; its token is known to it alone and kept here as a fingerprint."""

    __tablename__ = "partner"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    scope: Mapped[Scope] = mapped_column(coded(Scope))
    token_hash: Mapped[str] = mapped_column(sa.String(64))
    created_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    revoked_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    revoked_at: Mapped[datetime | None]


def _hash(secret: str) -> str:
    # The secret has 256 random bits: a slow hash would protect nothing more.
    return hashlib.sha256(secret.encode()).hexdigest()


def create(
    session: Session, name: str, scope: Scope | None, *, by: Staff, at: datetime
) -> tuple[Partner, str]:
    """Let a partner in; the token is told once and kept nowhere."""
    title, fields = name.strip(), dict[str, Words]()
    if not 0 < len(title) <= 80:
        fields["name"] = Words("请填写对方单位名称，最多 80 字", "Name the partner, at most 80 characters")
    elif session.scalars(sa.select(Partner.id).where(Partner.name == title)).first() is not None:
        fields["name"] = Words("已有同名的对接单位", "There is a partner of this name")
    if scope is None:
        fields["scope"] = Words("请选择权限", "Choose what it may do")
    if fields or scope is None:
        raise Invalid(
            Words("没有建立，填写的内容还在", "Nothing was made; what you typed is kept"), fields=fields
        )
    secret = random_source.token_urlsafe(32)
    partner = Partner(name=title, scope=scope, token_hash=_hash(secret), created_by=by.id, created_at=at)
    session.add(partner)
    session.flush()
    journal.write(session, "partner.create", partner, by=by, at=at, scope=scope.value)
    return partner, f"tm_{partner.id}_{secret}"


def renew(session: Session, partner: Partner, *, by: Staff, at: datetime) -> str:
    """Give a partner a new token; the one before stops at once."""
    if partner.revoked_at is not None:
        raise Refused(Words("已停用的不能换令牌", "A partner that was shut out gets no new token"))
    secret = random_source.token_urlsafe(32)
    partner.token_hash = _hash(secret)
    session.flush()
    journal.write(session, "partner.renew", partner, by=by, at=at)
    return f"tm_{partner.id}_{secret}"


def revoke(session: Session, partner: Partner, *, by: Staff, at: datetime) -> None:
    """Shut a partner out; its matters stay."""
    if partner.revoked_at is not None:
        raise Refused(Words("已经停用", "It is shut out already"))
    partner.revoked_at, partner.revoked_by = at, by.id
    session.flush()
    journal.write(session, "partner.revoke", partner, by=by, at=at)


def recognise(session: Session, token: str) -> Partner | None:
    """Return whose token it is, in constant time; None for a wrong or revoked one."""
    shape = _TOKEN.fullmatch(token)
    partner = session.get(Partner, int(shape[1])) if shape else None
    kept = partner.token_hash if partner else _hash("")
    is_right = hmac.compare_digest(kept, _hash(shape[2] if shape else "nobody"))
    return partner if partner is not None and is_right and partner.revoked_at is None else None


def note_seen(partner: Partner, *, at: datetime) -> None:
    """Note that a partner was here, every few minutes at most."""
    if partner.seen_at is None or partner.seen_at < at - _SEEN_EVERY:
        partner.seen_at = at


def listed(session: Session) -> list[Partner]:
    """Return all partners, those still let in first."""
    return list(session.scalars(sa.select(Partner).order_by(Partner.revoked_at.is_not(None), Partner.name)))
