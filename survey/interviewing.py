"""Interviewing: beginning, going on after a break, and ending in agreement with what was answered."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.problems import Refused
from core.terms import Words
from survey import household, quotas
from survey.answers import CONSENT, given, questionnaire, save_answer, walk_of
from survey.attempts import Attempt
from survey.calling import Rules
from survey.cases import Case
from survey.disposition import RateCell, disposition
from survey.interviews import INTERVIEW_FLOW, Interview, InterviewAction, InterviewState
from survey.leases import open_attempt
from survey.questionnaire_splits import assign_splits
from survey.questionnaire_walk import Walk
from telephony.calls import Call
from telephony.dialling import record
from telephony.line import RecordAction, line
from telephony.recordings import running_recording

OUTCOME = "outcome"
"""A questionnaire may calculate its own code under this name: screened out, refused at consent, complete."""
COMPLETE, PARTIAL, BREAK_OFF, FILLED = "1.1", "1.2", "2.12", "4.80"
A, S = InterviewAction, InterviewState


def interview_of(session: Session, case: Case) -> Interview | None:
    """Return the case's interview, if one was begun; a replaced one is out of the way."""
    query = sa.select(Interview).where(Interview.case_id == case.id, Interview.state != S.REPLACED)
    return session.scalars(query).first()


def start(session: Session, case: Case, *, by: Staff, at: datetime) -> Interview:
    """Begin the interview on a connected try, or go on with the one that was broken off."""
    attempt = open_attempt(session, case)
    if attempt is None or case.lease_by != by.id:
        raise Refused(Words("请先拨通电话", "Dial and connect first"))
    if not quotas.hold_seat(session, attempt):
        raise quotas.QuotaFull
    interview = interview_of(session, case)
    if interview is not None:
        return _resumed(session, interview, by=by, at=at)
    edition = case.wave.edition
    if edition is None:
        raise Refused(Words("这个轮次还没有问卷", "This wave has no questionnaire"))
    interview = Interview(
        case_id=case.id,
        wave_id=case.wave_id,
        edition_id=edition.id,
        staff_id=by.id,
        splits=assign_splits(questionnaire(edition, case.kind), f"case:{case.id}"),
        started_at=at,
    )
    session.add(interview)
    session.flush()
    interview.position = walk_of(interview, {}).next_step()
    session.flush()
    journal.write(session, "interview.start", interview, by=by, at=at, case=case.id)
    return interview


def _resumed(session: Session, interview: Interview, *, by: Staff, at: datetime) -> Interview:
    if interview.state in (S.BROKEN_OFF, S.PARTIAL):
        interview.ended_at = None
        INTERVIEW_FLOW.move(session, interview, A.RESUME, by=by, at=at)
        answers = given(session, interview)
        again = household.selection(answers) if household.is_unsettled(answers) else None
        if again is not None:  # the chosen adult was not there: ask for them once more
            save_answer(session, interview, again[0], None, token=str(uuid4()), at=at)
        elif _own_code(walk_of(interview, answers)).startswith("2."):  # said no: the question is put again
            save_answer(session, interview, CONSENT, None, token=str(uuid4()), at=at)
    elif interview.state != S.ONGOING:
        raise Refused(Words("这个个案已经访问过了", "This case has been interviewed already"))
    interview.staff_id = by.id
    session.flush()
    return interview


def start_recording(
    session: Session, interview: Interview, attempt: Attempt, *, by: Staff, at: datetime
) -> bool:
    """Start the recording after the spoken yes; False where the line does not record."""
    call = session.get(Call, attempt.call_id) if attempt.call_id else None
    agreed_at = interview.recording_consented_at
    if agreed_at is None or call is None or call.is_ended or not call.was_connected:
        return False
    if not line().capabilities().records or attempt.is_recorded:
        return attempt.is_recorded
    record(session, call, RecordAction.START, by=by, at=at, consent_at=agreed_at)
    attempt.is_recorded = True
    session.flush()
    return True


def stop_recording(session: Session, attempt: Attempt, *, by: Staff, at: datetime) -> None:
    """Stop a recording whose consent was taken back."""
    call = session.get(Call, attempt.call_id) if attempt.call_id else None
    if call is not None and running_recording(session, call) is not None:
        record(session, call, RecordAction.STOP, by=by, at=at)


def _own_code(walk: Walk) -> str:
    """Return the code that the questionnaire itself calculates, empty where it has none yet."""
    return walk.value(OUTCOME) if OUTCOME in walk.questionnaire.places else ""


def end_code(session: Session, interview: Interview) -> str | None:
    """Return the code of an interview whose every question is dealt with; None while something is open."""
    walk = walk_of(interview, given(session, interview))
    if walk.first_open() is not None:
        return None
    return _own_code(walk) or COMPLETE


def share_answered(walk: Walk) -> float:
    """Return the share of the questions on the way that are answered."""
    asked = [name for name in walk.path() if walk.questionnaire.question(name).is_asked]
    return sum(walk.is_answered(name) for name in asked) / len(asked) if asked else 0.0


def agree_with_interview(session: Session, case: Case, code: str, *, by: Staff | None, at: datetime) -> str:
    """End the case's interview as the outcome says and return the code that fits both; refuse contradictions."""
    interview = interview_of(session, case)
    if interview is None or interview.state != S.ONGOING:
        return _settled(interview, code)
    own = end_code(session, interview)
    if own == COMPLETE:
        if disposition(code).cell not in (RateCell.COMPLETE, RateCell.PARTIAL, RateCell.REFUSAL):
            raise Refused(
                Words("访问已全部答完，结果应为“完成访问”", "Every question is answered: code it “Complete”")
            )
        return _end(session, interview, A.COMPLETE, COMPLETE, by=by, at=at)
    if code == COMPLETE:
        raise Refused(
            Words("还有问题没有回答，不能记为完成", "Questions are still open, so it can't be coded complete")
        )
    cell = disposition(code).cell
    if cell == RateCell.NOT_ELIGIBLE:
        return _end(session, interview, A.SCREEN_OUT, code, by=by, at=at)
    if own is not None and disposition(own).cell == RateCell.NOT_ELIGIBLE:
        return _end(session, interview, A.SCREEN_OUT, own, by=by, at=at)
    walk = walk_of(interview, given(session, interview))
    is_enough = share_answered(walk) >= Rules.from_wave(case.wave.rules).partial_share
    if code in (PARTIAL, BREAK_OFF) and is_enough and interview.consented_at is not None:
        return _end(session, interview, A.ACCEPT_PARTIAL, PARTIAL, by=by, at=at)
    if code == PARTIAL:
        raise Refused(
            Words(
                "回答太少，不能记为部分完成，请记“中途中断”",
                "Too little was answered for a partial; code a break-off",
            )
        )
    return _end(session, interview, A.BREAK_OFF, code, by=by, at=at)


def _settled(interview: Interview | None, code: str) -> str:
    claims = code in (COMPLETE, PARTIAL)
    fits = {S.COMPLETE: COMPLETE, S.PARTIAL: PARTIAL}
    state = interview.state if interview is not None else None
    if claims and (state is None or fits.get(state) != code):
        raise Refused(Words("没有做过访问，不能记为完成", "There was no interview to code as complete"))
    return code


def _end(
    session: Session,
    interview: Interview,
    action: InterviewAction,
    code: str,
    *,
    by: Staff | None,
    at: datetime,
) -> str:
    interview.ended_at = at
    INTERVIEW_FLOW.move(session, interview, action, by=by, at=at, code=code)
    return code
