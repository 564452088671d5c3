"""The shift lead's roster: a week of shifts, its gaps in red, people on seats, and publishing."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Forbidden, Invalid, Missing
from core.terms import Words, t
from hotline import roster, roster_publishing
from hotline.handovers import handover_of
from hotline.languages import languages_on
from hotline.lines import LineKind
from hotline.past_calls import monday_of
from hotline.roster import may_lead
from hotline.roster_rules import Span
from hotline.roster_sheet import leads_for, people_for, week_of, week_span
from hotline.shifts import KEY_CALL_LIMIT, Duty, Shift, shift_numbered
from hotline.speakers import spoken_by
from hotline.views.board import lines_led

blueprint = Blueprint("roster", __name__, url_prefix="/hotline/duty/roster")
FAR = timedelta(days=366)
NOT_A_NUMBER = Words("请填整数", "A whole number")


def _line(code: str | None) -> LineKind:
    lines = lines_led(acting())
    if not lines:
        raise Forbidden
    found = LineKind.found(code)
    return found if found in lines else lines[-1]


def _monday(text: str | None) -> date:
    """Return the Monday of the week asked for; what is no date, or further off than a year, means this week."""
    today = clock.today()
    try:
        asked = date.fromisoformat(text or "")
    except ValueError:
        asked = today
    return monday_of(asked if abs(asked - today) <= FAR else today)


def _own(session: Session, shift_id: int, *, locks: bool = False) -> Shift:
    """Return a shift of a line that the person leads; others are not known of."""
    shift = shift_numbered(session, shift_id, locks=locks)
    if not may_lead(acting(), shift.line):
        raise Missing
    return shift


def _back(line: LineKind, day: date) -> ResponseReturnValue:
    return redirect(url_for("roster.week", line=line.value, week=monday_of(day).isoformat()), 303)


@blueprint.get("/")
@require(Permission.HOTLINE_LEAD)
def week() -> str:
    """Show a line's week."""
    return _week(_line(request.args.get("line")), _monday(request.args.get("week")))


def _week(line: LineKind, monday: date, errors: dict[str, Words] | None = None) -> str:
    with reading() as session:
        people = people_for(session, line)
        return render_template(
            "hotline/roster.html",
            w=week_of(session, line, monday, at=clock.now()),
            lines=lines_led(acting()),
            leads=leads_for(session, line),
            languages=list(languages_on(session, line).values()),
            people=people,
            speaks=spoken_by(session, people),
            errors=errors or {},
            typed=request.form,
            key_call_limit=KEY_CALL_LIMIT,
            before=monday - timedelta(days=7),
            after=monday + timedelta(days=7),
            at=clock.now(),
        )


@blueprint.post("/plan")
@require(Permission.HOTLINE_LEAD)
def plan() -> ResponseReturnValue:
    """Plan a shift on one or several days."""
    form = request.form
    line, monday = _line(form.get("line")), _monday(form.get("week"))
    try:
        days = sorted({int(d) for d in form.getlist("day") if d.isdigit() and int(d) < 7})
        if not days:
            raise Invalid(fields={"day": Words("请选择日期", "Choose a day")})
        with transaction() as session:
            lead, supervisor = (_person(session, form.get(n)) for n in ("lead", "supervisor"))
            for n in days:
                roster.plan_shift(
                    session, line, _typed_span(monday + timedelta(days=n)), seats=_whole("seats"), lead=lead,
                    supervisor=supervisor, key_call_limit=_whole("key_call_limit"), by=acting(), at=clock.now(),
                )  # fmt: skip
    except Invalid as wrong:
        return _week(line, monday, wrong.fields), 422
    flash(t("已安排 {n} 个班次（草稿）", "{n} shifts planned (draft)", n=len(days)), "good")
    return _back(line, monday)


def _typed_span(day: date) -> Span:
    """Read from when to when; an end at or before the beginning is on the next morning."""
    moments = []
    for name in ("begins", "ends"):
        try:
            at = datetime.strptime(request.form.get(name, ""), "%H:%M").time()
        except ValueError:
            raise Invalid(fields={name: Words("请填时刻，如 20:00", "A time such as 20:00")}) from None
        moments.append(datetime.combine(day, at, clock.zone()))
    begins, ends = moments
    return Span(begins, ends if ends > begins else ends + timedelta(days=1))


def _whole(name: str) -> int:
    try:
        return int(request.form.get(name, ""))
    except ValueError:
        raise Invalid(fields={name: NOT_A_NUMBER}) from None


def _person(session: Session, text: str | None) -> Staff | None:
    return session.get(Staff, int(text)) if text and text.isdigit() else None


@blueprint.post("/publish")
@require(Permission.HOTLINE_LEAD)
def publish() -> ResponseReturnValue:
    """Publish a week, or say where nobody would be on call."""
    line, monday = _line(request.form.get("line")), _monday(request.form.get("week"))
    with transaction() as session:
        count = roster_publishing.publish(session, line, week_span(monday), by=acting(), at=clock.now())
    flash(t("已发布 {n} 个班次", "{n} shifts published", n=count), "good")
    return _back(line, monday)


@blueprint.post("/copy")
@require(Permission.HOTLINE_LEAD)
def copy() -> ResponseReturnValue:
    """Draft the week after from this one."""
    line, monday = _line(request.form.get("line")), _monday(request.form.get("week"))
    with transaction() as session:
        count = roster_publishing.copy_week(session, line, week_span(monday), by=acting(), at=clock.now())
    flash(t("已按本周排出下周 {n} 个班次（草稿）", "{n} shifts drafted for the next week", n=count), "good")
    return _back(line, monday + timedelta(days=7))


@blueprint.get("/<int:shift_id>")
@require(Permission.HOTLINE_LEAD)
def one(shift_id: int) -> str:
    """Show one shift: its seats and people."""
    return _one(shift_id)


def _one(shift_id: int, errors: dict[str, Words] | None = None) -> str:
    with reading() as session:
        shift = _own(session, shift_id)
        on = {duty.staff_id for duty in shift.duties}
        return render_template(
            "hotline/shift.html",
            shift=shift,
            people=[p for p in people_for(session, shift.line) if p.id not in on],
            leads=leads_for(session, shift.line),
            handover=handover_of(session, shift),
            errors=errors or {},
            monday=monday_of(clock.today(shift.begins_at)),
            is_over=shift.ends_at <= clock.now(),
        )


@blueprint.post("/<int:shift_id>")
@require(Permission.HOTLINE_LEAD)
def change(shift_id: int) -> ResponseReturnValue:
    """Change seats, lead, supervisor and limit."""
    try:
        with transaction() as session:
            shift = _own(session, shift_id, locks=True)
            lead, supervisor = (_person(session, request.form.get(n)) for n in ("lead", "supervisor"))
            roster.change_shift(
                session, shift, seats=_whole("seats"), lead=lead, supervisor=supervisor,
                key_call_limit=_whole("key_call_limit"), by=acting(), at=clock.now(),
            )  # fmt: skip
    except Invalid as wrong:
        return _one(shift_id, wrong.fields), 422
    flash(t("班次已修改", "The shift is changed"), "good")
    return redirect(url_for("roster.one", shift_id=shift_id), 303)


@blueprint.post("/<int:shift_id>/people")
@require(Permission.HOTLINE_LEAD)
def put_on(shift_id: int) -> ResponseReturnValue:
    """Give somebody a seat."""
    with transaction() as session:
        shift = _own(session, shift_id, locks=True)
        person = _person(session, request.form.get("staff"))
        if person is None:
            raise Missing
        roster.put_on(session, shift, person, by=acting(), at=clock.now())
    return redirect(url_for("roster.one", shift_id=shift_id), 303)


@blueprint.post("/<int:shift_id>/people/<int:duty_id>/off")
@require(Permission.HOTLINE_LEAD)
def take_off(shift_id: int, duty_id: int) -> ResponseReturnValue:
    """Take somebody off."""
    with transaction() as session:
        _own(session, shift_id, locks=True)
        duty = session.get(Duty, duty_id)
        if duty is None or duty.shift_id != shift_id:
            raise Missing
        roster.take_off(session, duty, by=acting(), at=clock.now())
    return redirect(url_for("roster.one", shift_id=shift_id), 303)


@blueprint.post("/<int:shift_id>/remove")
@require(Permission.HOTLINE_LEAD)
def remove(shift_id: int) -> ResponseReturnValue:
    """Take a draft away."""
    with transaction() as session:
        shift = _own(session, shift_id, locks=True)
        line, day = shift.line, clock.today(shift.begins_at)
        roster.remove_shift(session, shift, by=acting(), at=clock.now())
    return _back(line, day)
