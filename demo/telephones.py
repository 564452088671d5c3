"""The telephones of the demonstration's robots: each joins its own room over the wire, as a browser does."""

from __future__ import annotations

import threading

import requests

from core import clock
from core.db import reading, transaction
from core.people import Staff
from telephony.calls import Party, live_legs
from telephony.line import identity_of, line
from telephony.rooms import Purpose, open_room, open_room_of

TIMEOUT = (3.0, 10.0)
TRIES, EVERY_S = 50, 0.2


def connect(staff_id: int, purpose: Purpose, *, carrier: str, stopping: threading.Event) -> None:
    """Join somebody's own room, and wait until their telephone stands there."""
    grant = line().browser_grant(identity_of(staff_id))
    with transaction() as session:
        who = session.get_one(Staff, staff_id)
        name = open_room(session, owner=who, purpose=purpose, at=clock.now()).name
    body = {"token": grant.token, "params": {"room": name}}
    requests.post(f"{carrier}/client/connect", json=body, timeout=TIMEOUT).raise_for_status()
    for _ in range(TRIES):
        if is_connected(staff_id):
            return
        stopping.wait(EVERY_S)


def is_connected(staff_id: int) -> bool:
    """Say whether somebody's telephone stands ready."""
    with reading() as session:
        room = open_room_of(session, staff_id)
        return room is not None and any(leg.was_connected for leg in live_legs(session, room, Party.OPERATOR))
