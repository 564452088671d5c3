"""Reviews and referrals: opening is journalled, a fabricated interview is replaced and its number called again."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Database, transaction
from core.journal import Entry
from core.people import Staff
from core.permissions import Role
from core.problems import Invalid, Refused
from survey.attempts import Attempt
from survey.cases import Case, CaseState
from survey.interviewing import interview_of, start
from survey.interviews import Interview, InterviewState
from survey.leases import hold
from survey.outcomes import Outcome, record_outcome
from survey.queue import next_case
from survey.referrals import close_referred, send_back
from survey.review_list import reviewed, rows
from survey.reviews import (
    UNKNOWN,
    AlreadyJudged,
    InterviewReview,
    NotReviewable,
    Purpose,
    Verdict,
    judge,
    open_interview,
)
from survey.screening import Sign
from survey.waves import WavePlace
from telephony.manual import Outcome as Heard
from tests.factories import a_staff
from tests.survey.field import NOON, Field, a_field, dialled
from tests.survey.weighed import a_worked_wave

LATER = NOON + timedelta(minutes=30)


def a_complete(session: Session, field: Field) -> tuple[Case, Interview]:
    """Let Anna claim to have interviewed someone; the try, the case and the target count it."""
    attempt = dialled(session, field.anna, NOON, Heard.ANSWERED)
    interview = start(session, attempt.case, by=field.anna, at=NOON)
    interview.state, interview.ended_at = InterviewState.COMPLETE, NOON
    session.flush()
    record_outcome(session, attempt, Outcome("1.1"), by=field.anna, at=NOON)
    return attempt.case, interview


def completes(session: Session, case: Case) -> int:
    place = session.get_one(WavePlace, (case.wave_id, case.township_id))
    session.refresh(place)
    return place.completes


def test_opening_needs_a_purpose_and_is_journalled(database: Database) -> None:
    with transaction() as session:
        field = a_field(session)
        _, interview = a_complete(session, field)
        boss = a_staff(session, Role.SUPERVISOR)
        open_interview(session, interview, Purpose.ROUTINE, by=boss, at=LATER)
        entry = session.scalars(sa.select(Entry).where(Entry.action == "interview.review_open")).one()
        assert (entry.staff_id, entry.record) == (boss.id, f"interview:{interview.id}")
        assert entry.details == {"purpose": "routine"}
        with pytest.raises(Refused):
            open_interview(session, interview, Purpose.ROUTINE, by=field.anna, at=LATER)


def test_a_verdict_is_given_once_by_the_one_who_opened_it(database: Database) -> None:
    with transaction() as session:
        field = a_field(session)
        _, interview = a_complete(session, field)
        boss, other = a_staff(session, Role.SUPERVISOR), a_staff(session, Role.SUPERVISOR)
        review = open_interview(session, interview, Purpose.SIGNS, by=boss, at=LATER)
        with pytest.raises(Refused):
            judge(session, review, Verdict.GOOD, "", by=other, at=LATER)
        with pytest.raises(Invalid):
            judge(session, review, Verdict.COACH, "  ", by=boss, at=LATER)
        judge(session, review, Verdict.GOOD, "", by=boss, at=LATER)
        assert interview.state is InterviewState.COMPLETE
        with pytest.raises(AlreadyJudged):
            judge(session, review, Verdict.GOOD, "", by=boss, at=LATER)


def test_a_fabricated_interview_is_replaced_and_somebody_else_calls(database: Database) -> None:
    with transaction() as session:
        field = a_field(session)
        case, interview = a_complete(session, field)
        assert completes(session, case) == 1
        boss = a_staff(session, Role.SUPERVISOR)
        review = open_interview(session, interview, Purpose.SIGNS, by=boss, at=LATER)
        judge(session, review, Verdict.FABRICATED, "从未接通", by=boss, at=LATER)
        assert interview.state is InterviewState.REPLACED
        assert case.state is CaseState.WAITING
        assert case.avoid_staff_id == field.anna.id
        assert completes(session, case) == 0
        tried = session.scalars(sa.select(Attempt).where(Attempt.case_id == case.id)).one()
        assert tried.disposition == UNKNOWN
        assert (tried.before or {})["replaced"] == "1.1"
        assert interview_of(session, case) is None
        with pytest.raises(NotReviewable):
            open_interview(session, interview, Purpose.SIGNS, by=boss, at=LATER)

        for _ in range(30):  # Ben works his way to it; Anna never gets it again
            given = next_case(session, by=field.ben, at=LATER)
            assert given is not None
            if given.case_id == case.id:
                break
            held = hold(session, given.case_id, by=field.ben, at=LATER)
            held.state, held.disposition = CaseState.CLOSED, "4.31"
            held.lease_by = held.lease_until = None
            session.flush()
        assert given.case_id == case.id
        session.add(Attempt(case_id=case.id, staff_id=field.ben.id, number=2, started_at=LATER))
        session.flush()
        again = start(session, case, by=field.ben, at=LATER)
        assert again.id != interview.id
        assert again.splits == interview.splits
        both = session.scalars(sa.select(Interview).where(Interview.case_id == case.id)).all()
        assert {i.state for i in both} == {InterviewState.REPLACED, InterviewState.ONGOING}


def test_the_list_screens_every_interview_and_counts_the_judged(database: Database) -> None:
    with transaction() as session:
        field = a_worked_wave(session, interviews=60)
        boss = a_staff(session, Role.SUPERVISOR)
        day = NOON.date()
        listed = rows(session, field.wave, since=day, until=day)
        assert len(listed) == 60
        assert {r.staff_id for r in listed} == {field.anna.id, field.ben.id}
        newcomers = [r for r in listed if Sign.NEWCOMER in r.signs]
        assert len(newcomers) == 20
        assert reviewed(listed).wanted == 6
        interview = session.get_one(Interview, listed[0].id)
        review = open_interview(session, interview, Purpose.NEWCOMER, by=boss, at=LATER)
        judge(session, review, Verdict.GOOD, "", by=boss, at=LATER)
        after = rows(session, field.wave, since=day, until=day)
        assert reviewed(after).judged == 1
        assert next(r for r in after if r.id == interview.id).verdict is Verdict.GOOD
        only = rows(session, field.wave, since=day, until=day, staff_id=field.anna.id, me=field.ben.id)
        assert {r.staff_id for r in only} == {field.anna.id}
        assert not rows(session, field.wave, since=day - timedelta(9), until=day - timedelta(8))
        assert session.scalar(sa.select(sa.func.count()).select_from(InterviewReview)) == 1


def referred(session: Session, field: Field, by: Staff) -> Case:
    attempt = dialled(session, by, NOON, Heard.ANSWERED)
    return record_outcome(session, attempt, Outcome("2.112", note="要找领导", refer=True), by=by, at=NOON)


def test_a_referred_case_goes_back_or_is_closed_once(database: Database) -> None:
    with transaction() as session:
        field = a_field(session)
        boss = a_staff(session, Role.SUPERVISOR)
        back, shut = referred(session, field, field.anna), referred(session, field, field.ben)
        assert back.state is CaseState.REFERRED
        send_back(session, back, by=boss, at=LATER)
        assert back.state is CaseState.WAITING
        assert back.due_at is not None
        with pytest.raises(Refused):
            close_referred(session, back, "2.112", by=boss, at=LATER)
        with pytest.raises(Invalid):
            close_referred(session, shut, "1.1", by=boss, at=LATER)
        close_referred(session, shut, "2.32", by=boss, at=LATER)
        assert (shut.state, shut.disposition, shut.due_at) == (CaseState.CLOSED, "2.32", None)
