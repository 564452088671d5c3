"""Messages: whoever would rather speak than wait is heard, by those whose record it is, and called back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core import clock
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
from hotline.waiting import PROMISED
from telephony.contract import check_twiml
from telephony.recordings import Recording, RecordingState
from tests.factories import a_staff
from tests.hotline.conftest import CALLER, Desk
from tests.hotline.test_glance import counted


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


@pytest.mark.parametrize("number", [CALLER, "anonymous"])
def test_who_was_cut_off_and_would_rather_speak_leaves_a_message(line: Desk, number: str) -> None:
    """After a talk that broke off on our side they press 2 like anybody; without a number nothing else is left."""
    ann = line.operator()
    leg = line.call(number, for_s=12, message_s=12.0)
    contact = line.contact(leg)
    assert line.take(contact, ann).state is ContactState.TALKING
    line.house.carrier.hang_up(line.telephones[ann.id])
    line.run(25)
    assert line.again(contact).state is ContactState.WAITING
    line.house.carrier.press(leg, "2")
    line.house.run(60)
    assert len(left(contact)) == 1
    after, promise = line.again(contact), line.call_back(contact)
    assert promise is not None
    assert (after.way_out, promise.reason) == (WayOut.ANSWERED, CallBackReason.MESSAGE)


def test_who_was_cut_off_and_asks_to_be_called_hears_so(line: Desk) -> None:
    ann = line.operator()
    leg = line.call(for_s=12)
    line.take(line.contact(leg), ann)
    line.house.carrier.hang_up(line.telephones[ann.id])
    line.run(25)
    line.house.carrier.press(leg, "1")
    line.run(20)
    assert line.heard(leg, PROMISED)


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


def test_the_list_of_messages_asks_no_more_however_many_there_are(line: Desk) -> None:
    """Each under its own caller, in order."""
    asked: list[int] = []
    for n in range(3):
        contact = leave(line, f"+861391234567{n}", seconds=12.0)
        with reading() as session, counted() as noted:
            found = voicemail.inbox(session, by=session.get_one(Staff, line.owner.id), at=clock.now())
        asked.append(len(noted))
        assert [[m.id for m in row.messages] for row in found][-1] == [m.id for m in left(contact)]
        assert len(found) == n + 1
    assert asked[1] == asked[2]


def test_a_message_of_another_contact_is_not_there(line: Desk) -> None:
    contact = leave(line, seconds=12.0)
    with pytest.raises(Missing):
        line.do(voicemail.message_to_hear, contact, 999_999, by=line.owner)
