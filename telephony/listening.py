"""How a supervisor joins a conversation: listening unheard, whispering to the operator, speaking to all."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from telephony.calls import Call, Direction, Party, live_legs
from telephony.dialling import LATEST, hang_up, new_call, offered, room_of
from telephony.events import listen
from telephony.line import Event, EventKind, LegState, identity_of, line
from telephony.outgoing import Command, ask
from telephony.rooms import Room, RoomIsClosed


def listen_in(session: Session, room: Room, *, by: Staff, at: datetime, coached: Staff | None = None) -> Call:
    """Ring the supervisor's browser into a room, unheard by anyone; where two work there, say who is coached."""
    offered(line().capabilities().listens_in)
    operators = [leg for leg in live_legs(session, room, Party.OPERATOR) if leg.provider_ref]
    if coached is not None:
        operators.sort(key=lambda leg: leg.staff_id != coached.id)
    if not room.is_open or not operators:
        raise RoomIsClosed
    call = new_call(session, room, Direction.OUTBOUND, Party.SUPERVISOR, by, at, None)
    call.is_muted = call.is_coaching = True
    ask(
        session,
        Command.BRING,
        at=at,
        request_key=call.request_key,
        call=call,
        room=room,
        expires_at=at + LATEST,
        operator=identity_of(by.id),
        listen_only=True,
        coach=operators[0].provider_ref,
    )
    journal.write(session, "room.listen", room, by=by, at=at)
    return call


def whisper(session: Session, call: Call, *, by: Staff, at: datetime) -> None:
    """Let a listening supervisor be heard by the operator alone."""
    ask(session, Command.MUTE, at=at, call=call, room=room_of(call), muted=False)
    journal.write(session, "room.whisper", room_of(call), by=by, at=at)


def barge(session: Session, call: Call, *, by: Staff, at: datetime) -> None:
    """Let a listening supervisor be heard by everybody in the room."""
    ask(session, Command.COACH, at=at, call=call, room=room_of(call), coach=None)
    ask(session, Command.MUTE, at=at, call=call, room=room_of(call), muted=False)
    journal.write(session, "room.barge", room_of(call), by=by, at=at)


def leave(session: Session, call: Call, *, by: Staff, at: datetime) -> None:
    """Take a supervisor out of the conversation again."""
    hang_up(session, call, by=by, at=at)
    journal.write(session, "room.leave", call.room or call, by=by, at=at)


_LISTENING = (
    sa.select(Call)
    .where(Call.room_id == sa.bindparam("room"), Call.party == Party.SUPERVISOR, Call.state != LegState.ENDED)
    .order_by(Call.id)
)


def _leave_with_resident(session: Session, event: Event, call: Call | None) -> None:
    """End the listening with its conversation: the next resident in this room has agreed to nothing yet."""
    if call is None or call.party != Party.RESIDENT or not call.is_ended or call.room_id is None:
        return
    for leg in session.scalars(_LISTENING, {"room": call.room_id}).all():
        # By our own clock, and due at once: the line's may be ahead, and the drop would wait for it.
        hang_up(session, leg, by=None, at=leg.created_at)


listen(EventKind.LEG, _leave_with_resident)
