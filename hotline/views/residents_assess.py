"""The residents' self-assessment: no name, one page, each answer kept as it is given, and the line offered at every step."""

from __future__ import annotations

from flask import Blueprint, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.permissions import open_to_all
from core.phone import grouped
from core.places import counties
from core.problems import Invalid, Problem
from core.terms import Words
from hotline import assessing, instruments, self_assessing
from hotline.assessments import AssessmentSheet
from hotline.lines import LineKind, line_of

blueprint = Blueprint("residents_assess", __name__, url_prefix="/self-assess")
DOORS = [
    Door(
        "residents_assess.first",
        Words("心情自测", "How are you?"),
        None,
        order=3,
        about=Words("不用留名字，两三分钟", "No name, two or three minutes"),
    )
]


def _number(session: Session) -> str:
    """Return the line's number as residents dial it."""
    line = line_of(session, LineKind.COUNSELLING)
    return grouped(line.number) if line is not None else str(current_app.config["SETTINGS"].support_line)


@blueprint.get("/")
@open_to_all
def first() -> str:
    """Say what there is, and whom to call instead."""
    with reading() as session:
        return render_template(
            "residents/assess.html",
            offered=instruments.public_instruments(),
            counties={c.id: c.label for c in counties(session)},
            number=_number(session),
        )


@blueprint.post("/begin")
@open_to_all
def begin() -> ResponseReturnValue:
    """Take a fresh sheet and show its questions."""
    at, county = clock.now(), request.form.get("county", "")
    with transaction() as session:
        is_free = self_assessing.is_within_limits(session, request.remote_addr or "", at=at)
    if not is_free:
        raise self_assessing.too_many()
    county_id = int(county) if county.isascii() and county.isdigit() and len(county) < 12 else None
    with transaction() as session:
        sheet = self_assessing.begin(session, request.form.get("instrument", "")[:20], county_id, at=at)
        return _questions(session, sheet)


def _questions(session: Session, sheet: AssessmentSheet, missing: tuple[int, ...] = ()) -> str:
    return render_template(
        "residents/assess_questions.html",
        sheet=sheet,
        definition=sheet.instrument,
        given=sheet.given,
        missing=missing,
        number=_number(session),
    )


@blueprint.post("/answer")
@open_to_all
def answer() -> ResponseReturnValue:
    """Keep one answer as it is given; say at once when the line should be offered."""
    told = request.get_json(silent=True)
    body = told if isinstance(told, dict) else {}
    ticket, item, value = body.get("ticket"), body.get("item"), body.get("value")
    if not (isinstance(ticket, str) and isinstance(item, int) and isinstance(value, int)):
        raise Invalid
    at = clock.now()
    with transaction() as session:
        sheet = self_assessing.own_sheet(session, ticket[:60], at=at)
        assessing.answer(session, sheet, {item: value}, by=None, at=at)
        return jsonify(kept=item, offer=sheet.is_flagged)


@blueprint.post("/result")
@open_to_all
def result() -> ResponseReturnValue:
    """Keep all answers and tell the result, or which questions are still open."""
    at = clock.now()
    with transaction() as session:
        sheet = self_assessing.own_sheet(session, request.form.get("ticket", "")[:60], at=at)
        changes = {}
        for item in sheet.instrument.items:
            told = request.form.get(f"item_{item}", "")
            if told.isascii() and told.isdigit() and len(told) < 3:
                changes[item] = int(told)
        assessing.answer(session, sheet, changes, by=None, at=at)
        scored = assessing.finish(session, sheet, at=at)
        if not scored.is_finished and request.form.get("leave") != "1":
            return _questions(session, sheet, scored.missing), 422
        return _result(session, sheet)


def _result(session: Session, sheet: AssessmentSheet, wrong: Problem | None = None) -> str:
    fields = list(wrong.fields.values()) if isinstance(wrong, Invalid) else []
    return render_template(
        "residents/assess_result.html",
        sheet=sheet,
        definition=sheet.instrument,
        scored=sheet.scored,
        number=_number(session),
        wrong=(fields or [wrong.words])[0] if wrong else None,
    )


@blueprint.post("/call-me")
@open_to_all
def call_me() -> ResponseReturnValue:
    """Promise a call to whoever leaves a number."""
    at, ticket = clock.now(), request.form.get("ticket", "")[:60]
    with transaction() as session:
        is_free = self_assessing.may_ask_call(session, request.remote_addr or "", at=at)
    if not is_free:
        raise self_assessing.too_many()
    wrong: Problem | None = None
    try:
        with transaction() as session:
            sheet = self_assessing.own_sheet(session, ticket, at=at)
            self_assessing.ask_call(session, sheet, request.form.get("number", "")[:30], at=at)
    except Problem as problem:
        wrong = problem
    with transaction() as session:
        sheet = self_assessing.own_sheet(session, ticket, at=at)
        return _result(session, sheet, wrong), wrong.status if wrong else 200
