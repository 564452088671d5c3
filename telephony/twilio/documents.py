"""What the line is to do with a leg it asks about: whose room it joins, what a caller hears."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.permissions import Permission
from core.phone import told_number
from telephony.calls import Call, Direction, Party, call_with_ref, index_of, note_moved
from telephony.inbound import (
    Heard,
    answer_call,
    answer_input,
    answer_picked_up,
    answer_return,
    answer_wait,
    home_of,
    is_kept_apart,
)
from telephony.line import LegState, staff_id_of
from telephony.outgoing import Command, fresh_key, last_sent
from telephony.rooms import Room, room_called
from telephony.spoken import NO_ROOM, UNEXPECTED, Join, Wait
from telephony.twilio import twiml
from telephony.twilio.adapter import TwilioLine
from telephony.twilio.translate import keys_in, whole
from telephony.twilio.vocabulary import way_out_of_waiting


@dataclass(frozen=True)
class Asked:
    """One question of the line: its fields, our own query, and when it came."""

    fields: Mapping[str, str]
    query: Mapping[str, str]
    at: datetime


def for_browser(session: Session, line: TwilioLine, asked: Asked) -> str:
    """Bring an operator's browser into the room that its identity is authorised for, and no other."""
    identity = asked.fields.get("From", "").removeprefix("client:")
    staff = session.get(Staff, staff_id_of(identity) or 0)
    room = room_called(session, asked.fields.get("room"))
    may = staff is not None and staff.is_active and staff.may(Permission.LINE_USE)
    if staff is None or not may or room is None or not room.is_open or room.owner_id != staff.id:
        journal.write(session, "line.refused", "line:browser", by=staff, at=asked.at)
        return twiml.document(line.settings, NO_ROOM)
    call = _browser_leg(session, staff, room, asked)
    return twiml.operators_leg(
        line.settings, room.name, request_key=call.request_key, ends_room=room.ends_with_owner
    )


def _browser_leg(session: Session, staff: Staff, room: Room, asked: Asked) -> Call:
    found = call_with_ref(session, asked.fields.get("CallSid"))
    if found is not None:
        return found
    call = Call(
        request_key=fresh_key(),
        provider_ref=asked.fields.get("CallSid"),
        room_id=room.id,
        staff_id=staff.id,
        direction=Direction.BROWSER,
        party=Party.OPERATOR,
        state=LegState.DIALLING,
        created_at=asked.at,
        checked_at=asked.at,
    )
    session.add(call)
    session.flush()
    return call


def meet_caller(session: Session, line: TwilioLine, asked: Asked) -> Call | None:
    """Write a caller's leg down when we first hear of it; a number withheld or kept apart isn't on it."""
    leg = asked.fields.get("CallSid")
    if not leg or _is_ours(asked) or call_with_ref(session, leg) is not None:
        return None
    number = _caller(asked)
    if number is not None and is_kept_apart(session, asked.fields.get("To", "")):
        number = None
    call = Call(
        request_key=fresh_key(),
        provider_ref=leg,
        direction=Direction.INBOUND,
        party=Party.RESIDENT,
        number=number,
        number_index=index_of(number),
        state=LegState.CONNECTED,
        connected_at=asked.at,
        created_at=asked.at,
        checked_at=asked.at,
    )
    session.add(call)
    session.flush()
    return call


def for_inbound(session: Session, line: TwilioLine, asked: Asked) -> str:
    """Answer somebody who calls one of our numbers."""
    call = call_with_ref(session, asked.fields.get("CallSid"))
    if call is None:
        return twiml.document(line.settings, UNEXPECTED)
    return twiml.document(line.settings, answer_call(session, call, _heard(asked)))


def for_picked_up(session: Session, line: TwilioLine, asked: Asked) -> str:
    """Speak to whoever answered a telephone of ours that we rang."""
    key = asked.query.get("k", "")
    call = session.scalars(sa.select(Call).where(Call.request_key == key)).first()
    if call is None:
        return twiml.document(line.settings, UNEXPECTED)
    return twiml.document(line.settings, answer_picked_up(session, call, _heard(asked)))


def for_input(session: Session, line: TwilioLine, asked: Asked) -> str:
    """Go on after a caller has pressed keys."""
    call = call_with_ref(session, asked.fields.get("CallSid"))
    if call is None:
        return twiml.document(line.settings, UNEXPECTED)
    return twiml.document(line.settings, answer_input(session, call, _heard(asked)))


def for_wait(session: Session, line: TwilioLine, asked: Asked) -> str:
    """Say what a waiting caller hears, or what follows the waiting."""
    call = call_with_ref(session, asked.fields.get("CallSid"))
    steps = answer_wait(session, call, _heard(asked)) if call is not None else None
    if steps is not None:
        return twiml.document(line.settings, steps)
    return twiml.nothing() if "QueueResult" in asked.fields else twiml.quiet()


def for_join(session: Session, line: TwilioLine, asked: Asked) -> str:
    """Bring a leg into the room it was taken or moved to, or put a caller back onto a line."""
    call = call_with_ref(session, asked.fields.get("CallSid"))
    if call is not None and asked.query.get("line"):
        return twiml.document(line.settings, answer_return(session, call, _heard(asked)))
    room = room_called(session, asked.query.get("room"))
    home = home_of(session, call) if call is not None else None
    if call is not None and home is not None and (room is None or not room.is_open):
        back = answer_return(session, call, replace(_heard(asked), line=home))
        return twiml.document(line.settings, back)
    if room is None or not room.is_open or call is None:
        return twiml.document(line.settings, UNEXPECTED)
    if call.party == Party.RESIDENT:
        again = [] if home is None else [Wait(home)]  # should the room end around them
        last = last_sent(session, call)
        if last is not None and last.room is not None and last.room_id != room.id:
            room = last.room  # the question is an old one: they were sent elsewhere since
        elif last is None or last.command is not Command.QUEUE:
            note_moved(call, room)
            session.flush()
        is_waiting = last is not None and last.command is Command.QUEUE and home is not None
        return twiml.document(line.settings, again if is_waiting else [Join(room.name), *again])
    if call.room_id != room.id:  # moved on meanwhile, or never asked for
        return twiml.document(line.settings, NO_ROOM)
    ends = room.ends_with_owner and room.owner_id == call.staff_id
    return twiml.operators_leg(line.settings, room.name, request_key=call.request_key, ends_room=ends)


def _caller(asked: Asked) -> str | None:
    """Return the number of somebody who called us; of a call of ours it would be our own."""
    return None if _is_ours(asked) else told_number(asked.fields.get("From", ""))


def _is_ours(asked: Asked) -> bool:
    """Say whether we made the call; such a leg is known already, or learned by its key."""
    return asked.fields.get("Direction", "inbound").startswith("outbound")


def _heard(asked: Asked) -> Heard:
    return Heard(
        called=asked.fields.get("To", ""),
        question=asked.query.get("q"),
        digits=keys_in(asked.fields),
        turn=whole(asked.query, "n") or 0,
        line=asked.query.get("line"),
        position=whole(asked.fields, "QueuePosition"),
        result=way_out_of_waiting(asked.fields.get("QueueResult")),
        caller=_caller(asked),
        recorded_s=whole(asked.fields, "RecordingDuration"),
    )
