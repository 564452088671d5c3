"""Referrals: the cases that interviewers left to the supervisor, given back to be called or closed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core import clock
from core.people import Staff
from core.problems import Invalid, Refused
from core.terms import Words
from survey.calling import Rules, open_from
from survey.cases import CASE_FLOW, Case, CaseAction, CaseState
from survey.disposition import DISPOSITION, Disposition, RateCell

INTERVIEWED = (RateCell.COMPLETE, RateCell.PARTIAL)


def closing_codes() -> list[Disposition]:
    """Return the codes a case without an interview may be closed as."""
    return [d for d in DISPOSITION.values() if d.cell not in INTERVIEWED]


def send_back(session: Session, case: Case, *, by: Staff, at: datetime) -> None:
    """Give a referred case back to the queue; it is called at the next hour that allows it."""
    _must_be_referred(case)
    case.due_at = open_from(clock.local(at), Rules.from_wave(case.wave.rules))
    CASE_FLOW.move(session, case, CaseAction.GIVE_BACK, by=by, at=at, why="supervisor")


def close_referred(session: Session, case: Case, code: str, *, by: Staff, at: datetime) -> None:
    """Close a referred case as the supervisor judges it."""
    _must_be_referred(case)
    if code not in {d.code for d in closing_codes()}:
        raise Invalid(
            Words("个案没有结案", "The case was not closed"),
            fields={"code": Words("请选一个结果", "Choose an outcome")},
        )
    case.disposition = code
    case.due_at = None
    case.closed_at = at
    CASE_FLOW.move(session, case, CaseAction.CLOSE, by=by, at=at, code=code, why="supervisor")


def _must_be_referred(case: Case) -> None:
    if case.state is not CaseState.REFERRED:
        raise Refused(
            Words(
                "这个个案已有人处理，没有改动；请看最新的列表",
                "Somebody has dealt with this case already; nothing was changed",
            )
        )
