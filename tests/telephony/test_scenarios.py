"""Whole mornings with fixed seeds: bad weather on the wire changes nothing of how they end."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from core import db
from core.db import reading, transaction
from core.permissions import Role
from core.problems import Refused
from core.settings import Settings
from telephony.calls import Call, Party
from telephony.contract import check_twiml
from telephony.dialling import hang_up, place_call
from telephony.events import LineEvent
from telephony.line import identity_of
from telephony.outgoing import Outgoing, OutgoingState
from telephony.rooms import Purpose, Room, open_room
from telephony.simulator.faults import FAIR_WEATHER, Faults
from telephony.simulator.personas import resident
from tests.factories import a_staff
from tests.telephony.conftest import House, build_house

WEATHERS = {
    "fair": FAIR_WEATHER,
    "twice and late": Faults(seed=7, duplicate=0.3, late=0.4, late_s=(0.5, 12.0)),
    "stormy": Faults(
        seed=9, duplicate=0.3, late=0.4, late_s=(0.5, 12.0), refuse_before=0.04, refuse_after=0.04
    ),
}
CALLS = 24


def numbers() -> list[str]:
    """The residents of this morning; some answer, some are busy, gone or away."""
    return [f"+8613800{n:06}" for n in range(CALLS)]


def play(house: House) -> dict[str, tuple[Any, ...]]:
    """Let two interviewers work through the numbers; return how each call ended, by number."""
    house.carrier.people = lambda number: resident(1, number)
    with house.at_present() as now, transaction() as session:
        staff = [a_staff(session, Role.INTERVIEWER) for _ in range(2)]
        rooms = [open_room(session, owner=s, purpose=Purpose.SURVEY, at=now) for s in staff]
    for person, room in zip(staff, rooms, strict=True):
        token = house.line.browser_grant(identity_of(person.id)).token
        house.carrier.softphones.connect(token, {"room": room.name})
    house.run(20)
    left = numbers()
    while left:
        calls = []
        for person, room in zip(staff, rooms, strict=True):
            if left:
                with house.at_present() as now, transaction() as session:
                    here = session.get_one(Room, room.id)
                    try:
                        call = place_call(session, room=here, number=left[0], by=person, at=now)
                    except Refused:
                        continue
                    calls.append(call.id)
                    left.pop(0)
        for _ in range(8):
            house.run(10)
            house.reconcile()
        for call_id in calls:
            with house.at_present() as now, transaction() as session:
                hang_up(session, session.get_one(Call, call_id), by=None, at=now)
        for _ in range(5):
            house.run(20)
            house.reconcile()
    for _ in range(8):
        house.run(60)
        house.reconcile()
    with reading() as session:
        calls_made = session.scalars(sa.select(Call).where(Call.party == Party.RESIDENT)).all()
        return {str(c.number): (c.state, c.cause, c.was_connected) for c in calls_made}


@pytest.mark.parametrize("weather", list(WEATHERS))
def test_a_morning_ends_the_same_in_any_weather(
    settings: Settings, sqlite: db.Database, monkeypatch: pytest.MonkeyPatch, weather: str
) -> None:
    house = build_house(settings, None, WEATHERS[weather], monkeypatch)
    ends = play(house)
    assert set(ends) == set(numbers())
    assert all(state == "ended" for state, _, _ in ends.values())
    dialled = [leg.to for leg in house.carrier.legs.all.values() if leg.to in ends]
    assert len(dialled) == len(set(dialled)), "nobody was rung twice"
    for number, (_, cause, connected) in ends.items():
        legs = [leg for leg in house.carrier.legs.all.values() if leg.to == number]
        if not legs:
            assert cause == "error"
            assert weather == "stormy"
            continue
        truly = (legs[0].answered_at is not None, legs[0].status)
        if weather != "stormy":
            assert connected == truly[0]
        told = {"completed": "normal", "no-answer": "no_answer", "canceled": "cancelled"}
        if truly[1] in told:
            assert cause == told[truly[1]]
    assert len({cause for _, cause, _ in ends.values()}) >= 3, "a morning has more than one kind of end"
    with reading() as session:
        unheard = sa.select(LineEvent.key).where(LineEvent.heard_at.is_(None))
        assert session.scalars(unheard).all() == []
        settled = {OutgoingState.SENT, OutgoingState.FAILED}
        assert set(session.scalars(sa.select(Outgoing.state))) <= settled
    for document in house.documents:
        if document.startswith("<?xml"):
            check_twiml(document)


def test_weather_leaves_the_same_books(
    settings: Settings, sqlite: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    fair = play(build_house(settings, None, WEATHERS["fair"], monkeypatch))
    with transaction() as session:
        for table in (LineEvent, Outgoing, Call, Room):
            session.execute(sa.delete(table))
    assert play(build_house(settings, None, WEATHERS["twice and late"], monkeypatch)) == fair
