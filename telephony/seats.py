"""Seats: one open telephone a person; a second page is told so, and takes over only when its owner says so."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.problems import Refused
from core.terms import Words
from telephony.calls import Call, Party, live_legs
from telephony.dialling import end_room, hang_up
from telephony.line import LegState
from telephony.rooms import Room, open_room_of


class ElsewhereConnected(Refused):
    """Another page of the same person holds the telephone."""

    words = Words(
        "您的话机已在另一个页面接通，本页没有接入，那边的通话不受影响。要在本页使用，请选择接管。",
        "Your telephone is connected on another page, so this one did not join and nothing there was "
        "disturbed. To use it here, take it over.",
    )


def sit_down(
    session: Session, staff: Staff, *, own_legs: Collection[str], takes_over: bool, at: datetime
) -> None:
    """Make sure that no other page holds the telephone; taking over ends the other page's first.

    In a room that ends with its owner the other page's leg would take it along when it leaves, so the room
    itself is ended; elsewhere only the other leg is.
    """
    room = open_room_of(session, staff.id)
    if room is None:
        return
    others = [
        leg
        for leg in live_legs(session, room, Party.OPERATOR)
        if leg.in_room and leg.provider_ref not in own_legs
    ]
    if not others:
        return
    if not takes_over:
        raise ElsewhereConnected
    journal.write(session, "room.take_over", room, by=staff, at=at)
    if room.ends_with_owner:
        end_room(session, room, by=staff, at=at)
        return
    for leg in others:  # whoever is talked to stays, and finds the operator again on the new page
        hang_up(session, leg, by=staff, at=at)


def room_at(session: Session, staff: Staff) -> Room | None:
    """Return the room that somebody's telephone is in: their own, or a colleague's they were fetched into."""
    query = (
        sa.select(Room)
        .join(Call, Call.room_id == Room.id)
        .where(
            Call.staff_id == staff.id,
            Call.party == Party.OPERATOR,
            Call.state != LegState.ENDED,
            Room.closed_at.is_(None),
        )
        .order_by(Call.in_room.desc(), Call.id.desc())
    )
    return session.scalars(query).first() or open_room_of(session, staff.id)
