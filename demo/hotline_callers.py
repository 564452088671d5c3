"""Today's callers on both lines: they ring by the hour of the day, wait or hang up, and say what they have to say."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import requests
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from core import clock
from core.db import reading
from core.terms import speaking
from demo.chance import SEED, below, uniform
from demo.help_lines import NUMBERS, key_of
from demo.hotline_history import number_of
from demo.hotline_stories import Story, story_of
from demo.telephones import TIMEOUT
from hotline.contacts import Contact, ContactLeg, ContactState
from hotline.lines import LineKind
from hotline.seats import LOST_AFTER, Seat, SeatState
from telephony.calls import Call
from telephony.line import LegState
from telephony.simulator.callers import HotlineCall, hotline_calls

log = logging.getLogger("tingmin.demo")
PER_DAY = 260.0
"""On each line: busier than the invented city would be, so that a visitor sees the telephone ring."""
PATIENCE_S = 150.0
TALK_S = 170.0
SILENT_S = 25.0
PRESSES = (13.0, 21.0)
"""Seconds after which a language's key is pressed: when the greeting asks, and once more while waiting."""
LATEST = timedelta(minutes=2)
QUIET = timedelta(seconds=50)
"""A visitor who sits down ready is not kept waiting longer than this."""
PAUSE = timedelta(seconds=8)
FIRST_WORD = timedelta(seconds=3)


def story_on(line: LineKind, number: str | None, leg: str) -> Story:
    """Return what a call is about: whoever calls again has the same on their mind."""
    return story_of(line, number or leg)


@dataclass
class Talk:
    """Somebody on the line, and how far they have come."""

    leg: str
    story: Story
    said: int = 0
    next_at: datetime | None = None


class Callers(threading.Thread):
    """Everybody who calls the two lines today."""

    def __init__(self, robots: Collection[int], *, carrier: str, stopping: threading.Event) -> None:
        super().__init__(name="callers", daemon=True)
        self.robots = frozenset(robots)
        self.carrier = carrier
        self.stopping = stopping
        self.talks: dict[str, Talk] = {}
        self.rung_upto = clock.now()
        self.last_at: dict[LineKind, datetime] = {}

    def run(self) -> None:
        """Let who is due call, and who is spoken with go on, every second until told to stop."""
        while not self.stopping.wait(1.0):
            try:
                self.ring(clock.now())
                self.ring_for_visitors(clock.now())
                self.speak(clock.now())
            except (DBAPIError, requests.RequestException) as error:
                log.info("callers rest: %s", type(error).__name__)

    def ring(self, now: datetime) -> int:
        """Let everybody call whose time has come since the last look."""
        begins, self.rung_upto = max(self.rung_upto, now - LATEST), now
        due = [
            (line, call)
            for line in LineKind
            for day in {clock.today(begins), clock.today(now)}
            for call in hotline_calls(
                SEED + 1, day, line.value, per_day=PER_DAY, patience_s=PATIENCE_S, talk_s=TALK_S
            )
            if begins < call.at <= now
        ]
        for line, call in due:
            self.call(line, call)
        return len(due)

    def ring_for_visitors(self, now: datetime) -> None:
        """Let somebody call soon where a person sits ready and nobody has called for a while."""
        for line in LineKind:
            if now - self.last_at.get(line, now - QUIET) < QUIET or not self._awaits(line, now):
                continue
            name = (SEED, "for a visitor", line.value, now.isoformat())
            tail = below(40 if uniform(*name) < 0.3 else 10**8, *name)
            is_withheld = uniform(*name, "withheld") < 0.1
            number = None if is_withheld else f"+86139{tail:08d}"
            self.call(line, HotlineCall(now, number, 120.0, 60 + below(240, *name)))

    def _awaits(self, line: LineKind, now: datetime) -> bool:
        seats = sa.select(Seat).where(
            Seat.state == SeatState.AVAILABLE,
            Seat.heartbeat_at >= now - LOST_AFTER,
            Seat.since <= now - FIRST_WORD,
            Seat.staff_id.not_in(self.robots),
        )
        waiting = sa.select(Contact.id).where(Contact.line == line, Contact.state == ContactState.WAITING)
        with reading() as session:
            ready = any(line.value in seat.serves for seat in session.scalars(seats))
            return ready and session.scalars(waiting.limit(1)).first() is None

    def call(self, line: LineKind, call: HotlineCall) -> str:
        """Let one person call a line; return their leg."""
        number = number_of(call)
        known = story_of(line, number) if number else None
        is_silent = known is not None and known.is_silent
        key = key_of(line.value, number or call.at.isoformat())
        body = {
            "from": number or "anonymous",
            "to": NUMBERS[line],
            "patience_s": call.patience_s,
            "presses": [[after_s, key] for after_s in PRESSES] if key and not is_silent else [],
            "talk_s": SILENT_S if is_silent else max(45.0, min(call.talk_s, 420.0)),
        }
        answer = requests.post(f"{self.carrier}/sim/inbound", json=body, timeout=TIMEOUT)
        answer.raise_for_status()
        leg = str(answer.json()["leg"])
        self.talks[leg] = Talk(leg, story_on(line, number, leg))
        self.last_at[line] = clock.now()
        return leg

    def speak(self, now: datetime) -> None:
        """Let those who talk with a person say the next thing; the robots need no words."""
        if not self.talks:
            return
        query = (
            sa.select(Call.provider_ref, Call.state, Contact.state, Contact.taken_by)
            .join(ContactLeg, ContactLeg.call_id == Call.id)
            .join(Contact, Contact.id == ContactLeg.contact_id)
            .where(Call.provider_ref.in_(list(self.talks)))
        )
        with reading() as session:
            rows = session.execute(query).all()
        for leg, call_state, state, taker in rows:
            talk = self.talks[str(leg)]
            if call_state is LegState.ENDED:
                del self.talks[talk.leg]
            elif state is ContactState.TALKING and taker not in self.robots:
                self._say(talk, now)

    def _say(self, talk: Talk, now: datetime) -> None:
        if talk.next_at is None:
            talk.next_at = now + FIRST_WORD
        if now < talk.next_at or talk.said >= len(talk.story.says):
            return
        with speaking("zh"):
            text = str(talk.story.says[talk.said])
        requests.post(f"{self.carrier}/sim/say", json={"leg": talk.leg, "text": text}, timeout=TIMEOUT)
        talk.said, talk.next_at = talk.said + 1, now + PAUSE
