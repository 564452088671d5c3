"""A caller's part in a play: the leg, who answers, what the carrier tells of it and what we do with it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.hotline_reports import Act, Report, Step, ended_facts
from benchmarks.hotline_stage import BEGIN, NUMBER, Stage
from core.problems import Refused
from hotline import taking
from hotline.contacts import Contact
from telephony.calls import Call
from telephony.line import Cause, LegState, Rung
from telephony.rooms import Room

QUEUE = "line-counselling"
_CONTACT = (
    sa.select(Contact)
    .join(Call, Call.id == Contact.call_id)
    .where(Call.provider_ref == sa.bindparam("leg"))
    .with_for_update(of=Contact)
)


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
        self.earlier: list[str] = []

    @property
    def legs(self) -> list[str]:
        """Every leg on which this caller rang."""
        return [*self.earlier, self.leg]

    def tells_a_number(self) -> None:
        """This caller withholds no number, and has one of their own: somebody else's would make them somebody else."""
        if self.number == "anonymous":
            self.number = f"+86138{int(self.leg[-8:], 16) % 10**8:08d}"

    def rings_again(self) -> None:
        """The same caller rings anew: from now on this is about the new call."""
        self.earlier.append(self.leg)
        self.leg = "CA" + f"{self.dice.getrandbits(128):032x}"
        self.queue = "QU" + f"{self.dice.getrandbits(128):032x}"

    # What the carrier tells

    def page(self, hook: str, leg: str = "", **more: str) -> Report:
        """A page that the carrier asks for and waits for."""
        query: dict[str, str] = {name: more.pop(name) for name in ("line", "q", "n", "room") if name in more}
        return Report(hook, {**self.standard(leg), **more}, query, is_page=True)

    def told(self, hook: str, leg: str = "", query: dict[str, str] | None = None, **more: str) -> Report:
        """A report that nobody waits for."""
        return Report(hook, {**self.standard(leg), **more}, query or {})

    def standard(self, leg: str) -> dict[str, str]:
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
            **self.standard(leg), "ConferenceSid": room.provider_ref or "", "FriendlyName": room.name,
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
        fields = {**self.standard(leg), "CallStatus": status, "SequenceNumber": "9", "CallDuration": "60"}
        return Report("call", {**fields, "SipResponseCode": code}, query or {})

    # What we do

    def act(self, who: int, deed: Callable[..., object]) -> Act:
        """Somebody does something with this caller."""
        staff, leg = self.stage.people[who], self.leg

        def do(session: Session, at: datetime) -> object:
            return deed(session, self.contact(session, leg), by=staff, at=at)

        return Act(do)

    def contact(self, session: Session, leg: str = "") -> Contact:
        """This caller's contact, locked."""
        found = session.scalars(_CONTACT, {"leg": leg or self.leg}).first()
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
