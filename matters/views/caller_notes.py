"""The desk's page of what callers added on the status page: read for a purpose, then taken up."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock, purposes
from core.db import reading, transaction
from core.doors import Door
from core.people import acting
from core.permissions import Permission, require
from core.problems import Missing
from core.purposes import ReadingPurpose
from core.terms import Words, t
from matters import caller_notes
from matters.caller_notes import CallerNote
from matters.flow import Side
from matters.keeping_away import in_sight, sides_of

blueprint = Blueprint("caller_notes", __name__, url_prefix="/caller-notes")
DOORS = [
    Door(
        "caller_notes.listed",
        Words("诉求人补充", "Added by callers"),
        Permission.MATTER_CALL,
        order=30,
        count=caller_notes.count_waiting,
        about=Words("诉求人在查询页上补充的情况", "What callers added on the status page"),
    )
]


@blueprint.get("/")
@require(Permission.MATTER_CALL)
def listed() -> str:
    """List what waits; the words stay closed until opened."""
    with reading() as session:
        return render_template(
            "clerk/caller_notes.html", rows=caller_notes.waiting(session, acting()), opened={}
        )


@blueprint.post("/<int:note_id>")
@require(Permission.MATTER_CALL)
def step(note_id: int) -> ResponseReturnValue:
    """Open one note, or note that it was dealt with."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        note = _found(session, note_id)
        if request.form.get("step") == "taken":
            caller_notes.take_up(session, note, by=staff, at=at)
        else:
            if purposes.in_force(session, note.matter, by=staff, at=at) is None:
                purposes.state(session, note.matter, ReadingPurpose.CALLER, "", by=staff, at=at)
            words = caller_notes.read(session, note, by=staff, at=at)
            rows = caller_notes.waiting(session, staff)
            return render_template("clerk/caller_notes.html", rows=rows, opened={note.id: words})
    flash(t("已处理。", "Dealt with."), "good")
    return redirect(url_for(".listed"), 303)


def _found(session: Session, note_id: int) -> CallerNote:
    note = session.get(CallerNote, note_id)
    if note is None:
        raise Missing
    matter = in_sight(session, acting(), note.matter)
    if Side.CENTRE not in sides_of(acting(), matter):
        raise Missing
    return note
