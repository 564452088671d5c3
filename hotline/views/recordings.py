"""Recorded talks, for whoever leads the line: listed without a word of theirs, and played; every hearing is noted."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Unavailable
from core.terms import Words
from hotline import hearing
from hotline.contacts import contact_named
from telephony.line import LineTrouble, line

blueprint = Blueprint("recordings", __name__, url_prefix="/hotline/talks/recordings")


@blueprint.get("/")
@require(Permission.HOTLINE_LEAD)
def show() -> str:
    """Show the newest recorded talks of one's lines."""
    with reading() as session:
        return render_template(
            "hotline/recordings.html", talks=hearing.recorded_talks(session, by=acting(), at=clock.now())
        )


@blueprint.get("/<token>/<int:which>")
@require(Permission.HOTLINE_LEAD)
def sound(token: str, which: int) -> ResponseReturnValue:
    """Play a recorded talk."""
    return play_talk(token, which)


def play_talk(token: str, which: int) -> Response:
    """Play a talk to whoever may hear it."""
    with transaction() as session:
        contact = contact_named(session, token)
        ref = hearing.talk_to_hear(session, contact, which, by=acting(), at=clock.now())
    return played(ref)


def played(ref: str) -> Response:
    """Fetch a sound from the line and hand it on; it is kept nowhere on the way."""
    try:
        heard = line().sound(ref)
    except LineTrouble:
        raise Unavailable(
            Words(
                "线路暂时取不到这段录音，录音仍在，请稍后再试",
                "The line can't give this recording now; it is kept, try again in a moment",
            )
        ) from None
    kind = "audio/wav" if heard[:4] == b"RIFF" else "audio/mpeg"
    return Response(heard, mimetype=kind, headers={"Cache-Control": "no-store"})
