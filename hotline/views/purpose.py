"""The question before an old record: what it is read for, asked once for a while, on its own page or in a panel."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, request
from flask.typing import ResponseReturnValue

from core import clock
from core.db import transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Refused
from hotline import asked_purposes
from hotline.asked_purposes import ASKED, PurposeWanted
from hotline.read_log import ReadPurpose
from hotline.sight import known_to
from hotline.views.panels import panel

blueprint = Blueprint("purpose", __name__, url_prefix="/counselling")


@blueprint.app_errorhandler(PurposeWanted)
def ask(wanted: PurposeWanted) -> ResponseReturnValue:
    """Ask where a page was to be opened; whatever else was wanted is refused in words."""
    is_page = request.method == "GET" and (
        request.headers.get("X-Panel") == "1" or request.accept_mimetypes.accept_html
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
        purposes={purpose.value: purpose.label for purpose in ASKED},
        typed=request.form if wrong else {},
        longest=asked_purposes.LONGEST,
    )


@blueprint.post("/<token>/purpose")
@require(Permission.COUNSEL)
def state(token: str) -> ResponseReturnValue:
    """Keep the purpose and go on to what was to be opened."""
    staff, at, form = acting(), clock.now(), request.form
    onward = form.get("onward", "")
    if not onward.startswith("/counselling/") or len(onward) > 200:
        onward = f"/counselling/{token}/level"
    try:
        with transaction() as session:
            contact = known_to(session, token, by=staff, at=at)
            chosen, words = ReadPurpose.found(form.get("purpose")), form.get("words", "")
            asked_purposes.state(session, contact, chosen, words, by=staff, at=at)
    except Invalid as wrong:
        return _form(token, onward, wrong), wrong.status
    return redirect(onward, 303)
