"""The follow-up panel: what is read out, what the caller agrees to, and which calls were promised."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Problem
from core.terms import labels, t
from hotline import followup_planning, followups, ladder, risk_levels
from hotline.ladder import DayPart
from hotline.risk_reading import episode_to_change, open_part
from hotline.views.panels import panel

blueprint = Blueprint("followup_plan", __name__, url_prefix="/counselling")


@blueprint.get("/<token>/follow-up")
@require(Permission.COUNSEL)
def show(token: str) -> str:
    """Show what the caller agreed to and the calls that follow from it."""
    return _page(token)


def _page(token: str, wrong: Problem | None = None) -> str:
    staff, at = acting(), clock.now()
    with transaction() as session:
        contact = open_part(session, token, "follow_up", ["wish", "calls"], by=staff, at=at)
        wish = followups.wish_of(session, contact.id)
        hours = [part.value for part in wish.parts] if wish else []
        typed = {
            "agreed": ("yes" if wish.is_agreed else "no") if wish else "",
            "safe_word": wish.safe_word if wish else "",
            "others": wish.others if wish else "",
        }
        return panel(
            "hotline/followup_plan.html",
            token,
            wrong,
            at=at,
            level=risk_levels.level_of(session, contact.id, at=at),
            calls=followups.follow_ups_of(session, contact),
            typed=request.form if wrong else typed,
            hours=request.form.getlist("hours") if wrong else hours,
            needs_number=contact.caller is None or contact.caller.is_withheld,
            has_number=wish is not None and wish.number is not None,
            parts=labels(DayPart),
            consent=ladder.CONSENT,
            tones={"due": "blue", "held": "blue", "reached": "green", "not_reached": "red"},
        )


@blueprint.post("/<token>/follow-up")
@require(Permission.COUNSEL)
def write(token: str) -> ResponseReturnValue:
    """Keep what the caller wishes and plan the calls."""
    staff, at, form = acting(), clock.now(), request.form
    try:
        if form.get("agreed") not in ("yes", "no"):
            raise Invalid(fields={"agreed": followup_planning.ASK_FIRST})
        with transaction() as session:
            contact = episode_to_change(session, token, by=staff, at=at)
            number = form.get("number", "").strip()
            followup_planning.write_wish(
                session,
                contact,
                is_agreed=form.get("agreed") == "yes",
                hours=[part for part in DayPart if part.value in form.getlist("hours")],
                safe_word=form.get("safe_word", ""),
                others=form.get("others", ""),
                number=number or ("" if form.get("forget_number") else None),
                by=staff,
                at=at,
            )
    except Invalid as wrong:
        return _page(token, wrong), wrong.status
    flash(t("随访意愿已保存。", "What the caller wishes is kept."), "good")
    return redirect(url_for("followup_plan.show", token=token), 303)
