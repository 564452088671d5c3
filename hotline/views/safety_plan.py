"""The safety-plan panel: six steps in the caller's own words, the last version ready to be gone through again."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Problem
from core.terms import t
from hotline import safety_plans, safety_steps
from hotline.risk_reading import episode_to_change, note_others, open_part
from hotline.safety_steps import SafetyStep
from hotline.views.panels import panel

blueprint = Blueprint("safety_plan", __name__, url_prefix="/counselling")


@blueprint.get("/<token>/safety-plan")
@require(Permission.COUNSEL)
def show(token: str) -> str:
    """Show the plan: this episode's, or the one of the caller's last talk."""
    return _page(token)


def _page(token: str, wrong: Problem | None = None) -> str:
    staff, at = acting(), clock.now()
    with transaction() as session:
        contact = open_part(session, token, "safety_plan", ["steps"], by=staff, at=at)
        plan = safety_plans.current(session, contact)
        shown_of = [plan.contact_id] if plan else []
        note_others(session, token, shown_of, "safety_plan", ["steps"], by=staff, at=at)
        own = safety_plans.versions(session, contact)
        asked = request.args.get("version", "")
        older = next((v for v in own if str(v.version) == asked), None)
        chosen = older or plan
        shown = chosen.plan if chosen else {}
        if wrong is not None:
            shown = {step: request.form.get(step.value, "") for step in SafetyStep}
        return panel(
            "hotline/safety_plan.html",
            token,
            wrong,
            plan=chosen,
            is_from_before=plan is not None and plan.contact_id != contact.id,
            is_older=older is not None and older is not own[0],
            versions=own,
            shown=shown,
            seen=own[0].version if own else 0,
            steps=SafetyStep,
            asks=safety_steps.ASKS,
            longest=safety_steps.LONGEST,
        )


@blueprint.post("/<token>/safety-plan")
@require(Permission.COUNSEL)
def write(token: str) -> ResponseReturnValue:
    """Write the next version."""
    staff, at, form = acting(), clock.now(), request.form
    told = form.get("seen", "")
    seen = int(told) if told.isascii() and told.isdigit() and len(told) < 6 else 0
    entries = {step.value: form.get(step.value, "").replace("\r\n", "\n") for step in SafetyStep}
    try:
        with transaction() as session:
            contact = episode_to_change(session, token, by=staff, at=at)
            version = safety_plans.write(session, contact, entries, seen=seen, by=staff, at=at).version
    except (Invalid, safety_plans.WrittenMeanwhile) as wrong:
        return _page(token, wrong), wrong.status
    flash(t("安全计划已保存为第 {n} 版。", "The safety plan is kept as version {n}.", n=version), "good")
    return redirect(url_for("safety_plan.show", token=token), 303)
