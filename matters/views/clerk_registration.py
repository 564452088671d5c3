"""The clerk's registration: a call or a visit written down, read back with its receipt, or kept as a draft to complete."""

from __future__ import annotations

import secrets as random_source

from flask import Blueprint, Response, current_app, flash, jsonify, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing, Problem
from core.terms import Words
from matters import desk, drafts, statements, withdrawing
from matters.attributes import Origin
from matters.keeping_away import in_sight
from matters.registration import complete, raise_problem, register
from matters.views import clerk_registration_pages as pages

blueprint = Blueprint("registration", __name__, url_prefix="/register")
SENT = "registered"
"""The cookie that names the form last registered, so that a page sent twice makes one matter."""


@blueprint.get("/")
@require(Permission.MATTER_DESK)
def form() -> str:
    """Show an empty form; ?earlier= takes up a matter that was closed long ago."""
    with reading() as session:
        return pages.form(session, {"earlier": request.args.get("earlier", "")[:20]}, key=_new_key())


@blueprint.post("/")
@require(Permission.MATTER_DESK)
def save() -> ResponseReturnValue:
    """Register what was written, or keep it as a draft; what lacks is said beside its field."""
    typed, staff, at = request.form, acting(), clock.now()
    key = typed.get("form_key", "")[:40]
    if key and request.cookies.get(SENT) == key:
        flash(str(TWICE), "warn")
        return redirect(url_for("desk.waiting", queue="submit"), 303)
    origin = Origin.found(typed.get("origin")) or Origin.CITIZEN_LINE
    try:
        with transaction() as session:
            earlier = desk.by_receipt(session, typed["earlier"]) if typed.get("earlier") else None
            earlier = in_sight(session, staff, earlier) if earlier else None
            if "draft" in typed:
                statement = statements.read(session, typed, is_draft=True)
                raise_problem(session, statement, origin=origin, by=staff, at=at, earlier=earlier)
            else:
                statement = statements.read(session, typed)
                made = register(session, statement, origin=origin, by=staff, at=at, earlier=earlier)
                answer = make_response(pages.registered(session, made))
    except Problem as problem:
        with reading() as session:
            return pages.form(session, typed, key=key or _new_key(), problem=problem), problem.status
    if "draft" in typed:
        flash(str(KEPT), "good")
        return redirect(url_for("desk.waiting", queue="drafts"), 303)
    return _sent(answer, key)


@blueprint.get("/draft/<int:draft_id>")
@require(Permission.MATTER_DESK)
def draft(draft_id: int) -> ResponseReturnValue:
    """Show a draft; what was said stays closed until it is opened."""
    with reading() as session:
        matter = drafts.find(session, draft_id, acting())
        if matter.receipt is not None:
            return redirect(url_for("matters.one", receipt=matter.receipt), 303)
        return pages.draft(session, matter)


@blueprint.post("/draft/<int:draft_id>/open")
@require(Permission.MATTER_DESK)
def open_draft(draft_id: int) -> ResponseReturnValue:
    """Open what was said in a draft, to complete it: for a purpose, unless it is one's own call."""
    staff, at = acting(), clock.now()
    try:
        with transaction() as session:
            matter = drafts.find(session, draft_id, staff)
            drafts.open_for(session, matter, request.form, by=staff, at=at)
            return pages.draft(session, matter, typed=drafts.as_typed(matter), key=_new_key())
    except Invalid as wrong:
        with reading() as session:
            return pages.draft(session, drafts.find(session, draft_id, staff), wrong=wrong), 422


@blueprint.post("/draft/<int:draft_id>")
@require(Permission.MATTER_DESK)
def finish(draft_id: int) -> ResponseReturnValue:
    """Register a draft that is complete now."""
    typed, staff, at = request.form, acting(), clock.now()
    try:
        with transaction() as session:
            matter = drafts.find(session, draft_id, staff)
            made = complete(session, matter, statements.read(session, typed), by=staff, at=at)
            answer = make_response(pages.registered(session, made))
    except Missing:
        raise
    except Problem as problem:
        with reading() as session:
            matter = drafts.find(session, draft_id, staff)
            if matter.receipt is not None:
                flash(str(TWICE), "warn")
                return redirect(url_for("matters.one", receipt=matter.receipt), 303)
            return pages.draft(session, matter, typed=typed, key=_new_key(), problem=problem), problem.status
    return _sent(answer, "")


@blueprint.post("/draft/<int:draft_id>/withdraw")
@require(Permission.MATTER_DESK)
def withdraw(draft_id: int) -> ResponseReturnValue:
    """Take a draft back, on its caller's own call."""
    staff, at = acting(), clock.now()
    pressed = {"yes": True, "no": False}.get(request.form.get("pressed", ""))
    verified = "voice" if request.form.get("verified") == "voice" else ""
    try:
        with transaction() as session:
            matter = drafts.find(session, draft_id, staff)
            text = request.form.get("text", "")
            withdrawing.withdraw_draft(
                session, matter, verified=verified, pressed=pressed, text=text, by=staff, at=at
            )
    except Missing:
        raise
    except Problem as problem:
        with reading() as session:
            matter = drafts.find(session, draft_id, staff)
            return pages.draft(session, matter, refused=problem), problem.status
    flash(str(WITHDRAWN), "good")
    return redirect(url_for("desk.waiting", queue="drafts"), 303)


@blueprint.get("/places/<int:place_id>")
@require(Permission.MATTER_READ)
def places(place_id: int) -> ResponseReturnValue:
    """List the villages of a township, for the picker."""
    with reading() as session:
        found = statements.villages(session, place_id)
        return jsonify([{"id": place.id, "name": place.label} for place in found])


TWICE = Words(
    "这一张表已经登记过，没有再登记一次", "This form is registered already; it was not registered again"
)
WITHDRAWN = Words("已撤回，不再登记。", "Taken back; it is not registered.")
KEPT = Words("已存为待补登，请尽快回电补齐。", "Kept as a draft; call back soon to complete it.")


def _new_key() -> str:
    return random_source.token_urlsafe(12)


def _sent(answer: Response, key: str) -> ResponseReturnValue:
    """Mark a form as sent; the page with the PIN is nowhere kept."""
    answer.headers["Cache-Control"] = "no-store"
    if key:
        secure = current_app.config["SETTINGS"].secure_cookies
        answer.set_cookie(SENT, key, max_age=3600, httponly=True, samesite="Lax", secure=secure)
    return answer
