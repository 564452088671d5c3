"""Appointments: a promised time, kept first by the one who promised it, then by anyone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock, journal
from core.dates import moment_words
from core.people import Staff
from core.phone import masked
from core.problems import Invalid
from core.terms import Words
from survey.attempts import Appointment
from survey.calling import Rules, open_from, within_hours
from survey.cases import Case, CaseState

LATEST_DAYS = 30
ALERT = timedelta(minutes=2)


def check_time(at: datetime, wanted: datetime, rules: Rules) -> None:
    """Refuse a time that cannot be kept, naming the nearest that can."""
    local = clock.local(wanted)
    problem: Words | None = None
    if wanted <= at:
        problem = Words("约定的时间已经过去", "That time has passed")
    elif wanted - at > timedelta(days=LATEST_DAYS):
        problem = Words("最多约到 30 天以内", "At most 30 days ahead")
    elif not within_hours(local, rules):
        problem = Words(
            "那个时间不在拨打时段，最近可约 {at}", "That is outside calling hours; the nearest is {at}"
        ).filled(at=moment_words(open_from(local, rules)))
    if problem is not None:
        raise Invalid(Words("预约没有保存", "The appointment was not saved"), fields={"when": problem})


def quick_times(at: datetime, rules: Rules) -> list[tuple[Words, datetime]]:
    """Offer the times that are promised most: in an hour, tonight, tomorrow at this time, the weekend."""
    local = clock.local(at)
    tonight = local.replace(hour=19, minute=30, second=0, microsecond=0)
    tomorrow = local + timedelta(days=1)
    saturday = local.replace(hour=10, minute=0) + timedelta(days=(5 - local.weekday()) % 7 or 7)
    wanted = [
        (Words("1 小时后", "In 1 hour"), local + timedelta(hours=1)),
        (Words("今晚 19:30", "Tonight 19:30"), tonight),
        (Words("明天此时", "Tomorrow, same time"), tomorrow),
        (Words("周六 10:00", "Saturday 10:00"), saturday),
    ]
    found: list[tuple[Words, datetime]] = []
    for words, moment in wanted:
        moment = moment.replace(second=0, microsecond=0)
        if moment > local and within_hours(moment, rules):
            found.append((words, moment))
    return found


def make(
    session: Session, case: Case, wanted: datetime, *, is_personal: bool, by: Staff | None, at: datetime
) -> Appointment:
    """Write a promised time down; a case has one open appointment."""
    check_time(at, wanted, Rules.from_wave(case.wave.rules))
    for old in session.scalars(
        sa.select(Appointment).where(Appointment.case_id == case.id, Appointment.is_open)
    ):
        old.is_open = False
    appointment = Appointment(
        case_id=case.id,
        at=wanted,
        staff_id=by.id if by is not None and is_personal else None,
        made_by=by.id if by is not None else None,
        made_at=at,
    )
    session.add(appointment)
    session.flush()
    journal.write(session, "appointment.make", appointment, by=by, at=at, case=case.id, personal=is_personal)
    return appointment


@dataclass(frozen=True)
class Promise:
    """One line of the page of appointments."""

    id: int
    at: datetime
    number: str
    county: str
    township: str
    is_mine: bool
    is_due: bool
    is_late: bool
    """More than two minutes past: an alert."""
    is_anyones: bool


def promises(session: Session, *, by: Staff, at: datetime) -> list[Promise]:
    """List the open appointments up to tonight that this interviewer may keep."""
    tonight = clock.local(at).replace(hour=23, minute=59, second=59)
    query = (
        sa.select(Appointment)
        .join(Case, Case.id == Appointment.case_id)
        .where(Appointment.is_open, Appointment.at <= tonight, Case.state == CaseState.APPOINTED)
        .options(
            joinedload(Appointment.case).joinedload(Case.frame_number),
            joinedload(Appointment.case).joinedload(Case.county),
            joinedload(Appointment.case).joinedload(Case.township),
            joinedload(Appointment.case).joinedload(Case.wave),
        )
        .order_by(Appointment.at)
        .limit(200)
    )
    found = []
    for appointment in session.scalars(query):
        case = appointment.case
        personal = timedelta(minutes=Rules.from_wave(case.wave.rules).personal)
        is_anyones = appointment.staff_id is None or at >= appointment.at + personal
        if case.wave.is_cross_county and by.home_county_id == case.county_id:
            continue
        if appointment.staff_id != by.id and not is_anyones:
            continue
        found.append(
            Promise(
                id=appointment.id,
                at=appointment.at,
                number=masked(case.frame_number.number),
                county=case.county.label,
                township=case.township.label,
                is_mine=appointment.staff_id == by.id,
                is_due=appointment.at <= at,
                is_late=at > appointment.at + ALERT,
                is_anyones=is_anyones,
            )
        )
    return found


def mine_today(session: Session, by: Staff, at: datetime) -> int:
    """Count the open appointments of an interviewer up to tonight."""
    tonight = clock.local(at).replace(hour=23, minute=59, second=59)
    query = (
        sa.select(sa.func.count())
        .select_from(Appointment)
        .where(Appointment.is_open, Appointment.staff_id == by.id, Appointment.at <= tonight)
    )
    return session.execute(query).scalar_one()
