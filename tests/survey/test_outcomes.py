"""Outcomes and interviews: answers kept, cases moved by the rules, slips undone."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import db
from core.permissions import Role
from core.problems import Invalid, Refused
from survey import interviewing, leases, quotas
from survey.answers import as_screen, given, save_answer, walk_of
from survey.attempts import Appointment, Attempt
from survey.cases import Case, CaseState
from survey.dials import dial
from survey.frame import DoNotCall
from survey.interviewers import Tongue
from survey.interviews import Answer, Interview, InterviewState
from survey.outcomes import Outcome, record_outcome
from survey.questionnaire import ACKNOWLEDGED, DONT_KNOW, SELECTS
from survey.queue import next_case
from survey.undoing import TooLate, undo_outcome
from survey.waves import Quota, WavePlace
from telephony.calls import Call
from telephony.manual import Outcome as Heard
from telephony.manual import report
from tests.factories import a_staff
from tests.survey.field import a_field, claimed, dialled, talking


def answer_on(session: Session, interview: Interview, at: datetime, *, until: str = "", **own: str) -> None:
    """Answer every open question with its first option (or what the test says)."""
    for n in range(200):
        walk = walk_of(interview, given(session, interview))
        name = walk.first_open()
        if name is None or name == until:
            return
        question = walk.questionnaire.question(name)
        value = own.get(name) or (
            walk.options(name)[0].name
            if question.type in SELECTS
            else {"note": ACKNOWLEDGED, "integer": "30" if name == "age" else "1"}[question.type]
        )
        save_answer(
            session, interview, name, value, token=f"{interview.id}-{n}-{name}"[:36], at=at, shown_ms=900
        )
    raise AssertionError("the questionnaire has no end")


def test_a_complete_interview(database: db.Database, now: datetime) -> None:
    """Every answer counts, the quota's seat is filled, the township's standing grows, the case is closed."""
    with db.transaction() as session:
        field = a_field(session)
        for county in {t.parent_id for t in field.towns}:
            session.add(Quota(wave_id=field.wave.id, cell=f"county:{county}", seats=2))
        attempt, interview = talking(session, field.anna, now)
        assert attempt.has_seat
        assert sum(session.scalars(sa.select(Quota.reserved))) == 1
        answer_on(session, interview, now)
        assert interview.recording_consented_at == now
        assert interviewing.end_code(session, interview) == "1.1"
        later = now + timedelta(minutes=5)
        case = record_outcome(session, attempt, Outcome("1.1"), by=field.anna, at=later)
        assert (case.state, case.disposition) == (CaseState.CLOSED, "1.1")
        assert interview.state == InterviewState.COMPLETE
        assert session.get_one(Call, attempt.call_id).is_ended
        session.expire_all()
        assert sum(session.scalars(sa.select(Quota.filled))) == 1
        assert sum(session.scalars(sa.select(Quota.reserved))) == 0
        place = session.get_one(WavePlace, (field.wave.id, case.township_id))
        assert place.completes == 1
        with pytest.raises(TooLate):
            undo_outcome(session, attempt, by=field.anna, at=later)


def test_answers_are_kept_once_and_corrected_in_the_open(database: db.Database, now: datetime) -> None:
    """The same token is one answer; a new one is a correction whose predecessor stays as paradata."""
    with db.transaction() as session:
        field = a_field(session)
        _, interview = talking(session, field.anna, now)
        answer_on(session, interview, now, until="residence")
        one = save_answer(session, interview, "residence", "1", token="a", at=now, shown_ms=1200)
        assert save_answer(session, interview, "residence", "1", token="a", at=now).id == one.id
        save_answer(session, interview, "residence", DONT_KNOW, token="b", at=now)
        rows = session.scalars(sa.select(Answer).where(Answer.question == "residence")).all()
        assert [(r.turn, r.value, r.is_current) for r in rows] == [(1, "1", False), (2, DONT_KNOW, True)]
        assert given(session, interview)["residence"] == DONT_KNOW
        save_answer(session, interview, "residence", None, token="c", at=now)
        assert "residence" not in given(session, interview)
        for wrong in ("9", "", "1 2"):
            with pytest.raises(Invalid):
                save_answer(session, interview, "residence", wrong, token=f"w{wrong}", at=now)
        with pytest.raises(Invalid):
            save_answer(session, interview, "s1_safety", "1", token="d", at=now)
        with pytest.raises(Invalid):
            save_answer(session, interview, "no_such", "1", token="e", at=now)


def test_a_dead_browser_resumes_with_every_answer(database: db.Database, now: datetime) -> None:
    """The same interviewer goes on at once; after the lease another one does, ten minutes later."""
    with db.transaction() as session:
        field = a_field(session)
        attempt, interview = talking(session, field.anna, now)
        answer_on(session, interview, now, until="e1_police")
        before = as_screen(session, interview)
        assert before["position"] == "e1_police"
        assert claimed(session, field.anna, now + timedelta(minutes=1)).id == attempt.case_id
        gone = now + timedelta(minutes=20)
        report(session, session.get_one(Call, attempt.call_id), Heard.FINISHED, by=None, at=gone)
        assert leases.expire(session, gone) == 1
        case = attempt.case
        assert (attempt.disposition, case.state, case.is_converted) == ("1.2", CaseState.CLOSED, False) or (
            attempt.disposition,
            case.state,
        ) == ("2.12", CaseState.WAITING)
        assert interview.state in (InterviewState.BROKEN_OFF, InterviewState.PARTIAL)
        again = next_case(session, by=field.ben, at=gone + timedelta(minutes=10))
        assert again is not None
        assert again.case_id == case.id
        second = dial(session, again.case, by=field.ben, at=gone + timedelta(minutes=10))
        report(session, session.get_one(Call, second.call_id), Heard.ANSWERED, by=field.ben, at=gone)
        resumed = interviewing.start(session, case, by=field.ben, at=gone)
        assert as_screen(session, resumed) == before


def test_a_screen_out_is_not_eligible(database: db.Database, now: datetime) -> None:
    """Under a year here: 4.70, whatever the outcome panel was set to."""
    with db.transaction() as session:
        field = a_field(session)
        attempt, interview = talking(session, field.anna, now)
        answer_on(session, interview, now, residence="2")
        assert interviewing.end_code(session, interview) == "4.70"
        case = record_outcome(session, attempt, Outcome("4.70"), by=field.anna, at=now)
        assert (case.disposition, interview.state) == ("4.70", InterviewState.SCREENED_OUT)


def test_a_break_off_is_partial_from_the_half_on(database: db.Database, now: datetime) -> None:
    """Early: 2.12 and another interviewer in a week; late: 1.2 and closed."""
    with db.transaction() as session:
        field = a_field(session)
        attempt, interview = talking(session, field.anna, now)
        answer_on(session, interview, now, until="s2_night")
        with pytest.raises(Refused):
            record_outcome(session, attempt, Outcome("1.1"), by=field.anna, at=now)
        case = record_outcome(session, attempt, Outcome("2.12"), by=field.anna, at=now)
        assert (case.disposition, case.state, case.avoid_staff_id) == (
            "2.12",
            CaseState.WAITING,
            field.anna.id,
        )
        assert case.due_at == now + timedelta(days=7)
        attempt, interview = talking(session, field.anna, now)
        answer_on(session, interview, now, until="sex")
        case = record_outcome(session, attempt, Outcome("2.12"), by=field.anna, at=now)
        assert (case.disposition, interview.state) == ("1.2", InterviewState.PARTIAL)


def test_a_refusal_at_consent_is_asked_again_when_it_is_turned(database: db.Database, now: datetime) -> None:
    """The second interviewer finds the consent question open, and a second no is the end."""
    week = now + timedelta(days=7, minutes=1)
    with db.transaction() as session:
        field = a_field(session, each=1, counties=1)
        attempt, interview = talking(session, field.anna, now)
        answer_on(session, interview, now, consent="2")
        assert interviewing.end_code(session, interview) == "2.112"
        record_outcome(session, attempt, Outcome("2.112"), by=field.anna, at=now)
        again = next_case(session, by=field.ben, at=week)
        assert again is not None
        assert again.case_id == attempt.case_id
        second = dial(session, again.case, by=field.ben, at=week)
        report(session, session.get_one(Call, second.call_id), Heard.ANSWERED, by=field.ben, at=week)
        interviewing.start(session, again.case, by=field.ben, at=week)
        assert walk_of(interview, given(session, interview)).first_open() == "consent"
        case = record_outcome(session, second, Outcome("2.112"), by=field.ben, at=week)
        assert (case.state, case.disposition) == (CaseState.CLOSED, "2.112")


def test_a_hard_refusal_is_for_ever_and_can_be_undone_for_a_minute(
    database: db.Database, now: datetime
) -> None:
    """The number goes on the list; the undo takes it off again and gives the case back."""
    with db.transaction() as session:
        field = a_field(session)
        attempt = dialled(session, field.anna, now, Heard.ANSWERED)
        with pytest.raises(Invalid):
            record_outcome(session, attempt, Outcome("3.13", is_hard=True), by=field.anna, at=now)
        case = record_outcome(session, attempt, Outcome("2.111", is_hard=True), by=field.anna, at=now)
        assert case.state == CaseState.CLOSED
        assert session.get(DoNotCall, case.frame_number.fingerprint) is not None
        undo_outcome(session, attempt, by=field.anna, at=now + timedelta(seconds=30))
        assert (case.state, case.lease_by, attempt.disposition) == (CaseState.CLAIMED, field.anna.id, None)
        assert session.get(DoNotCall, case.frame_number.fingerprint) is None
        record_outcome(session, attempt, Outcome("2.111"), by=field.anna, at=now + timedelta(seconds=40))
        with pytest.raises(TooLate):
            undo_outcome(session, attempt, by=field.anna, at=now + timedelta(seconds=101))


def test_outcomes_are_checked(database: db.Database, now: datetime) -> None:
    """No complete without an interview, no note where one is needed, no second outcome, no time at night."""
    night = now.replace(hour=15)
    with db.transaction() as session:
        field = a_field(session)
        attempt = dialled(session, field.anna, now, Heard.ANSWERED)
        with pytest.raises(Refused):
            dial(session, attempt.case, by=field.anna, at=now)
        for wrong in (Outcome("1.1"), Outcome("2.36"), Outcome("9.9")):
            with pytest.raises((Invalid, Refused)):
                record_outcome(session, attempt, wrong, by=field.anna, at=now)
        with pytest.raises(Invalid), session.begin_nested():
            record_outcome(session, attempt, Outcome("2.35", appointment_at=night), by=field.anna, at=now)
        session.expire_all()
        with pytest.raises(Refused):
            record_outcome(session, attempt, Outcome("3.13"), by=field.ben, at=now)
        record_outcome(session, attempt, Outcome("2.36", note="停电"), by=field.anna, at=now)
        with pytest.raises(Refused):
            record_outcome(session, attempt, Outcome("3.13"), by=field.anna, at=now)
        assert session.scalars(sa.select(Appointment)).all() == []


def test_a_language_finds_its_speaker_and_a_doubt_the_supervisor(
    database: db.Database, now: datetime
) -> None:
    """The case waits for someone who speaks it; a referred one for the supervisor."""
    with db.transaction() as session:
        field = a_field(session, each=1, counties=1)
        attempt = dialled(session, field.anna, now, Heard.ANSWERED)
        case = record_outcome(
            session, attempt, Outcome("2.33", note="方言", language=Tongue.DIALECT), by=field.anna, at=now
        )
        assert case.state == CaseState.WAITING
        assert claimed(session, field.anna, now).id != case.id
        hand_out = next_case(session, by=field.ben, at=now)
        assert hand_out is None
        from survey.interviewers import at_work

        at_work(session, field.ben).languages = ["mandarin", "dialect"]
        assert claimed(session, field.ben, now).id == case.id
        attempt = dial(session, case, by=field.ben, at=now)
        case = record_outcome(session, attempt, Outcome("3.90", note="?", refer=True), by=field.ben, at=now)
        assert case.state == CaseState.REFERRED


def test_switched_off_for_three_days_is_out_of_service(database: db.Database, now: datetime) -> None:
    """The line's own result becomes 4.33 on the third day and closes the case."""
    with db.transaction() as session:
        field = a_field(session, each=1, counties=1)
        at, codes = now, []
        for _ in range(3):
            attempt = dialled(session, field.anna, at, Heard.SWITCHED_OFF)
            codes.append(attempt.suggested)
            case = record_outcome(session, attempt, Outcome(attempt.suggested or ""), by=field.anna, at=at)
            other = next_case(session, by=field.anna, at=at)
            if other is not None:  # close the second number, so that the first one comes back
                second = dial(session, other.case, by=field.anna, at=at)
                record_outcome(session, second, Outcome("4.31"), by=field.anna, at=at)
            at = case.due_at or at
        assert codes == ["3.16", "3.16", "4.33"]
        assert (case.state, case.disposition) == (CaseState.CLOSED, "4.33")


def test_seats_are_never_overshot_by_a_crowd(database: db.Database, now: datetime) -> None:
    """Twenty connected calls at once get exactly the five seats there are."""
    with db.transaction() as session:
        field = a_field(session, each=10)
        tries = []
        for _ in range(20):
            by = a_staff(session, Role.INTERVIEWER)
            tries.append(dialled(session, by, now).id)
        session.add(Quota(wave_id=field.wave.id, cell="kind:mobile", seats=5))
    held: list[bool] = []

    def hold(attempt_id: int) -> None:
        with db.using(database), db.transaction() as session:
            held.append(quotas.hold_seat(session, session.get_one(Attempt, attempt_id)))

    threads = [threading.Thread(target=hold, args=(n,)) for n in tries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(held) == [False] * 15 + [True] * 5
    with db.transaction() as session:
        assert session.scalars(sa.select(Quota)).one().reserved == 5
        for attempt in session.scalars(sa.select(Attempt)):
            quotas.free_seat(session, attempt, is_complete=False)
        session.expire_all()
        assert session.scalars(sa.select(Quota)).one().reserved == 0
        assert session.scalars(sa.select(Case.state)).all().count(CaseState.CLAIMED) == 20


def test_a_promise_is_kept_even_at_the_cap(database: db.Database, now: datetime) -> None:
    """The eighth try made an appointment: the ninth is the one the resident asked for."""
    promised = now + timedelta(hours=6)
    with db.transaction() as session:
        field = a_field(session, each=1, counties=1)
        field.wave.rules = {"cap_mobile": 1}
        session.flush()
        attempt = dialled(session, field.anna, now, Heard.ANSWERED)
        case = record_outcome(
            session, attempt, Outcome("3.21", appointment_at=promised), by=field.anna, at=now
        )
        assert claimed(session, field.anna, promised).id == case.id
        assert dial(session, case, by=field.anna, at=promised).number == 2


def test_a_call_that_finds_its_quota_full_says_so(database: db.Database, now: datetime) -> None:
    """No seat at the connection: the interview does not begin and 4.80 is proposed."""
    with db.transaction() as session:
        field = a_field(session)
        attempt = dialled(session, field.anna, now)
        session.add(Quota(wave_id=field.wave.id, cell="kind:mobile", seats=1, filled=1))
        session.flush()
        report(session, session.get_one(Call, attempt.call_id), Heard.ANSWERED, by=field.anna, at=now)
        assert attempt.suggested == "4.80"
        with pytest.raises(quotas.QuotaFull):
            interviewing.start(session, attempt.case, by=field.anna, at=now)
        case = record_outcome(session, attempt, Outcome("4.80"), by=field.anna, at=now)
        assert (case.state, case.disposition) == (CaseState.CLOSED, "4.80")
