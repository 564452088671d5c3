"""The operators' first page: the line. One page from sitting down to the finished record; its parts come as data."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading
from core.doors import Door
from core.people import acting
from core.permissions import Permission, Role, require
from core.places import counties, townships
from core.terms import Words, labels
from hotline import glance
from hotline.callbacks import CallBackResult
from hotline.citizen_records import CitizenResult
from hotline.forms import form
from hotline.lines import LineKind, lines_served_by
from hotline.records import FORM
from matters import promises, topics
from matters.alarm import patterns
from matters.attributes import Conflict, IdentityClass, MatterKind, Urgency
from matters.statements import complained_about
from telephony.line import line

blueprint = Blueprint("operator", __name__, url_prefix="/hotline")
DOORS = [
    Door(
        "operator.show_line",
        Words("接听", "The line"),
        Permission.HOTLINE_OPERATE,
        order=15,
        first_for=frozenset({Role.OPERATOR, Role.CITIZEN_OPERATOR}),
        about=Words("等候、接听、记录、回拨、随访", "Who waits, answering, records, call-backs, follow-ups"),
    )
]
ANY = "TOKEN"
"""Stands in addresses where the page puts the contact's own token."""
PANELS: tuple[tuple[str, Words], ...] = (
    ("screening.show", Words("筛查", "Screening")),
    ("risk_level.show", Words("等级", "Level")),
    ("danger.show", Words("危机", "Danger")),
    ("safety_plan.show", Words("安全计划", "Safety plan")),
    ("followup_plan.show", Words("随访", "Follow-up")),
    ("assessment.show", Words("量表", "Assessments")),
    ("continuity.show", Words("接续码", "Code")),
    ("hand_off.show", Words("移交", "Hand over")),
    ("number.show", Words("号码", "Number")),
    ("caller_plan.show", Words("约定", "Plan")),
)
"""The rooms beside a counselling talk, in the order they are needed; those that are not built are left out."""


@blueprint.get("/line")
@require(Permission.HOTLINE_OPERATE)
def show_line() -> str:
    """Show the line; what stands on it comes as data, so that a ringing caller never waits for a page."""
    staff = acting()
    lines = lines_served_by(staff)
    with reading() as session:
        places = [
            {"id": c.id, "name": c.label, "towns": [{"id": p.id, "name": p.label} for p in townships(session, c.id)]}
            for c in counties(session)
        ]  # fmt: skip
        units = [(unit.id, unit.label) for unit in complained_about(session)]
    settings: dict[str, Any] = {
        "lines": [kind.value for kind in LineKind if kind in lines],
        "form": form(FORM).as_screen() if LineKind.COUNSELLING in lines else None,
        "panels": _panels() if LineKind.COUNSELLING in lines else [],
        "places": places,
        "zone": str(clock.zone()),
        "consents": {i.value: str(promises.CONSENT[i]) for i in IdentityClass},
        "alarm": patterns(),
        "heard": [
            {"code": r.value, "words": r.label} for r in CallBackResult if r is not CallBackResult.TALKED
        ],
        "panic": _there("distress.panic"),
        "consults": "consulting.ask" in current_app.view_functions,
        "follow_ups": _there("followup.listed"),
        "simulated": line().capabilities().is_simulated,
        "browser": line().capabilities().browser,
    }
    return render_template(
        "hotline/operator.html",
        settings_json=settings,
        is_citizen=LineKind.CITIZEN in lines,
        is_counselling=LineKind.COUNSELLING in lines,
        counties=places,
        topics=topics.offered(),
        kinds=labels(MatterKind),
        urgencies=labels(Urgency),
        identities=labels(IdentityClass),
        conflicts=labels(Conflict),
        units=units,
        results=labels(CitizenResult),
        line_can=line().capabilities(),
    )


@blueprint.get("/line/state")
@require(Permission.HOTLINE_OPERATE)
def state() -> ResponseReturnValue:
    """Say how the line stands, or that it is as it was `seen`; `contact` names the open record they look at."""
    asked = request.args
    with reading() as session:
        told = glance.glance(
            session,
            by=acting(),
            at=clock.now(),
            token=asked.get("contact", "")[:20],
            seen=asked.get("seen", "")[:60],
        )
    answer = jsonify(told)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _panels() -> list[dict[str, str]]:
    """Return the rooms that are there, with their addresses for any contact."""
    there = [(name, words) for name, words in PANELS if name in current_app.view_functions]
    return [{"words": str(words), "url": url_for(name, token=ANY)} for name, words in there]


def _there(endpoint: str) -> str | None:
    """Return an address of the house where it is offered."""
    return url_for(endpoint) if endpoint in current_app.view_functions else None
