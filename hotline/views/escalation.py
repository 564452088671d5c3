"""The shift lead's alarms about callers: shown until somebody answers; operators see those they were told of."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Invalid
from core.terms import Words
from hotline import escalations, followup_lists, risk_measures, risk_scales, risk_watch
from hotline.escalations import EscalationKind
from hotline.scale import Element

blueprint = Blueprint("escalation", __name__, url_prefix="/counselling/alarms")
MEASURED = timedelta(days=30)
LIFE_FIRST = (EscalationKind.DANGER, EscalationKind.UNCONFIRMED)


def _count(session: Session, staff: Staff, at: datetime) -> int:
    return escalations.count_open(session, by=staff)


DOORS = [
    Door(
        "escalation.listed",
        Words("来电警报", "Caller alarms"),
        Permission.COUNSEL,
        order=16,
        count=_count,
        about=Words(
            "重点来电、生命危险、逾期随访、自评高危", "Key contacts, dangers, missed follow-ups, red flags"
        ),
    )
]


@blueprint.get("/")
@require(Permission.COUNSEL)
def listed() -> str:
    """Show what nobody has answered yet, and how the day went."""
    at = clock.now()
    if not acting().may(Permission.COUNSEL_LEAD):
        return _page("hotline/alarms.html")
    with reading() as session:
        measures = risk_measures.measured(session, since=at - MEASURED, at=at)
    return _page("hotline/alarms.html", measures=measures, targets=risk_measures, days=MEASURED.days)


@blueprint.get("/part")
@require(Permission.COUNSEL)
def part() -> str:
    """Give the list alone, for a page that keeps itself fresh."""
    return _page("hotline/alarms_part.html")


def _page(template: str, **more: object) -> str:
    staff, at = acting(), clock.now()
    is_lead = staff.may(Permission.COUNSEL_LEAD)
    with reading() as session:
        found = escalations.open_escalations(session, by=staff)
        return render_template(
            template,
            alarms=sorted(
                (alarm for alarm in found if alarm.contact_id is not None),
                key=lambda alarm: alarm.kind not in LIFE_FIRST,
            ),
            nameless=[alarm for alarm in found if alarm.contact_id is None],
            answered=escalations.answered_lately(session, at=at) if is_lead else [],
            stands=followup_lists.waiting(session, at=at),
            is_lead=is_lead,
            every_s=risk_watch.EVERY.seconds,
            at=at,
            **more,
        )


@blueprint.post("/nameless/answer")
@require(Permission.COUNSEL_LEAD)
def answer_nameless() -> ResponseReturnValue:
    """Say that the alarms about nobody in particular were seen."""
    with transaction() as session:
        escalations.answer_nameless(session, by=acting(), at=clock.now())
    return redirect(url_for("escalation.listed"), 303)


@blueprint.post("/<int:escalation_id>/answer")
@require(Permission.COUNSEL)
def answer(escalation_id: int) -> ResponseReturnValue:
    """Say “I look after it”, and go to the episode, or to where a promised call is made."""
    with transaction() as session:
        found = escalations.answer(session, escalation_id, by=acting(), at=clock.now())
        token = found.contact.token if found.contact is not None else None
        is_call_back = found.kind is EscalationKind.CALL_BACK
    if is_call_back:
        return redirect(url_for("operator.show_line"), 303)
    if token is None:
        return redirect(url_for("escalation.listed"), 303)
    return redirect(url_for("risk_level.show", token=token), 303)


@blueprint.get("/scale")
@require(Permission.COUNSEL_LEAD)
def show_scale() -> str:
    """Show the points of the centre's scale."""
    with reading() as session:
        row = risk_scales.adopted(session)
        return render_template(
            "hotline/scale_points.html",
            row=row,
            typed={k: "/".join(map(str, v)) for k, v in row.points.items()} if row else {},
            elements=Element,
            errors={},
        )


@blueprint.post("/scale")
@require(Permission.COUNSEL_LEAD)
def adopt_scale() -> ResponseReturnValue:
    """Adopt new points."""
    points = {e.value: _points(request.form.get(e.value, "")) for e in Element}
    try:
        with transaction() as session:
            risk_scales.adopt(session, points, by=acting(), at=clock.now())
    except Invalid as wrong:
        page = render_template(
            "hotline/scale_points.html",
            row=None,
            typed=request.form,
            elements=Element,
            errors=wrong.fields,
        )
        return page, wrong.status
    return redirect(url_for("escalation.show_scale"), 303)


def _points(told: str) -> list[int]:
    parts = [p.strip() for p in told.replace("／", "/").split("/")]
    if all(p.isascii() and p.isdigit() and len(p) < 3 for p in parts):
        return [int(p) for p in parts]
    return []
