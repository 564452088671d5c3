"""A resident calls the survey's number back: interview now, a time, or never again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from core import db
from core.problems import Refused
from survey import callbacks_inbound, interviewing
from survey.attempts import Appointment, HandOut, HandOutRule
from survey.cases import CaseState
from survey.frame import DoNotCall
from survey.outcomes import Outcome, record_outcome
from telephony.manual import Outcome as Heard
from tests.survey.field import a_field, claimed, dialled


def test_who_calls_back_is_found_and_interviewed_at_once(database: db.Database, now: datetime) -> None:
    """The one who answers takes the case; the try counts, and someone busy cannot take it."""
    later = now + timedelta(minutes=30)
    with db.transaction() as session:
        field = a_field(session)
        attempt = dialled(session, field.anna, now, Heard.NO_ANSWER)
        case = record_outcome(session, attempt, Outcome("3.13"), by=field.anna, at=now)
        number = case.frame_number.number
        assert callbacks_inbound.who_called(session, "+8613900000000") is None
        found = callbacks_inbound.who_called(session, number)
        assert found is not None
        assert (found.case.id, found.last) == (case.id, attempt)
        assert "五分钟" in found.greeting.zh
        second = callbacks_inbound.interview_now(session, case, by=field.ben, at=later)
        assert (second.number, case.lease_by, case.attempt_count) == (2, field.ben.id, 2)
        assert session.scalars(sa.select(HandOut.rule).order_by(HandOut.id)).all()[-1] == HandOutRule.INBOUND
        interviewing.start(session, case, by=field.ben, at=later)
        with pytest.raises(Refused):
            callbacks_inbound.interview_now(session, case, by=field.ben, at=later)


def test_who_calls_back_chooses_a_time(database: db.Database, now: datetime) -> None:
    """Anyone keeps it; choosing again replaces it."""
    with db.transaction() as session:
        field = a_field(session)
        attempt = dialled(session, field.anna, now, Heard.NO_ANSWER)
        case = record_outcome(session, attempt, Outcome("3.13"), by=field.anna, at=now)
        for hours in (5, 6):
            callbacks_inbound.choose_time(session, case, now + timedelta(hours=hours), by=field.ben, at=now)
        assert case.state == CaseState.APPOINTED
        kept = session.scalars(sa.select(Appointment).where(Appointment.is_open)).one()
        assert (kept.at, kept.staff_id) == (now + timedelta(hours=6), None)
        assert claimed(session, field.ben, now + timedelta(hours=6)).id == case.id


def test_who_calls_back_refuses_for_good(database: db.Database, now: datetime) -> None:
    """The case ends, the number is never called again, and calling back once more finds nothing."""
    with db.transaction() as session:
        field = a_field(session)
        attempt = dialled(session, field.anna, now, Heard.NO_ANSWER)
        case = record_outcome(session, attempt, Outcome("3.13"), by=field.anna, at=now)
        callbacks_inbound.refuse_for_good(session, case, by=None, at=now)
        assert (case.state, case.disposition) == (CaseState.CLOSED, "2.112")
        assert session.get(DoNotCall, case.frame_number.fingerprint) is not None
        assert callbacks_inbound.who_called(session, case.frame_number.number) is None
