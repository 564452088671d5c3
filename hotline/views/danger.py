"""The panel of imminent danger: one press begins it and tells a supervisor, every step has its clock and its stamp."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Problem
from hotline import danger_steps, dangers
from hotline.danger_steps import DangerStep, Stamp, StepResult
from hotline.risk_reading import episode_to_change, open_part
from hotline.views.panels import panel

blueprint = Blueprint("danger", __name__, url_prefix="/counselling")


@blueprint.get("/<token>/danger")
@require(Permission.COUNSEL)
def show(token: str) -> str:
    """Show the checklist of the event that goes on, or the button that begins one."""
    return _page(token)


def _page(token: str, wrong: Problem | None = None) -> str:
    staff, at = acting(), clock.now()
    with transaction() as session:
        contact = open_part(session, token, "danger", ["steps", "words"], by=staff, at=at)
        events = dangers.dangers_of(session, contact)
        event = events[0] if events else None
        stamps = event.stamped if event else {}
        return panel(
            "hotline/danger.html",
            token,
            wrong,
            at=at,
            event=event,
            standing=danger_steps.standing(event.began_at, stamps, at=at) if event else [],
            next_step=_next(event, stamps) if event else None,
            rows={s.step: s for s in event.stamps} if event else {},
            results=StepResult,
            tones=danger_steps.CLOCK_TONES,
            without_consent=danger_steps.WITHOUT_CONSENT,
            untried={step: danger_steps.less_invasive_untried(step, stamps) for step in DangerStep},
            earlier=len(events) - 1,
            typed=request.form if wrong else {},
        )


def _next(event: dangers.Danger, stamps: dict[DangerStep, Stamp]) -> DangerStep | None:
    """Return the step that is to be done next; once the danger is past only the talk about it is left."""
    left = (DangerStep.DEBRIEF,) if event.over_at else DangerStep
    return next((step for step in left if step not in stamps), None)


@blueprint.post("/<token>/danger")
@require(Permission.COUNSEL)
def begin(token: str) -> ResponseReturnValue:
    """Begin the checklist; a supervisor is told in the same moment."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        contact = episode_to_change(session, token, by=staff, at=at)
        dangers.begin(session, contact, is_acting=request.form.get("is_acting") == "1", by=staff, at=at)
    return redirect(url_for("danger.show", token=token), 303)


@blueprint.post("/<token>/danger/step")
@require(Permission.COUNSEL)
def stamp(token: str) -> ResponseReturnValue:
    """Stamp one step: done, not needed, or not possible."""
    staff, at, form = acting(), clock.now(), request.form
    step, result = DangerStep.found(form.get("step")), StepResult.found(form.get("result"))
    if step is None or result is None:
        raise Invalid
    try:
        with transaction() as session:
            contact = episode_to_change(session, token, by=staff, at=at)
            words = form.get(f"words_{step.value}", "")
            dangers.stamp(session, contact, step, result, words, by=staff, at=at)
    except Invalid as wrong:
        return _page(token, wrong), wrong.status
    return redirect(url_for("danger.show", token=token), 303)
