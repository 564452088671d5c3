"""The plan beside a talk: whoever takes the call sees what was agreed, and a shift lead sets it from here."""

from __future__ import annotations

from datetime import date, datetime, time

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import transaction
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing, Problem
from core.terms import t
from hotline import caller_plans
from hotline.caller_plans import CallerPlan
from hotline.contacts import Contact
from hotline.lines import LineKind
from hotline.read_log import ReadPurpose, note_read
from hotline.roster_sheet import people_for
from hotline.sight import in_sight
from hotline.views.panels import panel

blueprint = Blueprint("caller_plan", __name__, url_prefix="/counselling")
FIELDS = ("operator", "minutes", "care", "reason")


def shown_plan(
    session: Session, contact: Contact, *, purpose: ReadPurpose, by: Staff, at: datetime
) -> CallerPlan | None:
    """Return the plan for a talk's caller to show it, and note that it was read."""
    plan = caller_plans.plan_of(session, contact.caller_id, at=at) if contact.caller_id else None
    if plan is not None:
        record = f"caller_plan:{plan.id}"
        note_read(session, by=by, contact=contact, purpose=purpose, record=record, fields=FIELDS, at=at)
    return plan


@blueprint.get("/<token>/plan")
@require(Permission.COUNSEL)
def show(token: str) -> str:
    """Show what was agreed with this caller."""
    return _page(token)


def _page(token: str, wrong: Problem | None = None) -> str:
    staff, at = acting(), clock.now()
    with transaction() as session:
        contact, purpose = in_sight(session, token, by=staff, at=at)
        plan = shown_plan(session, contact, purpose=purpose, by=staff, at=at)
        kept = (
            {
                "operator": str(plan.operator_id or ""),
                "minutes": plan.minutes or "",
                "care": plan.care,
                "reason": plan.reason,
                "ends_on": plan.ends_on.isoformat(),
            }
            if plan
            else {}
        )
        return panel(
            "hotline/caller_plan.html",
            token,
            wrong,
            plan=plan,
            typed=request.form if wrong else kept,
            is_withheld=contact.caller is None or contact.caller.is_withheld,
            people={"": t("不指定", "Nobody in particular")}
            | {str(p.id): p.name for p in people_for(session, LineKind.COUNSELLING)},
            longest_care=caller_plans.LONGEST_CARE,
            longest_reason=caller_plans.LONGEST_REASON,
        )


@blueprint.post("/<token>/plan")
@require(Permission.COUNSEL_LEAD)
def write(token: str) -> ResponseReturnValue:
    """Set the plan for the caller of this talk."""
    staff, at, form = acting(), clock.now(), request.form
    try:
        with transaction() as session:
            contact, _ = in_sight(session, token, by=staff, at=at, locks=True)
            chosen = form.get("operator", "")
            caller_plans.set_plan(
                session,
                contact,
                operator=session.get(Staff, int(chosen)) if _is_number(chosen) else None,
                minutes=_minutes(form.get("minutes", "").strip()),
                care=form.get("care", ""),
                reason=form.get("reason", ""),
                ends_at=_end_of(form.get("ends_on", "")),
                by=staff,
                at=at,
            )
    except (Invalid, caller_plans.NobodyKnown) as wrong:
        return _page(token, wrong), wrong.status
    flash(t("接听约定已保存。", "The plan is kept."), "good")
    return redirect(url_for("caller_plan.show", token=token), 303)


@blueprint.post("/<token>/plan/end")
@require(Permission.COUNSEL_LEAD)
def end(token: str) -> ResponseReturnValue:
    """End the plan before its day."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        contact, _ = in_sight(session, token, by=staff, at=at, locks=True)
        plan = caller_plans.plan_of(session, contact.caller_id, at=at)
        if plan is None:
            raise Missing
        caller_plans.end_plan(session, plan, by=staff, at=at)
    flash(t("接听约定已结束。", "The plan has ended."), "good")
    return redirect(url_for("caller_plan.show", token=token), 303)


def _is_number(told: str) -> bool:
    return told.isascii() and told.isdigit() and len(told) < 12


def _minutes(told: str) -> int | None:
    if not told:
        return None
    return int(told) if _is_number(told) else -1


def _end_of(told: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(told), time(23, 59, 59), clock.zone())
    except ValueError:
        return None
