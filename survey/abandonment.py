"""Abandonment: a try whose interviewer has gone is closed by what is known of it, and the case goes on."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core import clock
from survey.attempts import Attempt
from survey.calling import Rules, open_from
from survey.cases import Case, CaseState
from survey.interviewing import interview_of
from survey.interviews import InterviewState
from survey.outcomes import Outcome, record_outcome

BREAK_OFF, NO_SCREENER, TECHNICAL, COMPLETE, UNDER_WAY = "2.12", "3.21", "3.16", "1.1", InterviewState.ONGOING
SOON = timedelta(minutes=10)


def close_abandoned(session: Session, attempt: Attempt, *, at: datetime) -> Case:
    """Close a try that nobody will close: a cut-off interview is called again soon and not as a refusal."""
    case = attempt.case
    interview = interview_of(session, case)
    is_under_way = interview is not None and interview.state == UNDER_WAY
    if is_under_way:
        code = BREAK_OFF
    elif attempt.connected_at is not None:
        code = attempt.suggested or NO_SCREENER
    else:
        code = attempt.suggested or TECHNICAL
    was_converted = case.is_converted
    case = record_outcome(session, attempt, Outcome(code), by=None, at=at)
    if is_under_way and case.state == CaseState.WAITING:
        case.due_at = open_from(clock.local(at) + SOON, Rules.from_wave(case.wave.rules))
        case.avoid_staff_id = None
        case.is_converted = was_converted
        session.flush()
    return case
