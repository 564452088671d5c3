"""Appeals 考核申诉: what somebody appraised holds against a figure, and what somebody else decides of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.flow import Flow
from core.secrets import SealedText
from core.terms import Term, Words, code_list, coded
from reports.appraisal_round import AppraisalRound
from reports.appraisal_terms import Appraised, Indicator

LONGEST_GROUNDS = 1_000


class AppealState(Term):
    """Where an appeal stands."""

    FILED = "filed", "待裁定", "Filed"
    UPHELD = "upheld", "成立", "Upheld"
    REJECTED = "rejected", "不成立", "Rejected"


class AppealAction(Term):
    """What can be done with an appeal."""

    UPHOLD = "uphold", "认定成立", "Uphold"
    REJECT = "reject", "认定不成立", "Reject"


S, A = AppealState, AppealAction

APPEAL_FLOW: Flow[AppealState, AppealAction] = Flow(
    "appraisal_appeal",
    Words("考核申诉", "appeal"),
    S.FILED,
    {(S.FILED, A.UPHOLD): S.UPHELD, (S.FILED, A.REJECT): S.REJECTED},
)


class AppraisalAppeal(Base):
    """One appeal against one figure of one subject."""

    __tablename__ = "appraisal_appeal"
    __table_args__ = (
        sa.Index("ix_appraisal_appeal_round_id_subject_id", "round_id", "subject_id"),
        sa.Index("ix_appraisal_appeal_state", "state"),
        sa.CheckConstraint(f"(state = '{S.FILED.value}') = (decided_at IS NULL)", name="decided_has_time"),
        sa.CheckConstraint(
            f"(state IN {code_list(S.UPHELD)}) = (numerator IS NOT NULL)", name="upheld_names_counts"
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("appraisal_round.id"))
    subject_id: Mapped[int]
    """The unit, county or interviewer, by the round's kind."""
    indicator: Mapped[Indicator] = mapped_column(coded(Indicator))
    grounds: Mapped[str] = mapped_column(SealedText("note"))
    state: Mapped[AppealState] = mapped_column(coded(AppealState), default=S.FILED)
    filed_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    filed_at: Mapped[datetime]
    finding: Mapped[str | None] = mapped_column(SealedText("note"))
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    numerator: Mapped[float | None] = mapped_column(sa.Float(53))
    denominator: Mapped[float | None] = mapped_column(sa.Float(53))

    round: Mapped[AppraisalRound] = relationship()


def _of_issue(of: AppraisalRound) -> sa.Select[Any]:
    same = (
        AppraisalRound.appraised == of.appraised,
        AppraisalRound.kind == of.kind,
        AppraisalRound.starts_on == of.starts_on,
    )
    return sa.select(AppraisalAppeal).join(AppraisalAppeal.round).where(*same).order_by(AppraisalAppeal.id)


def appeals_of(session: Session, of: AppraisalRound, subject: int | None = None) -> list[AppraisalAppeal]:
    """Return the appeals against any edition of a round, all or those of one subject, oldest first."""
    query = _of_issue(of)
    if subject is not None:
        query = query.where(AppraisalAppeal.subject_id == subject)
    return list(session.scalars(query))


def open_appeals(session: Session, appraised: list[Appraised]) -> list[AppraisalAppeal]:
    """Return the appeals that wait for a decision, oldest first."""
    query = (
        sa.select(AppraisalAppeal)
        .join(AppraisalAppeal.round)
        .where(AppraisalAppeal.state == S.FILED, AppraisalRound.appraised.in_(appraised))
    )
    return list(session.scalars(query.order_by(AppraisalAppeal.id)))
