"""Measures of the counselling line's care: screened, supervisor reached, plans written, follow-ups tried in time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from hotline import followups
from hotline.contacts import Contact
from hotline.escalations import Escalation, EscalationKind
from hotline.followups import FollowUp, FollowUpState
from hotline.lines import LineKind
from hotline.risk import RiskLevel
from hotline.safety_plans import SafetyPlan
from hotline.screener import Grade
from hotline.screenings import ScreeningSheet

SCREENED, IN_TIME, TOLD_WITHIN_S = 0.98, 0.95, 60
UNSEEN = timedelta(hours=1)


@dataclass(frozen=True)
class Share:
    """So many out of so many; no share of nothing."""

    part: int
    whole: int

    @property
    def share(self) -> float | None:
        """The share of one, None where there is nothing to share."""
        return self.part / self.whole if self.whole else None

    def reaches(self, target: float) -> bool | None:
        """Say whether a target is reached, None where there is nothing to measure."""
        return None if self.share is None else self.share >= target


@dataclass(frozen=True)
class Measures:
    """How a period went."""

    screened: Share
    """Talks in which the screener was begun, out of all talks."""
    plans: Share
    """Talks with any ideation whose episode has a safety plan."""
    answered_p95_s: float | None
    """Seconds after which a supervisor had taken 95 of 100 key alarms; an open one counts until now."""
    follow_ups: Share
    """Key follow-ups that were tried by the time they were promised, out of those due."""
    unseen: int
    """Key follow-ups overdue for more than an hour whose alarm nobody has answered: must be 0."""


def nearest_rank(values: Sequence[float], share: float) -> float | None:
    """Return the value that so large a share of all does not exceed (nearest rank); None of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def measured(session: Session, *, since: datetime, at: datetime) -> Measures:
    """Measure the talks, alarms and follow-ups of a period that ends now."""
    talked = (
        Contact.line == LineKind.COUNSELLING,
        Contact.talking_at >= since,
        Contact.talking_at <= at,
    )
    talks = session.scalar(sa.select(sa.func.count(Contact.id)).where(*talked)) or 0
    begun = sa.select(ScreeningSheet.contact_id).join(Contact, Contact.id == ScreeningSheet.contact_id)
    screened = session.scalar(sa.select(sa.func.count()).select_from(begun.where(*talked).subquery())) or 0
    ideation = begun.where(*talked, ScreeningSheet.grade.in_([g for g in Grade if g is not Grade.NONE]))
    episode = sa.func.coalesce(
        sa.select(FollowUp.contact_id)
        .where(FollowUp.talk_id == Contact.id)
        .correlate(Contact)
        .scalar_subquery(),
        Contact.id,
    )
    with_plan = ideation.where(sa.exists().where(SafetyPlan.contact_id == episode))
    return Measures(
        screened=Share(screened, talks),
        plans=Share(_count(session, with_plan), _count(session, ideation)),
        answered_p95_s=_answered(session, since, at),
        follow_ups=_in_time(session, since, at),
        unseen=_unseen(session, at),
    )


def _count(session: Session, query: sa.Select[Any]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0


def _answered(session: Session, since: datetime, at: datetime) -> float | None:
    query = sa.select(Escalation.raised_at, Escalation.answered_at).where(
        Escalation.kind == EscalationKind.KEY, Escalation.raised_at >= since, Escalation.raised_at <= at
    )
    waits = [((done or at) - raised).total_seconds() for raised, done in session.execute(query)]
    return nearest_rank(waits, 0.95)


def _in_time(session: Session, since: datetime, at: datetime) -> Share:
    never = (FollowUpState.REPLACED, FollowUpState.DECLINED)
    was_due = sa.and_(
        FollowUp.level == RiskLevel.KEY, FollowUp.due_at >= since, FollowUp.due_at <= at,
        sa.or_(FollowUp.state.not_in(never), FollowUp.first_try_at.is_not(None)),
    )  # fmt: skip
    row = session.execute(
        sa.select(sa.func.count().filter(FollowUp.first_try_at <= FollowUp.due_at), sa.func.count()).where(
            was_due
        )
    ).one()
    return Share(row[0], row[1])


def _unseen(session: Session, at: datetime) -> int:
    seen = sa.exists().where(
        Escalation.kind == EscalationKind.OVERDUE,
        Escalation.contact_id == FollowUp.contact_id,
        Escalation.answered_at.is_not(None),
        Escalation.raised_at
        >= sa.case((FollowUp.first_try_at.is_(None), FollowUp.due_at), else_=FollowUp.next_at),
    )
    query = sa.select(sa.func.count(FollowUp.id)).where(
        FollowUp.level == RiskLevel.KEY,
        followups.overdue_at(at - UNSEEN),
        ~seen,
    )
    return session.scalar(query) or 0
