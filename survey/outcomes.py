"""Outcomes: what came of a try is written down, and the case goes where the rules send it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.people import Staff
from core.problems import Invalid, Refused
from core.terms import Words
from survey import appointments, consequence, cube_store, do_not_call, quotas
from survey.attempts import Attempt
from survey.calling import DayPart, Rules, open_from
from survey.cases import CASE_FLOW, Case, CaseAction, CaseState
from survey.consequence import Consequence, Past
from survey.disposition import RateCell, disposition
from survey.do_not_call import DoNotCallReason
from survey.frame import FrameNumber
from survey.interviewers import Tongue
from survey.interviewing import agree_with_interview
from survey.leases import let_go
from survey.waves import WavePlace
from telephony.calls import Call
from telephony.dialling import hang_up

COMPLETE = "1.1"
LANGUAGE = "2.33"


@dataclass(frozen=True)
class Outcome:
    """What the interviewer says came of a try."""

    code: str
    note: str = ""
    is_hard: bool = False
    """Never call this number again."""
    appointment_at: datetime | None = None
    is_personal: bool = True
    language: Tongue | None = None
    """The language the resident needs; the case goes to someone who speaks it."""
    refer: bool = False
    """Let the supervisor decide what happens to the case."""


def record_outcome(
    session: Session, attempt: Attempt, outcome: Outcome, *, by: Staff | None, at: datetime
) -> Case:
    """Write the outcome of a try down and move its case by the rules; the call is hung up if it still goes on."""
    if attempt.ended_at is not None:
        raise Refused(Words("这次拨打的结果已经记录过", "The outcome of this try has been coded already"))
    case = session.get_one(Case, attempt.case_id, with_for_update=True)
    if by is not None and case.lease_by != by.id:
        raise Refused(Words("这个个案已不在您手上", "You don't hold this case any more"))
    table = disposition(outcome.code)
    if table.needs_note and not outcome.note.strip():
        raise Invalid(
            Words("结果没有保存", "The outcome was not saved"),
            fields={"note": Words("这个结果要写一句说明", "This outcome needs a short note")},
        )
    if outcome.is_hard and table.cell != RateCell.REFUSAL:
        raise Invalid(Words("坚拒只能与拒访一起记录", "Only a refusal can be one for good"))
    code = agree_with_interview(session, case, outcome.code, by=by, at=at)
    call = session.get(Call, attempt.call_id) if attempt.call_id else None
    if call is not None and not call.is_ended:
        hang_up(session, call, by=by, at=at)
    attempt.before = _standing(case)
    attempt.disposition = code
    attempt.note = outcome.note.strip() or None
    attempt.ended_at = max(call.ended_at, attempt.started_at) if call is not None and call.ended_at else at
    attempt.wrapped_up_at = at
    session.flush()
    quotas.free_seat(session, attempt, is_complete=code == COMPLETE)
    if code == COMPLETE:
        count_complete(session, case, 1)
        cube_store.enter(session, case, at=at)
    _move(session, case, attempt, outcome, by=by, at=at)
    return case


def _standing(case: Case) -> dict[str, object]:
    return {
        "disposition": case.disposition,
        "due_at": case.due_at.isoformat() if case.due_at else None,
        "avoid_staff_id": case.avoid_staff_id,
        "is_converted": case.is_converted,
        "language": case.language,
    }


def past_of(session: Session, case: Case) -> Past:
    """Return what the rules need to know of a case's tries."""
    query = (
        sa.select(Attempt.disposition, Attempt.started_at)
        .where(Attempt.case_id == case.id, Attempt.disposition.is_not(None))
        .order_by(Attempt.number)
    )
    rows = session.execute(query).all()
    return Past(
        kind=case.kind,
        attempts=case.attempt_count,
        tried=DayPart(case.dayparts),
        codes=tuple(row.disposition or "" for row in rows),
        days=tuple(clock.local(row.started_at) for row in rows),
        is_converted=case.is_converted,
    )


def _move(
    session: Session, case: Case, attempt: Attempt, outcome: Outcome, *, by: Staff | None, at: datetime
) -> None:
    rules = Rules.from_wave(case.wave.rules)
    local = clock.local(at)
    past = past_of(session, case)
    means = consequence.of(past, local, rules, is_hard=outcome.is_hard)
    if outcome.language is not None and past.codes[-1] == LANGUAGE:
        case.language = outcome.language.value
        means = Consequence(LANGUAGE, open_from(local, rules))
    case.disposition = means.code
    details = {"code": attempt.disposition, "attempt": attempt.id}
    is_promised = (
        outcome.appointment_at is not None and not outcome.is_hard and attempt.disposition != COMPLETE
    )
    if outcome.appointment_at is not None and is_promised and by is not None:
        appointments.make(
            session, case, outcome.appointment_at, is_personal=outcome.is_personal, by=by, at=at
        )
        case.due_at = outcome.appointment_at
        action = CaseAction.APPOINT
    elif outcome.refer and not means.is_closed:
        action = CaseAction.REFER
    elif means.due is None:
        case.due_at = None
        case.closed_at = at
        action = CaseAction.CLOSE
    else:
        case.due_at = means.due
        case.avoid_staff_id = by.id if by is not None and means.must_change_interviewer else None
        case.is_converted = case.is_converted or means.is_conversion
        action = CaseAction.GIVE_BACK
    let_go(case)
    CASE_FLOW.move(session, case, action, by=by, at=at, **details)
    if outcome.is_hard:
        never_again(session, case, by=by, at=at)


def never_again(session: Session, case: Case, *, by: Staff | None, at: datetime) -> None:
    """Put a number on the do-not-call list and end every other case of it."""
    fingerprint = case.frame_number.fingerprint
    do_not_call.add(session, fingerprint, reason=DoNotCallReason.HARD_REFUSAL, by=by, at=at)
    same = sa.select(Case).join(FrameNumber, FrameNumber.id == Case.frame_number_id)
    idle = (CaseState.WAITING, CaseState.APPOINTED, CaseState.REFERRED)
    for other in session.scalars(same.where(FrameNumber.fingerprint == fingerprint, Case.state.in_(idle))):
        other.disposition = "2.11"
        other.closed_at = at
        CASE_FLOW.move(session, other, CaseAction.CLOSE, by=by, at=at, code="2.11", why="hard refusal")


def count_complete(session: Session, case: Case, change: int) -> None:
    """Count a complete towards its township's target."""
    session.execute(
        sa.update(WavePlace)
        .where(WavePlace.wave_id == case.wave_id, WavePlace.township_id == case.township_id)
        .values(completes=WavePlace.completes + change)
        .execution_options(synchronize_session=False)
    )
