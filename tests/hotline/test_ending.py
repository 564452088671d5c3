"""What the lines leave behind besides records: handover notes and recordings end in their time, with proof."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, db
from core.people import Staff
from core.problems import Invalid
from hotline import handovers, legal_holds, retention, voicemail
from hotline.callers import Caller, caller_from
from hotline.citizen_records import CitizenRecord
from hotline.contacts import Contact, ContactState, fresh_token
from hotline.followups import FollowUp, FollowUpState, FollowUpWish
from hotline.handovers import Handover
from hotline.ladder import Rung
from hotline.lines import LineKind
from hotline.retention import YEAR, RetentionRun
from hotline.retention_classes import KeptClass
from hotline.retention_rounds import at_night, delete_all_due
from hotline.risk import RiskLevel
from telephony.outgoing import Command, Outgoing, OutgoingState
from telephony.recordings import Recording, RecordingState
from telephony.simulator.leg import Leg
from tests.hotline.conftest import Desk
from tests.hotline.staffed import a_contact, a_lead, a_shift, an_operator

NOTE = "3 号来电人约定周四再谈"


def a_note(session: Session, at: datetime, line: LineKind = LineKind.COUNSELLING) -> tuple[Handover, Staff]:
    """Let a shift of a moment leave a note to the next."""
    lead = a_lead(session)
    shift = a_shift(session, at=at, lead=lead, line=line)
    return handovers.write(session, shift, NOTE, by=lead, at=at), lead


def test_notes_end_after_three_years_on_both_lines(database: db.Database, now: datetime) -> None:
    """Sealed and plain ones; a younger note stays; the proof counts them and has their fingerprint."""
    with db.transaction() as session:
        old = now - 3.1 * YEAR
        a_note(session, old)
        a_note(session, old, LineKind.CITIZEN)
        young, _ = a_note(session, now - 2.9 * YEAR)
        [run] = delete_all_due(session, now)
        assert (run.kept, run.contacts, run.rows, run.left) == (KeptClass.HANDOVER, 2, {"handover": 2}, 0)
        assert len(run.digest) == 64
        assert session.scalars(sa.select(Handover.id)).all() == [young.id]
        assert delete_all_due(session, now) == []


def test_a_note_of_a_shift_with_a_held_contact_is_held(sqlite: db.Database, now: datetime) -> None:
    with db.transaction() as session:
        old = now - 4 * YEAR
        _, lead = a_note(session, old)
        contact = a_contact(session, at=old, owner=lead)
        hold = legal_holds.ask_hold(session, contact, "（2026）2 号", by=lead, at=now)
        legal_holds.agree_hold(session, hold, by=a_lead(session), at=now)
        assert retention.due(session, KeptClass.HANDOVER, at=now).held == 1
        assert delete_all_due(session, now) == []


def test_the_years_of_notes_and_recordings_are_set_like_others(sqlite: db.Database, now: datetime) -> None:
    with db.transaction() as session:
        lead = a_lead(session)
        assert retention.years_of(session, KeptClass.HANDOVER) == 3
        assert retention.years_of(session, KeptClass.RECORDING) == 3
        with pytest.raises(Invalid):
            retention.set_years(session, KeptClass.HANDOVER, 0.25, by=lead, at=now)
        retention.set_years(session, KeptClass.HANDOVER, 1, by=lead, at=now)
        a_note(session, now - 1.1 * YEAR)
        assert [run.kept for run in delete_all_due(session, now)] == [KeptClass.HANDOVER]


@pytest.fixture
def message(desk: Desk) -> Leg:
    """Somebody has left a message, which lies at the carrier."""
    voicemail.take_voicemail()
    leg = desk.call(message_s=12, for_s=0)
    desk.house.run(20)
    desk.house.carrier.press(leg, "2")
    desk.house.run(60)
    [kept] = recordings()
    assert kept.state is RecordingState.READY
    assert kept.provider_ref in desk.house.carrier.recordings.all
    return leg


def recordings() -> list[Recording]:
    with db.reading() as session:
        return list(session.scalars(sa.select(Recording).order_by(Recording.id)))


def the_run() -> RetentionRun:
    with db.reading() as session:
        query = sa.select(RetentionRun).where(RetentionRun.kept == KeptClass.RECORDING)
        return session.scalars(query).one()


def later(desk: Desk, days: float, deed: object) -> None:
    """Do something of the night's job so many days later."""
    with desk.house.at_present() as now, db.transaction() as session:
        deed(session, now + timedelta(days=days))  # type: ignore[operator]


def test_a_recording_is_deleted_at_the_carrier_and_that_is_proven(desk: Desk, message: Leg) -> None:
    """Asked for in the same transaction, counted as left until the carrier has said that it is gone."""
    later(desk, 3 * 365.25 - 1, delete_all_due)
    assert recordings()[0].state is RecordingState.READY
    later(desk, 3 * 365.25 + 1, delete_all_due)
    [kept] = recordings()
    assert kept.state is RecordingState.DELETING
    assert the_run().left == 1
    with db.reading() as session:
        assert voicemail.messages(session, desk.contact()) == []
    desk.house.timeline.run_for(1)
    send_late(desk)
    [gone] = recordings()
    assert gone.state is RecordingState.DELETED
    assert gone.deleted_at is not None
    assert desk.house.carrier.recordings.all == {}
    later(desk, 1100, at_night)
    assert the_run().left == 0
    assert ("DELETE", f"/Recordings/{kept.provider_ref}.json") in [
        (method, path[path.index("/Recordings") :])
        for method, path, _ in desk.house.transport.seen
        if method == "DELETE"
    ]


def send_late(desk: Desk) -> None:
    """Send what was asked years from now."""
    with db.transaction() as session:
        for row in session.scalars(sa.select(Outgoing).where(Outgoing.state == OutgoingState.WAITING)):
            row.due_at = desk.house.timeline.now()
    desk.house.send()


def test_what_the_carrier_would_not_delete_is_asked_for_again(desk: Desk, message: Leg) -> None:
    """Given up after many tries, it stays among what is left, and the next round asks anew."""
    later(desk, 1100, delete_all_due)
    with db.transaction() as session:
        asked = session.scalars(sa.select(Outgoing).where(Outgoing.command == Command.DELETE)).one()
        asked.state, asked.settled_at = OutgoingState.FAILED, desk.house.timeline.now()
    later(desk, 1101, at_night)
    assert the_run().left == 1
    send_late(desk)
    assert recordings()[0].state is RecordingState.DELETED
    later(desk, 1102, at_night)
    assert the_run().left == 0


def test_one_that_is_gone_already_counts_as_deleted(desk: Desk, message: Leg) -> None:
    """Somebody deleted it at the carrier by hand: that is as we want it."""
    desk.house.carrier.recordings.all.clear()
    later(desk, 1100, delete_all_due)
    send_late(desk)
    assert recordings()[0].state is RecordingState.DELETED


def test_numbers_and_words_of_both_lines_end(database: db.Database) -> None:
    with db.transaction() as session:
        by, now = an_operator(session), clock.now()
        old = now - timedelta(days=4 * 366)
        numbers = {LineKind.COUNSELLING: "+8613900001111", LineKind.CITIZEN: "+8613900002222"}
        contacts = {}
        for line, number in numbers.items():
            contacts[line] = Contact(
                token=fresh_token(), line=line, state=ContactState.DONE, owner_id=by.id, rung_at=old, ended_at=old,
                closed_at=old, caller=caller_from(session, line, number, at=old),
            )  # fmt: skip
        session.add_all(contacts.values())
        session.flush()
        citizen, counselled = contacts[LineKind.CITIZEN], contacts[LineKind.COUNSELLING]
        session.add(
            CitizenRecord(
                contact_id=citizen.id, draft=None, note="说过的话", changed_by=by.id, changed_at=old
            )
        )
        wish = FollowUpWish(
            contact_id=counselled.id, is_agreed=True, hours=[], number="+8613900003333", changed_at=old,
            changed_by=by.id,
        )  # fmt: skip
        session.add(wish)
        call = FollowUp(
            contact_id=counselled.id, rung=Rung.YEAR, level=RiskLevel.KEY, owner_id=by.id, planned_at=old,
            from_at=old, due_at=now, next_at=now,
        )  # fmt: skip
        session.add(call)
    with db.transaction() as session:
        runs = {run.kept: run for run in delete_all_due(session, now)}
        assert runs[KeptClass.NUMBER].rows == {"caller": 1}
        assert runs[KeptClass.CITIZEN].rows == {"citizen_record": 1}
        assert KeptClass.LEFT_NUMBER not in runs
        assert {c.number for c in session.scalars(sa.select(Caller))} == {None, numbers[LineKind.COUNSELLING]}
        assert session.scalars(sa.select(CitizenRecord.note)).one() is None
        session.get_one(FollowUp, call.id).state = FollowUpState.REACHED
        session.get_one(FollowUp, call.id).closed_at = old
    with db.transaction() as session:
        callers, run = delete_all_due(session, now)
        assert (callers.kept, callers.rows) == (KeptClass.NUMBER, {"caller": 1})
        assert (run.kept, run.rows, run.left) == (KeptClass.LEFT_NUMBER, {"follow_up_wish": 1}, 0)
        assert session.get_one(FollowUpWish, wish.id).number is None
