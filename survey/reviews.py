"""Reviews: a supervisor opens an interview for a stated purpose, judges it, and has a fabricated one replaced."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import clock, journal
from core.db import Base, Id
from core.people import Staff
from core.problems import Invalid, Refused
from core.secrets import SealedText
from core.terms import Term, Words, coded
from survey import cube_store, quotas
from survey.attempts import Attempt
from survey.calling import Rules, open_from
from survey.cases import CASE_FLOW, Case, CaseAction, CaseState
from survey.disposition import RateCell, disposition
from survey.interviews import INTERVIEW_FLOW, Interview, InterviewAction, InterviewState
from survey.outcomes import count_complete
from survey.waves import WaveState

UNKNOWN = "3.90"
"""What a fabricated try says about its number: nothing."""
REVIEWABLE = (InterviewState.COMPLETE, InterviewState.PARTIAL)


class Purpose(Term):
    """Why an interview is opened; the journal keeps it."""

    SIGNS = "signs", "自动筛查有提示", "Automatic screening showed signs"
    ROUTINE = "routine", "例行抽检", "Routine sample"
    NEWCOMER = "newcomer", "新访员前十份", "Newcomer's first ten"
    COMPLAINT = "complaint", "受访者投诉", "A resident complained"


class Verdict(Term):
    """What the reviewer found."""

    GOOD = "good", "合格", "Good"
    COACH = "coach", "需要辅导", "Needs coaching"
    FABRICATED = "fabricated", "虚假，作废重访", "Fabricated: replace"


class InterviewReview(Base):
    """One opening of an interview by a reviewer, with what came of it."""

    __tablename__ = "interview_review"
    __table_args__ = (
        sa.CheckConstraint("(verdict IS NULL) = (decided_at IS NULL)", "decided_has_verdict"),
        sa.Index("ix_interview_review_interview_id", "interview_id", "decided_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    interview_id: Mapped[int] = mapped_column(sa.ForeignKey("interview.id"))
    reviewer_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    purpose: Mapped[Purpose] = mapped_column(coded(Purpose))
    opened_at: Mapped[datetime]
    verdict: Mapped[Verdict | None] = mapped_column(coded(Verdict))
    decided_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(SealedText("note"))

    interview: Mapped[Interview] = relationship()
    reviewer: Mapped[Staff] = relationship()


class NotReviewable(Refused):
    """The interview is going on, was broken off, or was replaced already."""

    words = Words(
        "只有完成或部分完成的访问才能评议；这一份的状态已经不同，没有任何改动",
        "Only a complete or partial interview can be reviewed; this one stands otherwise, nothing was changed",
    )


class AlreadyJudged(Refused):
    """One opening has one verdict."""

    words = Words(
        "这次评议已有结论；要再看请重新打开并写明目的",
        "This review has its verdict; open the interview again, with a purpose, to look anew",
    )


def open_interview(
    session: Session, interview: Interview, purpose: Purpose, *, by: Staff, at: datetime
) -> InterviewReview:
    """Open an interview for review; who, when and why is journalled before an answer is seen."""
    if interview.state not in REVIEWABLE:
        raise NotReviewable
    if interview.staff_id == by.id:
        raise Refused(Words("不能评议自己的访问", "Nobody reviews their own interview"))
    review = InterviewReview(
        interview_id=interview.id, reviewer_id=by.id, purpose=purpose, opened_at=at, note=None
    )
    session.add(review)
    session.flush()
    journal.write(session, "interview.review_open", interview, by=by, at=at, purpose=purpose.value)
    return review


def judge(
    session: Session,
    review: InterviewReview,
    verdict: Verdict,
    note: str,
    *,
    by: Staff,
    at: datetime,
) -> InterviewReview:
    """Write the verdict down; a fabricated interview is replaced and its number called again."""
    if review.reviewer_id != by.id:
        raise Refused(Words("这次评议是别人打开的", "Somebody else opened this review"))
    if review.decided_at is not None:
        raise AlreadyJudged
    if verdict is not Verdict.GOOD and not note.strip():
        raise Invalid(
            Words("结论没有保存", "The verdict was not saved"),
            fields={
                "note": Words("请写明依据，访员要看到", "Write what you found; the interviewer must see it")
            },
        )
    interview = session.get_one(Interview, review.interview_id, with_for_update=True)
    if interview.state not in REVIEWABLE:
        raise NotReviewable
    review.verdict, review.decided_at, review.note = verdict, at, note.strip() or None
    session.flush()
    journal.write(session, "interview.review", interview, by=by, at=at, verdict=verdict.value)
    if verdict is Verdict.FABRICATED:
        replace(session, interview, by=by, at=at)
    return review


def replace(session: Session, interview: Interview, *, by: Staff, at: datetime) -> None:
    """Take a fabricated interview out of every figure, keep it in the log, and send its number to somebody else."""
    case = session.get_one(Case, interview.case_id, with_for_update=True)
    was_complete = interview.state == InterviewState.COMPLETE
    INTERVIEW_FLOW.move(session, interview, InterviewAction.REPLACE, by=by, at=at)
    before = _disown(session, case, interview)
    if was_complete:
        count_complete(session, case, -1)
        quotas.unfill_seat(session, case)
        cube_store.leave(session, interview)
    if case.state != CaseState.CLOSED:
        case.disposition = case.disposition and before
        session.flush()
        return
    case.disposition = before or UNKNOWN
    if case.wave.state in (WaveState.OPEN, WaveState.HELD):
        case.closed_at = None
        case.avoid_staff_id = interview.staff_id
        case.due_at = open_from(clock.local(at), Rules.from_wave(case.wave.rules))
        CASE_FLOW.move(session, case, CaseAction.REOPEN, by=by, at=at, why="replaced")
    session.flush()


def _disown(session: Session, case: Case, interview: Interview) -> str | None:
    """Let the try that claimed the interview count for nothing; return how the case stood before it."""
    query = sa.select(Attempt).where(Attempt.case_id == case.id).order_by(Attempt.number.desc())
    for attempt in session.scalars(query):
        code = attempt.disposition
        if code is None or disposition(code).cell not in (RateCell.COMPLETE, RateCell.PARTIAL):
            continue
        before = attempt.before or {}
        attempt.before = {**before, "replaced": code, "interview": interview.id}
        attempt.disposition = UNKNOWN
        session.flush()
        was = before.get("disposition")
        return str(was) if was else None
    return None
