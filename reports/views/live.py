"""The page of the indices as they come in; its figures keep themselves fresh."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading
from core.permissions import Permission, require
from core.problems import Missing
from reports.live_figures import board_of, mark_of, wave_at_work
from survey.indices import WORDS

blueprint = Blueprint("live_indices", __name__, url_prefix="/indices/live")
EVERY = 10
"""Seconds between two looks of a page that is open."""


def _asked() -> int | None:
    asked = request.args.get("wave", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None


@blueprint.get("/")
@require(Permission.INDEX_READ)
def show() -> str:
    """Show both open periods, city and counties, or say that no wave is at work."""
    with reading() as session:
        wave = wave_at_work(session, _asked())
        board = board_of(session, wave, clock.now()) if wave else None
        return render_template("leader/live.html", board=board, index_words=WORDS, every=EVERY)


@blueprint.get("/figures")
@require(Permission.INDEX_READ)
def figures() -> ResponseReturnValue:
    """Give the part with city and counties."""
    return _part("leader/live_figures.html")


@blueprint.get("/city")
@require(Permission.INDEX_READ)
def city() -> ResponseReturnValue:
    """Give the part with the city alone."""
    return _part("leader/live_city.html")


def _part(template: str) -> Response:
    """Answer with the part, or with nothing where it would be the one that the browser has."""
    now = clock.now()
    with reading() as session:
        wave = wave_at_work(session, _asked())
        if wave is None:
            raise Missing
        mark = mark_of(session, wave, now)
        if request.if_none_match.contains(mark):
            answer = Response(status=304)
        else:
            board = board_of(session, wave, now)
            answer = make_response(render_template(template, board=board, index_words=WORDS))
    answer.set_etag(mark)
    return answer
