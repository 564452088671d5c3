"""Going on where a caller left off: the panel where their code is typed, and where they are given one."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from core import clock
from core.db import transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Problem
from hotline import safety_plans, same_operator
from hotline.continuity import (
    LONGEST_STORY,
    Given,
    TooManyCodes,
    give,
    go_on,
    is_within_limits,
    taken_up,
)
from hotline.read_log import ReadPurpose, note_read
from hotline.sight import in_sight
from hotline.views.panels import panel

blueprint = Blueprint("continuity", __name__, url_prefix="/counselling")


@blueprint.get("/<token>/continuity")
@require(Permission.COUNSEL)
def show(token: str) -> str:
    """Show what the caller's codes opened, and both forms."""
    return _page(token)


@blueprint.post("/<token>/continuity/go-on")
@require(Permission.COUNSEL)
def take_up(token: str) -> ResponseReturnValue:
    """Take the earlier talk up by its code; every try counts, right or wrong."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        in_sight(session, token, by=staff, at=at)
        is_free = is_within_limits(session, by=staff, at=at)
    if not is_free:
        raise TooManyCodes
    try:
        with transaction() as session:
            contact, _ = in_sight(session, token, by=staff, at=at)
            go_on(session, contact, request.form.get("code", "")[:20], by=staff, at=at)
    except Invalid as wrong:
        return _page(token, wrong=wrong), 422
    return _page(token)


@blueprint.post("/<token>/continuity/same-operator")
@require(Permission.COUNSEL)
def same(token: str) -> ResponseReturnValue:
    """Note that the caller would like to talk to this operator again, or no longer."""
    staff, at, form = acting(), clock.now(), request.form
    try:
        with transaction() as session:
            contact, _ = in_sight(session, token, by=staff, at=at)
            wishes, consents = form.get("wishes") == "yes", form.get("consents") == "1"
            same_operator.note(session, contact, wishes=wishes, consents=consents, by=staff, at=at)
    except (Invalid, same_operator.NotRecognised) as wrong:
        return _page(token, wrong=wrong), wrong.status
    return _page(token)


@blueprint.post("/<token>/continuity/give")
@require(Permission.COUNSEL)
def hand_out(token: str) -> ResponseReturnValue:
    """Give the caller a code, shown once to be read aloud."""
    staff, at, story = acting(), clock.now(), request.form.get("story", "")[:400].replace("\r\n", "\n")
    try:
        with transaction() as session:
            contact, _ = in_sight(session, token, by=staff, at=at)
            given = give(session, contact, story, by=staff, at=at)
    except Invalid as wrong:
        return _page(token, wrong=wrong, story=story), 422
    return _page(token, given=given)


def _page(token: str, *, wrong: Problem | None = None, story: str = "", given: Given | None = None) -> str:
    staff, at = acting(), clock.now()
    with transaction() as session:
        contact, _ = in_sight(session, token, by=staff, at=at)
        earlier = []
        for code in taken_up(session, contact, by=staff, at=at):
            plan = safety_plans.current(session, code.contact)
            if plan is not None and plan.contact_id != code.contact_id:
                note_read(
                    session, by=staff, contact=plan.contact, purpose=ReadPurpose.CONTINUITY,
                    record=f"safety_plan:{plan.contact_id}", fields=("steps",), at=at,
                )  # fmt: skip
            written = plan.plan if plan is not None else {}
            steps = [(step.label, words) for step, words in written.items() if words]
            earlier.append((code, steps))
        return panel(
            "hotline/continuity.html",
            token,
            wrong,
            earlier=earlier,
            is_withheld=contact.caller is None or contact.caller.is_withheld,
            wish=same_operator.wish_of(session, contact.caller_id, at=at) if contact.caller_id else None,
            story=story,
            given=given,
            longest=LONGEST_STORY,
        )
