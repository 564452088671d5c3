"""A whole call over the wire: connect, dial, talk, record, hold, hang up; and what goes wrong on the way."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.db import reading, transaction
from core.people import Staff
from core.permissions import Role
from core.problems import Refused
from telephony import events
from telephony.calls import Call, Party
from telephony.contract import check_twiml
from telephony.dialling import (
    AlreadyTalking,
    NoConsent,
    NotConnected,
    end_room,
    hang_up,
    hold,
    mute,
    place_call,
    record,
    send_text,
)
from telephony.line import Cause, EventKind, LegState, RecordAction, identity_of
from telephony.listening import barge, listen_in, whisper
from telephony.outgoing import Outgoing, OutgoingState
from telephony.recordings import Recording, RecordingState
from telephony.rooms import Purpose, Room, open_room
from telephony.simulator.personas import Pickup, PickupKind
from telephony.texts import TextMessage, TextState
from tests.factories import a_staff
from tests.telephony.conftest import NUMBER, House, Pickups


def connect(house: House, staff: Staff) -> Room:
    """Let an operator's browser connect to their room."""
    with house.at_present() as now, transaction() as session:
        room = open_room(session, owner=staff, purpose=Purpose.SURVEY, at=now)
    grant = house.line.browser_grant(identity_of(staff.id))
    house.carrier.softphones.connect(grant.token, {"room": room.name})
    house.run(2)
    return room


def dial(house: House, room: Room, staff: Staff) -> int:
    """Dial the resident into the room and let the request leave."""
    with house.at_present() as now, transaction() as session:
        call = place_call(session, room=session.get_one(Room, room.id), number=NUMBER, by=staff, at=now)
    house.send()
    return call.id


def the_call(call_id: int) -> Call:
    """Read a call anew."""
    with reading() as session:
        call = session.get_one(Call, call_id)
        session.expunge_all()
        return call


def test_a_conversation_from_the_first_click_to_the_end(house: House, interviewer: Staff) -> None:
    told: list[tuple[str, str | None]] = []
    events.listen(EventKind.LEG, lambda s, e, c: told.append((e.data["state"], c.party.value if c else None)))
    room = connect(house, interviewer)
    with reading() as session:
        operator = session.scalars(sa.select(Call).where(Call.party == Party.OPERATOR)).one()
        assert operator.in_room
        assert operator.state == LegState.CONNECTED
        assert session.get_one(Room, room.id).provider_ref is not None
    call_id = dial(house, room, interviewer)
    house.run(1)
    assert the_call(call_id).state == LegState.RINGING
    house.run(10)
    call = the_call(call_id)
    assert call.state == LegState.CONNECTED
    assert call.in_room
    assert call.connected_at is not None
    assert call.number == NUMBER

    with house.at_present() as now, transaction() as session:
        talking = session.get_one(Call, call_id)
        with pytest.raises(NoConsent):
            record(session, talking, RecordAction.START, by=interviewer, at=now)
        record(session, talking, RecordAction.START, by=interviewer, at=now, consent_at=now)
    house.run(1)
    with house.at_present() as now, transaction() as session:
        hold(session, session.get_one(Call, call_id), True, at=now)
    house.run(1)
    assert the_call(call_id).is_held
    with house.at_present() as now, transaction() as session:
        hold(session, session.get_one(Call, call_id), False, at=now)
        mute(session, session.get_one(Call, call_id), True, at=now)
        record(session, session.get_one(Call, call_id), RecordAction.PAUSE, by=interviewer, at=now)
    house.run(1)
    call = the_call(call_id)
    assert not call.is_held
    assert call.is_muted

    with house.at_present() as now, transaction() as session:
        hang_up(session, session.get_one(Call, call_id), by=interviewer, at=now)
    house.send()
    house.run(5)
    call = the_call(call_id)
    assert call.state == LegState.ENDED
    assert call.cause == Cause.NORMAL
    assert call.duration_s == 10
    with reading() as session:
        recording = session.scalars(sa.select(Recording)).one()
        assert recording.state == RecordingState.READY
        assert recording.provider_ref
        operator = session.scalars(sa.select(Call).where(Call.party == Party.OPERATOR)).one()
        assert operator.in_room, "the operator stays for the next case"
        assert {o.state for o in session.scalars(sa.select(Outgoing))} == {OutgoingState.SENT}
    ours = [state for state, party in told if party == "resident"]
    assert ours == ["dialling", "ringing", "connected", "ended"] or ours == ["ringing", "connected", "ended"]

    with house.at_present() as now, transaction() as session:
        end_room(session, session.get_one(Room, room.id), by=interviewer, at=now)
    house.send()
    house.run(5)
    with reading() as session:
        assert not session.get_one(Room, room.id).is_open
        assert all(c.is_ended for c in session.scalars(sa.select(Call)))
        assert (
            session.scalars(sa.select(events.LineEvent).where(events.LineEvent.heard_at.is_(None))).all()
            == []
        )
    assert house.carrier.warnings == []
    for document in house.documents:
        check_twiml(document)


@pytest.mark.parametrize(
    ("pickup", "cause", "network_code"),
    [
        (Pickup(PickupKind.BUSY, 0.0), Cause.BUSY, 486),
        (Pickup(PickupKind.NO_ANSWER, 0.0), Cause.NO_ANSWER, 487),
        (Pickup(PickupKind.NOT_IN_SERVICE, 0.0), Cause.UNREACHABLE, 404),
        (Pickup(PickupKind.SWITCHED_OFF, 0.0), Cause.UNREACHABLE, 480),
        (Pickup(PickupKind.REJECTED, 2.0), Cause.REJECTED, 603),
    ],
)
def test_every_way_of_not_answering_has_its_cause(
    house: House, interviewer: Staff, pickups: Pickups, pickup: Pickup, cause: Cause, network_code: int
) -> None:
    pickups.next = pickup
    room = connect(house, interviewer)
    call_id = dial(house, room, interviewer)
    house.run(40)
    call = the_call(call_id)
    assert (call.state, call.cause, call.network_code) == (LegState.ENDED, cause, network_code)
    assert not call.was_connected


def test_a_resident_who_hangs_up_leaves_the_operator_in_the_room(
    house: House, interviewer: Staff, pickups: Pickups
) -> None:
    pickups.next = Pickup(PickupKind.ANSWERED, 2.0, 30.0)
    room = connect(house, interviewer)
    call_id = dial(house, room, interviewer)
    house.run(60)
    call = the_call(call_id)
    assert call.is_ended
    assert call.cause == Cause.NORMAL
    assert not call.in_room
    second = dial(house, room, interviewer)
    house.run(20)
    assert the_call(second).was_connected


def test_nobody_is_dialled_before_the_operator_is_there_nor_twice(house: House, interviewer: Staff) -> None:
    with house.at_present() as now, transaction() as session:
        room = open_room(session, owner=interviewer, purpose=Purpose.SURVEY, at=now)
        with pytest.raises(NotConnected):
            place_call(session, room=room, number=NUMBER, by=interviewer, at=now)
    room = connect(house, interviewer)
    dial(house, room, interviewer)
    with pytest.raises(AlreadyTalking):
        dial(house, room, interviewer)


def test_a_lost_browser_ends_a_surveys_room(house: House, interviewer: Staff) -> None:
    room = connect(house, interviewer)
    call_id = dial(house, room, interviewer)
    house.run(10)
    with reading() as session:
        ref = session.scalars(sa.select(Call.provider_ref).where(Call.party == Party.OPERATOR)).one()
    house.carrier.hang_up(house.carrier.legs.all[str(ref)])
    house.run(5)
    assert the_call(call_id).is_ended
    with reading() as session:
        assert not session.get_one(Room, room.id).is_open


def test_a_browser_joins_its_own_room_only(house: House, interviewer: Staff) -> None:
    with house.at_present() as now, transaction() as session:
        other = a_staff(session, Role.INTERVIEWER)
        editor = a_staff(session, Role.EDITOR)
        room = open_room(session, owner=other, purpose=Purpose.SURVEY, at=now)
        own = open_room(session, owner=editor, purpose=Purpose.DESK, at=now)
    for staff, name in ((interviewer, room.name), (editor, own.name), (interviewer, "r00")):
        grant = house.line.browser_grant(identity_of(staff.id))
        house.carrier.softphones.connect(grant.token, {"room": name})
        house.run(2)
        assert "<Conference" not in house.documents[-1]
        assert "<Hangup" in house.documents[-1]
    with reading() as session:
        assert session.scalars(sa.select(Call)).all() == []


def test_a_supervisor_listens_whispers_and_barges(house: House, interviewer: Staff) -> None:
    with transaction() as session:
        supervisor = a_staff(session, Role.SUPERVISOR)
    house.carrier.softphones.register(identity_of(supervisor.id), 0.5)
    room = connect(house, interviewer)
    dial(house, room, interviewer)
    house.run(10)
    with house.at_present() as now, transaction() as session:
        leg_id = listen_in(session, session.get_one(Room, room.id), by=supervisor, at=now).id
    house.run(0)
    house.run(5)
    leg = the_call(leg_id)
    assert leg.in_room
    assert leg.is_muted
    assert leg.is_coaching
    with house.at_present() as now, transaction() as session:
        whisper(session, session.get_one(Call, leg_id), by=supervisor, at=now)
    house.run(0)
    house.run(2)
    assert not the_call(leg_id).is_muted
    assert the_call(leg_id).is_coaching
    with house.at_present() as now, transaction() as session:
        barge(session, session.get_one(Call, leg_id), by=supervisor, at=now)
    house.run(0)
    house.run(2)
    assert not the_call(leg_id).is_coaching


def test_a_text_is_sent_once_and_followed_to_its_end(house: House, interviewer: Staff) -> None:
    with house.at_present() as now, transaction() as session:
        send_text(session, number=NUMBER, body="您好，这里是民意中心。", by=interviewer, at=now)
    house.send()
    house.run(60)
    with reading() as session:
        text = session.scalars(sa.select(TextMessage)).one()
        assert text.state in (TextState.DELIVERED, TextState.UNDELIVERED)
        assert text.settled_at is not None
    assert sum(path.endswith("/Messages.json") for _, path, _ in house.transport.seen) == 1


def test_a_dial_that_is_hung_up_before_it_left_never_rings(house: House, interviewer: Staff) -> None:
    room = connect(house, interviewer)
    with house.at_present() as now, transaction() as session:
        call = place_call(session, room=session.get_one(Room, room.id), number=NUMBER, by=interviewer, at=now)
        hang_up(session, call, by=interviewer, at=now)
    house.send()
    house.run(30)
    assert the_call(call.id).cause == Cause.CANCELLED
    assert not any(method == "POST" and "Participants" in path for method, path, _ in house.transport.seen)


def test_a_recording_needs_somebody_to_record(house: House, interviewer: Staff) -> None:
    room = connect(house, interviewer)
    call_id = dial(house, room, interviewer)
    with house.at_present() as now, transaction() as session, pytest.raises(Refused):
        record(
            session,
            session.get_one(Call, call_id),
            RecordAction.START,
            by=interviewer,
            at=now,
            consent_at=now,
        )


def test_numbers_stand_nowhere_in_the_clear(house: House, interviewer: Staff) -> None:
    room = connect(house, interviewer)
    dial(house, room, interviewer)
    house.run(30)
    bare = NUMBER.removeprefix("+86")
    with reading() as session:
        for table in ("call", "outgoing", "line_event", "journal_entry", "room"):
            for row in session.execute(sa.text(f"SELECT * FROM {table}")):
                assert bare.encode() not in b"|".join(
                    v if isinstance(v, bytes) else str(v).encode() for v in row
                )
