"""The roster as its page shows it: a week of one line, its gaps, and how nights are shared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from core import clock
from core.people import Staff, StaffRole
from core.permissions import OPENS, Permission, Role
from core.terms import Words
from hotline.forecasting import midnight
from hotline.handovers import Handover
from hotline.lines import SKILL, LineKind
from hotline.roster import may_lead, shifts_between, span_of, spoken
from hotline.roster_publishing import uncovered
from hotline.roster_rules import LEAST_REST, Span, night_share, rest_before
from hotline.shifts import Duty, Shift

LOOK_BACK = timedelta(weeks=4)


@dataclass(frozen=True)
class ShiftRow:
    """One shift of the week."""

    shift: Shift
    handover: Handover | None
    is_now: bool


@dataclass(frozen=True)
class DayOfRoster:
    """One day with the shifts that begin on it."""

    on: date
    rows: list[ShiftRow]


@dataclass(frozen=True)
class Carried:
    """What somebody has on the roster in four weeks; shown so that nights are shared."""

    name: str
    shifts: int
    hours: float
    nights: float | None
    short_rests: int


@dataclass(frozen=True)
class Week:
    """One line's week."""

    line: LineKind
    monday: date
    days: list[DayOfRoster]
    gaps: list[Words]
    drafts: int
    carried: list[Carried]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is planned yet."""
        return not any(day.rows for day in self.days)


def week_span(monday: date) -> Span:
    """Return a week as a stretch of time."""
    return Span(midnight(monday), midnight(monday + timedelta(days=7)))


def week_of(session: Session, line: LineKind, monday: date, *, at: datetime) -> Week:
    """Return a week as its page shows it; gaps count from now on."""
    span = week_span(monday)
    shifts = shifts_between(session, line, span)
    notes = {
        h.shift_id: h
        for h in session.scalars(sa.select(Handover).where(Handover.shift_id.in_([s.id for s in shifts])))
    }
    days = []
    for n in range(7):
        on = monday + timedelta(days=n)
        rows = [ShiftRow(s, notes.get(s.id), s.is_on(at)) for s in shifts if clock.today(s.begins_at) == on]
        days.append(DayOfRoster(on, rows))
    ahead = Span(max(span.begins_at, at), span.ends_at)
    gaps = [spoken(gap) for gap in uncovered(session, line, ahead)] if ahead.length else []
    return Week(
        line=line,
        monday=monday,
        days=days,
        gaps=gaps,
        drafts=sum(not s.is_published for s in shifts if s.ends_at > at),
        carried=carried(session, line, until=span.ends_at),
    )


def carried(session: Session, line: LineKind, *, until: datetime) -> list[Carried]:
    """Return what each operator of a line has on the roster in the four weeks before a moment, by name."""
    query = (
        sa.select(Duty)
        .join(Shift, Shift.id == Duty.shift_id)
        .where(Shift.line == line, Shift.begins_at >= until - LOOK_BACK, Shift.begins_at < until)
        .options(selectinload(Duty.shift), selectinload(Duty.staff))
    )
    spans: dict[int, list[Span]] = defaultdict(list)
    names: dict[int, str] = {}
    for duty in session.scalars(query):
        spans[duty.staff_id].append(span_of(duty.shift))
        names[duty.staff_id] = duty.staff.name
    rows = [_carried(names[who], sorted(own)) for who, own in spans.items()]
    return sorted(rows, key=lambda row: row.name)


def _carried(name: str, own: Sequence[Span]) -> Carried:
    rests = [rest_before(span, own) for span in own]
    return Carried(
        name=name,
        shifts=len(own),
        hours=sum((s.length for s in own), timedelta()) / timedelta(hours=1),
        nights=night_share(own, clock.zone()),
        short_rests=sum(rest is not None and rest < LEAST_REST for rest in rests),
    )


def people_for(session: Session, line: LineKind) -> list[Staff]:
    """Return who may answer a line, by name."""
    return _with(session, SKILL[line])


def leads_for(session: Session, line: LineKind) -> list[Staff]:
    """Return who may lead a line or be on call for it, by name."""
    needed = Permission.COUNSEL_LEAD if line is LineKind.COUNSELLING else Permission.HOTLINE_LEAD
    return [person for person in _with(session, needed) if may_lead(person, line)]


def _with(session: Session, permission: Permission) -> list[Staff]:
    roles = [role for role in Role if permission in OPENS[role]]
    query = sa.select(Staff).join(StaffRole).where(StaffRole.role.in_(roles), Staff.is_active)
    return list(session.scalars(query.order_by(Staff.name)).unique())
