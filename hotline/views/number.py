"""Seeing a number: the operator asks with a reason, a second person agrees, another looks at it within a day."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Refused
from core.terms import Words, labels
from hotline import break_glass
from hotline.break_glass import OpeningReason
from hotline.sight import in_sight
from hotline.views.panels import panel

blueprint = Blueprint("number", __name__, url_prefix="/counselling")
DOORS = [
    Door(
        "number.openings",
        Words("号码破例", "Numbers opened"),
        Permission.COUNSEL_LEAD,
        order=46,
        about=Words("同意、复核破例查看的号码", "Agree to numbers being seen, and look at it afterwards"),
        count=lambda session, staff, now: len(break_glass.waiting(session, at=now)),
    )
]


@blueprint.get("/<token>/number")
@require(Permission.COUNSEL)
def show(token: str) -> str:
    """Show what was asked for, and the form to ask."""
    return _page(token)


@blueprint.post("/<token>/number")
@require(Permission.COUNSEL)
def ask(token: str) -> ResponseReturnValue:
    """Ask to see the caller's number."""
    staff, at = acting(), clock.now()
    reason = OpeningReason.found(request.form.get("reason"))
    try:
        if reason is None:
            fields = {"reason": Words("请选择理由", "Choose a reason")}
            raise Invalid(Words("还没有申请", "Nothing was asked yet"), fields=fields)
        with transaction() as session:
            contact, _ = in_sight(session, token, by=staff, at=at)
            break_glass.ask(session, contact, reason, by=staff, at=at)
    except (Invalid, Refused) as wrong:
        return _page(token, wrong=wrong), wrong.status
    return _page(token)


@blueprint.post("/<token>/number/<int:opening>/look")
@require(Permission.COUNSEL)
def look(token: str, opening: int) -> ResponseReturnValue:
    """Show the number once more, while it is open."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        in_sight(session, token, by=staff, at=at)
        number = break_glass.number_of(session, break_glass.opening(session, opening), by=staff, at=at)
    return _page(token, number=number)


def _page(token: str, *, wrong: Invalid | Refused | None = None, number: str | None = None) -> str:
    staff, at = acting(), clock.now()
    with reading() as session:
        contact, _ = in_sight(session, token, by=staff, at=at)
        rows = break_glass.of_contact(session, contact, by=staff)
        return panel(
            "hotline/number.html",
            token,
            wrong,
            rows=[(row, row.is_open(at)) for row in rows],
            reasons=labels(OpeningReason),
            is_withheld=contact.caller is None or contact.caller.is_withheld,
            number=number,
        )


@blueprint.get("/openings")
@require(Permission.COUNSEL_LEAD)
def openings() -> str:
    """Show what waits for a second person, and what waits for a look afterwards."""
    at = clock.now()
    with reading() as session:
        return render_template(
            "hotline/openings.html",
            waiting=break_glass.waiting(session, at=at),
            unreviewed=break_glass.to_review(session, at=at),
            own_id=acting().id,
        )


@blueprint.post("/openings/<int:opening>/<any(agree, refuse):verb>")
@require(Permission.COUNSEL_LEAD)
def decide(opening: int, verb: str) -> ResponseReturnValue:
    """Agree as the second person, or refuse."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        row = break_glass.opening(session, opening)
        if verb == "agree":
            break_glass.agree(session, row, by=staff, at=at)
        else:
            break_glass.refuse(session, row, by=staff, at=at)
    return redirect(url_for("number.openings"), 303)


@blueprint.post("/openings/<int:opening>/review/<any(right, wrong):verdict>")
@require(Permission.COUNSEL_REVIEW)
def review(opening: int, verdict: str) -> ResponseReturnValue:
    """Say afterwards whether it was right; leads and reviewers do."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        row = break_glass.opening(session, opening)
        break_glass.review(session, row, was_right=verdict == "right", by=staff, at=at)
    leads = staff.may(Permission.COUNSEL_LEAD)
    return redirect(url_for("number.openings" if leads else "reviewer.cases"), 303)
