"""Stories of callers as the carrier would report them, each in the one order in which it truly happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.hotline_parts import QUEUE, Part
from benchmarks.hotline_reports import Act, Report, Step
from core.people import Staff
from core.problems import Refused
from hotline import calling_back, taking, talking, wrapping
from hotline.callbacks import CallBack
from hotline.contacts import Contact, ContactState


def answered(part: Part) -> Iterator[Step]:
    """A caller waits, is talked to, hangs up, and the record is finished."""
    yield from part.enters()
    yield from part.answered_by(part.first)
    yield from part.hangs_up(part.first)
    yield part.act(part.first, wrapping.finish)


def ended_by_us(part: Part) -> Iterator[Step]:
    """The operator ends the talk."""
    yield from part.enters()
    yield from part.answered_by(part.first)
    yield part.act(part.first, when_talking(talking.hang_up))
    yield part.in_room(part.first, "participant-leave", reason="participant_updated_via_api")
    yield part.over()
    yield part.act(part.first, wrapping.finish)


def when_talking(deed: Callable[..., object]) -> Callable[..., object]:
    """Nobody ends a talk that their screen does not show yet."""

    def do(session: Session, contact: Contact, *, by: Staff, at: datetime) -> object:
        if contact.state is not ContactState.TALKING:
            raise Refused
        return deed(session, contact, by=by, at=at)

    return do


def abandoned(part: Part) -> Iterator[Step]:
    """A caller hangs up while waiting."""
    yield from part.enters()
    yield part.waited("hangup")
    yield part.over()


def abandoned_at_once(part: Part) -> Iterator[Step]:
    """A caller hangs up during the greeting."""
    yield part.page("inbound")
    yield part.over()


def presses(key: str) -> Callable[[Part], Iterator[Step]]:
    """A caller presses a key and is let go."""

    def story(part: Part) -> Iterator[Step]:
        yield from part.enters()
        yield part.page("input", q="hotline-wait", n="0", Digits=key)
        if key == "1" and part.number == "anonymous":  # nobody can call them back: they wait on, and give up
            yield part.waited("hangup")
        else:
            yield part.waited("leave", is_page=True)
        yield part.over()

    return story


def turned_away(result: str) -> Callable[[Part], Iterator[Step]]:
    """The queue is full, or breaks."""

    def story(part: Part) -> Iterator[Step]:
        yield part.page("inbound")
        yield part.waited(result, is_page=True)
        yield part.over()

    return story


def gone_when_taken(part: Part) -> Iterator[Step]:
    """A caller hangs up in the moment in which somebody answers."""
    yield from part.enters()
    yield part.act(part.first, taking.take)
    yield part.waited("hangup")
    yield part.over()


def passed_on(part: Part) -> Iterator[Step]:
    """The operator's telephone breaks off; the caller waits first of all and is talked to by another."""

    def is_waiting(session: Session, at: datetime) -> None:
        if part.contact(session).state is not ContactState.WAITING:
            raise Refused

    def breaks_off(session: Session, contact: Contact, *, by: Staff, at: datetime) -> None:
        talking.put_back(session, contact, at=at)

    yield from part.enters()
    yield from part.answered_by(part.first)
    yield part.act(part.first, when_talking(breaks_off))
    yield Act(is_waiting)
    yield part.in_room(part.first, "participant-leave", reason="participant_updated_via_api")
    yield part.page("join", line=QUEUE)
    yield part.page("wait", line=QUEUE, QueueSid=part.queue, QueuePosition="1", QueueTime="0")
    yield from part.answered_by(part.second)
    yield from part.hangs_up(part.second)
    yield part.act(part.second, wrapping.finish)


def called_back(part: Part) -> Iterator[Step]:
    """Somebody who gave up waiting is rung and talked to."""
    part.tells_a_number()
    yield from abandoned(part)
    yield from _rings(part, reaches=True)
    yield part.act(part.first, wrapping.finish)


def not_reached(part: Part) -> Iterator[Step]:
    """Somebody who gave up waiting is rung and does not answer."""
    part.tells_a_number()
    yield from abandoned(part)
    yield from _rings(part, reaches=False)


def _rings(part: Part, *, reaches: bool) -> Iterator[Step]:
    leg = "CA" + f"{part.dice.getrandbits(128):032x}"
    key: dict[str, str] = {}

    def ring(session: Session, contact: Contact, *, by: Staff, at: datetime) -> None:
        row = session.scalars(sa.select(CallBack).where(CallBack.contact_id == contact.id)).first()
        if row is None:
            raise Refused
        call = calling_back.ring(session, row, by=by, at=at)
        call.provider_ref, key["k"] = leg, call.request_key

    yield part.act(part.first, ring)
    for order, status in enumerate(("initiated", "ringing", *(("in-progress",) if reaches else ()))):
        fields = {**part.standard(leg), "CallStatus": status, "SequenceNumber": str(order)}
        yield Report("call", fields, key)
    if reaches:
        yield part.in_room(part.first, "participant-join", leg)
        yield part.in_room(part.first, "participant-leave", leg, "participant_hung_up")
    yield part.over(leg, "completed" if reaches else "no-answer", key)


STORIES: dict[str, Callable[[Part], Iterator[Step]]] = {
    "answered": answered,
    "ended by us": ended_by_us,
    "abandoned": abandoned,
    "abandoned at once": abandoned_at_once,
    "asked to be called": presses("1"),
    "message": presses("2"),
    "queue full": turned_away("queue-full"),
    "queue broken": turned_away("system-error"),
    "gone when taken": gone_when_taken,
    "passed on": passed_on,
    "called back": called_back,
    "not reached": not_reached,
}
