"""Text messages: a few words to one number, both sealed, and how far they came."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, Id
from core.secrets import SealedText
from core.terms import Term, coded
from telephony.signals import Event


class TextState(Term):
    """How far a text is; it only ever goes forward."""

    QUEUED = "queued", "待发送", "Queued"
    SENDING = "sending", "发送中", "Sending"
    SENT = "sent", "已发送", "Sent"
    DELIVERED = "delivered", "已送达", "Delivered"
    UNDELIVERED = "undelivered", "未送达", "Not delivered"
    FAILED = "failed", "发送失败", "Failed"


TEXT_RANK = {
    TextState.QUEUED: 0,
    TextState.SENDING: 1,
    TextState.SENT: 2,
    TextState.DELIVERED: 3,
    TextState.UNDELIVERED: 3,
    TextState.FAILED: 3,
}


class TextMessage(Base):
    """One text message."""

    __tablename__ = "text_message"
    __table_args__ = (sa.CheckConstraint("length(number_index) = 16", name="index_is_whole"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    request_key: Mapped[str] = mapped_column(sa.String(40), unique=True)
    provider_ref: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    number: Mapped[str] = mapped_column(SealedText("number"))
    number_index: Mapped[bytes] = mapped_column(sa.LargeBinary(16), index=True)
    body: Mapped[str] = mapped_column(SealedText("note"))
    state: Mapped[TextState] = mapped_column(coded(TextState), default=TextState.QUEUED)
    error: Mapped[str | None] = mapped_column(sa.String(40))
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


def text_of(session: Session, event: Event) -> TextMessage | None:
    """Return the text an event speaks of, learning its reference from it."""
    ref, key = event.data.get("text"), event.data.get("request_key")
    query = sa.select(TextMessage).with_for_update()
    found: TextMessage | None = None
    if ref:
        found = session.scalars(query.where(TextMessage.provider_ref == ref)).first()
    if found is None and key:
        found = session.scalars(query.where(TextMessage.request_key == key)).first()
        if found is not None and ref and found.provider_ref is None:
            found.provider_ref = str(ref)
            session.flush()
    return found


def apply_to_text(session: Session, text: TextMessage, event: Event) -> bool:
    """Note what the line reports of a text; the first end wins."""
    state = TextState.of(event.data["state"])
    if TEXT_RANK[state] <= TEXT_RANK[text.state]:
        return False
    text.state = state
    if TEXT_RANK[state] == TEXT_RANK[TextState.DELIVERED]:
        text.settled_at = event.at
        text.error = event.data.get("error")
    session.flush()
    return True
