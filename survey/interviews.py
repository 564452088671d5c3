"""Interviews: the talk with one respondent, every answer kept as it is given."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, Id
from core.flow import Flow
from core.terms import Term, Words, coded
from survey.cases import Case
from survey.editions import Edition


class InterviewState(Term):
    """Where an interview stands."""

    ONGOING = "ongoing", "访问中", "Ongoing"
    COMPLETE = "complete", "完成", "Complete"
    PARTIAL = "partial", "部分完成", "Partial"
    BROKEN_OFF = "broken_off", "中途中断", "Broken off"
    SCREENED_OUT = "screened_out", "不合格", "Screened out"
    REPLACED = "replaced", "作废重访", "Replaced"


class InterviewAction(Term):
    """What can be done with an interview."""

    COMPLETE = "complete", "完成", "Complete"
    BREAK_OFF = "break_off", "中断", "Break off"
    ACCEPT_PARTIAL = "accept_partial", "记为部分完成", "Accept as partial"
    SCREEN_OUT = "screen_out", "甄别不合格", "Screen out"
    RESUME = "resume", "续访", "Resume"
    REPLACE = "replace", "作废", "Replace"


S, A = InterviewState, InterviewAction

INTERVIEW_FLOW: Flow[InterviewState, InterviewAction] = Flow(
    "interview",
    Words("访问", "interview"),
    S.ONGOING,
    {
        (S.ONGOING, A.COMPLETE): S.COMPLETE,
        (S.ONGOING, A.BREAK_OFF): S.BROKEN_OFF,
        (S.ONGOING, A.ACCEPT_PARTIAL): S.PARTIAL,
        (S.ONGOING, A.SCREEN_OUT): S.SCREENED_OUT,
        (S.BROKEN_OFF, A.RESUME): S.ONGOING,
        (S.PARTIAL, A.RESUME): S.ONGOING,
        (S.COMPLETE, A.REPLACE): S.REPLACED,
        (S.PARTIAL, A.REPLACE): S.REPLACED,
    },
)


class Interview(Base):
    """The talk with one respondent."""

    __tablename__ = "interview"
    __table_args__ = (
        sa.Index("ix_interview_period", "wave_id", "state", "ended_at"),
        # A replaced interview stays in the log beside the one that takes its place.
        sa.Index(
            "uq_interview_one_counts",
            "case_id",
            unique=True,
            sqlite_where=sa.text("state <> 'replaced'"),
            postgresql_where=sa.text("state <> 'replaced'"),
        ),
        sa.CheckConstraint("(state = 'ongoing') = (ended_at IS NULL)", "ended_has_time"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("case.id"), index=True)
    wave_id: Mapped[int] = mapped_column(sa.ForeignKey("wave.id"))
    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id"))
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    state: Mapped[InterviewState] = mapped_column(coded(InterviewState), default=InterviewState.ONGOING)
    splits: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Arms of the split halves, by name, as the case's hash gave them."""
    position: Mapped[str | None] = mapped_column(sa.String(60))
    """The question on the screen, to go on after a break."""
    consented_at: Mapped[datetime | None]
    recording_consented_at: Mapped[datetime | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()
    edition: Mapped[Edition] = relationship()


class Answer(Base):
    """One answer as it was given; a correction is a new row and the last one counts."""

    __tablename__ = "answer"
    __table_args__ = (
        sa.UniqueConstraint("interview_id", "question", "turn"),
        sa.UniqueConstraint("interview_id", "token"),
        sa.Index("ix_answer_current", "interview_id", "is_current"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    interview_id: Mapped[int] = mapped_column(sa.ForeignKey("interview.id"))
    question: Mapped[str] = mapped_column(sa.String(60))
    turn: Mapped[int] = mapped_column(default=1)
    """1 for the first answer to the question, 2 for its first correction."""
    value: Mapped[str | None] = mapped_column(sa.String(2000))
    """The code or text as the questionnaire stores it; null when it was taken back."""
    at: Mapped[datetime]
    shown_ms: Mapped[int | None]
    """Milliseconds between the question's appearance and the answer (paradata)."""
    token: Mapped[str] = mapped_column(sa.String(36))
    """Made by the browser, so that a repeated post stays one answer."""
    is_current: Mapped[bool] = mapped_column(default=True)
