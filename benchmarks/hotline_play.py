"""A hotline on which plays are played: the carrier's reports come twice, late, out of order or not at all."""

from __future__ import annotations

import random
import secrets as random_source
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.webhooks import settings_in
from core import clock, db
from core.people import Staff, StaffRole
from core.permissions import Role
from core.problems import Problem
from core.sweeps import SWEEPS
from hotline import arrivals, reconciling, seating, waiting
from hotline.callbacks import CallBack
from hotline.contacts import Contact
from hotline.lines import HelpLine, LineKind
from hotline.offers import Offer
from hotline.seats import Seat, SeatState
from telephony import line as lines
from telephony import webhooks
from telephony.calls import Call, Direction, Party
from telephony.line import Cause, LegFacts, LegState, RoomRef, Rung, Waiting
from telephony.outgoing import Outgoing, OutgoingState
from telephony.reconciler import reconcile
from telephony.rooms import Purpose, Room, open_room
from telephony.twilio.adapter import TwilioLine
from telephony.twilio.documents import Asked

BEGIN = datetime(2026, 11, 18, 2, 30, tzinfo=UTC)
NUMBER = "+862160012356"
PASSING = (
    "journal_entry", "offer", "seat", "call_back", "contact_leg", "contact", "caller", "outgoing", "line_event",
    "recording", "call", "room",
)  # fmt: skip
"""What a play leaves behind, children first."""
ROUNDS = (
    "hotline.dispatch", "hotline.talks", "hotline.wrap_up", "hotline.call_backs", "telephony.unheard",
)  # fmt: skip


@dataclass(frozen=True)
class Report:
    """One report of the carrier; a page it asks for comes in order, everything else may come whenever."""

    hook: str
    fields: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)
    is_page: bool = False


@dataclass(frozen=True)
class Act:
    """What somebody at work does as soon as it can be done."""

    do: Callable[[Session, datetime], object]


Step = Report | Act
Story = Sequence[Step]


@dataclass(frozen=True)
class Weather:
    """How often reports come twice, late, or never, and for how many steps they are late."""

    twice: float = 0.0
    late: float = 0.0
    lost: float = 0.0
    longest: int = 14


FAIR = Weather()
FOUL = Weather(twice=0.35, late=0.5)
STORM = Weather(twice=0.25, late=0.4, lost=0.25)


class Books(TwilioLine):
    """The carrier's own books, for whoever asks afterwards what became of a leg."""

    def __init__(self, folder: Path) -> None:
        super().__init__(settings_in(folder, "sqlite://"))
        self.rung: dict[str, Rung] = {}
        self.over: dict[str, LegFacts] = {}

    def calls_to(self, number: str, since: datetime) -> list[Rung]:
        """Return every call to the line."""
        return list(self.rung.values())

    def waiting(self, line: str) -> list[Waiting]:
        """Return nobody: plays are over when books are read."""
        return []

    def recordings_of(self, leg: str) -> list[Any]:
        """Return nothing: nobody leaves messages."""
        return []

    def fetch_leg(self, leg: str) -> LegFacts | None:
        """Return what became of a leg."""
        return self.over.get(leg)

    def find_leg(
        self, room: RoomRef, *, request_key: str, to: str, since: datetime, known: frozenset[str]
    ) -> LegFacts | None:
        """Find nothing: dials are never sent here."""
        return None


class Stage:
    """A line, operators at their telephones, and the way a play is played on it."""

    def __init__(self, folder: Path, *, people: int = 4) -> None:
        lines.use(Books(folder))
        arrivals.answer_callers()
        waiting.answer_waiting()
        with db.transaction() as session:
            lead = _staff("lead", Role.SHIFT_LEAD)
            self.people = [_staff(f"operator{n}", Role.OPERATOR) for n in range(people)]
            session.add_all([lead, *self.people])
            session.flush()
            session.add(
                HelpLine(kind=LineKind.COUNSELLING, number=NUMBER, owner_id=lead.id, changed_at=BEGIN)
            )
        self.now = BEGIN
        self.rooms: list[Room] = []

    @property
    def books(self) -> Books:
        """The carrier's books of this play."""
        carrier = lines.line()
        assert isinstance(carrier, Books)
        return carrier

    def set(self) -> None:
        """Clear the stage and let everybody sit down again."""
        self.now = BEGIN
        self.books.rung.clear()
        self.books.over.clear()
        with db.transaction() as session:
            for name in PASSING:
                session.execute(sa.text(f'DELETE FROM "{name}"'))
            for one in session.scalars(sa.select(HelpLine)):
                one.reconciled_at = None
            self.rooms = [self._room(session, staff) for staff in self.people]
            for staff in self.people:
                seating.sit(session, by=staff, at=self.now)

    def _room(self, session: Session, staff: Staff) -> Room:
        room = open_room(session, owner=staff, purpose=Purpose.HOTLINE, at=self.now)
        room.provider_ref = "CF" + random_source.token_hex(16)
        leg = Call(
            request_key=random_source.token_hex(12), provider_ref="CA" + random_source.token_hex(16),
            room_id=room.id, staff_id=staff.id, direction=Direction.BROWSER, party=Party.OPERATOR,
            state=LegState.CONNECTED, in_room=True, room_order=0, created_at=self.now, connected_at=self.now,
            checked_at=self.now,
        )  # fmt: skip
        session.add(leg)
        session.flush()
        return room

    # Playing

    def play(self, stories: Sequence[Story], dice: random.Random, weather: Weather) -> bool:
        """Play stories at once, interleaved by chance; say whether every deed of ours could be done."""
        left = [list(story) for story in stories]
        flying: list[list[Any]] = []
        stuck = 0
        while any(left):
            mine = dice.choice([story for story in left if story])
            step = mine[0]
            self._pass(dice, weather)
            if isinstance(step, Act) and not self.does(step):
                stuck += 1
                if stuck > 60:
                    if weather.lost:
                        mine.pop(0)
                        continue
                    return False
                self._land(flying, dice)
                continue
            mine.pop(0)
            stuck = 0
            if isinstance(step, Report):
                self._send(step, flying, dice, weather, mine)
            self._land(flying, dice)
        while flying:
            self._pass(dice, weather)
            self._land(flying, dice)
        for _ in range(2):
            self.now += timedelta(seconds=30)
            self.rounds()
        return True

    def _send(
        self, step: Report, flying: list[list[Any]], dice: random.Random, weather: Weather, mine: list[Step]
    ) -> None:
        stamped = Report(step.hook, {**step.fields, "Timestamp": rfc2822(self.now)}, step.query, step.is_page)
        if dice.random() < weather.lost * (0.3 if step.is_page else 1.0):
            if (
                step.is_page
            ):  # the carrier gets no answer: the call ends with its fallback, and only that is told
                mine[:] = [
                    s for s in mine if isinstance(s, Report) and s.fields.get("CallStatus") == "completed"
                ]
        elif not step.is_page and dice.random() < weather.late:
            flying.append([dice.randint(1, weather.longest), stamped])
        else:
            self.take_in(stamped)
        if dice.random() < weather.twice:
            flying.append([dice.randint(0, weather.longest), stamped])

    def _land(self, flying: list[list[Any]], dice: random.Random) -> None:
        for one in flying:
            one[0] -= 1
        landed = [one for one in flying if one[0] < 0]
        dice.shuffle(landed)
        for one in landed:
            flying.remove(one)
            self.take_in(one[1])

    def take_in(self, report: Report) -> str:
        """Take one report in as the door does, without its signature."""
        with clock.frozen(self.now):
            asked = Asked({**report.fields, **report.query}, report.query, self.now)
            return webhooks.take_report(report.hook, self.books, asked, guarded=True)[2]

    def does(self, step: Act) -> bool:
        """Do what somebody at work does, or say that it can't be done yet."""
        try:
            with clock.frozen(self.now), db.transaction() as session:
                step.do(session, self.now)
                # The carrier does as it is asked; what comes of it is in the story.
                settled = {"state": OutgoingState.SENT, "settled_at": self.now}
                session.execute(sa.update(Outgoing).where(Outgoing.settled_at.is_(None)).values(settled))
        except Problem:
            return False
        return True

    def _pass(self, dice: random.Random, weather: Weather) -> None:
        if not (weather.late or weather.twice or weather.lost):
            self.now += timedelta(seconds=2)
            return
        self.now += timedelta(seconds=dice.choice((0, 0, 1, 1, 2, 4, 9)))
        if dice.random() < 0.1:
            self.rounds()

    def rounds(self) -> None:
        """Make the hotline's rounds, and let every screen say that it is alive."""
        with clock.frozen(self.now):
            for name in ROUNDS:
                with db.transaction() as session:
                    SWEEPS[name].run(session, self.now)
            with db.transaction() as session:
                session.execute(sa.update(Seat).values(heartbeat_at=self.now))

    def look_into_books(self) -> None:
        """Let both reconcilers ask the carrier for what was never told."""
        for _ in range(3):
            self.now += timedelta(minutes=4)
            with clock.frozen(self.now):
                reconcile(self.now)
                reconciling.reconcile_lines(self.now)
            self.rounds()

    # How it ended

    def ending(self, legs: Sequence[str]) -> list[tuple[object, ...]]:
        """Return how each caller's contact ended, and how the seats stand; no times, which differ."""
        names = {staff.id: n for n, staff in enumerate(self.people)}
        with db.reading() as session:
            found: list[tuple[object, ...]] = []
            for leg in legs:
                query = (
                    sa.select(Contact).join(Call, Call.id == Contact.call_id).where(Call.provider_ref == leg)
                )
                contact = session.scalars(query).one()
                row = session.scalars(sa.select(CallBack).where(CallBack.contact_id == contact.id)).first()
                found.append((
                    contact.state.value, contact.way_out.value if contact.way_out else None,
                    names.get(contact.taken_by or 0), contact.talking_at is not None, contact.owner_id,
                    (row.state.value, row.reason.value, row.tries) if row else None,
                ))  # fmt: skip
            found += [
                (names[s.staff_id], s.state.value)
                for s in session.scalars(sa.select(Seat).order_by(Seat.staff_id))
            ]
            open_offers = session.scalars(sa.select(Offer).where(Offer.answer.is_(None))).all()
            live = session.scalars(
                sa.select(Call.id).where(Call.party == Party.RESIDENT, Call.state != LegState.ENDED)
            ).all()
            numbers = session.scalars(sa.select(Call.id).where(Call.number.is_not(None))).all()
            contacts = session.scalar(sa.select(sa.func.count()).select_from(Contact))
            return [*found, (len(open_offers), len(live), len(numbers), contacts)]

    def lost(self, legs: Sequence[str]) -> list[str]:
        """Return what is wrong after reports were lost: a call without a record, a record left without anybody."""
        wrong = []
        with db.reading() as session:
            for leg in legs:
                query = (
                    sa.select(Contact).join(Call, Call.id == Contact.call_id).where(Call.provider_ref == leg)
                )
                contact = session.scalars(query).first()
                if contact is None or not contact.owner_id:
                    wrong.append(f"{leg} has no record with an owner")
                    continue
                row = session.scalars(sa.select(CallBack).where(CallBack.contact_id == contact.id)).first()
                if contact.state.value in ("arrived", "waiting", "taken", "talking"):
                    wrong.append(f"{leg} is {contact.state.value} though the call is over")
                if contact.state.value == "missed" and row is None:
                    wrong.append(f"{leg} was missed and nothing is promised")
            talking = session.scalars(sa.select(Seat).where(Seat.state == SeatState.TALKING)).all()
        return wrong + [f"seat {seat.id} still talks" for seat in talking]


def _staff(name: str, role: Role) -> Staff:
    return Staff(
        username=name, name="某人", password_hash="!", created_at=BEGIN, role_rows=[StaffRole(role=role)]
    )


def rfc2822(at: datetime) -> str:
    """Write a moment as the carrier does."""
    return at.strftime("%a, %d %b %Y %H:%M:%S +0000")


def ended_facts(leg: str, began: datetime, ended: datetime, seconds: int) -> LegFacts:
    """Return what the books say of a leg that is over."""
    return LegFacts(leg, LegState.ENDED, Cause.NORMAL, began, ended, seconds)
