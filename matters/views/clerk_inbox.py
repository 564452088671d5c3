"""The clerk's inbox: what waits, by queue and clock, and what came in from many numbers at once."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from core import clock
from core.db import reading
from core.doors import Door
from core.people import acting
from core.permissions import Permission, Role, require
from core.places import counties
from core.terms import Words, labels
from matters import floods, inbox
from matters.attributes import ClockColour, Difficulty, Urgency
from matters.topics import Field
from matters.views.where import topic_words, where

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
DOORS = [
    Door(
        "desk.waiting",
        Words("受理台", "The desk"),
        Permission.MATTER_DESK,
        order=10,
        first_for=frozenset({Role.CLERK}),
        count=inbox.waiting,
        about=Words(
            "待补登、待提交、待审核的诉求，先到期的在上面",
            "Drafts to complete, matters to submit, results to check; what is due first on top",
        ),
    )
]


@blueprint.get("/")
@require(Permission.MATTER_DESK)
def waiting() -> str:
    """Show a queue of the desk as the address says."""
    staff, at = acting(), clock.now()
    with reading() as session:
        return render_template(
            "clerk/inbox.html",
            page=inbox.listed(session, staff, request.args, at=at),
            counts=inbox.counts(session, staff),
            queues=list(inbox.Queue),
            queue=inbox.Queue.found(request.args.get("queue")) or inbox.Queue.ALL,
            to_settle=inbox.to_settle(session, staff),
            floods=floods.floods(session, staff, at=at),
            counties=[(c.id, c.label) for c in counties(session)],
            fields=labels(Field),
            urgencies=labels(Urgency),
            difficulties=labels(Difficulty),
            colours=labels(ClockColour),
            topic_words=topic_words,
            where=where,
        )
