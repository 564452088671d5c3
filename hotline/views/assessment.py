"""The panel of questionnaires: asked by the operator item by item, scored when whole, with the way they went before."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Problem
from core.terms import Words, t
from hotline import assessing, assessments, instruments
from hotline.instruments import Instrument, Rater, Scoring
from hotline.risk_reading import episode_to_change, note_others, open_part
from hotline.views.panels import panel

blueprint = Blueprint("assessment", __name__, url_prefix="/counselling")


def _offered() -> list[Instrument]:
    """Return what an operator may ask; the screener has a panel of its own."""
    every = instruments.instruments().values()
    return [i for i in every if Rater.OPERATOR in i.rated_by and i.scoring is not Scoring.TRIAGE]


@blueprint.get("/<token>/questionnaires")
@require(Permission.COUNSEL)
def show(token: str) -> str:
    """List the questionnaires of an episode and how they went over the caller's talks."""
    with transaction() as session:
        staff, at = acting(), clock.now()
        contact = open_part(session, token, "assessment", ["totals", "trend"], by=staff, at=at)
        trends = assessing.trends(session, contact)
        others = {other for trend in trends for other in trend.contacts}
        note_others(session, token, others, "assessment", ["totals"], by=staff, at=at)
        return panel(
            "hotline/assessments.html",
            token,
            sheets=assessments.sheets_of(session, contact),
            offered=_offered(),
            trends=[(trend, _chart(trend)) for trend in trends],
        )


def _chart(trend: assessing.Trend) -> dict[str, Any]:
    """Draw one instrument's way as a line."""
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": [clock.local(p.at).strftime("%Y-%m-%d %H:%M") for p in trend.points],
                "y": [p.total for p in trend.points],
                "name": str(trend.name),
            }
        ],
        "layout": {
            "yaxis": {"title": {"text": t("分", "Points")}, "rangemode": "tozero"},
            "showlegend": False,
        },
    }


@blueprint.post("/<token>/questionnaires")
@require(Permission.COUNSEL)
def begin(token: str) -> ResponseReturnValue:
    """Take a fresh sheet."""
    staff, at, form = acting(), clock.now(), request.form
    chosen = instruments.instrument(form.get("instrument", ""))
    if chosen not in _offered():
        raise instruments.NoInstrument
    with transaction() as session:
        contact = episode_to_change(session, token, by=staff, at=at)
        sheet = assessments.new_sheet(
            session, chosen, form.get("coding") or None, contact=contact, by=staff, at=at
        )
        sheet_id = sheet.id
    return redirect(url_for("assessment.sheet", token=token, sheet_id=sheet_id), 303)


@blueprint.get("/<token>/questionnaires/<int:sheet_id>")
@require(Permission.COUNSEL)
def sheet(token: str, sheet_id: int) -> str:
    """Show one questionnaire."""
    return _page(token, sheet_id)


def _page(token: str, sheet_id: int, wrong: Problem | None = None) -> str:
    staff, at = acting(), clock.now()
    with transaction() as session:
        contact = open_part(session, token, "assessment", ["answers", "total"], by=staff, at=at)
        sheet = assessments.sheet_of(session, contact, sheet_id)
        typed: dict[int, Any] = dict(sheet.given)
        if wrong is not None:
            typed |= {i: request.form.get(f"item_{i}", "") for i in sheet.instrument.items}
        return panel(
            "hotline/assessment.html",
            token,
            wrong,
            sheet=sheet,
            definition=sheet.instrument,
            scored=sheet.scored,
            bounds=sheet.instrument.codings[sheet.coding],
            typed=typed,
        )


@blueprint.post("/<token>/questionnaires/<int:sheet_id>")
@require(Permission.COUNSEL)
def answer(token: str, sheet_id: int) -> ResponseReturnValue:
    """Keep the answers given so far; a whole sheet is scored."""
    staff, at, form = acting(), clock.now(), request.form
    try:
        with transaction() as session:
            contact = episode_to_change(session, token, by=staff, at=at)
            sheet = assessments.sheet_of(session, contact, sheet_id)
            changes = {
                i: _number(form[f"item_{i}"], i) for i in sheet.instrument.items if form.get(f"item_{i}")
            }
            assessing.answer(session, sheet, changes, by=staff, at=at)
            assessing.finish(session, sheet, at=at)
    except Invalid as wrong:
        return _page(token, sheet_id, wrong), wrong.status
    return redirect(url_for("assessment.sheet", token=token, sheet_id=sheet_id), 303)


def _number(told: str, item: int) -> int:
    if not (told.isascii() and told.isdigit() and len(told) < 3):
        raise Invalid(
            fields={f"item_{item}": Words("第 {n} 题请填数字", "Item {n} needs a number").filled(n=item)}
        )
    return int(told)
