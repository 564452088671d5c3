"""Standing by: the interviewer who could take a resident's call at this moment, with a telephone that is open."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from core.people import Staff
from core.permissions import Permission
from survey.attempts import Attempt
from survey.cases import Case, CaseState
from survey.interviewers import Interviewer, Tongue
from telephony.calls import Call, Party
from telephony.line import LegState
from telephony.rooms import Purpose, Room

SILENT = timedelta(minutes=10)
"""Someone without a case who has asked for none this long has left the desk."""


def stands_by(session: Session, case: Case, *, at: datetime) -> tuple[Staff, Room] | None:
    """Return who takes the call of a case's resident, locked for it: those at work on the same wave first."""
    query = _free(case, at)
    for interviewer in session.scalars(query.with_for_update(of=Interviewer, skip_locked=True)).all():
        staff = session.get_one(Staff, interviewer.staff_id)
        needed = case.language or Tongue.MANDARIN.value
        # The lock may have been waited for by nobody, but the case may have come just before it.
        if needed not in interviewer.languages or _has_case(session, staff.id):
            continue
        if not staff.is_active or not staff.may(Permission.INTERVIEW):
            continue
        room = session.scalars(_open_rooms().where(Room.owner_id == staff.id)).first()
        if room is not None:
            return staff, room
    return None


def _open_rooms() -> sa.Select[Room]:
    """Rooms in which an interviewer waits alone."""
    own, other = aliased(Call), aliased(Call)
    sits = sa.exists().where(
        own.room_id == Room.id,
        own.party == Party.OPERATOR,
        own.state == LegState.CONNECTED,
        own.in_room,
    )
    talks = sa.exists().where(
        other.room_id == Room.id, other.party == Party.RESIDENT, other.state != LegState.ENDED
    )
    return sa.select(Room).where(Room.closed_at.is_(None), Room.purpose == Purpose.SURVEY, sits, ~talks)


def _free(case: Case, at: datetime) -> sa.Select[Interviewer]:
    rooms = _open_rooms().subquery()
    on_wave = (
        sa.exists()
        .where(Attempt.staff_id == Interviewer.staff_id, Attempt.started_at > at - timedelta(hours=12))
        .where(Attempt.case_id == Case.id, Case.wave_id == case.wave_id)
    )
    query = (
        sa.select(Interviewer)
        .join(Staff, Staff.id == Interviewer.staff_id)
        .join(rooms, rooms.c.owner_id == Interviewer.staff_id)
        .where(
            Interviewer.seen_at > at - SILENT,
            sa.or_(Interviewer.cooling_until.is_(None), Interviewer.cooling_until <= at),
        )
        .order_by(sa.case((on_wave, 0), else_=1), Interviewer.seen_at, Interviewer.staff_id)
        .limit(20)
    )
    if case.wave.is_cross_county:
        query = query.where(sa.or_(Staff.home_county_id.is_(None), Staff.home_county_id != case.county_id))
    if case.avoid_staff_id is not None:
        query = query.where(Interviewer.staff_id != case.avoid_staff_id)
    return query


def _has_case(session: Session, staff_id: int) -> bool:
    held = sa.select(Case.id).where(Case.lease_by == staff_id, Case.state == CaseState.CLAIMED)
    return session.scalar(held.limit(1)) is not None
