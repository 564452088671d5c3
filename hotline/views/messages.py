"""Messages that callers left: listed at their contact, and played to whoever answers for it."""

from __future__ import annotations

from flask import Blueprint, jsonify, render_template, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import acting
from core.permissions import Permission, require
from core.problems import Missing
from core.terms import Words
from hotline import voicemail
from hotline.contacts import contact_named
from hotline.views.recordings import played

blueprint = Blueprint("messages", __name__, url_prefix="/hotline")


DOORS = [
    Door(
        "messages.show",
        Words("留言", "Messages"),
        Permission.HOTLINE_OPERATE,
        order=18,
        about=Words("来电人的留言：听取、回拨", "What callers left: hear it, call back"),
    ),
    Door(
        "desk_log.show",
        Words("补登来电", "Enter a call"),
        Permission.HOTLINE_OPERATE,
        order=19,
        about=Words("座机接的电话、纸质表", "Calls on a desk telephone, paper forms"),
    ),
]


@blueprint.get("/messages")
@require(Permission.HOTLINE_OPERATE)
def show() -> str:
    """Show the messages that wait to be heard by whoever asks."""
    with reading() as session:
        return render_template(
            "hotline/messages.html", waiting=voicemail.inbox(session, by=acting(), at=clock.now())
        )


@blueprint.get("/contacts/<token>/messages")
@require(Permission.HOTLINE_OPERATE)
def listed(token: str) -> ResponseReturnValue:
    """List a contact's messages: when, how long, and where they can be heard."""
    with reading() as session:
        contact = contact_named(session, token)
        if not voicemail.may_hear(session, contact, by=acting(), at=clock.now()):
            raise Missing
        found = voicemail.messages(session, contact)
        told = [
            {
                "at": one.requested_at.isoformat(),
                "seconds": one.duration_s,
                "url": url_for("messages.sound", token=token, which=one.id),
            }
            for one in found
        ]
    return jsonify(messages=told)


@blueprint.get("/contacts/<token>/messages/<int:which>")
@require(Permission.HOTLINE_OPERATE)
def sound(token: str, which: int) -> ResponseReturnValue:
    """Play a message; it passes through and is kept nowhere on the way."""
    with transaction() as session:
        contact = contact_named(session, token)
        ref = voicemail.message_to_hear(session, contact, which, by=acting(), at=clock.now())
    return played(ref)
