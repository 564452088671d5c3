"""The question before an old record: what it is read for, asked once for a while, on its own page or in a panel."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, request
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Refused
from hotline import asked_purposes
from hotline.asked_purposes import ASKED, PurposeWanted
from hotline.read_log import ReadPurpose
from hotline.sight import known_to
from hotline.views.panels import panel

blueprint = Blueprint("purpose", __name__, url_prefix="/counselling")
ROOMS = ("/counselling/", "/hotline/talks/recordings/")


@blueprint.app_errorhandler(PurposeWanted)
def ask(wanted: PurposeWanted) -> ResponseReturnValue:
    """Ask where a page was to be opened; whatever else was wanted is refused in words."""
    is_sound = (request.endpoint or "").endswith(".sound")  # what plays it takes no page for an answer
    is_page = (
        not is_sound
        and request.method == "GET"
        and (request.headers.get("X-Panel") == "1" or request.accept_mimetypes.accept_html)
    )
    if not is_page or request.accept_mimetypes.best == "application/json":
        return current_app.handle_user_exception(Refused(wanted.words))
    return _form(wanted.token, request.full_path.rstrip("?"))


def _form(token: str, onward: str, wrong: Invalid | None = None) -> str:
    return panel(
        "hotline/purpose.html",
        token,
        wrong,
        onward=onward,
        states="purpose.state" if acting().may(Permission.COUNSEL) else "purpose.state_review",
        purposes={purpose.value: purpose.label for purpose in ASKED},
        typed=request.form if wrong else {},
        longest=asked_purposes.LONGEST,
    )


@blueprint.get("/<token>/purpose")
@require(Permission.COUNSEL)
def show(token: str) -> str:
    """Ask before something is opened that has no page of its own, as a sound."""
    with reading() as session:
        known_to(session, token, by=acting(), at=clock.now())
    return _form(token, _onward(token, request.args.get("onward", "")))


@blueprint.post("/<token>/purpose")
@require(Permission.COUNSEL)
def state(token: str) -> ResponseReturnValue:
    """Keep the purpose and go on to what was to be opened."""
    return _state(token)


@blueprint.post("/cases/<token>/purpose")
@require(Permission.COUNSEL_REVIEW)
def state_review(token: str) -> ResponseReturnValue:
    """Keep what a reviewer opens an old case for, and go on to it."""
    return _state(token)


def _onward(token: str, wanted: str) -> str:
    """Return where to go on to within the house's own rooms."""
    if wanted.startswith(ROOMS) and len(wanted) <= 200:
        return wanted
    return f"/counselling/{token}/level"


def _state(token: str) -> ResponseReturnValue:
    staff, at, form = acting(), clock.now(), request.form
    onward = _onward(token, form.get("onward", ""))
    try:
        with transaction() as session:
            contact = known_to(session, token, by=staff, at=at)
            chosen, words = ReadPurpose.found(form.get("purpose")), form.get("words", "")
            asked_purposes.state(session, contact, chosen, words, by=staff, at=at)
    except Invalid as wrong:
        return _form(token, onward, wrong), wrong.status
    return redirect(onward, 303)
