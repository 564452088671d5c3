"""Messages: whoever would rather speak than wait is heard, by those whose record it is, and called back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.db import reading, transaction
from core.people import Staff
from core.permissions import Role
from core.problems import Missing
from hotline import voicemail
from hotline.callbacks import CallBackReason, CallBackState
from hotline.contacts import Contact, ContactState, WayOut
from hotline.lines import LineKind
from hotline.missing import call_back_of
from hotline.read_log import CounsellingRead
from telephony.contract import check_twiml
from telephony.recordings import Recording, RecordingState
from tests.factories import a_staff
from tests.hotline.conftest import CALLER, Desk


@pytest.fixture
def line(desk: Desk) -> Desk:
    """A hotline that takes messages."""
    voicemail.take_voicemail()
    return desk


def leave(
    line: Desk, number: str = CALLER, kind: LineKind = LineKind.COUNSELLING, *, seconds: float
) -> Contact:
    """Let somebody wait, press 2, and speak for some seconds."""
    leg = line.call(number, kind, for_s=0, message_s=seconds)
    line.house.run(20)
    line.house.carrier.press(leg, "2")
    line.house.run(60)
    assert leg.is_ended
    for document in line.house.documents:
        check_twiml(document)
    return line.contact(leg)


def left(contact: Contact) -> list[Recording]:
    with reading() as session:
        return voicemail.messages(session, session.get_one(Contact, contact.id))


def hear(line: Desk, contact: Contact, by: Staff) -> str:
    which = left(contact)[0].id
    ref = line.do(voicemail.message_to_hear, contact, which, by=by)
    assert isinstance(ref, str)
    return ref


def test_a_message_has_an_owner_and_a_promise(line: Desk) -> None:
    contact = leave(line, seconds=12.0)
    assert (contact.state, contact.way_out) == (ContactState.MISSED, WayOut.MESSAGE)
    assert contact.owner_id == line.owner.id
    promise = line.call_back(contact)
    assert promise is not None
    assert (promise.state, promise.reason) == (CallBackState.DUE, CallBackReason.MESSAGE)
    [message] = left(contact)
    assert (message.state, message.duration_s) == (RecordingState.READY, 12)
    spoken = "".join(line.house.documents)
    assert voicemail.SPEAK.zh in spoken
    assert voicemail.THANKS.zh in spoken


def test_a_withheld_caller_is_asked_for_a_number(line: Desk) -> None:
    contact = leave(line, "anonymous", seconds=12.0)
    promise = line.call_back(contact)
    assert promise is not None
    assert promise.state is CallBackState.IMPOSSIBLE
    assert len(left(contact)) == 1
    assert voicemail.SPEAK_WITHHELD.zh in "".join(line.house.documents)


def test_silence_leaves_the_promise_and_no_message(line: Desk) -> None:
    contact = leave(line, seconds=0.0)
    assert left(contact) == []
    assert line.call_back(contact) is not None
    with reading() as session:
        assert session.scalars(sa.select(Recording.state)).all() == [RecordingState.ABSENT]


def test_whose_record_it_is_may_hear_it_and_every_hearing_is_logged(line: Desk) -> None:
    contact = leave(line, seconds=12.0)
    assert hear(line, contact, line.owner) == left(contact)[0].provider_ref
    with reading() as session:
        [read] = session.scalars(sa.select(CounsellingRead)).all()
        assert (read.staff_id, read.contact_id, read.record) == (line.owner.id, contact.id, "message")


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.CITIZEN_OPERATOR, Role.ADMINISTRATOR, Role.CLERK])
def test_nobody_else_knows_of_it(line: Desk, role: Role) -> None:
    contact = leave(line, seconds=12.0)
    with transaction() as session:
        other = a_staff(session, role)
    with pytest.raises(Missing):
        hear(line, contact, other)


def test_who_calls_back_hears_it_first(line: Desk) -> None:
    contact = leave(line, seconds=12.0)
    with transaction() as session:
        other = a_staff(session, Role.OPERATOR)
        promise = call_back_of(session, session.get_one(Contact, contact.id))
        assert promise is not None
        promise.state, promise.held_by = CallBackState.HELD, other.id
    assert hear(line, contact, other)


def test_on_the_citizen_line_its_owner_and_the_lead_hear_it(line: Desk) -> None:
    contact = leave(line, kind=LineKind.CITIZEN, seconds=12.0)
    assert hear(line, contact, line.owner)
    with transaction() as session:
        other = a_staff(session, Role.CITIZEN_OPERATOR)
    with pytest.raises(Missing):
        hear(line, contact, other)
    with reading() as session:
        assert session.scalars(sa.select(CounsellingRead)).all() == []


def test_a_message_of_another_contact_is_not_there(line: Desk) -> None:
    contact = leave(line, seconds=12.0)
    with pytest.raises(Missing):
        line.do(voicemail.message_to_hear, contact, 999_999, by=line.owner)
