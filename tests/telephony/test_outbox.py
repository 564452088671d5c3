"""The outbox under every kind of death: a call is dialled once, or not at all, and always accounted for."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core import clock, db
from core.db import reading, transaction
from core.people import Staff
from core.permissions import Role
from core.settings import Settings
from core.sweeps import SWEEPS
from telephony import errands, outbox, rounds
from telephony import line as the_line
from telephony.calls import Call, Party
from telephony.dialling import place_call
from telephony.line import Cause, LegState, NotTaken, OutcomeUnknown, TryLater
from telephony.manual import ManualLine
from telephony.outgoing import Command, Outgoing, OutgoingState, ask
from telephony.rooms import Purpose, Room
from telephony.simulator.faults import Refusal
from tests.conftest import NOON
from tests.factories import a_staff
from tests.telephony.conftest import NUMBER, House
from tests.telephony.test_conversation import connect, dial, the_call

ROUNDS = [name for name, item in SWEEPS.items() if item.run in (rounds.send, rounds.look, rounds.hear)]


class Killed(BaseException):
    """The process dies here: nothing below catches it, nothing after it runs."""


def the_dial() -> Outgoing:
    """Read the dial request anew."""
    with reading() as session:
        row = session.scalars(sa.select(Outgoing).where(Outgoing.command == Command.DIAL)).one()
        session.expunge_all()
        return row


def dials(house: House) -> int:
    """Count how often a resident was dialled at the carrier."""
    return sum(1 for leg in house.carrier.legs.all.values() if leg.to.startswith("+86138"))


def is_dial(method: str, path: str) -> bool:
    return method == "POST" and path.endswith("/Participants.json")


def die_on_dial(method: str, path: str) -> None:
    if is_dial(method, path):
        raise Killed


def test_killed_between_commit_and_send_the_worker_dials_in_time(house: House, interviewer: Staff) -> None:
    room = connect(house, interviewer)
    with house.at_present() as now, transaction() as session:
        call = place_call(
            session, room=session.get_one(Room, room.id), number="+8613800006021", by=interviewer, at=now
        )
    # The process that wrote this is gone. Another one sweeps.
    house.timeline.run_for(5)
    house.run(10)
    assert dials(house) == 1
    assert the_call(call.id).was_connected


def test_a_dial_found_too_late_never_rings(house: House, interviewer: Staff) -> None:
    room = connect(house, interviewer)
    with house.at_present() as now, transaction() as session:
        call = place_call(
            session, room=session.get_one(Room, room.id), number="+8613800006021", by=interviewer, at=now
        )
    house.timeline.run_for(60)
    house.run(10)
    assert dials(house) == 0
    assert the_call(call.id).cause == Cause.CANCELLED
    assert the_dial().last_error == "too-late"


def test_killed_before_the_request_left_nobody_is_dialled_later(house: House, interviewer: Staff) -> None:
    room = connect(house, interviewer)
    house.transport.before = die_on_dial
    with pytest.raises(Killed):
        dial(house, room, interviewer)
    house.transport.before = lambda method, path: None
    assert the_dial().state == OutgoingState.SENDING
    for _ in range(12):
        house.timeline.run_for(15)
        house.reconcile()
        house.send()
    assert dials(house) == 0, "never redialled blindly"
    assert the_dial().state == OutgoingState.FAILED
    with reading() as session:
        call = session.scalars(sa.select(Call).where(Call.party == Party.RESIDENT)).one()
        assert call.state == LegState.ENDED
        assert call.cause == Cause.ERROR


def test_killed_after_the_request_the_lines_own_report_is_the_answer(
    house: House, interviewer: Staff
) -> None:
    room = connect(house, interviewer)
    house.transport.after = die_on_dial
    with pytest.raises(Killed):
        dial(house, room, interviewer)
    house.transport.after = lambda method, path: None
    house.run(20)
    assert the_dial().state == OutgoingState.SENT
    with reading() as session:
        call = session.scalars(sa.select(Call).where(Call.party == Party.RESIDENT)).one()
        assert call.was_connected
        assert call.provider_ref in house.carrier.legs.all
    house.timeline.run_for(60)
    house.reconcile()
    assert dials(house) == 1


def test_killed_and_every_report_lost_the_reconciler_finds_the_leg(
    house: House, interviewer: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = connect(house, interviewer)
    monkeypatch.setattr(house.carrier, "post", lambda url, form, headers: (503, ""))
    house.transport.after = die_on_dial
    with pytest.raises(Killed):
        dial(house, room, interviewer)
    house.transport.after = lambda method, path: None
    house.timeline.run_for(45)
    assert house.reconcile().stale == 1
    with reading() as session:
        call = session.scalars(sa.select(Call).where(Call.party == Party.RESIDENT)).one()
        assert call.provider_ref in house.carrier.legs.all
        assert call.state == LegState.CONNECTED
        session.expunge_all()
    assert the_dial().state == OutgoingState.SENT
    assert dials(house) == 1
    leg = house.carrier.legs.all[str(call.provider_ref)]
    house.carrier.hang_up(leg)
    house.timeline.run_for(600)
    house.reconcile()
    ended = the_call(call.id)
    assert ended.state == LegState.ENDED
    assert ended.cause == Cause.NORMAL
    assert ended.duration_s == leg.duration_s


@pytest.mark.parametrize("refusal", [Refusal.NOTHING_DONE, Refusal.DONE_BUT_UNSAID])
def test_a_5xx_on_either_side_of_being_done_dials_at_most_once(
    house: House, interviewer: Staff, monkeypatch: pytest.MonkeyPatch, refusal: Refusal
) -> None:
    room = connect(house, interviewer)
    told = [refusal]

    def refuse_once(key: str) -> Refusal | None:
        return told.pop() if told else None

    monkeypatch.setattr(type(house.carrier.faults), "refusal", lambda self, key: refuse_once(key))
    call_id = dial(house, room, interviewer)
    for _ in range(12):
        house.run(15)
        house.reconcile()
    done = refusal == Refusal.DONE_BUT_UNSAID
    assert dials(house) == int(done)
    assert the_call(call_id).was_connected == done
    assert the_dial().state == (OutgoingState.SENT if done else OutgoingState.FAILED)


def scripted(monkeypatch: pytest.MonkeyPatch, house: House, *outcomes: Exception | None) -> Callable[[], int]:
    """Let the line answer dials as told, then as usual; return how often it was asked."""
    plain, left, asked = house.line.dial_into_room, list(outcomes), [0]

    def dial_into_room(*args: object, **kwargs: object) -> str:
        asked[0] += 1
        outcome = left.pop(0) if left else None
        if outcome is not None:
            raise outcome
        return plain(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(house.line, "dial_into_room", dial_into_room)
    return lambda: asked[0]


def test_a_full_line_is_asked_again_a_second_later(
    house: House, interviewer: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = connect(house, interviewer)
    asked = scripted(monkeypatch, house, TryLater("429/20429"), TryLater("429/20429"))
    call_id = dial(house, room, interviewer)
    assert asked() == 1
    assert the_dial().state == OutgoingState.WAITING
    house.run(1.1)
    house.run(1.1)
    house.run(10)
    assert asked() == 3
    assert the_call(call_id).was_connected
    assert dials(house) == 1


def test_a_clear_no_ends_the_call_at_once(
    house: House, interviewer: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = connect(house, interviewer)
    scripted(monkeypatch, house, NotTaken("400/13225"))
    call_id = dial(house, room, interviewer)
    call = the_call(call_id)
    assert call.cause == Cause.ERROR
    assert the_dial().last_error == "400/13225"


def test_an_unknown_outcome_is_never_sent_again(
    house: House, interviewer: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = connect(house, interviewer)
    asked = scripted(monkeypatch, house, OutcomeUnknown("no-answer"))
    dial(house, room, interviewer)
    for _ in range(15):
        house.run(10)
        house.reconcile()
    assert asked() == 1


def test_two_senders_share_the_work_without_doing_any_twice(
    settings: Settings, database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On both databases: many requests, four threads, each request sent exactly once."""
    sent: list[str] = []

    class Slow:
        def __init__(self) -> None:
            self.settings = settings

        def end_room(self, room: the_line.RoomRef) -> None:
            sent.append(room.name)

    the_line.use(Slow())  # type: ignore[arg-type]
    with transaction() as session:
        staff = a_staff(session, Role.INTERVIEWER)
        for n in range(40):
            room = Room(
                name=f"r{n}", owner_id=staff.id, purpose=Purpose.SURVEY, ends_with_owner=True,
                opened_at=NOON, closed_at=NOON,
            )  # fmt: skip
            session.add(room)
            session.flush()
            ask(session, Command.END_ROOM, at=NOON, room=room)
    faults: list[BaseException] = []

    def work() -> None:
        try:
            with clock.frozen(NOON + timedelta(seconds=1)):
                outbox.send_due()
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=contextvars.copy_context().run, args=(work,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sorted(sent) == sorted(f"r{n}" for n in range(40))
    with reading() as session:
        assert set(session.scalars(sa.select(Outgoing.state))) == {OutgoingState.SENT}


def test_the_workers_rounds_send_and_find(house: House, interviewer: Staff) -> None:
    """The sweeps do their work after their own transaction, on the same database, twice without harm."""
    room = connect(house, interviewer)
    before = house.line.dial_into_room
    there = threading.Event()

    def seen(*args: object, **kwargs: object) -> str:
        there.set()
        return before(*args, **kwargs)  # type: ignore[arg-type]

    house.line.dial_into_room = seen  # type: ignore[method-assign]
    now = clock.now()
    with transaction() as session:
        place_call(session, room=session.get_one(Room, room.id), number=NUMBER, by=interviewer, at=now)
    for _ in range(2):
        with transaction() as session:
            for name in ROUNDS:
                SWEEPS[name].run(session, now)
        assert there.wait(10)
    errands.finish()
    assert dials(house) == 1
    assert the_dial().state == OutgoingState.SENT


def test_a_manual_line_sends_nothing_and_starts_no_thread(
    settings: Settings, sqlite: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a thread was started")

    monkeypatch.setattr(outbox, "beside", never)
    monkeypatch.setattr(errands, "beside", never)
    the_line.use(ManualLine(settings))
    outbox.kick()
    with transaction() as session:
        for name in ("telephony.outbox", "telephony.reconcile", "telephony.unheard"):
            SWEEPS[name].run(session, NOON)
