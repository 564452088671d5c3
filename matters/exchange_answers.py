"""Exchange answers: what a partner was answered under a key, so that a repeated request does nothing twice."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, Id
from core.problems import Invalid
from core.sweeps import sweep
from core.terms import Words
from matters.partners import Partner

KEPT = timedelta(days=30)
LONGEST_KEY = 120


class ExchangeAnswer(Base):
    """One answer given: it holds a receipt and a state, never a person."""

    __tablename__ = "exchange_answer"
    __table_args__ = (sa.UniqueConstraint("partner_id", "key_hash"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    partner_id: Mapped[int] = mapped_column(sa.ForeignKey("partner.id"))
    key_hash: Mapped[str] = mapped_column(sa.String(64))
    body_hash: Mapped[str] = mapped_column(sa.String(64))
    body: Mapped[str] = mapped_column(sa.Text)
    answered_at: Mapped[datetime] = mapped_column(index=True)


class KeyUsed(Invalid):
    """The key came with another request before."""

    words = Words(
        "这个 Idempotency-Key 已用于另一份内容", "This Idempotency-Key was used with a different request"
    )


def fingerprint(data: bytes) -> str:
    """Return the fingerprint of a request's bytes."""
    return hashlib.sha256(data).hexdigest()


def given(session: Session, partner: Partner, key: str, data: bytes) -> str | None:
    """Return what was answered to the same request before; refuse the same key with another request."""
    query = sa.select(ExchangeAnswer).where(
        ExchangeAnswer.partner_id == partner.id, ExchangeAnswer.key_hash == fingerprint(key.encode())
    )
    answer = session.scalars(query).first()
    if answer is None:
        return None
    if answer.body_hash != fingerprint(data):
        raise KeyUsed
    return answer.body


def keep(session: Session, partner: Partner, key: str, data: bytes, body: str, *, at: datetime) -> None:
    """Keep an answer with the fingerprint of what it answered."""
    session.add(
        ExchangeAnswer(
            partner_id=partner.id,
            key_hash=fingerprint(key.encode()),
            body_hash=fingerprint(data),
            body=body,
            answered_at=at,
        )
    )
    session.flush()


@sweep("exchange.forget", every=timedelta(hours=6))
def _forget(session: Session, now: datetime) -> None:
    session.execute(sa.delete(ExchangeAnswer).where(ExchangeAnswer.answered_at < now - KEPT))
