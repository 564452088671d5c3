"""Undoing: an outcome coded a moment ago by a slip of the finger is taken back, where nothing was built on it."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.problems import Refused
from core.terms import Words
from survey.attempts import Appointment, Attempt
from survey.calling import Rules
from survey.cases import CASE_FLOW, Case, CaseAction, CaseState
from survey.frame import DoNotCall
from survey.interviewing import interview_of
from survey.interviews import INTERVIEW_FLOW, InterviewAction, InterviewState
from survey.leases import give_back

WITHIN = timedelta(seconds=60)
FINISHED = (InterviewState.COMPLETE, InterviewState.SCREENED_OUT, InterviewState.REPLACED)


class TooLate(Refused):
    """Something was built on it, or a minute has passed."""

    words = Words(
        "不能撤销了：超过 60 秒，或个案已交给别人，或访问已完成", "Too late to undo: a minute has passed, "
        "the case has moved on, or the interview is complete",
    )  # fmt: skip


def undo_outcome(session: Session, attempt: Attempt, *, by: Staff, at: datetime) -> Case:
    """Take the outcome of the last try back; the case is with its interviewer again."""
    case = session.get_one(Case, attempt.case_id, with_for_update=True)
    interview = interview_of(session, case)
    newest = sa.select(sa.func.max(Attempt.number)).where(Attempt.case_id == case.id)
    if (
        attempt.staff_id != by.id
        or attempt.wrapped_up_at is None
        or at - attempt.wrapped_up_at > WITHIN
        or attempt.before is None
        or case.state not in (CaseState.WAITING, CaseState.APPOINTED, CaseState.REFERRED, CaseState.CLOSED)
        or session.execute(newest).scalar_one() != attempt.number
        or (interview is not None and interview.state in FINISHED)
    ):
        raise TooLate
    _make_room(session, by, at)
    if interview is not None and interview.state in (InterviewState.BROKEN_OFF, InterviewState.PARTIAL):
        interview.ended_at = None
        INTERVIEW_FLOW.move(session, interview, InterviewAction.RESUME, by=by, at=at)
    made = sa.select(Appointment).where(Appointment.case_id == case.id, Appointment.is_open)
    for appointment in session.scalars(made):
        appointment.is_open = False
    _take_off_list(session, case, attempt, by)
    _restore(case, attempt)
    if case.state == CaseState.CLOSED:
        CASE_FLOW.move(session, case, CaseAction.REOPEN, by=by, at=at, why="undo")
    lease = timedelta(minutes=Rules.from_wave(case.wave.rules).lease)
    case.lease_by, case.lease_until = by.id, at + lease
    CASE_FLOW.move(session, case, CaseAction.CLAIM, by=by, at=at, why="undo")
    journal.write(session, "attempt.undo", attempt, by=by, at=at, code=attempt.disposition)
    attempt.disposition = attempt.ended_at = attempt.wrapped_up_at = attempt.before = None
    session.flush()
    return case


def _make_room(session: Session, by: Staff, at: datetime) -> None:
    """Give the next case back if it was taken already and not dialled yet."""
    held = sa.select(Case).where(Case.lease_by == by.id, Case.state == CaseState.CLAIMED)
    for other in session.scalars(held.with_for_update()):
        give_back(session, other, by=by, at=at)
        other.avoid_staff_id = None


def _take_off_list(session: Session, case: Case, attempt: Attempt, by: Staff) -> None:
    listed = session.get(DoNotCall, case.frame_number.fingerprint)
    if listed is not None and listed.added_by == by.id and listed.added_at == attempt.wrapped_up_at:
        session.delete(listed)


def _restore(case: Case, attempt: Attempt) -> None:
    before = attempt.before or {}
    due = before.get("due_at")
    case.disposition = before.get("disposition") or ("3.11" if case.state == CaseState.CLOSED else None)
    case.due_at = datetime.fromisoformat(due) if due else None
    case.avoid_staff_id = before.get("avoid_staff_id")
    case.is_converted = bool(before.get("is_converted"))
    case.language = before.get("language")
    case.closed_at = None
