"""One open telephone a person, and a supervisor who leaves with the resident."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.db import reading, transaction
from core.journal import Entry
from core.people import Staff
from core.permissions import Role
from telephony.calls import Call, Party
from telephony.dialling import place_call
from telephony.line import identity_of
from telephony.listening import listen_in
from telephony.rooms import Purpose, Room, open_room, open_room_of
from telephony.seats import ElsewhereConnected, sit_down
from tests.conftest import NOON
from tests.factories import a_staff
from tests.telephony.conftest import NUMBER, House


def connected(house: House, staff: Staff) -> str:
    """Connect somebody's telephone and return its leg."""
    with house.at_present() as now, transaction() as session:
        name = open_room(session, owner=staff, purpose=Purpose.SURVEY, at=now).name
    leg = house.carrier.softphones.connect_as(identity_of(staff.id), {"room": name})
    house.run(2)
    return leg.sid


def test_a_second_page_is_refused_and_the_first_goes_on(house: House, interviewer: Staff) -> None:
    with transaction() as session:
        sit_down(session, interviewer, own_legs=(), takes_over=False, at=NOON)  # nobody sits there yet
    leg = connected(house, interviewer)
    with transaction() as session:
        sit_down(session, interviewer, own_legs=[leg], takes_over=False, at=NOON)  # the same page again
        with pytest.raises(ElsewhereConnected):
            sit_down(session, interviewer, own_legs=(), takes_over=False, at=NOON)
    house.run(5)
    with reading() as session:
        assert session.scalars(sa.select(Room.closed_at)).all() == [None]
        assert session.scalars(sa.select(Call.in_room)).all() == [True]


def test_taking_over_ends_the_other_pages_room_and_is_journalled(house: House, interviewer: Staff) -> None:
    first = connected(house, interviewer)
    with house.at_present() as now, transaction() as session:
        sit_down(session, interviewer, own_legs=(), takes_over=True, at=now)
        assert open_room_of(session, interviewer.id) is None
    house.run(5)
    second = connected(house, interviewer)
    with reading() as session:
        live = session.scalars(sa.select(Call.provider_ref).where(Call.in_room)).all()
        assert live == [second]
        assert first != second
        assert session.scalars(sa.select(Entry.action).where(Entry.action == "room.take_over")).one()


def test_a_supervisor_leaves_with_the_resident(house: House, interviewer: Staff) -> None:
    with transaction() as session:
        boss = a_staff(session, Role.SUPERVISOR)
    house.carrier.softphones.register(identity_of(boss.id), 1.0)
    connected(house, interviewer)
    with house.at_present() as now, transaction() as session:
        room = open_room_of(session, interviewer.id)
        assert room is not None
        place_call(session, room=room, number=NUMBER, by=interviewer, at=now)
    house.run(8)
    with house.at_present() as now, transaction() as session:
        room = open_room_of(session, interviewer.id)
        assert room is not None
        listen_in(session, room, by=boss, at=now)
    house.run(5)
    with reading() as session:
        legs = {c.party: c for c in session.scalars(sa.select(Call))}
        assert legs[Party.SUPERVISOR].in_room
        assert legs[Party.SUPERVISOR].is_muted
        resident = str(legs[Party.RESIDENT].provider_ref)
    house.carrier.hang_up(house.carrier.legs.all[resident])
    house.run(5)
    house.run(5)
    with reading() as session:
        legs = {c.party: c for c in session.scalars(sa.select(Call))}
        assert legs[Party.SUPERVISOR].is_ended
        assert legs[Party.OPERATOR].in_room
