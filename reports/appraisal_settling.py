"""Settling: a round is final once its period, the days to appeal and every appeal are over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core import clock
from core.people import Staff
from core.problems import Refused
from core.terms import Words
from reports.appeal import AppealState, appeals_of
from reports.appraisal_round import ROUND_FLOW, AppraisalRound, RoundAction, RoundState

S, A = RoundState, RoundAction


def settle_round(session: Session, of: AppraisalRound, *, by: Staff, at: datetime) -> None:
    """Make it final: its period is over, so is the time to appeal, and every appeal is decided."""
    if of.state is S.PRELIMINARY:
        _may_be_settled(session, of, at)
    of.settled_by, of.settled_at = by.id, at
    with session.no_autoflush:
        ROUND_FLOW.move(session, of, A.SETTLE, by=by, at=at, digest=of.digest[:12])


def _may_be_settled(session: Session, of: AppraisalRound, at: datetime) -> None:
    if of.is_interim:
        raise Refused(
            Words(
                "数据截止在本期结束之前，不能定案；本期结束后请重新统计并公布",
                "Its figures end before the period does, so it can't be settled: count and publish it anew when it is over",
            )
        )
    if of.is_open_to_appeal(at):
        raise Refused(
            Words(
                "申诉期到 {at:%Y-%m-%d %H:%M}，此前不能定案", "Appeals may be filed until {at:%Y-%m-%d %H:%M}"
            ).filled(at=clock.local(of.appeal_until or at))
        )
    waiting = [a for a in appeals_of(session, of) if a.state is AppealState.FILED]
    if waiting:
        raise Refused(
            Words("还有 {n} 件申诉没有裁定", "{n} appeals wait for a decision").filled(n=len(waiting))
        )
