"""The talks of the moment, for whoever leads the shift: listen, speak to the operator, join, leave."""

from __future__ import annotations

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import acting
from core.permissions import Permission, require
from core.problems import Missing
from core.terms import Words
from hotline import listening
from hotline.contacts import contact_named
from hotline.listening import DEEDS, Deed
from telephony.line import line
from telephony.outbox import kick

blueprint = Blueprint("talks", __name__, url_prefix="/hotline/talks")
DOORS = [
    Door(
        "talks.show",
        Words("通话旁听", "Talks"),
        Permission.HOTLINE_LEAD,
        order=17,
        about=Words("正在进行的通话：旁听、指导、加入", "Talks of the moment: listen, coach, join"),
    )
]
SAID = {
    Deed.LISTEN: Words("正在把您接入通话，双方听不到您", "You are being joined; nobody hears you"),
    Deed.COACH: Words("现在只有接线员能听到您", "Only the operator hears you now"),
    Deed.JOIN: Words("现在双方都能听到您", "Everybody hears you now"),
    Deed.LEAVE: Words("已退出通话", "You have left the talk"),
}


@blueprint.get("/")
@require(Permission.HOTLINE_LEAD)
def show() -> str:
    """Show the talks; they keep themselves fresh."""
    with reading() as session:
        return render_template("hotline/talks.html", **_parts(session))


@blueprint.get("/now")
@require(Permission.HOTLINE_LEAD)
def show_now() -> str:
    """Give the list alone."""
    with reading() as session:
        return render_template("hotline/talks_now.html", **_parts(session))


@blueprint.post("/<token>/<deed>")
@require(Permission.HOTLINE_LEAD)
def do(token: str, deed: str) -> ResponseReturnValue:
    """Listen, speak to the operator, join or leave."""
    wanted = Deed.found(deed)
    if wanted is None:
        raise Missing
    with transaction() as session:
        contact = contact_named(session, token, locks=True)
        DEEDS[wanted](session, contact, by=acting(), at=clock.now())
    kick()
    if request.is_json:
        return jsonify(words=str(SAID[wanted]))
    return redirect(url_for("talks.show"), 303)


def _parts(session: Session) -> dict[str, object]:
    return {
        "talks": listening.talks(session, by=acting()),
        "can_listen": line().capabilities().listens_in,
        "now": clock.now(),
    }
