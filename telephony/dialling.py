"""What people at work ask of the line: dial, hang up, hold, record, text; each written down first."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.problems import Invalid, Refused
from core.terms import Words
from telephony.calls import Call, Direction, Party, index_of, live_legs, note_moved
from telephony.line import Cause, LegState, RecordAction, line
from telephony.outbox import end_unheard, fail
from telephony.outgoing import MAKES_LEG, Command, Outgoing, OutgoingState, ask, fresh_key, settle
from telephony.recordings import Recording, running_recording
from telephony.rooms import Room, RoomIsClosed, close_room
from telephony.texts import TextMessage

RING_S = 25
LATEST = timedelta(seconds=20)


class AlreadyTalking(Refused):
    """A resident's leg is in the room already."""

    words = Words(
        "当前通话尚未结束，没有再次拨号。请先挂断。",
        "The present call has not ended, so nothing was dialled. Hang up first.",
    )


class NotConnected(Refused):
    """The operator's own leg is not there yet."""

    words = Words(
        "话机尚未接入，没有拨号。请等话机显示“就绪”后再拨。",
        "The telephone is not connected yet, so nothing was dialled. Wait until it says “Ready”.",
    )


class NoConsent(Refused):
    """Nobody said yes to a recording."""

    words = Words(
        "受访者尚未同意录音，没有开始录音。",
        "The resident has not agreed to be recorded, so nothing is recorded.",
    )


class NotOffered(Refused):
    """The line in use cannot do this."""

    words = Words("当前线路不支持此操作。", "The line in use does not offer this.")


def place_call(
    session: Session,
    *,
    room: Room,
    number: str,
    by: Staff,
    at: datetime,
    caller_id: str | None = None,
    ring_s: int = RING_S,
    detect_answerer: bool = False,
) -> Call:
    """Write down one call to a resident, who sees `caller_id`, else the survey's; dialled once after the commit, or not."""
    can = line().capabilities()
    if not room.is_open:
        raise RoomIsClosed
    if live_legs(session, room, Party.RESIDENT):
        raise AlreadyTalking
    if can.browser and not any(leg.was_connected for leg in live_legs(session, room, Party.OPERATOR)):
        raise NotConnected
    call = new_call(session, room, Direction.OUTBOUND, Party.RESIDENT, by, at, number)
    request = ask(
        session,
        Command.DIAL,
        at=at,
        request_key=call.request_key,
        call=call,
        room=room,
        expires_at=at + LATEST,
        caller_id=caller_id or line().settings.caller_number,
        ring_s=ring_s,
        detect_answerer=detect_answerer,
    )
    if not can.dials:  # the operator dials by hand: nothing leaves the house
        call.provider_ref, call.state = f"hand-{call.request_key}", LegState.DIALLING
        settle(request, OutgoingState.SENT, at=at)
        session.flush()
    journal.write(session, "call.dial", call, by=by, at=at, room=room.id)
    return call


def new_call(
    session: Session,
    room: Room,
    direction: Direction,
    party: Party,
    by: Staff,
    at: datetime,
    number: str | None,
) -> Call:
    """Write down one leg before anything is asked of the line."""
    call = Call(
        request_key=fresh_key(),
        room_id=room.id,
        staff_id=by.id,
        direction=direction,
        party=party,
        number=number,
        number_index=index_of(number),
        created_at=at,
        checked_at=at,
    )
    session.add(call)
    session.flush()
    return call


def hang_up(session: Session, call: Call, *, by: Staff | None, at: datetime) -> None:
    """End a leg; a dial that has not left yet is withdrawn instead."""
    if call.is_ended:
        return
    query = sa.select(Outgoing).where(Outgoing.call_id == call.id, Outgoing.state == OutgoingState.WAITING)
    for request in session.scalars(query.with_for_update()):
        if request.command in MAKES_LEG:
            fail(session, request, "too-late", at=at)
            return
    if not line().capabilities().dials:
        end_unheard(session, call, Cause.NORMAL if call.was_connected else Cause.CANCELLED, at=at)
        return
    ask(session, Command.DROP, at=at, call=call)


def end_room(session: Session, room: Room, *, by: Staff | None, at: datetime) -> None:
    """End a room and every leg in it."""
    if room.is_open and line().capabilities().browser:
        if room.provider_ref is not None:
            ask(session, Command.END_ROOM, at=at, room=room)
        for leg in live_legs(session, room):
            hang_up(session, leg, by=by, at=at)
    close_room(session, room, at=at)


def hold(session: Session, call: Call, held: bool, *, at: datetime) -> None:
    """Put a leg on hold or take it back."""
    offered(line().capabilities().holds)
    ask(session, Command.HOLD, at=at, call=call, room=room_of(call), held=held)


def mute(session: Session, call: Call, muted: bool, *, at: datetime) -> None:
    """Silence a leg or let it speak."""
    offered(line().capabilities().holds)
    ask(session, Command.MUTE, at=at, call=call, room=room_of(call), muted=muted)


def move(session: Session, call: Call, room: Room, *, at: datetime) -> None:
    """Bring a live leg into another room; whoever owns the room it leaves sees to that room."""
    can = line().capabilities()
    offered(can.browser and can.holds)
    if not room.is_open:
        raise RoomIsClosed
    note_moved(call, room)
    session.flush()
    ask(session, Command.MOVE, at=at, call=call, room=room)


def put_waiting(session: Session, call: Call, queue: str, *, at: datetime) -> None:
    """Let a live leg wait on a line again; it leaves the room it is in."""
    offered(line().capabilities().queues)
    ask(session, Command.QUEUE, at=at, call=call, room=call.room, line=queue)


def record(
    session: Session,
    call: Call,
    action: RecordAction,
    *,
    by: Staff | None,
    at: datetime,
    consent_at: datetime | None = None,
) -> Recording:
    """Start a recording after a spoken yes, or pause, resume or stop the one that runs."""
    offered(line().capabilities().records)
    recording = running_recording(session, call)
    if action == RecordAction.START:
        if consent_at is None:
            raise NoConsent
        if recording is not None:
            return recording
        if call.is_ended or not call.was_connected:
            raise Refused(
                Words("通话未接通，没有录音。", "The call is not connected, so nothing is recorded.")
            )
        recording = Recording(
            call_id=call.id,
            request_key=fresh_key(),
            consent_at=consent_at,
            requested_by=by.id if by else None,
            requested_at=at,
        )
        session.add(recording)
        session.flush()
    elif recording is None:
        raise Refused(Words("没有正在进行的录音。", "No recording is running."))
    recording.is_paused = action == RecordAction.PAUSE
    key = recording.request_key if action == RecordAction.START else None
    ask(session, Command.RECORD, at=at, request_key=key, call=call, recording=recording, action=action.value)
    journal.write(session, f"recording.{action.value}", recording, by=by, at=at, call=call.id)
    return recording


def send_text(session: Session, *, number: str, body: str, by: Staff | None, at: datetime) -> TextMessage:
    """Write down one text message; it leaves after the commit, once."""
    offered(line().capabilities().texts)
    if not body.strip() or len(body) > 500:
        raise Invalid(Words("短信内容须为 1–500 字", "A text holds 1–500 characters"))
    index = index_of(number) or b""
    text = TextMessage(
        request_key=fresh_key(),
        number=number,
        number_index=index,
        body=body,
        created_by=by.id if by else None,
        created_at=at,
    )
    session.add(text)
    session.flush()
    ask(session, Command.TEXT, at=at, request_key=text.request_key, text=text)
    return text


def room_of(call: Call) -> Room:
    """Return the open room a leg is in."""
    if call.room is None or not call.room.is_open:
        raise RoomIsClosed
    return call.room


def offered(can: bool) -> None:
    """Refuse what the line in use cannot do."""
    if not can:
        raise NotOffered
