"""Letters: one request to the line with everything it needs, and how it is handed over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from telephony.line import RecordAction, RoomRef, TryLater, line
from telephony.outgoing import Command, Outgoing


@dataclass(frozen=True)
class Letter:
    """Everything one request needs, read before the transaction closed."""

    id: int
    command: Command
    request_key: str
    options: dict[str, Any]
    leg: str | None
    room: RoomRef | None
    number: str | None
    body: str | None
    recording: str | None


def letter_of(row: Outgoing) -> Letter:
    """Read what a request needs; its number is opened here and stays in memory."""
    number = row.call.number if row.call else row.text.number if row.text else None
    return Letter(
        id=row.id,
        command=row.command,
        request_key=row.request_key,
        options=dict(row.options),
        leg=row.call.provider_ref if row.call else None,
        room=row.room.ref if row.room else None,
        number=number,
        body=row.text.body if row.text else None,
        recording=row.recording.provider_ref if row.recording else None,
    )


def hand_over(letter: Letter) -> str | None:
    """Make one request of the line; return the reference it answers with, if any."""
    carrier, options = line(), letter.options
    room, key = letter.room or RoomRef(""), letter.request_key
    match letter.command:
        case Command.DIAL:
            return carrier.dial_into_room(room, letter.number or "", request_key=key, **options)
        case Command.RING_UP:
            return carrier.ring_up(letter.number or "", request_key=key, **options)
        case Command.BRING:
            return carrier.bring_operator(room, request_key=key, **options)
        case Command.TEXT:
            return carrier.send_text(letter.number or "", letter.body or "", request_key=key)
        case Command.END_ROOM:
            carrier.end_room(room)
            return None
        case Command.DELETE:
            carrier.delete_recording(letter.recording or "")
            return None
    return _about_leg(letter, room)


def _about_leg(letter: Letter, room: RoomRef) -> str | None:
    """Make a request about a leg, which waits until the line has told us of the leg."""
    carrier, options, leg = line(), letter.options, letter.leg
    if leg is None:
        raise TryLater("leg-not-known-yet")
    match letter.command:
        case Command.DROP:
            carrier.drop(leg)
        case Command.HOLD:
            carrier.set_hold(room, leg, options["held"])
        case Command.MUTE:
            carrier.set_mute(room, leg, options["muted"])
        case Command.COACH:
            carrier.set_coach(room, leg, options["coach"])
        case Command.TAKE_WAITING:
            carrier.take_waiting(options["line"], leg, room)
        case Command.MOVE:
            carrier.move(leg, room)
        case Command.QUEUE:
            carrier.put_waiting(leg, options["line"])
        case Command.RECORD:
            action = RecordAction.of(options["action"])
            return carrier.record(leg, action, request_key=letter.request_key, recording=letter.recording)
    return None
