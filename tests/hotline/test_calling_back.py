"""Calling back: one operator takes a promise, the number stands on the call while it lives, three tries in all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from core import clock, db
from core.people import Staff
from core.permissions import Role
from core.problems import Missing, Refused
from hotline import calling_back, talking, wrapping
from hotline.callbacks import FIRST_WITHIN, TRIES, CallBack, CallBackReason, CallBackState
from hotline.calling_back import CallBackResult, HeldByAnother, NoNumber, next_try
from hotline.contacts import Contact
from hotline.contacts import ContactState as S
from hotline.lines import LineKind
from hotline.seats import SeatState, seat_of
from telephony.calls import Call, Direction
from telephony.simulator.personas import Pickup, PickupKind
from tests.hotline.conftest import CALLER, Desk


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
    assert desk.do(calling_back.claim_next, by=ann).id == promise.id  # type: ignore[attr-defined]
    with pytest.raises(HeldByAnother):
        desk.do(calling_back.claim, promise, by=ben)
    assert desk.do(calling_back.claim_next, by=ben) is None
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
    """From wrap-up by its operator at once; if nobody answers, it is promised."""
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
    assert desk.again(contact).state is S.MISSED
    assert (promise.state, promise.reason) == (CallBackState.DUE, CallBackReason.BROKEN_OFF)


def test_what_somebody_took_and_left_lying_is_given_back(desk: Desk) -> None:
    """After ten minutes; and without a number nobody can be rung."""
    ann, ben = desk.operator(), desk.operator()
    _, promise = abandoned(desk)
    _, hidden = abandoned(desk, "anonymous")
    with pytest.raises(NoNumber):
        desk.do(calling_back.claim, hidden, by=ann)
    desk.do(calling_back.claim, promise, by=ann)
    desk.run(700, step=30)
    assert desk.do(calling_back.claim, promise, by=ben).held_by == ben.id  # type: ignore[attr-defined]


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
    assert desk.do(calling_back.claim_next, by=carl) is None
    with pytest.raises(Missing):
        desk.do(calling_back.claim, promise, by=carl)
    with pytest.raises(Refused):
        desk.do(calling_back.ring, promise, by=desk.operator(sits=False))
    assert desk.again(contact).line is LineKind.COUNSELLING
