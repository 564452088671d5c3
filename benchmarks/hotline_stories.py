"""Stories of callers as the carrier would report them, each in the one order in which it truly happened."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.hotline_play import BEGIN, NUMBER, Act, Report, Stage, Step, ended_facts
from core.people import Staff
from core.problems import Refused
from hotline import calling_back, taking, talking, wrapping
from hotline.callbacks import CallBack
from hotline.contacts import Contact, ContactState
from telephony.calls import Call
from telephony.line import Cause, LegState, Rung
from telephony.rooms import Room

QUEUE = "line-counselling"


@dataclass
class Part:
    """One caller's part in a play: the leg, who answers, and the counts that the carrier keeps."""

    stage: Stage
    dice: random.Random
    first: int
    second: int
    leg: str = ""
    counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.leg = "CA" + f"{self.dice.getrandbits(128):032x}"
        self.number = "anonymous" if self.dice.random() < 0.1 else f"+86139{self.dice.randrange(10**8):08d}"
        self.queue = "QU" + f"{self.dice.getrandbits(128):032x}"

    # What the carrier tells

    def page(self, hook: str, leg: str = "", **more: str) -> Report:
        """A page that the carrier asks for and waits for."""
        query: dict[str, str] = {name: more.pop(name) for name in ("line", "q", "n", "room") if name in more}
        return Report(hook, {**self._standard(leg), **more}, query, is_page=True)

    def told(self, hook: str, leg: str = "", query: dict[str, str] | None = None, **more: str) -> Report:
        """A report that nobody waits for."""
        return Report(hook, {**self._standard(leg), **more}, query or {})

    def _standard(self, leg: str) -> dict[str, str]:
        ours = bool(leg)
        return {
            "CallSid": leg or self.leg, "From": "+862161000000" if ours else self.number,
            "To": self.number if ours else NUMBER, "Direction": "outbound-api" if ours else "inbound",
            "CallStatus": "in-progress",
        }  # fmt: skip

    def _next(self, of: str) -> str:
        self.counts[of] = self.counts.get(of, 0) + 1
        return str(self.counts[of])

    def room(self, who: int) -> Room:
        """Whose room a caller is in."""
        return self.stage.rooms[who]

    def in_room(self, who: int, told: str, leg: str = "", reason: str = "") -> Report:
        """A report of a room, with its own count."""
        room = self.room(who)
        fields = {
            **self._standard(leg), "ConferenceSid": room.provider_ref or "", "FriendlyName": room.name,
            "StatusCallbackEvent": told, "SequenceNumber": self._next(f"room{who}"),
        }  # fmt: skip
        return Report("room", {**fields, "ReasonParticipantLeft": reason} if reason else fields)

    def over(self, leg: str = "", status: str = "completed", query: dict[str, str] | None = None) -> Report:
        """The end of a leg, and its line in the carrier's books."""
        one, began = leg or self.leg, BEGIN
        self.stage.books.over[one] = ended_facts(one, began, began + timedelta(minutes=5), 60)
        if not leg:
            number = None if self.number == "anonymous" else self.number
            self.stage.books.rung[one] = Rung(
                one, LegState.ENDED, Cause.NORMAL, began, began + timedelta(minutes=5), number
            )
        code = {"completed": "200", "no-answer": "487"}[status]
        fields = {**self._standard(leg), "CallStatus": status, "SequenceNumber": "9", "CallDuration": "60"}
        return Report("call", {**fields, "SipResponseCode": code}, query or {})

    # What we do

    def act(self, who: int, deed: Callable[..., object]) -> Act:
        """Somebody does something with this caller."""
        staff = self.stage.people[who]

        def do(session: Session, at: datetime) -> object:
            return deed(session, self.contact(session), by=staff, at=at)

        return Act(do)

    def contact(self, session: Session) -> Contact:
        """This caller's contact, locked."""
        query = sa.select(Contact).join(Call, Call.id == Contact.call_id).where(Call.provider_ref == self.leg)
        found = session.scalars(query.with_for_update(of=Contact)).first()
        if found is None:
            raise Refused
        return found

    # Pieces of stories

    def enters(self, passes: int = 0) -> Iterator[Step]:
        """Rings, is greeted and waits some passes of the page."""
        yield self.page("inbound")
        for n in range(1 + (passes or self.dice.randint(0, 3))):
            yield self.page("wait", line=QUEUE, QueueSid=self.queue, QueuePosition="1", QueueTime=str(20 * n))

    def waited(self, result: str, *, is_page: bool = False) -> Report:
        """Says how the waiting ended."""
        fields = {"QueueSid": self.queue, "QueueResult": result, "QueueTime": "30"}
        if is_page:
            return self.page("waited", line=QUEUE, **fields)
        return self.told("waited", "", {"line": QUEUE}, **fields)

    def answered_by(self, who: int) -> Iterator[Step]:
        """Is taken and comes through."""
        yield self.act(who, taking.take)
        yield self.waited("redirected")
        yield self.page("join", room=self.room(who).name)
        yield self.in_room(who, "participant-join")

    def hangs_up(self, who: int) -> Iterator[Step]:
        """Hangs up in the middle of the talk."""
        yield self.in_room(who, "participant-leave", reason="participant_hung_up")
        yield self.over()


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
    yield part.act(part.first, _when_talking(talking.hang_up))
    yield part.in_room(part.first, "participant-leave", reason="participant_updated_via_api")
    yield part.over()
    yield part.act(part.first, wrapping.finish)


def _when_talking(deed: Callable[..., object]) -> Callable[..., object]:
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
    yield part.act(part.first, _when_talking(breaks_off))
    yield Act(is_waiting)
    yield part.in_room(part.first, "participant-leave", reason="participant_updated_via_api")
    yield part.page("join", line=QUEUE)
    yield part.page("wait", line=QUEUE, QueueSid=part.queue, QueuePosition="1", QueueTime="0")
    yield from part.answered_by(part.second)
    yield from part.hangs_up(part.second)
    yield part.act(part.second, wrapping.finish)


def called_back(part: Part) -> Iterator[Step]:
    """Somebody who gave up waiting is rung and talked to."""
    if part.number == "anonymous":
        part.number = "+8613900000000"
    yield from abandoned(part)
    yield from _rings(part, reaches=True)
    yield part.act(part.first, wrapping.finish)


def not_reached(part: Part) -> Iterator[Step]:
    """Somebody who gave up waiting is rung and does not answer."""
    if part.number == "anonymous":
        part.number = "+8613900000000"
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
        fields = {**part._standard(leg), "CallStatus": status, "SequenceNumber": str(order)}
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
