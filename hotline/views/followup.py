"""The operators' follow-ups: what is due, the next one in hand with the caller's wishes, and how each try ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Invalid, Problem
from core.terms import Words, labels, t
from hotline import (
    followup_calls,
    followup_lists,
    followup_queue,
    followups,
    look_agains,
    risk_levels,
    safety_plans,
)
from hotline.followups import TryResult
from hotline.read_log import note_read
from hotline.risk_reading import note_others
from hotline.sight import in_sight
from telephony.outbox import kick

blueprint = Blueprint("followup", __name__, url_prefix="/counselling/follow-ups")
AHEAD = timedelta(hours=24)


def _count(session: Session, staff: Staff, at: datetime) -> int:
    return followup_lists.waiting(session, at=at).now


DOORS = [
    Door(
        "followup.listed",
        Words("随访", "Follow-up"),
        Permission.COUNSEL,
        order=18,
        count=_count,
        about=Words("到点该打的随访，重点在前", "Calls that are due, the gravest first"),
    )
]


@blueprint.get("/")
@require(Permission.COUNSEL)
def listed() -> str:
    """List what is due and what will be within a day."""
    staff, at = acting(), clock.now()
    with reading() as session:
        only_mine = request.args.get("whose") == "mine"
        rows = followup_lists.listed(session, at=at, until=at + AHEAD, by=staff if only_mine else None)
        return render_template(
            "hotline/followups.html",
            rows=rows,
            at=at,
            stands=followup_lists.waiting(session, at=at),
            held=followup_queue.held_by(session, staff),
            only_mine=only_mine,
            again=look_agains.due_again(
                session, at=at, by=None if staff.may(Permission.COUNSEL_LEAD) and not only_mine else staff
            ),
            opens="risk_level.show",
        )


@blueprint.post("/next")
@require(Permission.COUNSEL)
def take_next() -> ResponseReturnValue:
    """Take the next one that is due."""
    with transaction() as session:
        found = followup_queue.next_follow_up(session, by=acting(), at=clock.now())
    if found is None:
        flash(t("现在没有到点的随访。", "Nothing is due now."))
        return redirect(url_for("followup.listed"), 303)
    return redirect(url_for("followup.in_hand"), 303)


@blueprint.post("/<int:follow_up_id>/take")
@require(Permission.COUNSEL)
def take_one(follow_up_id: int) -> ResponseReturnValue:
    """Take one from the list."""
    with transaction() as session:
        followup_queue.claim(session, follow_up_id, by=acting(), at=clock.now())
    return redirect(url_for("followup.in_hand"), 303)


@blueprint.get("/in-hand")
@require(Permission.COUNSEL)
def in_hand() -> ResponseReturnValue:
    """Show the follow-up in hand: what the caller wished, the last plan, the tries so far."""
    return _page() or redirect(url_for("followup.listed"), 303)


def _page(wrong: Problem | None = None) -> str | None:
    staff, at = acting(), clock.now()
    with transaction() as session:
        held = followup_queue.held_by(session, staff)
        if held is None:
            return None
        contact, purpose = in_sight(session, held.contact.token, by=staff, at=at)
        fields = ["wish", "level", "safety_plan", "tries"]
        record = f"follow_up:{held.id}"
        note_read(session, by=staff, contact=contact, purpose=purpose, record=record, fields=fields, at=at)
        plan = safety_plans.current(session, contact)
        shown_of = [plan.contact_id] if plan else []
        note_others(session, contact.token, shown_of, "safety_plan", ["steps"], by=staff, at=at)
        return render_template(
            "hotline/followup_in_hand.html",
            row=held,
            has_rung=followup_calls.has_rung(session, held),
            contact=contact,
            wish=followups.wish_of(session, contact.id),
            level=risk_levels.level_of(session, contact.id, at=at),
            last=risk_levels.newest(session, contact.id),
            steps=[(step.label, text) for step, text in plan.plan.items() if text] if plan else [],
            results=labels(TryResult),
            at=at,
            wrong=wrong.words if wrong else None,
            errors=wrong.fields if isinstance(wrong, Invalid) else {},
            typed=request.form if wrong else {},
        )


@blueprint.post("/<int:follow_up_id>/dial")
@require(Permission.COUNSEL)
def dial(follow_up_id: int) -> ResponseReturnValue:
    """Dial whoever is to be called; the number is shown to nobody."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        held = followup_queue.held_by(session, staff)
        if held is None or held.id != follow_up_id:
            raise followup_queue.NotInHand
        followup_calls.ring(session, held, by=staff, at=at)
    kick()
    return redirect(url_for("followup.in_hand"), 303)


@blueprint.post("/<int:follow_up_id>/try")
@require(Permission.COUNSEL)
def note(follow_up_id: int) -> ResponseReturnValue:
    """Note how the try ended."""
    staff, at, form = acting(), clock.now(), request.form
    try:
        result = TryResult.found(form.get("result"))
        if result is None:
            raise Invalid(fields={"result": Words("请选一项", "Choose one")})
        with transaction() as session:
            row = followup_queue.note_try(
                session,
                follow_up_id,
                result,
                form.get("words", ""),
                by=staff,
                at=at,
                later_at=_moment(form.get("later", "")),
            )
            has_talk, is_over = row.talk is not None, row.closed_at is not None
            token = (row.talk or row.contact).token
    except Invalid as wrong:
        page = _page(wrong)
        return (page, wrong.status) if page else redirect(url_for("followup.listed"), 303)
    if result is TryResult.REACHED:
        flash(t("已记录。请按这次通话重新评估等级。", "Noted. Give the level anew after this talk."), "good")
        page = "screening.show" if has_talk else "risk_level.show"
        return redirect(url_for(page, token=token), 303)
    if is_over:
        flash(t("已记录，这条随访结束。", "Noted; this follow-up is over."), "good")
    else:
        flash(t("已记录，会在另一个时段再打。", "Noted; it is tried again at another hour."), "good")
    return redirect(url_for("followup.listed"), 303)


def _moment(told: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        return None
    return found.replace(tzinfo=clock.zone()) if found.tzinfo is None else found


@blueprint.post("/<int:follow_up_id>/give-back")
@require(Permission.COUNSEL)
def give_back(follow_up_id: int) -> ResponseReturnValue:
    """Give it back without a try."""
    with transaction() as session:
        followup_queue.give_back(session, follow_up_id, by=acting(), at=clock.now())
    return redirect(url_for("followup.listed"), 303)
