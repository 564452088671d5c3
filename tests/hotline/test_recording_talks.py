"""Recorded talks: of whoever was told and did not object, while they are spoken with, and heard by whoever leads or reviews."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core import clock, db
from core.journal import Entry
from core.people import Staff
from core.permissions import Role
from core.problems import Missing
from hotline import (
    arrivals,
    asked_purposes,
    calling_back,
    hearing,
    legal_holds,
    recording_talks,
    talking,
    voicemail,
    waiting,
)
from hotline.asked_purposes import PurposeWanted
from hotline.caller_legs import ALONE_FOR
from hotline.contacts import Contact, ContactState, Source, add_leg, fresh_token
from hotline.lines import HelpLine, LineKind, line_of
from hotline.operator_line import own
from hotline.read_log import CounsellingRead, ReadPurpose
from hotline.risk import RiskLevel
from hotline.risk_levels import EpisodeLevel
from telephony import line
from telephony.calls import Call, Direction, Party
from telephony.line import Cause, LegState, RecordAction
from telephony.outgoing import Command, ask
from telephony.recordings import Recording, RecordingState
from telephony.simulator.leg import Leg
from tests.factories import a_staff
from tests.hotline.conftest import Desk
from tests.web.conftest import app as app
from tests.web.conftest import as_role as as_role

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def line_records(desk: Desk) -> Desk:
    """A hotline whose lines record."""
    with db.transaction() as session:
        session.execute(sa.update(HelpLine).values(is_recorded=True))
    return desk


def recordings() -> list[Recording]:
    with db.reading() as session:
        return list(session.scalars(sa.select(Recording).order_by(Recording.id)))


def shown(desk: Desk, by: Staff) -> str:
    with desk.house.at_present() as now, db.reading() as session:
        told: dict[str, Any] = own(session, by=by, at=now)
        return str(told["contact"]["recording"])


def a_talk(desk: Desk, by: Staff, *, for_s: float = 10) -> tuple[Leg, Contact]:
    leg = desk.call(for_s=15)
    contact = desk.take(desk.contact(leg), by, for_s=for_s)
    assert contact.state is ContactState.TALKING
    return leg, contact


def test_a_line_records_nothing_unless_it_is_told_to(desk: Desk) -> None:
    """And says so to nobody."""
    ann = desk.operator()
    leg, contact = a_talk(desk, ann)
    desk.house.carrier.hang_up(leg)
    desk.run(3)
    assert not contact.is_recorded
    assert (recordings(), desk.house.carrier.recordings.all) == ([], {})
    assert desk.heard(leg, arrivals.LISTENED)
    assert not desk.heard(leg, arrivals.RECORDED)


def test_a_talk_is_recorded_from_its_beginning_to_its_end_and_not_while_it_is_held(
    line_records: Desk,
) -> None:
    desk, ann = line_records, line_records.operator()
    leg = desk.call(for_s=15)
    assert desk.heard(leg, arrivals.RECORDED)
    assert recordings() == []  # nobody speaks with them yet
    contact = desk.take(desk.contact(leg), ann, for_s=10)
    assert shown(desk, ann) == "running"
    desk.do(talking.hold, contact, True, by=ann)
    desk.run(30)
    assert shown(desk, ann) == "paused"
    desk.do(talking.hold, contact, False, by=ann)
    desk.run(10)
    assert shown(desk, ann) == "running"
    desk.house.carrier.hang_up(leg)
    desk.run(3)
    [kept] = recordings()
    assert (kept.state, kept.consent_at) == (RecordingState.READY, contact.noticed_at)
    assert kept.duration_s is not None
    assert 15 <= kept.duration_s <= 25  # without the half minute on hold
    assert shown(desk, ann) == "kept"
    with db.reading() as session:
        assert voicemail.messages(session, session.get_one(Contact, contact.id)) == []
    desk.do(recording_talks.refuse, contact, by=ann)  # said at the very end
    assert shown(desk, ann) == ""
    assert recordings()[0].state is RecordingState.DELETED


def test_a_caller_who_says_no_is_recorded_no_more_and_what_was_is_deleted(line_records: Desk) -> None:
    desk, ann, ben = line_records, line_records.operator(), line_records.operator()
    leg, contact = a_talk(desk, ann)
    with pytest.raises(Missing):
        desk.do(recording_talks.refuse, contact, by=ben)
    desk.do(recording_talks.refuse, contact, by=ann)
    desk.do(recording_talks.refuse, contact, by=ann)
    desk.run(3)
    assert desk.house.carrier.recordings.all == {}
    assert [kept.state for kept in recordings()] == [RecordingState.DELETED]
    assert shown(desk, ann) == ""
    desk.do(talking.hold, contact, True, by=ann)
    desk.run(2)
    desk.do(talking.hold, contact, False, by=ann)
    desk.run(5)
    desk.house.carrier.hang_up(leg)
    desk.run(3)
    assert len(recordings()) == 1
    with db.reading() as session:
        said = sa.select(sa.func.count()).where(Entry.action == "contact.unrecorded")
        assert session.scalar(said) == 1


def test_a_caller_who_says_no_by_key_is_never_recorded(line_records: Desk) -> None:
    desk, ann = line_records, line_records.operator()
    leg = desk.call(for_s=0)
    desk.run(20)
    desk.house.carrier.press(leg, "3")
    desk.run(8)
    assert desk.heard(leg, waiting.NOT_RECORDED)
    contact = desk.contact(leg)
    assert (contact.state, contact.is_recorded) == (ContactState.WAITING, False)
    desk.take(contact, ann, for_s=10)
    assert recordings() == []


def test_what_a_legal_hold_keeps_is_not_deleted(line_records: Desk) -> None:
    desk, ann = line_records, line_records.operator()
    _, contact = a_talk(desk, ann)
    with desk.house.at_present() as now, db.transaction() as session:
        fresh = session.get_one(Contact, contact.id)
        hold = legal_holds.ask_hold(session, fresh, "（2026）9 号", by=desk.owner, at=now)
        legal_holds.agree_hold(session, hold, by=a_staff(session, Role.SHIFT_LEAD), at=now)
    desk.do(recording_talks.refuse, contact, by=ann)
    desk.run(3)
    assert [kept.state for kept in recordings()] == [RecordingState.READY]


def test_nothing_is_recorded_of_a_caller_who_waits_again(line_records: Desk) -> None:
    """One recording goes on with the next operator; what was said to nobody is not in it."""
    desk, ann, ben = line_records, line_records.operator(), line_records.operator()
    leg, contact = a_talk(desk, ann)
    desk.house.carrier.hang_up(desk.telephones[ann.id])
    desk.beat_for(ALONE_FOR.total_seconds() + 30, ben)
    assert desk.again(contact).state is ContactState.WAITING
    assert [kept.is_paused for kept in recordings()] == [True]
    desk.take(contact, ben, for_s=10)
    assert [kept.is_paused for kept in recordings()] == [False]
    desk.house.carrier.hang_up(leg)
    desk.run(3)
    [kept] = recordings()
    assert kept.state is RecordingState.READY
    assert kept.duration_s is not None
    assert kept.duration_s < 20 + ALONE_FOR.total_seconds() + 8


def test_whom_we_ring_ourselves_is_not_recorded(line_records: Desk) -> None:
    """Nobody greeted them."""
    desk, ann = line_records, line_records.operator()
    leg = desk.call(for_s=12)
    desk.house.carrier.hang_up(leg)
    desk.run(2)
    contact = desk.contact(leg)
    desk.do(calling_back.ring, desk.call_back(contact), by=ann)
    desk.run(12)
    assert desk.again(contact).state is ContactState.TALKING
    assert recordings() == []


def test_a_line_that_cannot_record_tells_nobody_that_it_does(
    line_records: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "_records", lambda: False)
    leg = line_records.call()
    assert not line_records.contact(leg).is_recorded
    assert not line_records.heard(leg, arrivals.RECORDED)


# Who hears it


def a_recorded_talk(at: datetime, taker: Staff, kind: LineKind = LineKind.COUNSELLING) -> tuple[Contact, int]:
    """Let somebody have talked an hour ago, recorded."""
    began = at - timedelta(hours=1)
    with db.transaction() as session:
        contact = Contact(
            token=fresh_token(), line=kind, source=Source.PHONE, state=ContactState.WRAPPING, owner_id=taker.id,
            rung_at=began, waiting_from=began, taken_by=taker.id, taken_at=began, talking_at=began, ended_at=at,
            is_recorded=True, noticed_at=began,
        )  # fmt: skip
        call = Call(
            request_key=fresh_token(), provider_ref="CA" + fresh_token(), direction=Direction.INBOUND,
            party=Party.RESIDENT, state=LegState.ENDED, cause=Cause.NORMAL, created_at=began, ended_at=at,
            checked_at=at,
        )  # fmt: skip
        session.add_all([contact, call])
        session.flush()
        add_leg(session, contact, call)
        kept = Recording(
            call_id=call.id, request_key=fresh_token(), provider_ref="RE" + fresh_token(),
            state=RecordingState.READY, consent_at=began, requested_at=began, ready_at=at, duration_s=600,
        )  # fmt: skip
        session.add(kept)
        session.flush()
        ask(session, Command.RECORD, at=at, call=call, recording=kept, action=RecordAction.START.value)
        return contact, kept.id


def key_case(contact: Contact, by: Staff, at: datetime) -> None:
    with db.transaction() as session:
        session.add(EpisodeLevel(
            contact_id=contact.id, level=RiskLevel.KEY, reasons=[], words="", given_by=by.id, given_at=at,
        ))  # fmt: skip


@pytest.mark.parametrize("kind", LineKind)
def test_only_who_leads_the_line_or_reviews_the_case_hears_it(sqlite: db.Database, kind: LineKind) -> None:
    """Not even the operator who took the call; on the counselling line every hearing is in the reading log."""
    at = clock.now()
    with db.transaction() as session:
        taker = a_staff(session, Role.OPERATOR if kind is LineKind.COUNSELLING else Role.CITIZEN_OPERATOR)
        people = {role: a_staff(session, role) for role in Role}
    contact, which = a_recorded_talk(at, taker, kind)

    def may_hear(by: Staff) -> bool:
        try:
            with db.transaction() as session:
                fresh = session.get_one(Contact, contact.id)
                assert hearing.talk_to_hear(session, fresh, which, by=session.get_one(Staff, by.id), at=at)
        except Missing:
            return False
        return True

    assert not may_hear(taker)
    assert {role for role in Role if may_hear(people[role])} == {Role.SHIFT_LEAD}
    key_case(contact, taker, at)
    of_case = {Role.REVIEWER} if kind is LineKind.COUNSELLING else set()
    assert {role for role in Role if may_hear(people[role])} == {Role.SHIFT_LEAD} | of_case
    with db.reading() as session:
        reads = session.execute(sa.select(CounsellingRead.record, CounsellingRead.purpose)).all()
        assert [tuple(read) for read in reads] == [("talk", ReadPurpose.REVIEW)] * (3 if of_case else 0)
        heard = sa.select(sa.func.count()).where(Entry.action == "talk.hear")
        assert session.scalar(heard) == 2 + len(of_case)


def test_the_lead_and_the_reviewer_have_it_on_their_pages(
    as_role: SignIn, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = clock.now()
    with db.transaction() as session:
        people = {role: a_staff(session, role) for role in (Role.OPERATOR, Role.SHIFT_LEAD, Role.REVIEWER)}
    contact, which = a_recorded_talk(at, people[Role.OPERATOR])
    monkeypatch.setattr(line.line(), "sound", lambda ref: b"RIFF0000WAVE", raising=False)
    address = f"/hotline/talks/recordings/{contact.token}/{which}"
    lead = as_role(staff=people[Role.SHIFT_LEAD])
    assert f'src="{address}"' in lead.get("/hotline/talks/recordings/").text
    answer = lead.get(address)
    assert (answer.status_code, answer.data, answer.headers["Cache-Control"]) == (
        200,
        b"RIFF0000WAVE",
        "no-store",
    )
    assert lead.get(f"/hotline/talks/recordings/{contact.token}/{which + 1}").status_code == 404
    assert as_role(staff=people[Role.OPERATOR]).get(address).status_code == 403
    reviewer, of_case = (
        as_role(staff=people[Role.REVIEWER]),
        f"/counselling/cases/{contact.token}/recordings/{which}",
    )
    assert reviewer.get(of_case).status_code == 404
    key_case(contact, people[Role.OPERATOR], at)
    assert f'src="{of_case}"' in reviewer.get(f"/counselling/cases/{contact.token}").text
    assert reviewer.get(of_case).data == b"RIFF0000WAVE"
    assert as_role(Role.OPERATOR).get(of_case).status_code == 403


def test_a_line_that_is_set_up_anew_records_nothing(sqlite: db.Database) -> None:
    with db.transaction() as session:
        owner = a_staff(session, Role.SHIFT_LEAD)
        at = clock.now()
        session.add(
            HelpLine(kind=LineKind.COUNSELLING, number="+862160012356", owner_id=owner.id, changed_at=at)
        )
        session.flush()
        found = line_of(session, LineKind.COUNSELLING)
        assert found is not None
        assert not found.is_recorded


def test_an_old_talk_is_heard_for_a_purpose_that_is_said(sqlite: db.Database) -> None:
    at = clock.now()
    with db.transaction() as session:
        taker, lead = a_staff(session, Role.OPERATOR), a_staff(session, Role.SHIFT_LEAD)
    contact, which = a_recorded_talk(at, taker, LineKind.COUNSELLING)
    later = at + timedelta(days=3)
    with db.transaction() as session:
        found = session.get_one(Contact, contact.id)
        found.state, found.closed_at = ContactState.DONE, at
    with pytest.raises(PurposeWanted), db.transaction() as session:
        found = session.get_one(Contact, contact.id)
        hearing.talk_to_hear(session, found, which, by=lead, at=later)
    with db.transaction() as session:
        found = session.get_one(Contact, contact.id)
        assert [one.is_asked for one in hearing.recorded_talks(session, by=lead, at=later)] == [True]
        asked_purposes.state(session, found, ReadPurpose.TEACH, "", by=lead, at=later)
        assert [one.is_asked for one in hearing.recorded_talks(session, by=lead, at=later)] == [False]
        assert hearing.talk_to_hear(session, found, which, by=lead, at=later)
        assert session.scalars(sa.select(CounsellingRead.purpose)).one() is ReadPurpose.TEACH
