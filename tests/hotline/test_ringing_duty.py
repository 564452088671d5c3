"""The duty telephones: rung at once, one after the other, until somebody presses the key or takes it on the board."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import db
from core.people import Staff
from core.permissions import Role
from hotline import calling_for_help, duty_rings, escalations, ringing_duty
from hotline.contacts import Contact
from hotline.distress import Distress, DistressKind
from hotline.duty_rings import DutyRing
from hotline.escalations import Escalation, EscalationKind
from hotline.lines import LineKind, line_of
from telephony import line as the_line
from telephony.calls import Call
from telephony.line import LegState
from telephony.manual import ManualLine
from telephony.outgoing import Command, Outgoing
from telephony.simulator.leg import Leg
from telephony.simulator.personas import Pickup, PickupKind
from tests.factories import a_staff
from tests.hotline.conftest import CALLER, Desk
from tests.hotline.staffed import a_shift

PHONES = ["+8613900000001", "+8613900000002", "+8613900000003"]
COUNSELLING = LineKind.COUNSELLING


@dataclass
class Duty:
    """A line with three duty telephones, who carries them, and an operator on seat 1."""

    desk: Desk
    supervisor: Staff
    lead: Staff
    operator: Staff

    def call(self) -> Distress:
        """Let the operator press the button."""
        found = self.desk.do(
            lambda session, by, at: calling_for_help.call_for_help(
                session, DistressKind.PANIC, COUNSELLING, about=by, by=by, at=at
            ),
            by=self.operator,
        )
        assert isinstance(found, Distress)
        return found

    def legs(self) -> list[Leg]:
        """Return the calls to duty telephones as the carrier has them."""
        return [leg for leg in self.desk.house.carrier.legs.all.values() if leg.to in PHONES]

    def rings(self) -> list[DutyRing]:
        """Read what is written of them."""
        with db.reading() as session:
            rows = session.scalars(sa.select(DutyRing).order_by(DutyRing.id)).all()
            for row in rows:
                assert row.call.number in PHONES
            return list(rows)

    def taken_by(self) -> int | None:
        """Say who has the call for help."""
        with db.reading() as session:
            return (
                session.scalars(sa.select(Distress).where(Distress.kind == DistressKind.PANIC)).one().taken_by
            )


@pytest.fixture
def duty(desk: Desk) -> Duty:
    """The counselling line at night."""
    ringing_duty.answer_telephones()
    with db.transaction() as session:
        at = desk.house.timeline.now()
        supervisor, lead = a_staff(session, Role.SHIFT_LEAD), a_staff(session, Role.SHIFT_LEAD)
        line = line_of(session, COUNSELLING)
        assert line is not None
        line.duty_phones = PHONES
        operator = a_staff(session, Role.OPERATOR)
        a_shift(session, at=at, lead=lead, supervisor=supervisor, people=[operator])
    desk.pickups.next = Pickup(PickupKind.ANSWERED, 4.0, None)
    return Duty(desk, supervisor, lead, operator)


def test_the_first_telephone_rings_at_once_and_one_key_takes_it(duty: Duty) -> None:
    """Within seconds; the words name line and seat, no person; the screens know who has it."""
    duty.call()
    duty.desk.run(10)
    [leg] = duty.legs()
    assert (leg.to, leg.from_) == (PHONES[0], "+862160012356")
    said = leg.heard[0][1]
    assert said == "这里是希望热线。1 号座席请求支援，请打开值班大屏。按 1 表示由您处理。"
    for person in (duty.operator, duty.supervisor, duty.lead):
        assert person.name not in said
    duty.desk.house.carrier.press(leg, "1")
    duty.desk.run(8)
    assert duty.taken_by() == duty.supervisor.id
    assert leg.heard[-1][1].startswith("已记下由您处理")
    assert leg.is_ended
    duty.desk.run(200)
    assert len(duty.legs()) == 1
    [ring] = duty.rings()
    assert ring.taken_at is not None
    assert (ring.taken_at - ring.rung_at) < timedelta(seconds=60)


def test_silence_rings_the_next_after_a_minute(duty: Duty) -> None:
    """Supervisor, lead, owner, and from the beginning again, three times in all; nothing is waited for in memory."""
    duty.desk.pickups.next = Pickup(PickupKind.NO_ANSWER, 90.0)
    duty.call()
    duty.desk.run(800)
    rings = duty.rings()
    assert [ring.place for ring in rings] == [1, 2, 3] * duty_rings.ROUNDS
    assert [r.staff_id for r in rings[:3]] == [duty.supervisor.id, duty.lead.id, duty.desk.owner.id]
    assert all(b.rung_at - a.rung_at <= timedelta(seconds=65) for a, b in pairwise(rings))
    assert rings[-1].next_at is None
    assert duty.taken_by() is None


def test_who_answers_without_the_key_has_not_taken_it(duty: Duty) -> None:
    """An answering machine hears the sentence three times; then the next person is rung."""
    duty.desk.pickups.next = Pickup(PickupKind.MACHINE, 4.0, 55.0)
    duty.call()
    duty.desk.run(75)
    first, second = duty.legs()[:2]
    assert [text.startswith("这里是希望热线") for _, text in first.heard].count(True) == 3
    assert second.to == PHONES[1]
    assert duty.taken_by() is None
    assert all(ring.taken_at is None for ring in duty.rings())


def test_taken_on_the_board_the_telephone_stops(duty: Duty) -> None:
    """What rings is let go, what is answered hears that a colleague has it, and nobody else is rung."""
    duty.desk.pickups.next = Pickup(PickupKind.ANSWERED, 20.0, None)
    call = duty.call()
    duty.desk.run(6)
    duty.desk.do(calling_for_help.take, call, by=duty.lead)
    duty.desk.run(8)
    [leg] = duty.legs()
    assert leg.is_ended
    assert not leg.is_answered
    duty.desk.run(180)
    assert len(duty.legs()) == 1
    assert duty.rings()[0].stopped_at is not None


def test_whoever_picks_up_too_late_hears_so(duty: Duty) -> None:
    """The key of the second telephone changes nothing."""
    call = duty.call()
    duty.desk.run(10)
    duty.desk.do(calling_for_help.take, call, by=duty.lead)
    [leg] = duty.legs()
    duty.desk.house.carrier.press(leg, "1")
    duty.desk.run(6)
    assert leg.heard[-1][1].startswith("已有同事处理")
    assert duty.taken_by() == duty.lead.id


def test_another_key_says_it_again(duty: Duty) -> None:
    """Only the key that was named takes it."""
    duty.call()
    duty.desk.run(10)
    [leg] = duty.legs()
    duty.desk.house.carrier.press(leg, "5")
    duty.desk.run(4)
    assert len([text for _, text in leg.heard if text.startswith("这里是希望热线")]) == 2
    assert duty.taken_by() is None


def test_two_alarms_of_one_talk_ring_once_and_are_taken_together(duty: Duty) -> None:
    """A key contact that turns into danger to life does not ring two telephones for one caller."""
    desk = duty.desk
    desk.call(CALLER, patience_s=600)
    contact = desk.contact()

    def raised(session: Session, by: Staff, at: datetime, kind: EscalationKind) -> None:
        fresh = session.get_one(Contact, contact.id)
        escalations.escalate(session, kind, fresh.id, contact=fresh, by=by, at=at)

    desk.do(raised, by=duty.operator, kind=EscalationKind.KEY)
    desk.run(4)
    desk.do(raised, by=duty.operator, kind=EscalationKind.DANGER)
    desk.run(8)
    [leg] = duty.legs()
    desk.house.carrier.press(leg, "1")
    desk.run(100)
    assert len(duty.legs()) == 1
    with db.reading() as session:
        found = session.scalars(sa.select(Escalation)).all()
        assert [e.answered_by for e in found] == [duty.supervisor.id] * 2


def test_a_lead_in_need_is_not_rung_on_their_own_telephone(duty: Duty) -> None:
    """The telephone in the hand of who asks stays silent."""
    duty.operator = duty.supervisor
    duty.call()
    duty.desk.run(8)
    assert [leg.to for leg in duty.legs()] == [PHONES[1]]


def test_without_telephones_or_on_a_desk_telephone_nothing_rings(duty: Duty) -> None:
    """The screens go on telling."""
    with db.transaction() as session:
        line = line_of(session, COUNSELLING)
        assert line is not None
        line.duty_phones = []
    duty.call()
    duty.desk.run(10)
    assert duty.legs() == []
    with db.transaction() as session:
        line = line_of(session, COUNSELLING)
        assert line is not None
        line.duty_phones = PHONES
        the_line.use(ManualLine(duty.desk.house.settings))
        assert ringing_duty.ring_due(session, duty.desk.house.timeline.now()) == 0
    assert duty.rings() == []


def test_a_lost_answer_rings_nobody_twice(duty: Duty) -> None:
    """The reconciler finds the call that the carrier made although it did not say so."""
    seen: list[str] = []

    def lose(method: str, path: str) -> None:
        if method == "POST" and path.endswith("/Calls.json") and not seen:
            seen.append(path)
            raise the_line.OutcomeUnknown("cut-off")

    duty.desk.house.transport.after = lose
    duty.call()
    duty.desk.run(3)
    duty.desk.house.reconcile()
    duty.desk.run(8)
    assert seen
    assert len(duty.legs()) == 1
    duty.desk.house.carrier.press(duty.legs()[0], "1")
    duty.desk.run(5)
    assert duty.taken_by() == duty.supervisor.id
    with db.reading() as session:
        rows = session.scalars(sa.select(Outgoing).where(Outgoing.command == Command.RING_UP)).all()
        calls = session.scalars(sa.select(Call).where(Call.id.in_([r.call_id for r in rows]))).all()
        assert [c.state for c in calls] == [LegState.ENDED]
