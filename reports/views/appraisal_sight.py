"""Who may know of which appraisal: figures of people are for those who review their work, alone."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from core.permissions import Permission
from core.problems import Missing
from reports.appeal import AppraisalAppeal
from reports.appraisal_round import PUBLIC, AppraisalRound, RoundState
from reports.appraisal_scheme import AppraisalScheme, SchemeState
from reports.appraisal_snapshot import Appraisal
from reports.appraisal_terms import Appraised

P = Permission


def sees(staff: Staff) -> list[Appraised]:
    """Return whose appraisal someone may know of: interviewers' is for those who review interviews, alone."""
    every = list(Appraised)
    return every if staff.may(P.FIELD_REVIEW) else [a for a in every if a is not Appraised.INTERVIEWER]


def makes(staff: Staff) -> list[Appraised]:
    """Return whose schemes and rounds someone makes: the field's supervisors those of the field, others the rest."""
    if not staff.may(P.APPRAISAL_MANAGE):
        return []
    if staff.may(P.FIELD_REVIEW):
        return [Appraised.COUNTY, Appraised.INTERVIEWER]
    return [Appraised.UNIT, Appraised.COUNTY]


def known_round(session: Session, round_id: int, staff: Staff, *, to_make: bool = False) -> AppraisalRound:
    """Return a round that someone may know of, or may work on; else there is none."""
    found = session.get(AppraisalRound, round_id)
    if found is None or found.appraised not in (makes(staff) if to_make else sees(staff)):
        raise Missing
    is_public = found.state in (*PUBLIC, RoundState.CORRECTED)
    if not is_public and not (found.appraised in makes(staff) and found.state is RoundState.DRAFT):
        raise Missing
    return found


def known_scheme(session: Session, scheme_id: int, staff: Staff, *, to_make: bool = False) -> AppraisalScheme:
    """Return a scheme that someone may know of, or may work on: drafts are for those who make them."""
    found = session.get(AppraisalScheme, scheme_id)
    if found is None or found.appraised not in (makes(staff) if to_make else sees(staff)):
        raise Missing
    if found.state is not SchemeState.PUBLISHED and found.appraised not in makes(staff):
        raise Missing
    return found


def known_appeal(session: Session, appeal_id: int, staff: Staff, *, to_make: bool = False) -> AppraisalAppeal:
    """Return an appeal that someone may know of, or may decide."""
    found = session.get(AppraisalAppeal, appeal_id)
    if found is None or found.round.appraised not in (makes(staff) if to_make else sees(staff)):
        raise Missing
    return found


def people_of(session: Session, content: Appraisal) -> dict[int, str]:
    """Return the names of a round's interviewers, to choose one from, by name."""
    ids = [row.subject for row in content.rows]
    query = sa.select(Staff.id, Staff.name).where(Staff.id.in_(ids)).order_by(Staff.name, Staff.id)
    return {row.id: row.name for row in session.execute(query)}
