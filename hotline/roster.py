"""The roster: shifts are planned, with their lead and supervisor, and people put on seats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, journal
from core.dates import moment_words
from core.people import Staff
from core.permissions import Permission
from core.problems import Invalid, Refused
from core.terms import Words
from hotline.lines import LineKind, lines_served_by
from hotline.roster_rules import LONGEST_SHIFT, Span
from hotline.shifts import KEY_CALL_LIMIT, Duty, Shift


class ShiftOver(Refused):
    """Who was on and on call in the past is a fact."""

    words = Words(
        "班次已经结束，不能再改。没有任何改动。",
        "The shift is over and can't be changed any more. Nothing was changed.",
    )


def _still_open(shift: Shift, at: datetime) -> None:
    if shift.ends_at <= at:
        raise ShiftOver


def span_of(shift: Shift) -> Span:
    """Return a shift as a stretch of time."""
    return Span(shift.begins_at, shift.ends_at)


def may_lead(staff: Staff, line: LineKind) -> bool:
    """Whether somebody may lead or be on call for a line."""
    needed = Permission.COUNSEL_LEAD if line is LineKind.COUNSELLING else Permission.HOTLINE_LEAD
    return staff.is_active and staff.may(needed)


def shifts_between(session: Session, line: LineKind, period: Span) -> Sequence[Shift]:
    """Return a line's shifts that touch a period, in order."""
    query = sa.select(Shift).where(
        Shift.line == line, Shift.begins_at < period.ends_at, Shift.ends_at > period.begins_at
    )
    return session.scalars(query.order_by(Shift.begins_at)).all()


def plan_shift(
    session: Session,
    line: LineKind,
    span: Span,
    *,
    seats: int,
    lead: Staff | None = None,
    supervisor: Staff | None = None,
    key_call_limit: int = KEY_CALL_LIMIT,
    by: Staff,
    at: datetime,
) -> Shift:
    """Plan a shift; it is a draft until its week is published."""
    _check_span(span)
    other = next(iter(shifts_between(session, line, span)), None)
    if other is not None:
        raise Refused(
            Words(
                "这一时段与 {when} 的班次重叠，没有新增。请调整起止时间。",
                "This overlaps with the shift of {when}; nothing was added. Change its times.",
            ),
            when=spoken(span_of(other)),
        )
    shift = Shift(line=line, begins_at=span.begins_at, ends_at=span.ends_at, created_at=at, created_by=by.id)
    _set(shift, seats=seats, lead=lead, supervisor=supervisor, key_call_limit=key_call_limit)
    session.add(shift)
    session.flush()
    journal.write(session, "shift.plan", shift, by=by, at=at, line=line.value, seats=seats)
    return shift


def change_shift(
    session: Session,
    shift: Shift,
    *,
    seats: int,
    lead: Staff | None,
    supervisor: Staff | None,
    key_call_limit: int,
    by: Staff,
    at: datetime,
) -> None:
    """Change seats, lead, supervisor or limit; a published shift keeps a supervisor."""
    _still_open(shift, at)
    if shift.is_published and supervisor is None:
        raise Refused(
            Words(
                "已发布的班次必须有值守督导，没有改动。",
                "A published shift always has a supervisor on call; nothing was changed.",
            )
        )
    _set(shift, seats=seats, lead=lead, supervisor=supervisor, key_call_limit=key_call_limit)
    session.flush()
    journal.write(session, "shift.change", shift, by=by, at=at, seats=seats)


def remove_shift(session: Session, shift: Shift, *, by: Staff, at: datetime) -> None:
    """Take a draft away; a published shift stays, for people have been told."""
    if shift.is_published:
        raise Refused(
            Words("班次已发布，不能删除。没有任何改动。", "The shift is published; nothing was removed.")
        )
    journal.write(session, "shift.remove", shift, by=by, at=at)
    session.delete(shift)
    session.flush()


def put_on(session: Session, shift: Shift, staff: Staff, *, by: Staff, at: datetime) -> Duty:
    """Give somebody the first free seat of a shift."""
    _still_open(shift, at)
    if not staff.is_active or shift.line not in lines_served_by(staff):
        raise Refused(
            Words(
                "此人不能接听{line}，没有排入。", "This person may not answer {line}; they were not put on."
            ),
            line=shift.line,
        )
    if staff.id in {d.staff_id for d in shift.duties}:
        raise Refused(
            Words("此人已在本班。没有任何改动。", "They are on this shift already. Nothing changed.")
        )
    other = next((s for s in shifts_of(session, staff, span_of(shift)) if s.id != shift.id), None)
    if other is not None:
        raise Refused(
            Words(
                "此人在 {when} 已有班次，没有排入。",
                "They already have a shift from {when}; they were not put on.",
            ),
            when=spoken(span_of(other)),
        )
    taken = {d.seat_no for d in shift.duties}
    free = next((n for n in range(1, shift.seats + 1) if n not in taken), None)
    if free is None:
        raise Refused(Words("本班坐席已满。请先增加坐席。", "Every seat is taken. Add a seat first."))
    duty = Duty(staff_id=staff.id, seat_no=free)
    shift.duties.append(duty)
    session.flush()
    journal.write(session, "shift.put_on", shift, by=by, at=at, staff=staff.id, seat=free)
    return duty


def take_off(session: Session, duty: Duty, *, by: Staff, at: datetime) -> None:
    """Take somebody off a shift."""
    shift = duty.shift
    _still_open(shift, at)
    journal.write(session, "shift.take_off", shift, by=by, at=at, staff=duty.staff_id, seat=duty.seat_no)
    shift.duties.remove(duty)
    session.flush()


def shifts_of(session: Session, staff: Staff, period: Span) -> Sequence[Shift]:
    """Return the shifts, of any line, in which somebody has a seat during a period."""
    query = (
        sa.select(Shift)
        .join(Duty, Duty.shift_id == Shift.id)
        .where(Duty.staff_id == staff.id)
        .where(Shift.begins_at < period.ends_at, Shift.ends_at > period.begins_at)
    )
    return session.scalars(query.order_by(Shift.begins_at)).unique().all()


def spoken(span: Span) -> Words:
    """Return a stretch of time as it is written in a sentence."""
    begins, ends = clock.local(span.begins_at), clock.local(span.ends_at)
    tail = f"{ends:%H:%M}" if ends.date() == begins.date() else moment_words(span.ends_at)
    return Words("{a}–{b}", "{a}–{b}").filled(a=moment_words(span.begins_at), b=tail)


def _check_span(span: Span) -> None:
    if not timedelta() < span.ends_at - span.begins_at <= LONGEST_SHIFT:
        words = Words("班次须在 12 小时以内，且结束晚于开始", "A shift ends after it begins, within 12 hours")
        raise Invalid(fields={"ends": words})


def _set(
    shift: Shift, *, seats: int, lead: Staff | None, supervisor: Staff | None, key_call_limit: int
) -> None:
    wrong: dict[str, Words] = {}
    if not max(1, len(shift.duties)) <= seats <= 500:
        wrong["seats"] = Words("坐席数不能少于已排的人，最多 500", "Not fewer than people on it, at most 500")
    if not 1 <= key_call_limit <= 20:
        wrong["key_call_limit"] = Words("1 至 20", "1 to 20")
    for name, person in (("lead", lead), ("supervisor", supervisor)):
        if person is not None and not may_lead(person, shift.line):
            wrong[name] = Words("此人不能带班", "This person may not lead this line")
    if wrong:
        raise Invalid(fields=wrong)
    shift.seats, shift.key_call_limit = seats, key_call_limit
    shift.lead, shift.supervisor = lead, supervisor
    shift.lead_id, shift.supervisor_id = (lead.id if lead else None), (supervisor.id if supervisor else None)
