"""The matters of the past days: raised in interviews, on the line and on the web, and lived through by the house."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import calendar, clock
from core.db import transaction
from core.people import Unit
from core.places import Level, Place
from demo.chance import SEED
from demo.matter_doors import Doors
from demo.matter_endings import Life
from demo.matter_hands import Cast, Hands
from demo.matter_lives import Tale, twin_of
from demo.matter_plots import DECK, JUST_NOW, TODAY, YESTERDAY, Plot
from demo.matters_raised import number_of, raise_one
from matters import notice_reading
from matters.attributes import Conflict, Origin
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.policies import MatterPolicy, policy_of
from matters.registration import Statement, register
from matters.states import MatterState
from matters.ticks import ticks

CALLS_A_DAY = 4
THIS_MORNING = 4
FIRST_CALL, LAST_CALL = time(8, 20), time(20, 10)
DOORS_OPEN = time(16, 40)


class MattersHistory:
    """Every matter's life on one clock: the earliest next step is done next, and the clock's own steps between them."""

    def __init__(self, today: date, now: datetime, *, calls: int = CALLS_A_DAY) -> None:
        self.calls = calls
        self.today = today
        self.now = now
        self.random = np.random.default_rng([SEED, 4])
        self.lives: dict[int, Life] = {}
        self.chances: dict[int, np.random.Generator] = {}
        self.tales: dict[int, Tale] = {}
        self.due: list[tuple[datetime, int, int, bool]] = []
        self.turn = 0
        self.doors = Doors(now)
        self.twins = 0
        self.dealt: Iterator[Plot] = iter(())
        self.fresh: dict[int, int] = {}
        self._next: dict[int, datetime] = {}

    def play(self, day: date) -> None:
        """Raise what callers of a day bring, then do all that falls on it."""
        ends = datetime.combine(day + timedelta(days=1), time(0), clock.zone())
        ends = min(ends, self.now)
        with transaction() as session:
            cast, at_hand = Cast(session), _at_hand(session)
            self._take_up(session, day)
            calls = self._calls(day)
            open_at = datetime.combine(day, DOORS_OPEN, clock.zone())
            doors_at: datetime | None = min(self.now - timedelta(minutes=65), open_at)
            while True:
                call_at = calls[-1] if calls else None
                step_at = self.due[0][0] if self.due else None
                at = min((each for each in (call_at, step_at, doors_at) if each is not None), default=None)
                if at is None or at >= ends:
                    break
                with clock.frozen(at), session.no_autoflush:  # every operation flushes what it wrote
                    if at == doors_at:
                        doors_at = None
                        for matter in self.doors.hour(session, cast, at):
                            self._begin(matter)
                    elif at == call_at:
                        matter = raise_one(session, cast, calls.pop(), self.random)
                        self._begin(matter)
                    else:
                        self._step(session, cast)
            del at_hand  # held till here: a session lets go of what nobody holds

    def look(self, upto: datetime) -> None:
        """Let everybody have looked at their notices up to a moment."""
        with transaction() as session, clock.frozen(upto):
            cast = Cast(session)
            for person in (
                *cast.handlers.values(),
                *cast.clerks,
                *(p for o in cast.offices.values() for p in o),
            ):
                notice_reading.see(session, person, at=upto)

    def _take_up(self, session: Session, day: date) -> None:
        """Begin the lives of what was raised in the day's interviews."""
        begins = datetime.combine(day, time(0), clock.zone())
        query = sa.select(Matter).where(
            Matter.state == MatterState.REGISTERED,
            Matter.registered_at >= begins,
            Matter.registered_at < begins + timedelta(days=1),
        )
        for matter in session.scalars(query.order_by(Matter.id)):
            if matter.id not in self.lives:
                self._begin(matter)

    def _plot(self, matter: Matter) -> Plot:
        assert matter.registered_at is not None
        if matter.conflict is Conflict.CENTRE:
            return Plot.PLAIN
        on = clock.local(matter.registered_at).date()
        working = sum(calendar.day(on + timedelta(days=n)).counts for n in range((self.today - on).days))
        fresh = {0: TODAY, 1: YESTERDAY, 2: JUST_NOW, 3: JUST_NOW}.get(working)
        if fresh is not None:
            self.fresh[working] = self.fresh.get(working, 0) + 1
            return fresh[(self.fresh[working] - 1) % len(fresh)]
        found = next(self.dealt, None)
        if found is None:
            self.dealt = iter([DECK[n] for n in self.random.permutation(len(DECK)).tolist()])
            found = next(self.dealt)
        return found

    def _begin(self, matter: Matter, life: Life | None = None) -> None:
        assert matter.registered_at is not None
        chance = np.random.default_rng([SEED, 5, len(self.lives)])
        self.chances[matter.id] = chance
        if life is None:
            self.tales[matter.id] = tale = Tale(self._plot(matter), chance)
            life = tale.live(matter.registered_at)
        self.lives[matter.id] = life
        self._push(next(life), matter.id, is_clock=False)

    def _push(self, at: datetime, matter_id: int, *, is_clock: bool) -> None:
        self.turn += 1
        heapq.heappush(self.due, (at, self.turn, matter_id, is_clock))

    def _step(self, session: Session, cast: Cast) -> None:
        """Do the next thing: a person's step, or the clock's own."""
        at, _, matter_id, is_clock = heapq.heappop(self.due)
        matter = session.get_one(Matter, matter_id)
        if is_clock:
            self._tick(session, matter, at)
        else:
            hands = Hands(session, matter, at, cast, self.chances[matter_id])
            try:
                later = self.lives[matter_id].send(hands)
                self._push(max(later, at + timedelta(seconds=30)), matter_id, is_clock=False)
            except StopIteration:
                pass
            self._doubled(session, hands)
        if matter.next_step_at is not None and (is_clock or matter.next_step_at != self._next.get(matter_id)):
            self._next[matter_id] = matter.next_step_at
            self._push(max(matter.next_step_at, at), matter_id, is_clock=True)

    def _tick(self, session: Session, matter: Matter, at: datetime) -> None:
        """Do what the clock has to do by a moment."""
        policy = policy_of(session, matter.policy_id, at=at)
        for _ in range(8):
            first = next(iter(ticks(standing_of(matter), policy, clock.zone())), None)
            if first is None or first.at > at:
                return
            act(session, matter, first.action, by=None, at=at, facts=first.facts)

    def _doubled(self, session: Session, hands: Hands) -> None:
        """Have a neighbour ring about the same thing, while it is being worked on."""
        matter = hands.matter
        tale = self.tales.get(matter.id)
        if tale is None or tale.plot is not Plot.DOUBLED or matter.state is not MatterState.IN_HAND:
            return
        tale.plot = Plot.PLAIN
        number = number_of("neighbour", matter.id)
        statement = Statement(
            narrative=f"{matter.narrative}我也住在附近。", kind=matter.kind, topic=matter.topic or "",
            place=matter.place, consent_read=True, number=number,
        )  # fmt: skip
        twin = register(session, statement, origin=Origin.CITIZEN_LINE, by=hands.clerk(), at=hands.at).matter
        self.twins += 1
        self._begin(twin, twin_of(twin, hands, is_another=self.twins % 2 == 0))

    def _calls(self, day: date) -> list[datetime]:
        """Return the moments at which residents ring or write, the latest first."""
        opens, closes = (datetime.combine(day, hour, clock.zone()) for hour in (FIRST_CALL, LAST_CALL))
        many = self.calls if calendar.day(day).counts else max(1, self.calls - 2)
        if day == self.today:
            many, closes = THIS_MORNING, max(opens, self.now - timedelta(minutes=5))
        span = (closes - opens).total_seconds()
        return sorted(
            (opens + timedelta(seconds=float(self.random.uniform(0, span))) for _ in range(many)),
            reverse=True,
        )


def _at_hand(session: Session) -> list[Unit | Place | MatterPolicy]:
    """Read once a day what every step needs."""
    above = sa.select(Place).where(Place.level != Level.VILLAGE)
    return [
        *session.scalars(sa.select(Unit)),
        *session.scalars(above),
        *session.scalars(sa.select(MatterPolicy)),
    ]
