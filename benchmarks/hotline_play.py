"""A play of the hotline: stories told at once in some weather, and how everybody stands when they are over."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from benchmarks.hotline_reports import Act, Report, Step, Story, Weather
from benchmarks.hotline_stage import Stage
from core import db
from hotline.callbacks import CallBack
from hotline.contacts import Contact
from hotline.offers import Offer
from hotline.seats import Seat, SeatState
from telephony.calls import Call, Party
from telephony.line import LegState


class Ending(NamedTuple):
    """How a play ended: each caller's contact, each operator's seat, and how much is left open; no times, which differ."""

    contacts: tuple[object, ...]
    seats: tuple[object, ...]
    left: tuple[int, ...]


TRIED = 60
"""How many steps somebody tries what can't be done yet."""


class Play:
    """One play on a stage: stories interleaved by the dice, reports in the air until they land."""

    def __init__(self, stage: Stage, dice: random.Random, weather: Weather) -> None:
        self.stage, self.dice, self.weather = stage, dice, weather
        self.flying: list[list[Any]] = []

    def play(self, stories: Sequence[Story]) -> bool:
        """Play stories at once; say whether every deed of ours could be done."""
        left = [list(story) for story in stories]
        stuck = 0
        while any(left):
            mine = self.dice.choice([story for story in left if story])
            step = mine[0]
            self._pass()
            if isinstance(step, Act) and not self.stage.does(step):
                stuck += 1
                if stuck > TRIED:
                    if not self.weather.lost:
                        return False
                    mine.pop(0)
                    continue
                self._land()
                continue
            mine.pop(0)
            stuck = 0
            if isinstance(step, Report):
                self._send(step, mine)
            self._land()
        while self.flying:
            self._pass()
            self._land()
        for _ in range(2):
            self.stage.now += timedelta(seconds=30)
            self.stage.rounds()
        return True

    def _send(self, step: Report, mine: list[Step]) -> None:
        dice, weather, stamped = self.dice, self.weather, step.stamped(self.stage.now)
        if dice.random() < weather.lost * (0.3 if step.is_page else 1.0):
            if step.is_page:  # without an answer the call ends with the fallback, and only that is told
                mine[:] = [later for later in mine if isinstance(later, Report) and later.is_of_end]
        elif not step.is_page and dice.random() < weather.late:
            self.flying.append([dice.randint(1, weather.longest), stamped])
        else:
            self.stage.take_in(stamped)
        if dice.random() < weather.twice:
            self.flying.append([dice.randint(0, weather.longest), stamped])

    def _land(self) -> None:
        for one in self.flying:
            one[0] -= 1
        landed = [one for one in self.flying if one[0] < 0]
        self.dice.shuffle(landed)
        for one in landed:
            self.flying.remove(one)
            self.stage.take_in(one[1])

    def _pass(self) -> None:
        if self.weather.is_fair:
            self.stage.now += timedelta(seconds=2)
            return
        self.stage.now += timedelta(seconds=self.dice.choice((0, 0, 1, 1, 2, 4, 9)))
        if self.dice.random() < 0.1:
            self.stage.rounds()


# How it ended: asked of the tables themselves, by statements built once.

_SEEN = (
    sa.select(
        Contact.state, Contact.way_out, Contact.taken_by, Contact.talking_at, Contact.owner_id,
        CallBack.state.label("promise"), CallBack.reason, CallBack.tries,
    )
    .join(Call, Call.id == Contact.call_id)
    .outerjoin(CallBack, CallBack.contact_id == Contact.id)
    .where(Call.provider_ref == sa.bindparam("leg"))
)  # fmt: skip
_SEATS = sa.select(Seat.staff_id, Seat.state).order_by(Seat.staff_id)


def _count(*which: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).where(*which).scalar_subquery()


_LEFT_OPEN = sa.select(
    _count(Offer.answer.is_(None)),
    _count(Call.party == Party.RESIDENT, Call.state != LegState.ENDED),
    _count(Call.number.is_not(None)),
    sa.select(sa.func.count()).select_from(Contact).scalar_subquery(),
)


def ending(stage: Stage, legs: Sequence[str]) -> Ending:
    """Return how each caller's contact ended, and how the seats stand."""
    names = {staff.id: n for n, staff in enumerate(stage.people)}
    with db.reading() as session:
        connection = session.connection()
        contacts: list[object] = []
        for leg in legs:
            row = connection.execute(_SEEN, {"leg": leg}).one()
            promise = (row.promise.value, row.reason.value, row.tries) if row.promise else None
            contacts.append((
                row.state.value, row.way_out.value if row.way_out else None, names.get(row.taken_by or 0),
                row.talking_at is not None, row.owner_id, promise,
            ))  # fmt: skip
        seats = tuple((names[seat.staff_id], seat.state.value) for seat in connection.execute(_SEATS))
        return Ending(tuple(contacts), seats, tuple(connection.execute(_LEFT_OPEN).one()))


def lost(stage: Stage, legs: Sequence[str]) -> list[str]:
    """Return what is wrong after reports were lost: a call without a record, a record left without anybody."""
    wrong = []
    with db.reading() as session:
        connection = session.connection()
        for leg in legs:
            row = connection.execute(_SEEN, {"leg": leg}).first()
            if row is None or not row.owner_id:
                wrong.append(f"{leg} has no record with an owner")
                continue
            if row.state.value in ("arrived", "waiting", "taken", "talking"):
                wrong.append(f"{leg} is {row.state.value} though the call is over")
            if row.state.value == "missed" and row.promise is None:
                wrong.append(f"{leg} was missed and nothing is promised")
        talking = [seat for seat in connection.execute(_SEATS) if seat.state is SeatState.TALKING]
    return wrong + [f"the seat of {seat.staff_id} still talks" for seat in talking]
