"""Residents who call the survey's number back: they hear who called and why, and choose what to do now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal, secrets
from core.people import Staff
from core.problems import Refused
from core.terms import Words
from survey import appointments
from survey.attempts import Appointment, Attempt, HandOut, HandOutRule
from survey.calling import Rules
from survey.cases import CASE_FLOW, Case, CaseAction, CaseState
from survey.dials import write_attempt
from survey.do_not_call import DoNotCallReason
from survey.do_not_call import add as shut
from survey.frame import FrameNumber
from survey.interviewers import at_work, note_presence
from survey.outcomes import never_again
from survey.waves import Wave, WaveState
from telephony.calls import Call

OPEN = (CaseState.WAITING, CaseState.APPOINTED, CaseState.REFERRED)
GREETING = Words(
    "您好，这里是社情民意调查中心。我们刚才给您打过电话，是想请您参加一项社会治安调查，大约五分钟，自愿参加。"
    "您可以现在接受访问，也可以约一个时间，或者告诉我们不要再打。",
    "Hello, this is the public opinion centre. We called you about a survey on public safety; it takes five "
    "minutes and is voluntary. You can take part now, choose a time, or tell us not to call again.",
)


@dataclass(frozen=True)
class CalledBack:
    """What is known when a number calls back."""

    case: Case
    last: Attempt | None
    greeting: Words


def who_called(session: Session, number: str) -> CalledBack | None:
    """Find the open case of a number that calls back, the most recently tried first."""
    fingerprint = secrets.keyring().blind_index(number)
    query = (
        sa.select(Case)
        .join(FrameNumber, FrameNumber.id == Case.frame_number_id)
        .join(Wave, Wave.id == Case.wave_id)
        .where(FrameNumber.fingerprint == fingerprint, Case.state.in_(OPEN), Case.attempt_count > 0)
        .where(Wave.state == WaveState.OPEN)
    )
    cases = list(session.scalars(query))
    if not cases:
        return None
    tries = sa.select(Attempt).where(Attempt.case_id.in_([c.id for c in cases]))
    last = session.scalars(tries.order_by(Attempt.started_at.desc()).limit(1)).first()
    case = next((c for c in cases if last is not None and c.id == last.case_id), cases[0])
    return CalledBack(case, last, GREETING)


def was_called(session: Session, number: str) -> bool:
    """Say whether a number was ever called for a survey, however that ended."""
    query = (
        sa.select(Case.id)
        .join(FrameNumber, FrameNumber.id == Case.frame_number_id)
        .where(FrameNumber.fingerprint == secrets.keyring().blind_index(number), Case.attempt_count > 0)
    )
    return session.scalar(query.limit(1)) is not None


def interview_now(
    session: Session, case: Case, *, by: Staff, at: datetime, call: Call | None = None
) -> Attempt:
    """Take the case for the interviewer who answered, with the resident already on the line."""
    me = at_work(session, by)  # whoever takes the next case at this moment waits, and finds this one
    case = session.get_one(Case, case.id, with_for_update=True)
    if case.state not in OPEN:
        raise Refused(Words("这个个案刚被别人领走", "Somebody else has just taken this case"))
    held = sa.select(Case.id).where(Case.lease_by == by.id, Case.state == CaseState.CLAIMED)
    if session.scalar(held.limit(1)) is not None:
        raise Refused(Words("请先了结手上的个案", "Finish the case in hand first"))
    note_presence(me, at)
    for promise in _open_promises(session, case):
        promise.is_open, promise.kept_at = False, at
    lease = timedelta(minutes=Rules.from_wave(case.wave.rules).lease)
    case.lease_by, case.lease_until = by.id, at + lease
    CASE_FLOW.move(session, case, CaseAction.CLAIM, by=by, at=at, rule=HandOutRule.INBOUND.value)
    facts = {"attempts": case.attempt_count, "dayparts": case.dayparts}
    session.add(HandOut(case_id=case.id, staff_id=by.id, at=at, rule=HandOutRule.INBOUND, facts=facts))
    attempt = write_attempt(session, case, call, by=by, at=at)
    attempt.connected_at = at
    session.flush()
    return attempt


def choose_time(session: Session, case: Case, wanted: datetime, *, by: Staff | None, at: datetime) -> None:
    """Promise the time that the resident asks for; anyone may keep it."""
    case = session.get_one(Case, case.id, with_for_update=True)
    appointments.make(session, case, wanted, is_personal=False, by=by, at=at)
    case.due_at = wanted
    if case.state == CaseState.REFERRED:
        CASE_FLOW.move(session, case, CaseAction.GIVE_BACK, by=by, at=at, why="called back")
    if case.state == CaseState.WAITING:
        CASE_FLOW.move(session, case, CaseAction.APPOINT, by=by, at=at, why="called back")
    session.flush()


def refuse_for_good(session: Session, case: Case, *, by: Staff | None, at: datetime) -> None:
    """End the case and never call the number again."""
    case = session.get_one(Case, case.id, with_for_update=True)
    for promise in _open_promises(session, case):
        promise.is_open = False
    case.disposition = "2.112"
    case.closed_at = at
    CASE_FLOW.move(session, case, CaseAction.CLOSE, by=by, at=at, code="2.112", why="called back")
    never_again(session, case, by=by, at=at)
    journal.write(session, "case.refused_on_callback", case, by=by, at=at)


def shut_out(session: Session, number: str, *, at: datetime) -> None:
    """Never call a number again whose case is in somebody's hands or closed."""
    fingerprint = secrets.keyring().blind_index(number)
    shut(session, fingerprint, reason=DoNotCallReason.HARD_REFUSAL, by=None, at=at)


def _open_promises(session: Session, case: Case) -> list[Appointment]:
    query = sa.select(Appointment).where(Appointment.case_id == case.id, Appointment.is_open)
    return list(session.scalars(query))
