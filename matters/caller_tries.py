"""Tries: every call and text to a caller whose turn it was, with what came of it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff
from core.secrets import SealedText
from core.terms import coded
from matters.attributes import TryResult
from matters.errand_starts import started_at
from matters.turns import CallerTurn, Errand
from telephony.calls import Call
from telephony.line import Cause
from telephony.texts import TextMessage

NEVER_RANG = (Cause.CANCELLED, Cause.ERROR)
_MEANS = {Cause.BUSY: TryResult.BUSY, Cause.UNREACHABLE: TryResult.SWITCHED_OFF}


class CallerTry(Base):
    """One try to reach a caller: a call or a text."""

    __tablename__ = "caller_try"
    __table_args__ = (sa.Index("ix_caller_try_reporter_id_errand", "reporter_id", "errand"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    matter_id: Mapped[int] = mapped_column(sa.ForeignKey("matter.id"), index=True)
    reporter_id: Mapped[int] = mapped_column(sa.ForeignKey("reporter.id"))
    errand: Mapped[Errand] = mapped_column(coded(Errand))
    round: Mapped[int]
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    call_id: Mapped[int | None] = mapped_column(sa.ForeignKey("call.id"), unique=True)
    text_id: Mapped[int | None] = mapped_column(sa.ForeignKey("text_message.id"), unique=True)
    made_at: Mapped[datetime]
    result: Mapped[TryResult | None] = mapped_column(coded(TryResult))
    words: Mapped[str | None] = mapped_column(SealedText("note"))
    """What was noted of a try that leads to no entry of the log."""
    closed_at: Mapped[datetime | None]

    call: Mapped[Call | None] = relationship()
    text: Mapped[TextMessage | None] = relationship()
    staff: Mapped[Staff] = relationship()


def came_to_nothing(made: CallerTry) -> bool:
    """Say whether a call never rang, for a reason of ours or of the line's: it does not count against the caller."""
    call = made.call
    return call is not None and call.is_ended and call.ring_at is None and call.cause in NEVER_RANG


def open_try(session: Session, turn: CallerTurn) -> CallerTry | None:
    """Return the try that has no result yet."""
    query = sa.select(CallerTry).where(
        CallerTry.reporter_id == turn.reporter_id,
        CallerTry.errand == turn.errand,
        CallerTry.closed_at.is_(None),
    )
    return session.scalars(query.order_by(CallerTry.id.desc())).first()


def abandon(session: Session, turn: CallerTurn, *, at: datetime) -> bool:
    """Close a try that nobody noted a result of; False while its call goes on."""
    made = open_try(session, turn)
    if made is not None:
        if made.call is not None and not made.call.is_ended:
            return False
        made.closed_at = at
    return True


def tries_of(session: Session, turn: CallerTurn) -> list[CallerTry]:
    """Return the tries of this errand that have a result, oldest first."""
    query = sa.select(CallerTry).where(
        CallerTry.reporter_id == turn.reporter_id,
        CallerTry.errand == turn.errand,
        CallerTry.round == turn.round,
        CallerTry.made_at >= started_at(session, turn),
        CallerTry.result.is_not(None),
    )
    return list(session.scalars(query.order_by(CallerTry.id)))


def suggestion(made: CallerTry) -> TryResult | None:
    """Say what the line's own report means for a call that nobody talked in."""
    call = made.call
    if call is None or not call.is_ended or call.was_connected or came_to_nothing(made):
        return None
    return _MEANS.get(call.cause, TryResult.NO_ANSWER) if call.cause else None
