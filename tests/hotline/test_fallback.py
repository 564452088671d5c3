"""While we are down the carrier answers alone; afterwards every caller has a contact, an owner and a promise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core import clock
from core.db import reading, transaction
from hotline import reconciling, seating, voicemail
from hotline.arrivals import arrive
from hotline.board import board
from hotline.callbacks import CallBackReason, CallBackState
from hotline.carrier_days import count_days, days_of
from hotline.contacts import Contact, ContactState, Source, WayOut
from hotline.fallback import HELLO, advise, keep_documents, standing_document
from hotline.lines import HelpLine, LineKind
from hotline.reconciling import Reconciled, reconcile_lines
from telephony.contract import check_twiml
from telephony.line import NotTaken, OutcomeUnknown
from telephony.simulator.leg import Leg
from telephony.simulator.personas import Pickup, PickupKind
from tests.hotline.conftest import CALLER, NUMBERS, Desk

OTHER = "+8613912345679"
DUTY = ["+862160000101", "+862160000102"]
VENDORS_LIMIT = 4000
"""So many characters a document kept at the vendor may have."""


@pytest.fixture
def down(desk: Desk) -> Desk:
    """A hotline whose application is away, with a duty telephone that nobody picks up."""
    with transaction() as session:
        for row in session.scalars(sa.select(HelpLine)):
            row.duty_phones = list(DUTY)
    keep_documents(desk.house.settings)
    desk.pickups.next = Pickup(PickupKind.NO_ANSWER, 90.0)
    desk.house.is_away = True
    return desk


def look(desk: Desk) -> Reconciled:
    with desk.house.at_present() as now:
        found = reconcile_lines(now)
    desk.house.send()
    return found


def call_and_wait(desk: Desk) -> Leg:
    """Let somebody call and hear the greeting to its end."""
    leg = desk.call(for_s=0)
    desk.house.run(40)
    assert leg.place is not None
    return leg


def contacts() -> list[Contact]:
    with reading() as session:
        return list(session.scalars(sa.select(Contact).order_by(Contact.rung_at, Contact.id)))


def test_the_document_is_valid_short_and_needs_nobody(desk: Desk) -> None:
    with transaction() as session:
        for row in session.scalars(sa.select(HelpLine)):
            row.duty_phones = [f"+8621600001{n:02}" for n in range(8)]
    with reading() as session:
        for row in session.scalars(sa.select(HelpLine)):
            text = standing_document(row)
            check_twiml(text)
            assert len(text) <= VENDORS_LIMIT
            assert desk.house.settings.public_base_url not in text
            assert HELLO[row.kind].zh in text
            assert HELLO[row.kind].en in text
            assert text.index("<Dial") < text.index("<Record")
    assert [address.count("--line") for _, address in advise(desk.house.settings)] == [1, 1]


def test_the_carrier_has_a_document_for_each_number_and_no_other(desk: Desk) -> None:
    first = keep_documents(desk.house.settings)
    assert [path.stem for path in first] == sorted(number.removeprefix("+") for number in NUMBERS.values())
    with transaction() as session:
        row = session.scalars(sa.select(HelpLine).where(HelpLine.kind == LineKind.CITIZEN)).one()
        row.number = "+862160099999"
    keep_documents(desk.house.settings)
    assert sorted(path.stem for path in first[0].parent.glob("*.xml")) == ["862160012356", "862160099999"]
    assert keep_documents(replace(desk.house.settings, line="manual")) == []


def test_calls_of_an_outage_have_contacts_owners_and_promises(down: Desk) -> None:
    first = down.call(for_s=4)
    assert first.is_answered
    assert any(HELLO[LineKind.COUNSELLING].zh in said for _, said in first.heard)
    second = down.call("anonymous", LineKind.CITIZEN, for_s=3)
    down.house.carrier.hang_up(first)
    down.house.carrier.hang_up(second)
    down.house.run(60)
    assert contacts() == []
    down.house.is_away = False
    found = look(down)
    assert (found.looked_at, found.written, found.failed) == (2, 2, 0)
    one, two = contacts()
    assert (one.line, two.line) == (LineKind.COUNSELLING, LineKind.CITIZEN)
    for contact in (one, two):
        assert contact.source is Source.RECONCILED
        assert contact.state is ContactState.MISSED
        assert contact.way_out is WayOut.FALLBACK
        assert contact.owner_id == down.owner.id
        assert contact.ended_at is not None
        assert contact.rung_at < contact.ended_at
    promised, impossible = down.call_back(one), down.call_back(two)
    assert promised is not None
    assert (promised.state, promised.reason) == (CallBackState.DUE, CallBackReason.RECONCILED)
    assert impossible is not None
    assert impossible.state is CallBackState.IMPOSSIBLE
    with reading() as session:
        caller = session.get_one(Contact, one.id).caller
        assert caller is not None
        assert caller.number == CALLER


def test_looking_again_changes_nothing(down: Desk) -> None:
    leg = down.call(for_s=4)
    down.house.carrier.hang_up(leg)
    down.house.run(60)
    down.house.is_away = False
    look(down)
    before = [(c.id, c.state, c.ended_at) for c in contacts()]
    for _ in range(3):
        down.house.run(60)
        assert look(down).written == 0
    assert [(c.id, c.state, c.ended_at) for c in contacts()] == before


def test_a_call_that_still_goes_on_has_an_owner_now_and_a_promise_when_it_ends(down: Desk) -> None:
    leg = down.call(for_s=0)
    down.house.run(30)
    down.house.is_away = False
    assert look(down).written == 1
    [contact] = contacts()
    assert (contact.state, contact.owner_id) == (ContactState.ARRIVED, down.owner.id)
    assert down.call_back(contact) is None
    down.house.carrier.hang_up(leg)
    down.run(5)
    missed = down.again(contact)
    assert (missed.state, missed.way_out) == (ContactState.MISSED, WayOut.FALLBACK)
    promise = down.call_back(contact)
    assert promise is not None
    assert promise.reason is CallBackReason.RECONCILED


def test_an_end_that_was_never_told_is_found_as_well(down: Desk) -> None:
    leg = down.call(for_s=0)
    down.house.run(30)
    down.house.is_away = False
    look(down)
    down.house.is_away = True
    down.house.carrier.hang_up(leg)
    down.run(5)
    down.house.is_away = False
    down.house.run(200)
    down.house.reconcile()
    assert contacts()[0].state is ContactState.MISSED


def test_who_waits_in_the_carriers_queue_unknown_to_us_is_answered(desk: Desk) -> None:
    operator = desk.operator()
    desk.house.is_away = False
    leg = call_and_wait(desk)
    with transaction() as session:  # as if the database had been restored from before the call
        for table in ("offer", "contact_leg", "call_back"):
            session.execute(sa.text(f"DELETE FROM {table}"))
        session.execute(sa.text("UPDATE seat SET contact_id = NULL"))
        session.execute(sa.text("DELETE FROM contact"))
        session.execute(sa.text("DELETE FROM line_event"))
        session.execute(sa.text("DELETE FROM call WHERE direction = 'inbound'"))
    assert leg.place is not None
    desk.house.is_away = True
    desk.house.run(40)  # the waiting page is asked for and fails: silence
    desk.house.is_away = False
    desk.do(seating.beat, by=operator)
    found = look(desk)
    assert (found.written, found.waiting) == (1, 1)
    desk.run(3)
    contact = desk.contact()
    assert (contact.state, contact.source, contact.is_first) == (
        ContactState.WAITING,
        Source.RECONCILED,
        True,
    )
    assert [o.staff_id for o in desk.offers(contact)] == [operator.id]
    before = len(leg.heard)
    desk.run(15)
    assert len(leg.heard) > before
    assert desk.take(desk.again(contact), operator, for_s=5).state is ContactState.TALKING


def test_a_message_left_with_the_carrier_is_there_to_be_heard(down: Desk) -> None:
    leg = down.call(for_s=1, message_s=20.0)
    down.house.run(175)
    down.house.carrier.hang_up(leg)
    down.house.run(30)
    down.house.is_away = False
    found = look(down)
    assert found.messages >= 1
    [contact] = contacts()
    promise = down.call_back(contact)
    assert promise is not None
    assert promise.reason is CallBackReason.MESSAGE
    with reading() as session:
        left = voicemail.messages(session, session.get_one(Contact, contact.id))
        assert [m.duration_s for m in left if m.duration_s and m.duration_s >= 20]
    assert look(down).messages == 0


def test_calls_we_heard_of_are_left_alone(desk: Desk) -> None:
    operator = desk.operator()
    leg = call_and_wait(desk)
    desk.run(1)
    desk.take(desk.contact(leg), operator)
    desk.house.run(30)
    assert look(desk).written == 0
    assert [c.source for c in contacts()] == [Source.PHONE]


def test_a_report_on_its_way_is_waited_for(down: Desk) -> None:
    down.call(for_s=5)
    assert look(down).looked_at == 0
    assert contacts() == []


def test_an_unreadable_list_is_looked_at_again_from_where_it_was(
    down: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    leg = down.call(for_s=4)
    down.house.carrier.hang_up(leg)
    down.house.run(4000)
    with monkeypatch.context() as broken:

        def away(number: str, since: object) -> list[object]:
            raise OutcomeUnknown("503/20503")

        broken.setattr(down.house.line, "calls_to", away)
        assert look(down).failed == 2
    assert look(down).written == 1
    with reading() as session:
        marks = session.scalars(sa.select(HelpLine.reconciled_at)).all()
    assert all(mark is not None and mark > down.house.timeline.now() - timedelta(minutes=1) for mark in marks)


def test_two_rounds_at_once_write_one_contact(down: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    leg = down.call(for_s=4)
    down.house.carrier.hang_up(leg)
    down.house.run(60)
    plain, has_raced = arrive, False

    def late(session: object, *given: object, **more: object) -> object:
        nonlocal has_raced
        if not has_raced:
            has_raced = True
            raise sa.exc.IntegrityError("INSERT INTO call", {}, Exception("unique"))
        return plain(session, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(reconciling, "arrive", late)
    first = look(down)
    assert (first.written, first.failed) == (0, 1)
    assert look(down).written == 1
    assert len(contacts()) == 1


def test_a_repeated_caller_is_one_caller_and_a_withheld_one_never(down: Desk) -> None:
    for number in (CALLER, CALLER, OTHER, "anonymous", "+266696687"):
        down.house.carrier.hang_up(down.call(number, for_s=2))
    down.house.run(60)
    look(down)
    found = contacts()
    assert len(found) == 5
    assert len({c.caller_id for c in found}) == 4
    assert found[0].caller_id == found[1].caller_id


def test_the_desk_telephones_line_keeps_no_list(down: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(number: str, since: object) -> list[object]:
        raise NotTaken("manual-line")

    monkeypatch.setattr(down.house.line, "calls_to", refuse)
    assert look(down).failed == 2


def test_the_day_shows_what_the_carrier_has_and_we_do_not(desk: Desk) -> None:
    """Calls of the list and records of ours: unequal while one is unheard of, equal after reconciling."""
    desk.call(for_s=30)
    desk.house.is_away = True
    desk.call(OTHER, for_s=0)
    desk.house.run(60)
    desk.house.is_away = False

    def counted() -> list[tuple[int, int, int]]:
        with desk.house.at_present() as now:
            assert count_days(now) == len(LineKind)
            with reading() as session:
                found = days_of(session, [LineKind.COUNSELLING], clock.local(now).date())
                return [(day.reported, day.recorded, day.missing) for day in found]

    assert counted() == [(2, 1, 1)]
    look(desk)
    assert counted() == [(2, 2, 0)]
    with desk.house.at_present() as now, reading() as session:
        assert [day.missing for day in board(session, at=now).carrier] == [0, 0]


def test_a_list_that_cannot_be_read_counts_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The day stays uncounted, which the board says; it is never shown as equal."""

    def away(number: str, since: object) -> None:
        raise OutcomeUnknown("no-answer")

    monkeypatch.setattr(desk.house.line, "calls_to", away)
    with desk.house.at_present() as now:
        assert count_days(now) == 0
        with reading() as session:
            assert board(session, at=now).carrier == []
