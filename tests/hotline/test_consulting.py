"""A colleague is asked, comes into the caller's room, goes home or takes over; nobody stays on hold by accident."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.db import reading, transaction
from core.people import Staff
from core.permissions import Role
from core.problems import Missing, Refused
from hotline import consult_rounds, consulting, listening, seating, talking
from hotline.consulting import ColleagueBusy, NotTogether
from hotline.consults import Consult, ConsultState, consult_with
from hotline.contacts import Contact, ContactState
from hotline.listening import Deed, NotTold, Stage
from hotline.seats import Seat, SeatState
from telephony.calls import Call, Party
from telephony.contract import check_twiml
from telephony.dialling import NotOffered
from telephony.line import LegState
from telephony.rooms import Room
from telephony.simulator.leg import Leg
from tests.hotline.conftest import Desk

assert consult_rounds


class Talk:
    """An operator talks with a caller; a colleague sits beside."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.asks = desk.operator()
        self.leg = desk.call(for_s=14, talk_s=3000.0)
        self.contact = desk.take(desk.contact(self.leg), self.asks, for_s=4)
        assert self.contact.state is ContactState.TALKING
        self.helps = desk.operator()

    def ask(self) -> Consult:
        """Ask the colleague."""
        row = self.desk.do(consulting.consult, self.contact, self.helps, by=self.asks)
        assert isinstance(row, Consult)
        return row

    def together(self) -> Consult:
        """Ask, and let the colleague come."""
        row = self.ask()
        self.desk.do(consulting.accept, row, by=self.helps)
        self.desk.run(4)
        return self.again(row)

    def again(self, row: Consult) -> Consult:
        with reading() as session:
            return session.get_one(Consult, row.id)

    def in_room(self) -> set[Leg]:
        """Return who is in the caller's room at the carrier."""
        return {seat.leg for seat in self.leg.seat.conference.seats} if self.leg.seat else set()

    def beat(self) -> None:
        """Let both screens be heard of."""
        for staff in (self.asks, self.helps):
            self.desk.do(seating.beat, by=staff)

    def telephone(self, staff: Staff) -> Leg:
        return self.desk.telephones[staff.id]


@pytest.fixture
def talk(desk: Desk) -> Talk:
    """A talk that goes on."""
    return Talk(desk)


def seat_of(staff: Staff) -> SeatState:
    with reading() as session:
        return session.scalars(sa.select(Seat).where(Seat.staff_id == staff.id)).one().state


def is_held(talk: Talk) -> bool:
    return talk.leg.seat is not None and talk.leg.seat.is_held


def test_a_colleague_comes_and_goes_and_the_caller_is_never_alone(talk: Talk) -> None:
    row = talk.ask()
    assert row.state is ConsultState.ASKED
    assert not is_held(talk)
    with reading() as session:
        shown = consult_with(session, talk.helps)
        assert shown is not None
        assert shown.asker.name == talk.asks.name
    talk.desk.do(consulting.accept, row, by=talk.helps)
    talk.desk.run(4)
    assert talk.again(row).state is ConsultState.SPEAKING
    assert is_held(talk)
    assert talk.in_room() == {talk.leg, talk.telephone(talk.asks), talk.telephone(talk.helps)}
    for _ in range(2):
        heard = len(talk.leg.heard)
        talk.desk.house.run(20)
        assert len(talk.leg.heard) > heard
    talk.beat()
    talk.desk.do(consulting.end_consult, talk.contact, by=talk.asks)
    talk.desk.run(4)
    assert talk.again(row).state is ConsultState.ENDED
    assert not is_held(talk)
    assert talk.in_room() == {talk.leg, talk.telephone(talk.asks)}
    assert talk.telephone(talk.helps).seat is not None
    assert talk.desk.again(talk.contact).taken_by == talk.asks.id
    for document in talk.desk.house.documents:
        check_twiml(document)
    assert talk.desk.house.carrier.warnings == []


def test_the_colleague_takes_the_next_caller_afterwards(talk: Talk) -> None:
    talk.together()
    assert talk.desk.offers(talk.desk.contact(talk.leg))
    other = talk.desk.call("+8613912345670", for_s=14, talk_s=3000.0)
    assert talk.desk.offers(talk.desk.contact(other)) == []
    talk.desk.do(consulting.end_consult, talk.contact, by=talk.helps)
    talk.beat()
    talk.desk.run(4)
    waiting = talk.desk.contact(other)
    assert {o.staff_id for o in talk.desk.offers(waiting)} == {talk.helps.id}
    assert talk.desk.take(waiting, talk.helps, for_s=4).state is ContactState.TALKING


def test_caller_room_and_record_pass_to_the_colleague(talk: Talk) -> None:
    row = talk.together()
    talk.desk.do(consulting.transfer, talk.contact, by=talk.asks)
    talk.desk.run(4)
    passed = talk.desk.again(talk.contact)
    assert (passed.state, passed.taken_by) == (ContactState.TALKING, talk.helps.id)
    assert talk.again(row).state is ConsultState.PASSED
    assert not is_held(talk)
    assert talk.in_room() == {talk.leg, talk.telephone(talk.helps)}
    assert (seat_of(talk.asks), seat_of(talk.helps)) == (SeatState.AVAILABLE, SeatState.TALKING)
    with reading() as session:
        room = session.get_one(Room, passed.room_id or 0)
        assert room.owner_id == talk.helps.id
        own = session.scalars(
            sa.select(Room).where(Room.owner_id == talk.asks.id, Room.closed_at.is_(None))
        ).one()
        assert own.id != room.id
    assert talk.telephone(talk.asks).seat is not None
    with pytest.raises(Missing):
        talk.desk.do(talking.hang_up, talk.contact, by=talk.asks)
    talk.desk.do(talking.hang_up, talk.contact, by=talk.helps)
    talk.desk.run(3)
    ended = talk.desk.again(talk.contact)
    assert (ended.state, ended.taken_by) == (ContactState.WRAPPING, talk.helps.id)
    assert seat_of(talk.helps) is SeatState.WRAPPING


def test_nothing_is_passed_on_before_the_colleague_is_there(talk: Talk) -> None:
    talk.ask()
    with pytest.raises(NotTogether):
        talk.desk.do(consulting.transfer, talk.contact, by=talk.asks)
    assert talk.desk.again(talk.contact).taken_by == talk.asks.id


@pytest.mark.parametrize("how", ["declines", "is silent"])
def test_a_colleague_who_cannot_leaves_the_caller_where_they_are(talk: Talk, how: str) -> None:
    row = talk.ask()
    if how == "declines":
        talk.desk.do(consulting.decline, row, by=talk.helps)
    else:
        talk.desk.house.run(31)
        talk.desk.sweep()
    assert talk.again(row).state is ConsultState.FAILED
    assert not is_held(talk)
    assert talk.in_room() == {talk.leg, talk.telephone(talk.asks)}


def test_a_colleague_who_never_arrives_takes_the_caller_off_hold(talk: Talk) -> None:
    row = talk.ask()
    talk.desk.house.carrier.hang_up(talk.telephone(talk.helps))
    with talk.desk.house.at_present() as now, transaction() as session:
        fresh = session.get_one(Consult, row.id)  # their telephone breaks just as they say yes
        consulting.accept(session, fresh, by=session.get_one(Staff, talk.helps.id), at=now)
    talk.desk.run(5)
    assert talk.again(row).closed_at is not None
    assert not is_held(talk)


def test_a_hold_that_lasts_too_long_ends_by_itself(talk: Talk) -> None:
    row = talk.together()
    talk.desk.house.run(301)
    talk.desk.sweep()
    talk.desk.run(4)
    assert talk.again(row).state is ConsultState.ENDED
    assert not is_held(talk)
    assert talk.in_room() == {talk.leg, talk.telephone(talk.asks)}


def test_a_colleague_whose_browser_dies_ends_the_consult(talk: Talk) -> None:
    row = talk.together()
    talk.desk.house.carrier.hang_up(talk.telephone(talk.helps))
    talk.desk.run(4)
    assert talk.again(row).state is ConsultState.ENDED
    assert not is_held(talk)
    assert talk.desk.again(talk.contact).state is ContactState.TALKING


def test_an_operator_whose_browser_dies_leaves_the_caller_with_the_colleague(talk: Talk) -> None:
    row = talk.together()
    talk.desk.house.carrier.hang_up(talk.telephone(talk.asks))
    talk.desk.run(12)
    kept = talk.desk.again(talk.contact)
    assert (kept.state, kept.taken_by) == (ContactState.TALKING, talk.helps.id)
    assert talk.again(row).state is ConsultState.PASSED
    assert not is_held(talk)
    assert talk.in_room() == {talk.leg, talk.telephone(talk.helps)}


def test_a_caller_who_hangs_up_meanwhile_frees_both(talk: Talk) -> None:
    row = talk.together()
    talk.desk.house.carrier.hang_up(talk.leg)
    talk.desk.run(4)
    assert talk.again(row).state is ConsultState.ENDED
    assert talk.desk.again(talk.contact).state is ContactState.WRAPPING
    assert talk.telephone(talk.helps).seat is not None
    assert (seat_of(talk.asks), seat_of(talk.helps)) == (SeatState.WRAPPING, SeatState.AVAILABLE)


def test_only_who_is_free_and_may_can_be_asked(talk: Talk) -> None:
    stranger = talk.desk.operator(Role.CITIZEN_OPERATOR)
    resting = talk.desk.operator()
    talk.desk.do(seating.rest, by=resting)
    talk.beat()
    with talk.desk.house.at_present() as now, reading() as session:
        contact = session.get_one(Contact, talk.contact.id)
        free = consulting.free_colleagues(session, contact, by=talk.asks, at=now)
    assert [s.id for s in free] == [talk.helps.id]
    for other in (stranger, resting, talk.asks):
        with pytest.raises(ColleagueBusy):
            talk.desk.do(consulting.consult, talk.contact, other, by=talk.asks)
    with pytest.raises(Missing):
        talk.desk.do(consulting.consult, talk.contact, talk.helps, by=stranger)


def test_asking_twice_asks_once_and_nobody_else_may_answer(talk: Talk) -> None:
    row = talk.ask()
    assert talk.ask().id == row.id
    with pytest.raises(Missing):
        talk.desk.do(consulting.accept, row, by=talk.asks)
    with pytest.raises(Missing):
        talk.desk.do(consulting.decline, row, by=talk.asks)
    talk.desk.do(consulting.end_consult, talk.contact, by=talk.asks)
    with pytest.raises(Missing):
        talk.desk.do(consulting.end_consult, talk.contact, by=talk.asks)


def test_a_desk_telephone_offers_no_consult(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    from telephony.manual import ManualLine

    with monkeypatch.context() as desk_phone:
        desk_phone.setattr(consulting, "line", lambda: ManualLine(talk.desk.house.settings))
        with pytest.raises(NotOffered):
            talk.desk.do(consulting.consult, talk.contact, talk.helps, by=talk.asks)


# Listening


@pytest.fixture
def lead(talk: Talk) -> Staff:
    """A shift lead whose browser stands by."""
    from telephony.line import identity_of

    talk.desk.house.carrier.softphones.register(identity_of(talk.desk.owner.id), 0.5)
    return talk.desk.owner


def legs(staff: Staff) -> list[Call]:
    with reading() as session:
        query = sa.select(Call).where(Call.staff_id == staff.id, Call.party == Party.SUPERVISOR)
        return list(session.scalars(query.order_by(Call.id)))


def my_talk(lead: Staff) -> listening.Talk:
    with reading() as session:
        [one] = listening.talks(session, by=session.get_one(Staff, lead.id))
        return one


def told(talk: Talk) -> None:
    with transaction() as session:
        session.get_one(Contact, talk.contact.id).noticed_at = talk.desk.house.timeline.now()


def test_nobody_listens_before_the_caller_was_told(talk: Talk, lead: Staff) -> None:
    with transaction() as session:
        session.get_one(Contact, talk.contact.id).noticed_at = None
    with pytest.raises(NotTold):
        talk.desk.do(listening.listen, talk.contact, by=lead)
    assert my_talk(lead).deeds == ()
    with pytest.raises(Missing):
        talk.desk.do(listening.note_told, talk.contact, by=lead)
    talk.desk.do(listening.note_told, talk.contact, by=talk.asks)
    assert my_talk(lead).deeds == (Deed.LISTEN,)
    assert not talk.desk.again(talk.contact).is_listened_in


def test_the_greeting_tells_every_caller(talk: Talk) -> None:
    assert talk.contact.noticed_at is not None
    assert any("旁听" in said for _, said in talk.leg.heard)


def test_a_lead_listens_coaches_joins_and_leaves(talk: Talk, lead: Staff) -> None:
    told(talk)
    talk.desk.do(listening.listen, talk.contact, by=lead)
    assert my_talk(lead).stage is Stage.JOINING
    talk.desk.run(4)
    assert talk.desk.again(talk.contact).is_listened_in
    assert my_talk(lead).stage is Stage.LISTENING
    mine = next(leg for leg in talk.in_room() if leg.to.startswith("client:"))
    talk.desk.house.carrier.say(mine, "听不见")
    talk.desk.do(listening.coach, talk.contact, by=lead)
    talk.desk.run(2)
    assert my_talk(lead).stage is Stage.COACHING
    talk.desk.house.carrier.say(mine, "慢一点")
    talk.desk.do(listening.join, talk.contact, by=lead)
    talk.desk.run(2)
    assert my_talk(lead).stage is Stage.TALKING
    talk.desk.house.carrier.say(mine, "您好")
    assert [said for _, said in talk.leg.heard if said in ("听不见", "慢一点", "您好")] == ["您好"]
    heard = [said for _, said in talk.telephone(talk.asks).heard if said in ("听不见", "慢一点", "您好")]
    assert heard == ["慢一点", "您好"]
    talk.desk.do(listening.leave, talk.contact, by=lead)
    talk.desk.run(2)
    assert my_talk(lead).stage is None
    assert [leg.state for leg in legs(lead)] == [LegState.ENDED]


def test_who_listens_is_heard_by_whoever_takes_over(talk: Talk, lead: Staff) -> None:
    told(talk)
    talk.desk.do(listening.listen, talk.contact, by=lead)
    talk.desk.run(3)
    talk.together()
    talk.desk.do(consulting.transfer, talk.contact, by=talk.asks)
    talk.desk.run(4)
    talk.desk.do(listening.coach, talk.contact, by=lead)
    talk.desk.run(2)
    mine = next(leg for leg in talk.in_room() if leg.to.startswith("client:") and leg.direction != "inbound")
    talk.desk.house.carrier.say(mine, "慢一点")
    assert "慢一点" in [said for _, said in talk.telephone(talk.helps).heard]
    assert "慢一点" not in [said for _, said in talk.leg.heard]


def test_operators_do_not_listen_and_leads_listen_to_one_talk(talk: Talk, lead: Staff) -> None:
    told(talk)
    with pytest.raises(Missing):
        talk.desk.do(listening.listen, talk.contact, by=talk.helps)
    with pytest.raises(Refused):
        talk.desk.do(listening.coach, talk.contact, by=lead)
    talk.desk.do(listening.listen, talk.contact, by=lead)
    talk.desk.do(listening.listen, talk.contact, by=lead)
    assert len(legs(lead)) == 1
