"""The line from the first ring to the finished record, and every way out of it."""

from __future__ import annotations

from core import db
from hotline import wrapping
from hotline.contacts import ContactState as S
from hotline.contacts import WayOut
from hotline.offers import OfferAnswer
from hotline.seats import SeatState, seat_of
from tests.hotline.conftest import Desk


def seat_state(staff: object) -> SeatState:
    with db.reading() as session:
        found = seat_of(session, staff)  # type: ignore[arg-type]
        assert found is not None
        return found.state


def test_a_caller_is_written_down_offered_taken_talked_to_and_finished(desk: Desk) -> None:
    """From ring to record."""
    ann, ben = desk.operator(), desk.operator()
    leg = desk.call(for_s=15)
    contact = desk.contact(leg)
    assert contact.state is S.WAITING
    assert contact.owner_id == desk.owner.id
    assert {o.staff_id for o in desk.offers(contact) if o.answer is None} == {ann.id, ben.id}
    talked = desk.take(contact, ann)
    assert talked.state is S.TALKING
    assert [o.answer for o in desk.offers(contact)] in (
        [OfferAnswer.TAKEN, OfferAnswer.TOO_LATE],
        [OfferAnswer.TOO_LATE, OfferAnswer.TAKEN],
    )
    telephone = desk.telephones[ann.id]
    assert leg.seat is not None
    assert telephone.seat is not None
    assert leg.seat.conference is telephone.seat.conference
    desk.house.carrier.hang_up(leg)
    desk.run(2)
    wrapping_up = desk.again(contact)
    assert (wrapping_up.state, wrapping_up.way_out) == (S.WRAPPING, WayOut.ANSWERED)
    assert seat_state(ann) is SeatState.WRAPPING
    desk.do(wrapping.finish, contact, by=ann)
    assert desk.again(contact).state is S.DONE
    assert seat_state(ann) is SeatState.AVAILABLE
    assert desk.call_back(contact) is None
