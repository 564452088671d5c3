"""Longer stories: callers who ring twice, who are handed on after a consult, whose operator's telephone dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from benchmarks.hotline_parts import QUEUE, Part
from benchmarks.hotline_reports import Act, Report, Step
from benchmarks.hotline_stories import abandoned, when_talking
from core import db
from core.people import Staff
from core.problems import Missing, Refused
from core.sweeps import SWEEPS
from hotline import consulting, wrapping
from hotline.consults import consult_with
from hotline.contacts import Contact, ContactState
from telephony.rooms import open_room_of

MOVED = "participant_updated_via_api"


def rings_again(part: Part) -> Iterator[Step]:
    """Somebody gives up waiting, rings again and is talked to: nobody has to call them back any more."""
    part.tells_a_number()
    yield from abandoned(part)
    part.rings_again()
    yield from part.enters()
    yield from part.answered_by(part.first)
    yield from part.hangs_up(part.first)
    yield part.act(part.first, wrapping.finish)


def handed_on(part: Part) -> Iterator[Step]:
    """A colleague is asked, comes into the room and takes the caller over; the first telephone goes home."""
    first, second = part.first, part.second
    telephones = part.stage.telephones

    def ask(session: Session, contact: Contact, *, by: Staff, at: datetime) -> object:
        colleague = session.get_one(Staff, part.stage.people[second].id)
        return consulting.consult(session, contact, colleague, by=by, at=at)

    def accept(session: Session, contact: Contact, *, by: Staff, at: datetime) -> None:
        asked = consult_with(session, by)
        if asked is None:
            raise Missing
        consulting.accept(session, asked, by=session.get_one(Staff, by.id), at=at)

    def at_home() -> dict[str, str]:
        """Name the room that the first operator was given in place of the one passed on."""
        with db.reading() as session:
            room = open_room_of(session, part.stage.people[first].id)
        return {"FriendlyName": room.name if room else "", "ConferenceSid": "CF" + telephones[first][2:]}

    yield from part.enters()
    yield from part.answered_by(first)
    yield part.act(first, when_talking(ask))
    yield part.act(second, accept)
    yield part.in_room(second, "participant-leave", telephones[second], MOVED)
    yield part.page("join", telephones[second], room=part.room(first).name)
    yield part.in_room(first, "participant-join", telephones[second])
    yield part.act(first, consulting.transfer)
    yield part.in_room(first, "participant-leave", telephones[first], MOVED)
    came_home = part.in_room(first, "participant-join", telephones[first])
    yield Report("room", {**came_home.fields, "SequenceNumber": "1"}, learned=at_home)
    yield from part.hangs_up(first)
    yield part.act(second, wrapping.finish)


def telephone_dies(part: Part) -> Iterator[Step]:
    """The operator's telephone dies; the rounds let the caller wait first of all, and another talks to them."""

    def is_put_back(session: Session, at: datetime) -> None:
        SWEEPS["hotline.talks"].run(session, at)
        if part.contact(session).state is not ContactState.WAITING:
            raise Refused

    telephone = part.stage.telephones[part.first]
    yield from part.enters()
    yield from part.answered_by(part.first)
    yield part.in_room(part.first, "participant-leave", telephone, "participant_hung_up")
    yield part.over(telephone)
    yield Act(is_put_back)
    yield part.in_room(part.first, "participant-leave", reason=MOVED)
    yield part.page("join", line=QUEUE)
    yield part.page("wait", line=QUEUE, QueueSid=part.queue, QueuePosition="1", QueueTime="0")
    yield from part.answered_by(part.second)
    yield from part.hangs_up(part.second)
    yield part.act(part.second, wrapping.finish)


LONG: dict[str, Callable[[Part], Iterator[Step]]] = {
    "rings again": rings_again,
    "handed on": handed_on,
    "telephone dies": telephone_dies,
}
