"""Drafts of the counselling room's forms: kept while they are typed, given back to who typed them, gone once sent."""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from core import clock
from core.db import transaction
from core.people import acting, acting_or_none
from core.permissions import Permission, require
from core.problems import Invalid
from hotline import room_drafts

LOG = logging.getLogger(__name__)
blueprint = Blueprint("room_drafts", __name__, url_prefix="/counselling")


@blueprint.post("/drafts")
@require(Permission.COUNSEL)
def keep() -> ResponseReturnValue:
    """Keep a form as it is typed."""
    return _keep()


@blueprint.post("/drafts/read")
@require(Permission.COUNSEL)
def read() -> ResponseReturnValue:
    """Give back what was typed into some forms and not sent."""
    return _read()


@blueprint.post("/cases/drafts")
@require(Permission.COUNSEL_REVIEW)
def keep_review() -> ResponseReturnValue:
    """Keep a review as it is typed."""
    return _keep()


@blueprint.post("/cases/drafts/read")
@require(Permission.COUNSEL_REVIEW)
def read_review() -> ResponseReturnValue:
    """Give back a review that was typed and not sent."""
    return _read()


def _body() -> dict[str, Any]:
    told = request.get_json(silent=True)
    return told if isinstance(told, dict) else {}


def _keep() -> ResponseReturnValue:
    body, at = _body(), clock.now()
    typed = body.get("typed")
    if not isinstance(typed, dict) or not all(isinstance(values, list) for values in typed.values()):
        raise Invalid
    told = {str(name)[:60]: [str(value) for value in values] for name, values in typed.items()}
    with transaction() as session:
        room_drafts.keep(session, str(body.get("place", "")), told, by=acting(), at=at)
    return jsonify(at=at.isoformat())


def _read() -> ResponseReturnValue:
    places = _body().get("places")
    if not isinstance(places, list):
        raise Invalid
    with transaction() as session:
        told = room_drafts.kept(session, [str(place) for place in places], by=acting(), at=clock.now())
    answer = jsonify(told)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.after_app_request
def sent(answer: Response) -> Response:
    """Forget the draft of a form that was taken in; a refused one still has it."""
    if request.method == "POST" and request.blueprint in SENDS and answer.status_code < 400:
        place, staff = request.form.get("draft", ""), acting_or_none()
        if place and staff is not None:  # whoever must sign in first has not sent it yet
            try:
                with transaction() as session:
                    room_drafts.forget(session, place, by=staff)
            except (
                SQLAlchemyError
            ):  # what was sent is done, and is said so; the draft offers itself once more
                LOG.warning("a draft that was sent stays")
    return answer


SENDS = frozenset(
    {"safety_plan", "risk_level", "danger", "followup_plan", "followup", "continuity", "hand_off", "handover", "reviewer",
     "caller_plan"}
)  # fmt: skip
"""Whose forms carry the name of their draft."""
