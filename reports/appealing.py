"""Appealing: whoever is appraised says which figure is wrong and why; somebody else decides, and the figure follows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core import journal
from core.people import Staff, UnitKind
from core.problems import Forbidden, Invalid, Missing, Refused
from core.terms import Words
from reports.appeal import (
    APPEAL_FLOW,
    LONGEST_GROUNDS,
    AppealAction,
    AppealState,
    AppraisalAppeal,
    appeals_of,
)
from reports.appraisal_counts import can_be
from reports.appraisal_round import PUBLIC, AppraisalRound, editions
from reports.appraisal_scores import Count
from reports.appraisal_snapshot import Correction
from reports.appraisal_terms import Appraised, Indicator
from reports.appraising import corrected

S, A = AppealState, AppealAction


def own_subject(staff: Staff, appraised: Appraised) -> int | None:
    """Return as whom someone is appraised: their unit, themself; county centres answer through their unit's place."""
    if appraised is Appraised.UNIT:
        return staff.unit_id
    if appraised is Appraised.INTERVIEWER:
        return staff.id
    is_centre = staff.unit is not None and staff.unit.kind is UnitKind.CENTRE
    return staff.unit.place_id if staff.unit is not None and is_centre else None


def file_appeal(
    session: Session, of: AppraisalRound, indicator: Indicator, grounds: str, *, by: Staff, at: datetime
) -> AppraisalAppeal:
    """File an appeal against one of one's own figures, within five working days."""
    subject = own_subject(by, of.appraised)
    row = of.content.row(subject) if subject is not None else None
    if row is None or subject is None or of.state not in PUBLIC:
        raise Missing
    if not of.is_open_to_appeal(at):
        raise Refused(
            Words(
                "申诉期（公布后 5 个工作日）已过",
                "The time to appeal, five working days after publication, is over",
            )
        )
    if indicator.value not in {m.indicator for m in row.measured}:
        raise Invalid(fields={"indicator": Words("请选择指标", "Choose the figure")})
    grounds = grounds.strip()
    if not grounds or len(grounds) > LONGEST_GROUNDS:
        raise Invalid(
            fields={
                "grounds": Words(
                    "请写明哪里不对、依据是什么，不超过 {n} 个字",
                    "Say what is wrong and on what grounds, in {n} characters",
                ).filled(n=LONGEST_GROUNDS)
            }
        )
    if any(a.state is S.FILED and a.indicator is indicator for a in appeals_of(session, of, subject)):
        raise Refused(Words("这一项已有一件申诉待裁定", "An appeal against this figure waits already"))
    made = AppraisalAppeal(
        round_id=of.id,
        subject_id=subject,
        indicator=indicator,
        grounds=grounds,
        state=S.FILED,
        filed_by=by.id,
        filed_at=at,
        finding=None,
    )
    session.add(made)
    session.flush()
    journal.write(session, "appraisal_appeal.file", made, by=by, at=at, indicator=indicator.value)
    return made


def may_decide(appeal: AppraisalAppeal, staff: Staff) -> bool:
    """Say whether someone may decide: not who made or published the round, nor who is appraised or filed."""
    of = appeal.round
    if staff.id in (of.made_by, of.published_by, appeal.filed_by):
        return False
    return own_subject(staff, of.appraised) != appeal.subject_id


def _decide(appeal: AppraisalAppeal, finding: str, by: Staff, at: datetime) -> None:
    if not may_decide(appeal, by):
        raise Forbidden(
            Words(
                "申诉由制作本轮考核以外的人裁定",
                "An appeal is decided by somebody other than who made the round",
            )
        )
    finding = finding.strip()
    if not finding or len(finding) > LONGEST_GROUNDS:
        raise Invalid(
            fields={
                "finding": Words(
                    "请写明查到什么、为什么这样裁定", "Say what was found, and why it is decided so"
                )
            }
        )
    appeal.finding, appeal.decided_by, appeal.decided_at = finding, by.id, at


def reject_appeal(
    session: Session, appeal: AppraisalAppeal, finding: str, *, by: Staff, at: datetime
) -> None:
    """Decide that the figure stands."""
    with session.no_autoflush:
        if appeal.state is S.FILED:
            _decide(appeal, finding, by, at)
        APPEAL_FLOW.move(session, appeal, A.REJECT, by=by, at=at)


def uphold_appeal(
    session: Session,
    appeal: AppraisalAppeal,
    finding: str,
    counts: Count,
    *,
    by: Staff,
    at: datetime,
) -> AppraisalRound:
    """Decide that the figure was wrong, name the right counts, and return the corrected edition that stands now."""
    standing = next((r for r in editions(session, appeal.round) if r.state in PUBLIC), None)
    if standing is None:
        raise Missing
    if not can_be(appeal.indicator, counts):
        raise Invalid(
            fields={
                "counts": Words(
                    "分子、分母须为不小于 0 的数，分母大于 0，分子不超过分母",
                    "Neither count is negative, the whole is above 0, and the part is no more than the whole",
                )
            }
        )
    row = standing.content.row(appeal.subject_id)
    if row is None:
        raise Missing
    was = row.of(appeal.indicator.value)
    with session.no_autoflush:
        if appeal.state is S.FILED:
            _decide(appeal, finding, by, at)
            appeal.numerator, appeal.denominator = counts.numerator, counts.denominator
        APPEAL_FLOW.move(session, appeal, A.UPHOLD, by=by, at=at)
    correction = Correction(
        appeal.id,
        appeal.subject_id,
        appeal.indicator.value,
        (was.numerator, was.denominator),
        (float(counts.numerator), float(counts.denominator)),
    )
    return corrected(session, standing, correction, by=by, at=at)
