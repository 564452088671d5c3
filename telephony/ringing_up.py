"""Ringing up: a telephone of the house is rung, and whoever answers hears what a room of the house has to say."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core import journal
from telephony.calls import Call, Direction, Party, index_of
from telephony.dialling import LATEST, RING_S, offered
from telephony.line import line
from telephony.outgoing import Command, ask, fresh_key


def ring_up(session: Session, *, number: str, shows: str, at: datetime, ring_s: int = RING_S) -> Call:
    """Write down one call to a telephone of ours; what is said there is asked for when somebody answers.

    `shows` is the number that rings it: one of the house's own.
    """
    offered(line().capabilities().dials)
    call = Call(
        request_key=fresh_key(),
        direction=Direction.OUTBOUND,
        party=Party.SUPERVISOR,
        number=number,
        number_index=index_of(number),
        created_at=at,
        checked_at=at,
    )
    session.add(call)
    session.flush()
    ask(
        session, Command.RING_UP, at=at, request_key=call.request_key, call=call, expires_at=at + LATEST,
        caller_id=shows, ring_s=ring_s,
    )  # fmt: skip
    journal.write(session, "call.ring_up", call, by=None, at=at)
    return call
