"""Follow-up calls on the simulated line: dialled without showing a number, one record each, the episode goes on in them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core import db
from core.people import Staff
from hotline import (
    followup_calls,
    followup_planning,
    followup_queue,
    risk_giving,
    risk_reading,
    talking,
    wrapping,
)
from hotline.callbacks import CallBack
from hotline.contacts import Contact, Source
from hotline.contacts import ContactState as S
from hotline.followup_calls import NobodyToCall
from hotline.followups import FollowUp, FollowUpState, TryResult
from hotline.risk import RiskLevel
from hotline.screener import Row
from telephony.calls import Call
from telephony.simulator.personas import Pickup, PickupKind
from tests.hotline.conftest import CALLER, Desk
from tests.hotline.risky import a_talk, screened

LONG_AGO = timedelta(days=3)


def promised(desk: Desk, ann: Staff, *, number: str | None = CALLER, other: str | None = None) -> FollowUp:
    """Let a talk of three days ago have promised a call, and an operator take it in hand."""
    followup_calls.see_to_missed()
    with desk.house.at_present() as now, db.transaction() as session:
        by, then = session.merge(ann), now - LONG_AGO
        contact = a_talk(session, by, at=then, number=number)
        contact.state, contact.closed_at, contact.ended_at = S.DONE, then, then
        risk_giving.give(session, contact, always=(), chosen=RiskLevel.ATTENTION, words="", by=by, at=then)
        followup_planning.write_wish(
            session, contact, is_agreed=True, hours=(), safe_word="", others="", number=other, by=by, at=then
        )
        row = session.scalars(sa.select(FollowUp).order_by(FollowUp.due_at)).first()
        assert row is not None
        return followup_queue.claim(session, row.id, by=by, at=now)


def noted(desk: Desk, row: FollowUp, by: Staff, result: TryResult) -> FollowUp:
    """Note how a try ended, and let the line do what follows."""
    with desk.house.at_present() as now, db.transaction() as session:
        found = followup_queue.note_try(session, row.id, result, "", by=session.merge(by), at=now)
    desk.house.send()
    desk.run(2)
    return found


def has_rung(row: FollowUp) -> bool:
    """Say whether the try in hand has rung."""
    with db.reading() as session:
        return followup_calls.has_rung(session, session.get_one(FollowUp, row.id))


def talk_of(row: FollowUp) -> Contact:
    """Return the contact that the call is."""
    with db.reading() as session:
        talk = session.get_one(FollowUp, row.id).talk
        assert talk is not None
        return talk


def test_a_follow_up_is_dialled_talked_about_and_written_down(desk: Desk) -> None:
    ann = desk.operator()
    row = promised(desk, ann)
    assert not has_rung(row)
    desk.do(followup_calls.ring, row, by=ann)
    desk.run(12)
    assert has_rung(row)
    talk = talk_of(row)
    assert (talk.source, talk.state, talk.taken_by) == (Source.FOLLOW_UP, S.TALKING, ann.id)
    assert talk.id != row.contact_id
    with desk.house.at_present() as now, db.transaction() as session:
        by = session.merge(ann)
        episode = risk_reading.open_part(session, talk.token, "level", ["level"], by=by, at=now)
        assert episode.id == row.contact_id
    assert noted(desk, row, ann, TryResult.REACHED).state is FollowUpState.REACHED
    assert desk.again(talk).state is S.TALKING
    with desk.house.at_present() as now, db.transaction() as session:
        by = session.merge(ann)
        episode = risk_reading.episode_to_change(session, talk.token, by=by, at=now)
        assert episode.id == row.contact_id
        screened(session, session.get_one(Contact, talk.id), by, Row.BEHAVIOUR, at=now)
        assert risk_giving.judged(session, episode).level is RiskLevel.KEY
    desk.do(talking.hang_up, talk, by=ann)
    desk.run(3)
    desk.do(wrapping.finish, talk, by=ann)
    assert desk.again(talk).state is S.DONE
    with db.reading() as session:
        assert session.scalars(sa.select(CallBack)).all() == []
        assert session.scalars(sa.select(Call.number).where(Call.number.is_not(None))).all() == []


def test_nobody_answers_and_it_is_tried_again_as_the_same_contact(desk: Desk) -> None:
    ann = desk.operator()
    row = promised(desk, ann)
    for tries in (1, 2, 3, 4):
        desk.pickups.next = Pickup(PickupKind.NO_ANSWER, 0.0, None)
        desk.do(followup_calls.ring, row, by=ann)
        desk.run(60)
        assert desk.again(talk_of(row)).state is S.MISSED
        after = noted(desk, row, ann, TryResult.NOBODY)
        assert after.tries == tries
        if after.state is FollowUpState.DUE:
            with desk.house.at_present() as now, db.transaction() as session:
                followup_queue.claim(session, row.id, by=session.merge(ann), at=now)
    assert after.state is FollowUpState.NOT_REACHED
    assert desk.again(talk_of(row)).state is S.DONE
    with db.reading() as session:
        assert session.scalars(sa.select(CallBack)).all() == []
        assert len(session.scalars(sa.select(Contact)).all()) == 2


def test_somebody_else_at_the_telephone_is_hung_up_on_and_called_another_time(desk: Desk) -> None:
    ann = desk.operator()
    row = promised(desk, ann)
    desk.do(followup_calls.ring, row, by=ann)
    desk.run(12)
    assert talk_of(row).state is S.TALKING
    after = noted(desk, row, ann, TryResult.OTHER_PERSON)
    assert after.state is FollowUpState.DUE
    assert desk.again(talk_of(row)).state is S.MISSED


def test_who_wants_no_more_calls_is_believed(desk: Desk) -> None:
    ann = desk.operator()
    row = promised(desk, ann)
    desk.do(followup_calls.ring, row, by=ann)
    desk.run(12)
    assert noted(desk, row, ann, TryResult.DECLINED).state is FollowUpState.DECLINED
    assert desk.again(talk_of(row)).state is S.DONE


def test_a_long_talk_is_not_taken_away(desk: Desk) -> None:
    ann = desk.operator()
    row = promised(desk, ann)
    desk.do(followup_calls.ring, row, by=ann)
    desk.run(12)
    with desk.house.at_present() as now, db.transaction() as session:
        assert followup_queue.let_go_expired(session, at=now + timedelta(minutes=45)) == 0
        assert followup_queue.held_by(session, ann) is not None


def test_the_other_number_is_the_one_that_rings(desk: Desk) -> None:
    ann = desk.operator()
    row = promised(desk, ann, number=None, other="13900000007")
    desk.do(followup_calls.ring, row, by=ann)
    desk.run(2)
    with db.reading() as session:
        rung = session.scalars(sa.select(Call.number).where(Call.number.is_not(None))).all()
    assert rung == ["+8613900000007"]


def test_without_any_number_nobody_is_called(desk: Desk) -> None:
    ann = desk.operator()
    row = promised(desk, ann, number=None, other="13900000007")
    with db.transaction() as session:
        session.execute(sa.text("UPDATE follow_up_wish SET number = NULL"))
    with pytest.raises(NobodyToCall):
        desk.do(followup_calls.ring, row, by=ann)


def test_each_try_dials_the_number_that_holds_then(desk: Desk) -> None:
    ann, other = desk.operator(), "+8613800007777"
    row = promised(desk, ann, other=other)
    dialled = []
    for number in (None, "", other):
        desk.pickups.next = Pickup(PickupKind.NO_ANSWER, 0.0, None)
        with desk.house.at_present() as now, db.transaction() as session:
            by, held = session.merge(ann), session.get_one(FollowUp, row.id)
            followup_planning.write_wish(
                session, held.contact, is_agreed=True, hours=(), safe_word="", others="", number=number,
                by=by, at=now,
            )  # fmt: skip
            followup_queue.claim(session, row.id, by=by, at=now)
            call = followup_calls.ring(session, held, by=by, at=now)
            dialled.append(call.number)
        desk.house.send()
        desk.run(60)
        noted(desk, row, ann, TryResult.NOBODY)
    assert dialled == [other, CALLER, other]
