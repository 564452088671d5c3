"""Legs move between rooms and back onto the line, and what a former room still tells of them changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.db import reading, transaction
from core.people import Staff
from core.permissions import Role
from core.terms import Words
from telephony import inbound, line
from telephony.calls import Call, Direction, Party
from telephony.contract import check_twiml
from telephony.dialling import NotOffered, move, put_waiting
from telephony.events import take_in
from telephony.line import Event, EventKind, LegState, NotTaken, RoomRef, identity_of
from telephony.manual import ManualLine
from telephony.outgoing import Command, Outgoing, OutgoingState, ask
from telephony.rooms import Purpose, Room, RoomIsClosed, close_room, open_room
from telephony.seats import room_at
from telephony.simulator.leg import Leg
from telephony.spoken import Say, Wait
from tests.conftest import NOON
from tests.factories import a_staff
from tests.telephony.conftest import NUMBER, House

CENTRE = "+862160000000"


def sit(house: House, staff: Staff) -> int:
    """Nail an operator's leg up in a room of the hotline; return the room."""
    with house.at_present() as now, transaction() as session:
        room = open_room(session, owner=staff, purpose=Purpose.HOTLINE, at=now)
    house.carrier.softphones.connect_as(identity_of(staff.id), {"room": room.name})
    house.run(2)
    return room.id


def wait(house: House) -> Leg:
    """Let somebody call and wait."""
    inbound.on_inbound(lambda session, call, heard: [Wait("line")])
    leg = house.carrier.inbound(NUMBER, CENTRE, talk_s=3000.0)
    house.run(3)
    return leg


def take(house: House, leg: Leg, room_id: int) -> None:
    """Bring the waiting caller into a room."""
    with house.at_present() as now, transaction() as session:
        call = session.scalars(sa.select(Call).where(Call.provider_ref == leg.sid)).one()
        room = session.get_one(Room, room_id)
        ask(session, Command.TAKE_WAITING, at=now, call=call, room=room, line="line")
    house.run(3)


def leg_of(staff: Staff) -> Call:
    with reading() as session:
        call = session.scalars(sa.select(Call).where(Call.staff_id == staff.id)).one()
        session.expunge_all()
        return call


@pytest.fixture
def pair(house: House) -> tuple[Staff, Staff]:
    """Two operators."""
    with transaction() as session:
        return a_staff(session, Role.OPERATOR), a_staff(session, Role.OPERATOR)


def test_a_colleague_is_fetched_into_the_callers_room_and_goes_home(
    house: House, pair: tuple[Staff, Staff]
) -> None:
    asks, helps = pair
    room, own = sit(house, asks), sit(house, helps)
    take(house, wait(house), room)
    with house.at_present() as now, transaction() as session:
        call = session.get_one(Call, leg_of(helps).id)
        close_room(session, session.get_one(Room, own), at=now)
        move(session, call, session.get_one(Room, room), at=now)
    house.run(5)
    seats = next(r for r in house.carrier.conferences.all.values() if r.status != "completed").seats
    assert len(seats) == 3
    fetched = leg_of(helps)
    assert (fetched.room_id, fetched.in_room, fetched.state) == (room, True, LegState.CONNECTED)
    with reading() as session:
        there = room_at(session, session.get_one(Staff, helps.id))
        assert there is not None
        assert there.id == room
    with house.at_present() as now, transaction() as session:
        home = open_room(session, owner=session.get_one(Staff, helps.id), purpose=Purpose.HOTLINE, at=now)
        assert home.id != own
        move(session, session.get_one(Call, fetched.id), home, at=now)
        home_id = home.id
    house.run(5)
    back = leg_of(helps)
    assert (back.room_id, back.in_room, back.state) == (home_id, True, LegState.CONNECTED)
    with reading() as session:
        assert session.get_one(Room, room).is_open
        assert session.get_one(Room, home_id).is_open
    for document in house.documents:
        check_twiml(document)
    assert house.carrier.warnings == []


def test_reports_of_the_room_that_was_left_come_late_and_change_nothing(
    house: House, pair: tuple[Staff, Staff]
) -> None:
    asks, helps = pair
    room, own = sit(house, asks), sit(house, helps)
    leg = leg_of(helps)
    with house.at_present() as now, transaction() as session:
        name = session.get_one(Room, own).name
        move(session, session.get_one(Call, leg.id), session.get_one(Room, room), at=now)
    house.run(5)
    for number, kind in ((90, EventKind.LEFT), (91, EventKind.JOINED), (92, EventKind.HELD)):
        late = Event(
            f"late:{number}", NOON, "simulator", kind, leg.provider_ref, name, number, {"held": True}
        )
        with transaction() as session:
            take_in(session, [late], at=NOON)
    now_there = leg_of(helps)
    assert (now_there.room_id, now_there.in_room, now_there.is_held) == (room, True, False)
    assert now_there.state == LegState.CONNECTED


def test_only_the_latest_move_counts(house: House, pair: tuple[Staff, Staff]) -> None:
    asks, helps = pair
    room, own = sit(house, asks), sit(house, helps)
    leg = leg_of(helps)
    with house.at_present() as now, transaction() as session:
        call = session.get_one(Call, leg.id)
        close_room(session, session.get_one(Room, own), at=now)
        move(session, call, session.get_one(Room, room), at=now)
        home = open_room(session, owner=session.get_one(Staff, helps.id), purpose=Purpose.HOTLINE, at=now)
        move(session, call, home, at=now)
    house.run(5)
    with reading() as session:
        rows = session.scalars(sa.select(Outgoing).where(Outgoing.command == Command.MOVE)).all()
    assert [(row.state, row.last_error) for row in rows] == [
        (OutgoingState.FAILED, "moved-on"),
        (OutgoingState.SENT, None),
    ]
    assert leg_of(helps).in_room


def test_nobody_is_moved_into_a_room_that_has_ended(house: House, pair: tuple[Staff, Staff]) -> None:
    asks, helps = pair
    room, _ = sit(house, asks), sit(house, helps)
    leg = leg_of(helps)
    with house.at_present() as now, transaction() as session:
        close_room(session, session.get_one(Room, room), at=now)
        with pytest.raises(RoomIsClosed):
            move(session, session.get_one(Call, leg.id), session.get_one(Room, room), at=now)


def test_a_caller_out_of_a_broken_talk_hears_why_and_waits_again(
    house: House, pair: tuple[Staff, Staff]
) -> None:
    room = sit(house, pair[0])
    leg = wait(house)
    take(house, leg, room)
    assert leg.seat is not None
    sorry = Words("对不起，通话中断了，我们马上为您接通。", "Sorry, we were cut off.")
    inbound.on_return("line", lambda session, call, heard: [Say(sorry), Wait("line")])
    with house.at_present() as now, transaction() as session:
        call = session.scalars(sa.select(Call).where(Call.direction == Direction.INBOUND)).one()
        put_waiting(session, call, "line", at=now)
    house.run(20)
    assert leg.seat is None
    assert leg.place is not None
    assert ("carrier", sorry.zh) in leg.heard
    take(house, leg, room)
    with reading() as session:
        again = session.scalars(sa.select(Call).where(Call.party == Party.RESIDENT)).one()
        assert (again.in_room, again.room_id) == (True, room)


def test_whoever_is_on_hold_is_never_left_in_silence(house: House, pair: tuple[Staff, Staff]) -> None:
    room = sit(house, pair[0])
    leg = wait(house)
    take(house, leg, room)
    with house.at_present(), reading() as session:
        ref = session.get_one(Room, room).ref
    house.line.set_hold(ref, leg.sid, True)
    before = len(leg.heard)
    for _ in range(6):
        told = len(leg.heard)
        house.run(20)
        assert len(leg.heard) > told
    assert len(leg.heard) > before


def test_the_carriers_own_list_tells_calls_that_we_never_heard_of(house: House) -> None:
    house.is_away = True
    for caller, called in (
        (NUMBER, CENTRE),
        ("anonymous", CENTRE),
        ("+266696687", CENTRE),
        (NUMBER, "+862160000001"),
    ):
        house.carrier.inbound(caller, called)
        house.run(10)
    since = NOON - timedelta(minutes=1)
    found = house.line.calls_to(CENTRE, since)
    assert [rung.caller for rung in found] == [NUMBER, None, None]
    assert all(rung.state == LegState.ENDED and rung.ended_at is not None for rung in found)
    assert NUMBER not in repr(found)
    assert house.line.calls_to(CENTRE, house.timeline.now()) == []


def test_a_desk_telephone_moves_nobody(house: House, pair: tuple[Staff, Staff]) -> None:
    room = sit(house, pair[0])
    leg = leg_of(pair[0])
    desk = ManualLine(house.settings)
    for refused in (
        lambda: desk.move("leg", RoomRef("r")),
        lambda: desk.put_waiting("leg", "line"),
        lambda: desk.calls_to(CENTRE, NOON),
        lambda: desk.recordings_of("leg"),
        lambda: desk.sound("recording"),
        lambda: desk.standing_document([]),
    ):
        with pytest.raises(NotTaken):
            refused()
    line.use(desk)
    with transaction() as session:
        call = session.get_one(Call, leg.id)
        with pytest.raises(NotOffered):
            move(session, call, session.get_one(Room, room), at=NOON)
        with pytest.raises(NotOffered):
            put_waiting(session, call, "line", at=NOON)
