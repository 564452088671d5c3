"""Calling back: one operator takes a promise, the number stands on the call while it lives, three tries in all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from core import clock, db
from core.people import Staff
from core.permissions import Role
from core.problems import Missing, Refused
from hotline import (
    answering,
    calling_back,
    key_reviews,
    next_call_back,
    operator_line,
    owning,
    seating,
    talking,
    turns,
    wrapping,
)
from hotline.callbacks import (
    FIRST_WITHIN,
    TRIES,
    CallBack,
    CallBackReason,
    CallBackResult,
    CallBackState,
    next_try,
)
from hotline.calling_back import HeldByAnother, NoNumber
from hotline.contacts import Contact, WayOut
from hotline.contacts import ContactState as S
from hotline.lines import LineKind
from hotline.offers import OfferAnswer
from hotline.read_log import ReadPurpose
from hotline.seats import SeatState, seat_of
from hotline.sight import purpose_of
from telephony.calls import Call, Direction
from telephony.line import RoomRef
from telephony.simulator.personas import Pickup, PickupKind
from tests.hotline.conftest import CALLER, NUMBERS, Desk
from tests.hotline.test_glance import counted


def abandoned(desk: Desk, number: str = CALLER) -> tuple[Contact, CallBack]:
    leg = desk.call(number, for_s=12)
    desk.house.carrier.hang_up(leg)
    desk.run(2)
    contact = desk.contact(leg)
    promise = desk.call_back(contact)
    assert promise is not None
    return contact, promise


def numbers_on_calls(desk: Desk) -> list[str | None]:
    with db.reading() as session:
        return list(session.scalars(sa.select(Call.number).where(Call.direction == Direction.OUTBOUND)))


def seat_state(staff: Staff) -> SeatState:
    with db.reading() as session:
        found = seat_of(session, staff)
        assert found is not None
        return found.state


def test_a_caller_is_rung_back_and_talked_to(desk: Desk) -> None:
    """By button; the number is on the call while it goes on and nowhere afterwards."""
    ann, ben = desk.operator(), desk.operator()
    contact, promise = abandoned(desk)
    assert promise.due_at - contact.rung_at <= FIRST_WITHIN
    assert desk.do(next_call_back.claim_next, by=ann).id == promise.id  # type: ignore[attr-defined]
    with pytest.raises(HeldByAnother):
        desk.do(calling_back.claim, promise, by=ben)
    assert desk.do(next_call_back.claim_next, by=ben) is None
    desk.do(calling_back.ring, promise, by=ann)
    desk.run(2)
    assert desk.again(contact).state is S.TAKEN
    assert numbers_on_calls(desk) == [CALLER]
    desk.run(10)
    assert desk.again(contact).state is S.TALKING
    kept = desk.call_back(contact)
    assert kept is not None
    assert kept.state is CallBackState.DONE
    desk.do(talking.hang_up, contact, by=ann)
    desk.run(3)
    assert numbers_on_calls(desk) == [None]
    desk.do(wrapping.finish, contact, by=ann)
    assert desk.again(contact).state is S.DONE


@pytest.mark.parametrize("kind", LineKind)
def test_who_is_rung_sees_the_line_and_reaches_it_again(desk: Desk, kind: LineKind) -> None:
    """Not the survey's number: who rings it would be no contact, and known outside the wall. A lost dial is found."""
    ann = desk.operator(Role.OPERATOR if kind is LineKind.COUNSELLING else Role.CITIZEN_OPERATOR)
    leg = desk.call(line=kind, for_s=12)
    desk.house.carrier.hang_up(leg)
    desk.run(2)
    promise = desk.call_back(desk.contact(leg))
    assert promise is not None
    desk.do(calling_back.ring, promise, by=ann)
    desk.run(3)
    dialled = next(one for one in desk.house.carrier.legs.all.values() if one.to == CALLER)
    assert dialled.from_ == NUMBERS[kind]
    found = desk.house.line.find_leg(
        RoomRef("elsewhere"), request_key="unheard-of", to=CALLER, caller_id=dialled.from_,
        since=desk.house.timeline.now() - timedelta(minutes=1), known=frozenset(),
    )  # fmt: skip
    assert found is not None
    assert found.leg == dialled.sid


def rings_for(desk: Desk, staff: Staff, contact: Contact) -> dict[str, object]:
    """Return what rings at somebody's screen; it must be this caller."""
    with desk.house.at_present() as now, db.reading() as session:
        offer = operator_line.own(session, by=session.get_one(Staff, staff.id), at=now)["offer"]
    assert isinstance(offer, dict)
    assert offer["token"] == contact.token
    return offer


def test_who_kept_their_place_is_rung_in_their_turn(desk: Desk) -> None:
    """Before whoever came later, on one telephone, without anybody opening a list; whoever waits knows they are behind."""
    leg = desk.call(for_s=12)
    kept = desk.contact(leg)
    desk.house.carrier.press(leg, "1")
    desk.run(10)
    later = desk.contact(desk.call("+8613900000009", for_s=12))
    with db.reading() as session:
        assert turns.position(session, session.get_one(Contact, later.id), at=desk.house.timeline.now()) == 2
    ann = desk.operator()
    desk.run(2)
    assert [offer.staff_id for offer in desk.offers(kept)] == [ann.id]
    assert desk.offers(later) == []
    assert rings_for(desk, ann, kept)["is_kept"] is True
    ben = desk.operator()
    desk.run(2)
    assert [offer.staff_id for offer in desk.offers(later)] == [ben.id]
    desk.do(answering.answer, kept, by=ann)
    desk.run(12)
    promise = desk.call_back(kept)
    assert promise is not None
    talked = desk.again(kept)
    assert (talked.state, talked.way_out, promise.state) == (S.TALKING, WayOut.CALL_BACK, CallBackState.DONE)
    desk.do(answering.answer, later, by=ben)
    desk.run(3)
    assert desk.again(later).state is S.TALKING


def test_a_contact_is_locked_before_its_promise_whoever_rings(desk: Desk) -> None:
    """Two who lock them the other way round would wait for one another for ever."""
    leg = desk.call(for_s=12)
    kept = desk.contact(leg)
    desk.house.carrier.press(leg, "1")
    desk.run(10)
    ann = desk.operator()
    with counted() as asked:
        desk.do(answering.answer, kept, by=ann)
    locks = [text.rpartition("FOR UPDATE OF ")[2].split()[0] for text in asked if "FOR UPDATE OF " in text]
    if db.database().engine.dialect.name == "postgresql":
        assert locks.index("contact") < locks.index("call_back")
    assert desk.again(kept).state is S.TAKEN


def test_who_kept_their_place_and_rings_again_has_it_and_is_dialled_by_nobody(desk: Desk) -> None:
    """They are not behind themselves, and their telephone is busy; how long this call waits counts from its own start."""
    desk.contact(desk.call("+8613900000009", for_s=30))
    leg = desk.call(for_s=12)
    kept = desk.contact(leg)
    desk.house.carrier.press(leg, "1")
    desk.run(10)
    behind = desk.contact(desk.call("+8613900000008", for_s=30))
    again = desk.contact(desk.call(for_s=12))
    at = desk.house.timeline.now()
    with db.reading() as session:
        places = [turns.position(session, session.get_one(Contact, one.id), at=at) for one in (again, behind)]
    assert places == [2, 3]
    ann, ben = desk.operator(), desk.operator()
    desk.run(2)
    assert desk.offers(kept) == []
    assert [offer.staff_id for offer in desk.offers(again)] == [ben.id]
    desk.do(answering.answer, again, by=ben)
    desk.run(3)
    talked, settled = desk.again(again), desk.again(kept)
    assert (talked.state, settled.state) == (S.TALKING, S.DONE)
    assert (talked.first_wait_s or 0) < 30
    assert ann is not None


def test_a_kept_place_put_off_is_not_dialled_before_its_time(desk: Desk) -> None:
    """Where a call of ours to them has just met a machine, say."""
    leg = desk.call(for_s=12)
    kept = desk.contact(leg)
    desk.house.carrier.press(leg, "1")
    desk.run(10)
    with db.transaction() as session:
        promise = session.scalars(sa.select(CallBack).where(CallBack.contact_id == kept.id)).one()
        promise.due_at = desk.house.timeline.now() + timedelta(hours=2)
    ann = desk.operator()
    desk.beat_for(30, ann)
    assert desk.offers(kept) == []


def test_a_kept_place_tried_in_vain_rings_nobody_any_more(desk: Desk) -> None:
    """It is a call-back like any other then; and who takes it from the list ends its ringing."""
    ann, ben = desk.operator(), desk.operator()
    desk.do(seating.rest, by=ann)
    desk.do(seating.rest, by=ben)
    leg = desk.call(for_s=12)
    kept = desk.contact(leg)
    desk.house.carrier.press(leg, "1")
    desk.run(10)
    desk.do(seating.free, by=ben)
    promise = desk.call_back(kept)
    assert promise is not None
    desk.pickups.next = Pickup(PickupKind.NO_ANSWER, 0.0, None)
    desk.do(seating.free, by=ann)
    desk.do(calling_back.ring, promise, by=ann)
    assert [offer.answer for offer in desk.offers(kept)] == [OfferAnswer.TAKEN]
    desk.beat_for(60, ann, ben)
    assert len(desk.offers(kept)) == 1


def test_three_tries_at_different_hours(desk: Desk) -> None:
    """Each later than the one before; after the third nobody is bothered any more."""
    ann = desk.operator()
    contact, promise = abandoned(desk)
    desk.pickups.next = Pickup(PickupKind.NO_ANSWER, 0.0, None)
    kept: CallBack | None = promise
    for tried in range(1, TRIES + 1):
        desk.do(calling_back.ring, promise, by=ann)
        desk.beat_for(40, ann)
        kept = desk.call_back(contact)
        assert kept is not None
        assert (desk.again(contact).state, kept.tries) == (S.MISSED, tried)
        assert seat_state(ann) is SeatState.AVAILABLE
        if tried < TRIES:
            assert kept.state is CallBackState.DUE
            assert kept.due_at > desk.house.timeline.now() + timedelta(hours=1)
    assert kept is not None
    assert kept.state is CallBackState.GIVEN_UP
    assert numbers_on_calls(desk) == [None] * TRIES


def test_nobody_finishes_a_record_while_its_caller_is_being_rung(desk: Desk) -> None:
    """Else the promise would stay held by a seat that is free, and the talk to come would have nobody to write it."""
    ann = desk.operator()
    contact, promise = abandoned(desk)
    desk.do(calling_back.ring, promise, by=ann)
    assert desk.again(contact).state is S.TAKEN
    with pytest.raises(Refused):
        desk.do(wrapping.finish, contact, by=ann)
    kept = desk.call_back(contact)
    assert kept is not None
    assert (desk.again(contact).state, kept.state) == (S.TAKEN, CallBackState.HELD)
    assert seat_state(ann) is SeatState.TALKING


def test_a_machine_is_no_talk_and_a_refusal_ends_the_promise(desk: Desk) -> None:
    """What the operator heard counts, not what the line saw."""
    ann = desk.operator()
    contact, promise = abandoned(desk)
    desk.do(calling_back.ring, promise, by=ann)
    desk.run(12)
    assert desk.again(contact).state is S.TALKING
    desk.do(calling_back.note_result, promise, CallBackResult.MACHINE, by=ann)
    desk.run(3)
    kept = desk.call_back(contact)
    assert kept is not None
    assert (desk.again(contact).state, kept.state, kept.tries) == (S.MISSED, CallBackState.DUE, 1)
    desk.do(calling_back.ring, promise, by=ann)
    desk.run(12)
    desk.do(calling_back.note_result, promise, CallBackResult.DECLINED, by=ann)
    desk.run(3)
    kept = desk.call_back(contact)
    assert kept is not None
    assert (desk.again(contact).state, kept.state) == (S.DONE, CallBackState.DONE)


def test_who_calls_again_and_is_talked_to_is_not_called_back_as_well(desk: Desk) -> None:
    """Every promise to the same caller is kept by one talk."""
    ann = desk.operator()
    first, _ = abandoned(desk)
    second, _ = abandoned(desk)
    other, _ = abandoned(desk, "+8613900000009")
    third = desk.contact(desk.call(for_s=12))
    desk.take(third, ann)
    states = {
        c.id: (desk.again(c).state, getattr(desk.call_back(c), "state", None)) for c in (first, second, other)
    }
    assert states[first.id] == states[second.id] == (S.DONE, CallBackState.DONE)
    assert states[other.id] == (S.MISSED, CallBackState.DUE)


def test_a_talk_that_broke_off_is_taken_up_again(desk: Desk) -> None:
    """From wrap-up by its operator at once; if nobody answers, it is promised, and the record stays its writer's."""
    ann, ben = desk.operator(), desk.operator()
    leg = desk.call(for_s=12)
    contact = desk.contact(leg)
    desk.take(contact, ann)
    desk.house.carrier.hang_up(leg)
    desk.run(2)
    with pytest.raises(Missing):
        desk.do(calling_back.ring_again, contact, by=ben)
    desk.do(calling_back.ring_again, contact, by=ann)
    desk.run(12)
    assert desk.again(contact).state is S.TALKING
    desk.do(talking.hang_up, contact, by=ann)
    desk.run(3)
    assert desk.again(contact).state is S.WRAPPING
    desk.pickups.next = Pickup(PickupKind.NO_ANSWER, 0.0, None)
    desk.do(calling_back.ring_again, contact, by=ann)
    desk.beat_for(40, ann)
    promise = desk.call_back(contact)
    assert promise is not None
    stays = desk.again(contact)
    assert (stays.state, stays.taken_by, stays.room_id is not None) == (S.WRAPPING, ann.id, True)
    assert seat_state(ann) is SeatState.WRAPPING
    assert (promise.state, promise.reason) == (CallBackState.DUE, CallBackReason.BROKEN_OFF)


def broken_off(desk: Desk, operator: Staff) -> tuple[Contact, CallBack]:
    """Let a talk break off and be rung again in vain."""
    leg = desk.call(for_s=12)
    contact = desk.contact(leg)
    desk.take(contact, operator)
    desk.house.carrier.hang_up(leg)
    desk.run(2)
    desk.pickups.next = Pickup(PickupKind.NO_ANSWER, 0.0, None)
    desk.do(calling_back.ring_again, contact, by=operator)
    desk.beat_for(40, *desk.operators)
    promise = desk.call_back(contact)
    assert promise is not None
    return contact, promise


def sees(contact: Contact, staff: Staff) -> ReadPurpose | None:
    with db.reading() as session:
        fresh = session.get_one(Contact, contact.id)
        return purpose_of(session, fresh, by=session.get_one(Staff, staff.id), at=clock.now())


def test_the_record_goes_back_to_its_writer_however_often_others_ring_in_vain(desk: Desk) -> None:
    """In the middle of an event the writer never loses record, checklist and plan; who rings sees them meanwhile."""
    ann, ben = desk.operator(), desk.operator()
    contact, promise = broken_off(desk, ann)
    assert sees(contact, ann) is ReadPurpose.TALK
    desk.do(calling_back.ring, promise, by=ben)
    assert sees(contact, ann) is sees(contact, ben) is ReadPurpose.TALK
    desk.beat_for(40, ann, ben)
    after = desk.again(contact)
    assert (after.state, after.taken_by) == (S.WRAPPING, ann.id)
    assert seat_state(ben) is SeatState.AVAILABLE
    assert sees(contact, ben) is None
    desk.pickups.next = Pickup(PickupKind.ANSWERED, 3.0, None)
    desk.do(calling_back.ring, promise, by=ben)
    desk.run(12)
    desk.do(calling_back.note_result, promise, CallBackResult.MACHINE, by=ben)
    desk.run(3)
    after, kept = desk.again(contact), desk.call_back(contact)
    assert kept is not None
    assert (after.state, after.taken_by, after.talking_at is not None) == (S.WRAPPING, ann.id, True)
    assert (kept.state, kept.tries) == (CallBackState.DUE, 2)


def test_a_finished_record_leaves_its_caller_promised(desk: Desk) -> None:
    """What was talked about is written down; that they were cut off is not over with it."""
    ann, ben = desk.operator(), desk.operator()
    contact, promise = broken_off(desk, ann)
    desk.do(wrapping.finish, contact, by=ann)
    assert desk.again(contact).state is S.MISSED
    assert seat_state(ann) is SeatState.AVAILABLE
    desk.pickups.next = Pickup(PickupKind.ANSWERED, 3.0, None)
    desk.do(calling_back.ring, promise, by=ben)
    desk.run(12)
    desk.do(talking.hang_up, contact, by=ben)
    desk.run(3)
    desk.do(wrapping.finish, contact, by=ben)
    kept = desk.call_back(contact)
    assert kept is not None
    assert (desk.again(contact).state, kept.state) == (S.DONE, CallBackState.DONE)


def offered_to_say(desk: Desk, staff: Staff) -> object:
    """Return the call-back whose result the page lets somebody say."""
    with desk.house.at_present() as now, db.reading() as session:
        contact = operator_line.own(session, by=session.get_one(Staff, staff.id), at=now)["contact"]
    return contact and contact["call_back"]


def test_who_hears_a_machine_can_say_so(desk: Desk) -> None:
    """Until they put the record away, in a call-back and when a talk that broke off is taken up again; else nobody."""
    ann = desk.operator()
    called, promise = abandoned(desk)
    for hangs_up in (False, True):
        desk.do(calling_back.ring, promise, by=ann)
        desk.run(12)
        assert offered_to_say(desk, ann) == promise.id
        if hangs_up:
            desk.do(talking.hang_up, called, by=ann)
            desk.run(3)
            assert offered_to_say(desk, ann) == promise.id
        desk.do(calling_back.note_result, promise, CallBackResult.MACHINE, by=ann)
        desk.run(3)
        assert offered_to_say(desk, ann) is None
    leg = desk.call("+8613900000009", for_s=12)
    contact = desk.take(desk.contact(leg), ann)
    desk.house.carrier.hang_up(leg)
    desk.run(2)
    assert offered_to_say(desk, ann) is None
    desk.do(calling_back.ring_again, contact, by=ann)
    desk.run(12)
    promised = desk.call_back(contact)
    assert promised is not None
    assert offered_to_say(desk, ann) == promised.id
    desk.do(calling_back.note_result, promised, CallBackResult.MACHINE, by=ann)
    kept, after = desk.call_back(contact), desk.again(contact)
    assert kept is not None
    assert (after.state, after.taken_by, kept.state) == (S.WRAPPING, ann.id, CallBackState.DUE)
    assert timedelta(minutes=4) < kept.due_at - desk.house.timeline.now() <= FIRST_WITHIN


def test_a_talk_written_down_stays_a_talk_however_often_its_caller_is_rung_in_vain(desk: Desk) -> None:
    """Nor does its record come back to be written again; who wrote it goes on seeing it, and what is said of it."""
    ann, ben = desk.operator(), desk.operator()
    contact, promise = broken_off(desk, ann)
    talked_at = desk.again(contact).talking_at
    desk.do(wrapping.finish, contact, by=ann)
    desk.pickups.next = Pickup(PickupKind.ANSWERED, 3.0, None)
    desk.do(calling_back.ring, promise, by=ben)
    desk.run(12)
    desk.do(calling_back.note_result, promise, CallBackResult.MACHINE, by=ben)
    desk.run(3)
    after = desk.again(contact)
    assert (after.state, after.talking_at, after.written_by) == (S.MISSED, talked_at, ann.id)
    assert sees(contact, ann) is ReadPurpose.TALK
    with db.transaction() as session:
        fresh, lead = session.get_one(Contact, contact.id), session.get_one(Staff, desk.owner.id)
        key_reviews.review(session, fresh, key_reviews.Verdict.GOOD, "", by=lead, at=clock.now())
        assert key_reviews.unread_by(session, session.get_one(Staff, ann.id)) == 1
    desk.do(owning.give, contact, ben, by=desk.owner)
    desk.do(calling_back.ring, promise, by=ben)
    desk.run(12)
    desk.do(calling_back.note_result, promise, CallBackResult.NO_ANSWER, by=ben)
    assert desk.again(contact).talking_at == talked_at


def test_who_writes_goes_on_writing_while_another_rings(desk: Desk) -> None:
    """Two seats are with one contact then: each is freed by its own end, whoever looks first."""
    ann, ben = desk.operator(), desk.operator()
    _, promise = broken_off(desk, ann)
    desk.do(calling_back.ring, promise, by=ben)
    desk.do(seating.beat, by=ann)
    assert (seat_state(ann), seat_state(ben)) == (SeatState.WRAPPING, SeatState.TALKING)
    desk.beat_for(40, ann, ben)
    assert (seat_state(ann), seat_state(ben)) == (SeatState.WRAPPING, SeatState.AVAILABLE)
    desk.run(600, step=20)
    assert seat_state(ann) is not SeatState.WRAPPING


def test_a_machine_keeps_no_promise_to_its_owner(desk: Desk) -> None:
    """Every other promise to the caller stands until somebody has talked with them."""
    ann = desk.operator()
    first, _ = abandoned(desk)
    second, promise = abandoned(desk)
    desk.do(calling_back.ring, promise, by=ann)
    desk.run(12)
    assert desk.again(first).state is S.MISSED
    desk.do(calling_back.note_result, promise, CallBackResult.MACHINE, by=ann)
    desk.run(3)
    kept = desk.call_back(first)
    assert kept is not None
    assert (desk.again(first).state, kept.state) == (S.MISSED, CallBackState.DUE)
    desk.do(calling_back.ring, promise, by=ann)
    desk.run(12)
    desk.do(talking.hang_up, second, by=ann)
    desk.run(3)
    desk.do(wrapping.finish, second, by=ann)
    kept = desk.call_back(first)
    assert kept is not None
    assert (desk.again(first).state, kept.state) == (S.DONE, CallBackState.DONE)


def test_a_call_back_changes_no_figure_of_the_call(desk: Desk) -> None:
    """Who gave up has given up, after the seconds they waited, whatever is talked about later."""
    ann = desk.operator()
    contact, promise = abandoned(desk)
    before = desk.again(contact)
    desk.run(600, step=60)
    desk.do(seating.sit, by=ann)
    desk.do(calling_back.ring, promise, by=ann)
    desk.run(12)
    talked = desk.again(contact)
    assert talked.state is S.TALKING
    assert (talked.way_out, talked.first_wait_s) == (WayOut.ABANDONED, before.first_wait_s)
    assert 1 < (talked.first_wait_s or 0) < 20


def test_what_somebody_took_and_left_lying_is_given_back(desk: Desk) -> None:
    """After ten minutes, also while a record is written; and without a number nobody can be rung."""
    ann, ben = desk.operator(), desk.operator()
    _, beside = broken_off(desk, ann)
    desk.do(calling_back.claim, beside, by=ben)
    _, promise = abandoned(desk)
    _, hidden = abandoned(desk, "anonymous")
    with pytest.raises(NoNumber):
        desk.do(calling_back.claim, hidden, by=ann)
    desk.do(calling_back.claim, promise, by=ann)
    desk.run(700, step=30)
    assert desk.do(calling_back.claim, promise, by=ben).held_by == ben.id  # type: ignore[attr-defined]
    assert desk.do(calling_back.claim, beside, by=ann).held_by == ann.id  # type: ignore[attr-defined]


def test_whoever_waits_settles_what_needs_no_call(desk: Desk) -> None:
    """Only the owner may; the promise ends with it."""
    ann = desk.operator()
    contact, _ = abandoned(desk)
    with pytest.raises(Missing):
        desk.do(wrapping.settle, contact, by=ann)
    desk.do(wrapping.settle, contact, by=desk.owner)
    kept = desk.call_back(contact)
    assert kept is not None
    assert (desk.again(contact).state, kept.state) == (S.DONE, CallBackState.GIVEN_UP)


def test_a_caller_put_back_from_a_call_of_ours_waits_like_anybody(desk: Desk) -> None:
    """The operator's telephone goes away in a call-back: the caller hears so and comes to another."""
    ann, ben = desk.operator(), desk.operator()
    contact, promise = abandoned(desk)
    desk.do(calling_back.ring, promise, by=ann)
    desk.run(12)
    desk.house.carrier.hang_up(desk.telephones[ann.id])
    desk.beat_for(30, ben)
    assert desk.again(contact).state is S.WAITING
    assert desk.take(contact, ben).state is S.TALKING


@pytest.mark.parametrize("tries", [1, 2])
@pytest.mark.parametrize("hour", range(24))
def test_the_next_try_is_at_a_civil_hour_and_another_one(tries: int, hour: int) -> None:
    """Never at night, never at once, never the hour before."""
    at = datetime(2026, 11, 18, hour, 20, tzinfo=clock.zone()).astimezone(UTC)
    due = next_try(tries, at)
    assert 9 <= clock.local(due).hour <= 20
    assert timedelta(hours=1, minutes=30) <= due - at <= timedelta(hours=36)
    assert clock.local(due).hour != hour or due - at > timedelta(hours=20)


def test_a_citizen_operator_knows_nothing_of_counselling_promises(desk: Desk) -> None:
    """They don't even come up."""
    carl = desk.operator(Role.CITIZEN_OPERATOR)
    contact, promise = abandoned(desk)
    assert desk.do(next_call_back.claim_next, by=carl) is None
    with pytest.raises(Missing):
        desk.do(calling_back.claim, promise, by=carl)
    with pytest.raises(Refused):
        desk.do(calling_back.ring, promise, by=desk.operator(sits=False))
    assert desk.again(contact).line is LineKind.COUNSELLING
