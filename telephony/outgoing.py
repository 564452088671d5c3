"""Outgoing: what the house asks of the line, written in the same transaction as the reason for asking."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.terms import Term, code_list, coded
from telephony.calls import Call
from telephony.line import Event, RecordAction
from telephony.recordings import Recording, RecordingState
from telephony.rooms import Room
from telephony.texts import TextMessage


class Command(Term):
    """What can be asked of the line."""

    DIAL = "dial", "拨号", "Dial"
    BRING = "bring", "接入话务人员", "Bring an operator"
    DROP = "drop", "挂断", "Hang up"
    HOLD = "hold", "保持", "Hold"
    MUTE = "mute", "静音", "Mute"
    COACH = "coach", "耳语", "Whisper"
    END_ROOM = "end_room", "结束会话", "End the room"
    TAKE_WAITING = "take_waiting", "接起来电", "Take a waiting caller"
    MOVE = "move", "转到另一会话", "Move to another room"
    QUEUE = "queue", "转回排队", "Put back into the queue"
    RECORD = "record", "录音", "Record"
    TEXT = "text", "发短信", "Send a text"
    RING_UP = "ring_up", "拨打值班电话", "Ring a telephone of ours"
    DELETE = "delete", "删除录音", "Delete a recording"


class OutgoingState(Term):
    """Where a request stands."""

    WAITING = "waiting", "待发出", "Waiting"
    SENDING = "sending", "发出中", "Sending"
    SENT = "sent", "已发出", "Sent"
    FAILED = "failed", "未成功", "Failed"
    UNKNOWN = "unknown", "结果待核", "Outcome unknown"


MAKES_LEG = frozenset({Command.DIAL, Command.BRING, Command.RING_UP})
"""Requests that a leg comes of."""
ONCE = MAKES_LEG | {Command.TEXT, Command.TAKE_WAITING}
"""Requests that must never be made twice: after a lost answer the reconciler looks, nobody redials."""

WHERE_TO = frozenset({Command.MOVE, Command.QUEUE})
"""Requests that say where a leg is to be: only the latest one counts."""


def once(command: Command, options: Mapping[str, Any]) -> bool:
    """Say whether a request must never be made twice."""
    return command in ONCE or options.get("action") == RecordAction.START


class Outgoing(Base):
    """One request to the line; numbers are read from their sealed column when it is sent, never kept here."""

    __tablename__ = "outgoing"
    __table_args__ = (
        sa.Index("ix_outgoing_state_due_at", "state", "due_at"),
        sa.CheckConstraint(
            f"(state IN {code_list(OutgoingState.WAITING, OutgoingState.SENDING, OutgoingState.UNKNOWN)})"
            " = (settled_at IS NULL)",
            name="settled_has_time",
        ),
        sa.CheckConstraint(
            f"state NOT IN {code_list(OutgoingState.SENDING)} OR lease_until IS NOT NULL",
            name="sending_has_lease",
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    command: Mapped[Command] = mapped_column(coded(Command))
    request_key: Mapped[str] = mapped_column(sa.String(40), unique=True)
    call_id: Mapped[int | None] = mapped_column(sa.ForeignKey("call.id"), index=True)
    room_id: Mapped[int | None] = mapped_column(sa.ForeignKey("room.id"))
    recording_id: Mapped[int | None] = mapped_column(sa.ForeignKey("recording.id"))
    text_id: Mapped[int | None] = mapped_column(sa.ForeignKey("text_message.id"))
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[OutgoingState] = mapped_column(coded(OutgoingState), default=OutgoingState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(sa.String(60))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    """A dial that could not go out by then is let go: nobody's telephone rings long after the click."""
    lease_until: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]

    call: Mapped[Call | None] = relationship()
    room: Mapped[Room | None] = relationship()
    recording: Mapped[Recording | None] = relationship()
    text: Mapped[TextMessage | None] = relationship()


def fresh_key() -> str:
    """Return a new request key: random, so that it says nothing about anyone."""
    return secrets.token_hex(12)


def ask(
    session: Session,
    command: Command,
    *,
    at: datetime,
    request_key: str | None = None,
    call: Call | None = None,
    room: Room | None = None,
    recording: Recording | None = None,
    text: TextMessage | None = None,
    expires_at: datetime | None = None,
    **options: Any,
) -> Outgoing:
    """Write a request down; it leaves after the transaction is committed."""
    row = Outgoing(
        command=command,
        request_key=request_key or fresh_key(),
        call_id=call.id if call else None,
        room_id=room.id if room else None,
        recording_id=recording.id if recording else None,
        text_id=text.id if text else None,
        options=options,
        created_at=at,
        due_at=at,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    session.info["has_asked"] = True
    return row


def delete_sound(session: Session, recording: Recording, *, at: datetime) -> None:
    """Ask the line to delete a recording; from now on nobody hears it."""
    recording.state = RecordingState.DELETING
    ask(session, Command.DELETE, at=at, recording=recording)


_WHERE_TO = (
    sa.select(Outgoing)
    .where(Outgoing.call_id == sa.bindparam("call"), Outgoing.command.in_((Command.TAKE_WAITING, *WHERE_TO)))
    .order_by(Outgoing.id.desc())
    .limit(1)
)


def last_sent(session: Session, call: Call) -> Outgoing | None:
    """Return what we last asked about where a leg is to be, if we ever did."""
    return session.scalars(_WHERE_TO, {"call": call.id}).first()


def has_asked(session: Session) -> bool:
    """Say whether anything was asked of the line in this session."""
    return "has_asked" in session.info


def settle(row: Outgoing, state: OutgoingState, *, at: datetime, error: str | None = None) -> None:
    """End a request, one way or the other."""
    row.state = state
    row.settled_at = at
    row.lease_until = None
    row.last_error = error


_UNANSWERED = sa.select(Outgoing).where(
    Outgoing.request_key == sa.bindparam("key"),
    Outgoing.state.in_((OutgoingState.SENDING, OutgoingState.UNKNOWN)),
)


def settle_by_event(session: Session, event: Event, call: Call | None) -> None:
    """Take a report as the answer to the request that caused it."""
    key = event.data.get("request_key") or (call.request_key if call is not None else None)
    if key is None:
        return
    row = session.scalars(_UNANSWERED, {"key": key}).first()
    if row is not None and once(row.command, row.options):
        settle(row, OutgoingState.SENT, at=event.at)
        session.flush()
