"""The line from the first ring to the finished record, and every way out of the queue."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core import db
from core.people import Staff
from core.permissions import Role
from core.problems import Missing, Refused
from hotline import seating, taking, talking, turns, waiting, wrapping
from hotline.callbacks import CallBackReason, CallBackState
from hotline.callers import Caller
from hotline.contacts import Contact, WayOut
from hotline.contacts import ContactState as S
from hotline.lines import LineKind, line_of
from hotline.offers import OfferAnswer
from hotline.seats import SeatState, seat_of
from hotline.taking import AlreadyAnswered, CallerGone
from telephony.calls import Call
from telephony.dialling import NotConnected
from telephony.line import NotTaken
from tests.factories import a_staff
from tests.hotline.conftest import CALLER, Desk


def seat_state(staff: Staff) -> SeatState:
    with db.reading() as session:
        found = seat_of(session, staff)
        assert found is not None
        return found.state


def test_a_caller_is_written_down_offered_taken_talked_to_and_finished(desk: Desk) -> None:
    """From the ring to the record; the number stands nowhere but with the caller."""
    ann, ben = desk.operator(), desk.operator()
    leg = desk.call(for_s=15)
    contact = desk.contact(leg)
    assert (contact.state, contact.owner_id) == (S.WAITING, desk.owner.id)
    assert {o.staff_id for o in desk.offers(contact) if o.answer is None} == {ann.id, ben.id}
    assert desk.take(contact, ann).state is S.TALKING
    assert sorted(o.answer or "" for o in desk.offers(contact)) == [OfferAnswer.TAKEN, OfferAnswer.TOO_LATE]
    telephone = desk.telephones[ann.id]
    assert leg.seat is not None
    assert telephone.seat is not None
    assert leg.seat.conference is telephone.seat.conference
    desk.house.carrier.hang_up(leg)
    desk.run(2)
    talked = desk.again(contact)
    assert (talked.state, talked.way_out) == (S.WRAPPING, WayOut.ANSWERED)
    assert seat_state(ann) is SeatState.WRAPPING
    desk.do(wrapping.finish, contact, by=ann)
    assert desk.again(contact).state is S.DONE
    assert seat_state(ann) is SeatState.AVAILABLE
    assert desk.call_back(contact) is None
    with db.reading() as session:
        assert session.scalars(sa.select(Call.number)).all() == [None] * 3
        assert session.scalars(sa.select(Caller.number)).all() == [CALLER]


def test_the_greeting_says_what_the_line_is_and_the_queue_says_where_one_stands(desk: Desk) -> None:
    """Nobody hears a menu, nor more than twenty seconds of nothing."""
    leg = desk.call(for_s=60)
    said = [text for _, text in leg.heard]
    assert "希望热线" in said[0]
    assert any("第 1 位" in text and "请按 1" in text for text in said)
    assert waiting.SILENCE_S <= 20
    assert desk.house.carrier.warnings == []
    other = desk.call("+8613900000002", LineKind.CITIZEN)
    assert "民意热线" in other.heard[0][1]


def test_a_withheld_number_is_a_caller_of_its_own_each_time(desk: Desk) -> None:
    """Sentinels and words alike; nobody is merged with anybody."""
    for number in ("anonymous", "+266696687", "Restricted", "anonymous"):
        desk.call(number, for_s=1)
    desk.call(for_s=1)
    desk.call(for_s=10)
    with db.reading() as session:
        callers = session.scalars(sa.select(Caller)).all()
    assert [c.is_withheld for c in callers].count(True) == 4
    assert [c.contacts for c in callers if not c.is_withheld] == [2]


def test_who_hangs_up_in_the_queue_is_called_back(desk: Desk) -> None:
    """By a row with an owner, due at once; a withheld number is said to be impossible."""
    leg, hidden = desk.call(for_s=12), desk.call("anonymous", for_s=12)
    for each in (leg, hidden):
        desk.house.carrier.hang_up(each)
    desk.run(2)
    for each, state in ((leg, CallBackState.DUE), (hidden, CallBackState.IMPOSSIBLE)):
        contact = desk.contact(each)
        promise = desk.call_back(contact)
        assert (contact.state, contact.way_out) == (S.MISSED, WayOut.ABANDONED)
        assert contact.owner_id == desk.owner.id
        assert promise is not None
        assert (promise.state, promise.reason) == (state, CallBackReason.ABANDONED)


def test_a_key_asks_to_be_called_back(desk: Desk) -> None:
    """The place is kept, the caller hears so, and the call ends."""
    leg = desk.call(for_s=15)
    desk.house.carrier.press(leg, "1")
    desk.run(30)
    contact = desk.contact(leg)
    promise = desk.call_back(contact)
    assert leg.is_ended
    assert desk.heard(leg, waiting.PROMISED)
    assert contact.way_out is WayOut.CALL_BACK
    assert promise is not None
    assert promise.reason is CallBackReason.ASKED


def test_a_withheld_number_can_wait_on_but_not_be_called_back(desk: Desk) -> None:
    """They hear why, and stay where they are."""
    leg = desk.call("anonymous", for_s=15)
    desk.house.carrier.press(leg, "1")
    desk.run(5)
    assert desk.heard(leg, waiting.WITHHELD)
    assert desk.contact(leg).state is S.WAITING
    assert not leg.is_ended


@pytest.mark.parametrize("by_key", [True, False])
def test_a_message_is_asked_for_by_key_or_after_the_longest_wait(desk: Desk, by_key: bool) -> None:
    """Where nobody takes messages they hear that they will be called."""
    with db.transaction() as session:
        line = line_of(session, LineKind.COUNSELLING)
        assert line is not None
        line.longest_wait_s = 60
    leg = desk.call(for_s=15)
    if by_key:
        desk.house.carrier.press(leg, "2")
    desk.run(30 if by_key else 90, step=3)
    contact = desk.contact(leg)
    assert leg.is_ended
    assert contact.way_out is WayOut.MESSAGE
    assert desk.heard(leg, waiting.WILL_CALL)
    assert desk.call_back(contact) is not None


def test_a_full_or_broken_queue_leads_to_a_call_back(desk: Desk) -> None:
    """No busy hang-up: they hear that they will be called."""
    queue = desk.house.carrier.queues.open("line-counselling", max_size=0)
    queue.max_size = 0
    leg = desk.call(for_s=30)
    contact = desk.contact(leg)
    assert (contact.state, contact.way_out) == (S.MISSED, WayOut.FULL)
    assert desk.heard(leg, waiting.WILL_CALL)
    assert desk.call_back(contact) is not None


def test_an_offer_runs_out_and_rings_elsewhere(desk: Desk) -> None:
    """Declining passes it on at once; an unanswered one expires."""
    ann = desk.operator()
    leg = desk.call(for_s=12)
    contact = desk.contact(leg)
    ben = desk.operator(sits=False)
    desk.do(taking.decline, contact, by=ann)
    desk.run(2)
    assert [o.answer for o in desk.offers(contact)] == [OfferAnswer.DECLINED]
    desk.do(seating.sit, by=ben)
    assert [o.staff_id for o in desk.offers(contact) if o.answer is None] == [ben.id]
    desk.beat_for(25, ann, ben)
    answers = [o.answer for o in desk.offers(contact) if o.staff_id == ben.id]
    assert answers[0] is OfferAnswer.EXPIRED
    assert desk.again(contact).state is S.WAITING


def test_only_the_first_wins_and_only_the_lines_own_operators_may(desk: Desk) -> None:
    """The others hear so; a citizen operator doesn't know of counselling callers."""
    ann, ben = desk.operator(), desk.operator()
    carl = desk.operator(Role.CITIZEN_OPERATOR)
    contact = desk.contact(desk.call(for_s=12))
    assert carl.id not in {o.staff_id for o in desk.offers(contact)}
    with pytest.raises(Missing):
        desk.do(taking.take, contact, by=carl)
    desk.take(contact, ann)
    with pytest.raises(AlreadyAnswered):
        desk.do(taking.take, contact, by=ben)
    desk.do(taking.take, contact, by=ann)  # a second click changes nothing
    other = desk.contact(desk.call("+8613900000003", for_s=12))
    with pytest.raises(Refused):
        desk.do(taking.take, other, by=ann)
    assert desk.again(other).state is S.WAITING


def test_nobody_takes_a_caller_without_a_telephone_or_one_who_is_gone(desk: Desk) -> None:
    """What would leave the caller alone is refused before anything happens."""
    with db.transaction() as session:
        mute = a_staff(session, Role.OPERATOR)
    desk.do(seating.sit, by=mute)
    leg = desk.call(for_s=12)
    contact = desk.contact(leg)
    assert desk.offers(contact) == []
    with pytest.raises(NotConnected):
        desk.do(taking.take, contact, by=mute)
    desk.house.carrier.hang_up(leg)
    ann = desk.operator()
    with pytest.raises(CallerGone):
        desk.do(taking.take, contact, by=ann)


def test_first_come_first_served_but_for_who_lost_their_place_through_us(desk: Desk) -> None:
    """Whoever talked and was cut off stands before everybody else."""
    ann = desk.operator()
    first = desk.call(for_s=12)
    desk.take(desk.contact(first), ann)
    second = desk.call("+8613900000004", for_s=12)
    desk.house.carrier.hang_up(desk.telephones[ann.id])
    desk.run(30)
    contact = desk.contact(first)
    assert (contact.state, contact.is_first, contact.taken_by) == (S.WAITING, True, None)
    assert desk.heard(first, waiting.BROKEN_OFF)
    assert first.place is not None
    with db.reading() as session:
        assert turns.position(session, contact, at=desk.house.timeline.now()) == 1
        assert turns.position(session, desk.contact(second), at=desk.house.timeline.now()) == 2
    ben = desk.operator()
    assert [o.staff_id for o in desk.offers(contact) if o.answer is None] == [ben.id]
    assert desk.take(contact, ben).state is S.TALKING


def test_a_page_loaded_anew_does_not_take_the_caller_away(desk: Desk) -> None:
    """Some seconds without the operator's telephone are borne."""
    ann = desk.operator()
    leg = desk.call(for_s=12)
    contact = desk.contact(leg)
    desk.take(contact, ann, for_s=10)
    desk.house.carrier.hang_up(desk.telephones[ann.id])
    desk.run(3)
    desk.connect(ann)
    desk.run(20)
    assert (desk.again(contact).state, desk.again(contact).taken_by) == (S.TALKING, ann.id)
    assert leg.seat is not None


def test_a_caller_who_cannot_be_brought_waits_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator is free again and the caller first; nothing is lost."""
    ann = desk.operator()
    leg = desk.call(for_s=12)
    contact = desk.contact(leg)

    def refuse(*_: object) -> None:
        raise NotTaken("400/nonsense")

    with monkeypatch.context() as patched:
        patched.setattr(desk.house.line, "take_waiting", refuse)
        desk.do(taking.take, contact, by=ann)
    back = desk.again(contact)
    assert (back.state, back.is_first) == (S.WAITING, True)
    assert seat_state(ann) is SeatState.AVAILABLE
    assert not leg.is_ended
    assert desk.take(contact, ann).state is S.TALKING


def test_a_room_that_closed_on_the_way_sends_the_caller_back_to_wait(desk: Desk) -> None:
    """Between the click and the room the operator's telephone went away."""
    ann = desk.operator()
    leg = desk.call(for_s=12)
    contact = desk.contact(leg)
    with desk.house.at_present() as now, db.transaction() as session:
        taking.take(session, session.get_one(Contact, contact.id), by=session.merge(ann), at=now)
    desk.house.carrier.hang_up(desk.telephones[ann.id])  # the room ends with its last telephone
    desk.run(40)
    assert not leg.is_ended
    assert desk.again(contact).state is S.WAITING
    assert leg.place is not None


def test_the_operator_hangs_up_holds_and_the_seat_frees_itself(desk: Desk) -> None:
    """A kind voice on hold; ten minutes of wrap-up at most, and the record stays open."""
    ann, ben = desk.operator(), desk.operator()
    leg = desk.call(for_s=12)
    contact = desk.contact(leg)
    desk.take(contact, ann)
    with pytest.raises(Missing):
        desk.do(talking.hold, contact, True, by=ben)
    desk.do(talking.hold, contact, True, by=ann)
    desk.run(20)
    assert leg.seat is not None
    assert leg.seat.is_held
    desk.do(talking.hold, contact, False, by=ann)
    desk.run(1)
    assert not leg.seat.is_held
    desk.do(talking.hang_up, contact, by=ann)
    assert desk.again(contact).state is S.WRAPPING
    desk.run(1)
    assert leg.is_ended
    desk.beat_for(620, ann)
    assert seat_state(ann) is SeatState.AVAILABLE
    record = desk.again(contact)
    assert (record.state, record.taken_by) == (S.WRAPPING, ann.id)
    desk.do(wrapping.finish, contact, by=ann)
    assert desk.again(contact).state is S.DONE


def test_a_record_that_lacks_something_is_not_finished(desk: Desk) -> None:
    """The line's own rule is asked."""

    def lacks(session: object, contact: Contact) -> None:
        raise Refused

    ann = desk.operator()
    leg = desk.call(for_s=12)
    contact = desk.contact(leg)
    desk.take(contact, ann)
    desk.do(talking.hang_up, contact, by=ann)
    wrapping.must_be_whole(LineKind.COUNSELLING, lacks)
    try:
        with pytest.raises(Refused):
            desk.do(wrapping.finish, contact, by=ann)
    finally:
        wrapping._rules[LineKind.COUNSELLING].remove(lacks)
    assert desk.again(contact).state is S.WRAPPING
