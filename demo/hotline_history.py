"""The past weeks of the two lines: who called and when, who was answered, what was written down and what follows."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import transaction
from core.people import Staff
from core.places import Level, Place
from demo.chance import SEED, below, uniform
from demo.help_lines import AHEAD, add_help_lines, add_roster, key_of, operators
from demo.hotline_handovers import hand_over
from demo.hotline_papers import agree, write_call, write_talk
from demo.hotline_stories import Story, story_of
from hotline.callbacks import CallBack, CallBackReason, CallBackState
from hotline.callers import Caller, index_on
from hotline.contacts import WRAP_UP, Contact, ContactState, Source, WayOut, fresh_token
from hotline.followups import FollowUp, FollowUpState, FollowUpTry, TryResult
from hotline.languages import languages_on
from hotline.lines import LineKind
from hotline.shifts import Shift
from telephony.simulator.callers import HotlineCall, hotline_calls

PER_DAY = {LineKind.COUNSELLING: 42.0, LineKind.CITIZEN: 46.0}
TALK_S = {LineKind.COUNSELLING: 780.0, LineKind.CITIZEN: 230.0}
PATIENCE_S = 300.0
LEFT_OPEN = timedelta(hours=3)
"""Who hung up within this time before now is still to be called back."""
LEFT_TO_CALL = timedelta(hours=14)
"""Follow-ups whose time came this long ago have been made; the later ones are the visitor's."""


def number_of(call: HotlineCall) -> str | None:
    """Return the caller's number, moved into the range that rings no telephone."""
    return None if call.number is None else f"+86145{call.number[-8:]}"


def play(days: int, now: datetime) -> None:
    """Let both lines have had their callers for some days up to now."""
    today = clock.today(now)
    first = today - timedelta(days=days)
    with transaction() as session:
        add_help_lines(session, at=now - timedelta(days=days))
        add_roster(session, first, today + timedelta(days=AHEAD), at=now - timedelta(days=days))
    past = [first + timedelta(days=offset) for offset in range(days + 1)]
    for line in LineKind:
        with transaction() as session:
            callers: dict[str, Caller] = {}
            for begin in range(0, len(past), 7):
                _Days(session, line, callers, now).play(past[begin : begin + 7])
    with transaction() as session:
        _make_follow_ups(session, now)
        hand_over(session, now)


class _Days:
    """Some days of one line, with its operators taking turns; what was written down comes when all have called."""

    def __init__(self, session: Session, line: LineKind, callers: dict[str, Caller], now: datetime) -> None:
        self.session = session
        self.kind = line
        self.callers = callers
        self.now = now
        self.people = {person.id: person for person in operators(session, line)}
        self.free = [(datetime.min.replace(tzinfo=now.tzinfo), who) for who in self.people]
        query = sa.select(Place.id).where(Place.level == Level.TOWNSHIP).order_by(Place.id)
        self.towns = list(session.scalars(query))
        shifts = sa.select(Shift).where(Shift.line == line).order_by(Shift.begins_at.desc())
        self.shifts = list(session.scalars(shifts))
        self.talks: list[tuple[Contact, Story]] = []
        self.languages = {key: one.id for key, one in languages_on(session, line).items()}

    def play(self, days: list[date]) -> None:
        """Let everybody of these days have called."""
        with self.session.no_autoflush:
            for call in self._calls(days):
                self._one(call)
            self.session.flush()
            write = write_talk if self.kind is LineKind.COUNSELLING else write_call
            for contact, story in self.talks:
                town = self.towns[below(len(self.towns), "town", contact.rung_at)]
                write(self.session, contact, story, by=self._taker(contact), township=town)
            self.session.flush()
        if self.kind is LineKind.COUNSELLING:
            for contact, story in self.talks:
                agree(self.session, contact, story, by=self._taker(contact))

    def _taker(self, contact: Contact) -> Staff:
        return self.people[contact.taken_by or 0]

    def _calls(self, days: list[date]) -> Iterator[HotlineCall]:
        for day in days:
            for call in hotline_calls(
                SEED, day, self.kind.value, per_day=PER_DAY[self.kind], patience_s=PATIENCE_S,
                talk_s=TALK_S[self.kind],
            ):  # fmt: skip
                if call.at < self.now - timedelta(minutes=2):
                    yield call

    def _caller(self, call: HotlineCall) -> Caller:
        number = number_of(call)
        found = self.callers.get(number) if number else None
        if found is None:
            index = index_on(self.kind, number) if number else None
            found = Caller(line=self.kind, number=number, number_index=index, first_at=call.at, contacts=0)
            self.session.add(found)
            if number:
                self.callers[number] = found
        found.contacts += 1
        return found

    def _one(self, call: HotlineCall) -> None:
        name = (self.kind.value, call.at.isoformat())
        free_at, who = self.free[0]
        answered_at = max(call.at + timedelta(seconds=4 + below(9, "ring", *name)), free_at)
        waits = (answered_at - call.at).total_seconds()
        contact = Contact(
            token=fresh_token(),
            line=self.kind,
            source=Source.PHONE,
            state=ContactState.MISSED,
            caller=self._caller(call),
            owner_id=next(s.lead_id or 0 for s in self.shifts if s.begins_at <= call.at),
            rung_at=call.at,
            waiting_from=call.at,
            language_id=self.languages.get(key_of(self.kind.value, number_of(call) or call.at.isoformat())),
        )
        self.session.add(contact)
        if waits > call.patience_s or uniform(SEED, "hangs up", *name) < 0.01:
            self._abandoned(contact, min(call.patience_s, waits))
            return
        heapq.heapreplace(self.free, (self._talked(contact, call, who, answered_at), who))

    def _abandoned(self, contact: Contact, after_s: float) -> None:
        contact.ended_at = contact.rung_at + timedelta(seconds=after_s)
        contact.leave_waiting(WayOut.ABANDONED, contact.ended_at)
        is_withheld = contact.caller is None or contact.caller.is_withheld
        is_open = self.now - contact.ended_at < LEFT_OPEN and not is_withheld
        called_at = None if is_open else contact.ended_at + timedelta(minutes=4 + below(9, contact.rung_at))
        back = CallBack(
            contact=contact,
            reason=CallBackReason.ABANDONED,
            state=CallBackState.DUE,
            created_at=contact.ended_at,
            due_at=contact.ended_at,
        )
        if called_at is not None:
            back.state = CallBackState.IMPOSSIBLE if is_withheld else CallBackState.DONE
            back.closed_at = contact.ended_at if is_withheld else called_at
            back.tries, back.last_try_at = (0, None) if is_withheld else (1, called_at)
            contact.state, contact.closed_at = ContactState.DONE, back.closed_at
        self.session.add(back)

    def _talked(self, contact: Contact, call: HotlineCall, who: int, answered_at: datetime) -> datetime:
        story = story_of(self.kind, call.at.isoformat())
        talk_s = min(call.talk_s, 5400.0) * (0.05 if story.is_silent else 1.0)
        wrap_s = 60 + below(300, "wrap", contact.rung_at)
        contact.state = ContactState.DONE
        contact.leave_waiting(WayOut.ANSWERED, answered_at)
        contact.taken_by, contact.taken_at, contact.talking_at = who, answered_at, answered_at
        contact.ended_at = answered_at + timedelta(seconds=talk_s)
        contact.wrap_until = contact.ended_at + WRAP_UP
        contact.closed_at = contact.ended_at + timedelta(seconds=wrap_s)
        if contact.closed_at >= self.now:  # still talking now would need a line that talks
            contact.ended_at, contact.closed_at = self.now - timedelta(minutes=1), self.now
            contact.wrap_until = contact.ended_at + WRAP_UP
        self.talks.append((contact, story))
        return contact.closed_at


def _make_follow_ups(session: Session, now: datetime) -> None:
    """Let the follow-ups whose time is over have been made; one in twelve was not reached."""
    query = sa.select(FollowUp).where(
        FollowUp.state == FollowUpState.DUE, FollowUp.due_at <= now - LEFT_TO_CALL
    )
    for row in session.scalars(query):
        person = session.get_one(Staff, row.owner_id)
        at = min(row.due_at - timedelta(hours=1), now - timedelta(hours=2))
        is_reached = below(12, "reached", row.id) != 0
        tries = 1 if is_reached else 3
        row.tries, row.first_try_at, row.closed_at = tries, at, at + timedelta(hours=8 * (tries - 1))
        row.state = FollowUpState.REACHED if is_reached else FollowUpState.NOT_REACHED
        for n in range(tries):
            result = TryResult.REACHED if is_reached else TryResult.NOBODY
            session.add(
                FollowUpTry(follow_up_id=row.id, at=at + timedelta(hours=8 * n), by=person.id, result=result)
            )
