"""The supervision office's page of one matter and its steps; what could not be taken stays typed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import transaction
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing, Problem
from core.terms import Words, labels
from matters import desk, joint_rulings, supervision_sheet
from matters.assigning import Kept, addresses_in, assign
from matters.attributes import Difficulty, Fault
from matters.done_words import done_words
from matters.keeping_away import in_sight
from matters.matter import Matter
from matters.moving import act
from matters.notice_reading import see_of
from matters.supervision_steps import STEPS, Typed, first, whole
from matters.views.supervision import stage_words
from matters.views.where import topic_words, where

blueprint = Blueprint("supervision_matter", __name__, url_prefix="/supervision/matters")
ASSIGNED = Words("已交办，已通知承办单位。", "Assigned; the unit has been told.")
PROPOSED = Words(
    "联合裁定已提出，等另一督查室的人确认。", "Proposed; someone of the other office must confirm."
)
CONFIRMED = Words("联合裁定已确认，已交办。", "The joint ruling is confirmed and carried out.")
DECLINED = Words("联合裁定未确认，退回对方重拟。", "The joint ruling is declined.")
LONGEST_KEPT = 8_000


def found(session: Session, receipt: str, staff: Staff) -> Matter:
    """Find a matter that someone may know of; else there is none."""
    return in_sight(session, staff, desk.by_receipt(session, receipt))


@blueprint.get("/<receipt>")
@require(Permission.MATTER_SUPERVISE)
def one(receipt: str) -> str:
    """Show one matter; the journal keeps who looked."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        matter = found(session, receipt, staff)
        supervision_sheet.note_viewed(session, matter, staff, at=at)
        see_of(session, matter, staff, at=at)
        return page(session, matter, staff, at=at)


@blueprint.post("/<receipt>")
@require(Permission.MATTER_SUPERVISE)
def take(receipt: str) -> ResponseReturnValue:
    """Take one step; what was typed comes back where it could not be taken."""
    step, staff, at = request.form.get("step", ""), acting(), clock.now()
    typed = _typed(step)
    try:
        with transaction() as session:
            matter = found(session, receipt, staff)
            done = _do(session, matter, step, typed, staff=staff, at=at)
    except Missing:
        raise
    except Problem as problem:
        with transaction() as session:
            matter = found(session, receipt, staff)
            fields = problem.fields if isinstance(problem, Invalid) else {}
            errors = {f"{step}-{name}": words for name, words in fields.items()}
            kept = {f"{step}-{name}": values for name, values in typed.items()}
            answer = page(
                session, matter, staff, at=at, step=step, problem=problem.words, errors=errors, typed=kept
            )
            return answer, problem.status
    flash(str(done), "good")
    return redirect(url_for(".one", receipt=receipt), 303)


def _do(session: Session, matter: Matter, step: str, typed: Typed, *, staff: Staff, at: datetime) -> Words:
    seen = whole(request.form.get("seen", ""))
    if step == "assign":
        ruling = assign(
            session,
            matter,
            lead=whole(first(typed, "lead")),
            supporting=[unit for text in typed.get("supporting", []) if (unit := whole(text)) is not None],
            copy=first(typed, "copy"),
            is_approved=bool(first(typed, "redacted")),
            by=staff,
            at=at,
            seen=seen,
            kept=Kept(frozenset(typed.get("asked", [])), frozenset(typed.get("kept", []))),
        )
        return ASSIGNED if ruling is None else PROPOSED
    if step in ("confirm", "decline"):
        is_confirmed = step == "confirm"
        joint_rulings.decide_ruling(session, matter, is_confirmed=is_confirmed, by=staff, at=at)
        return CONFIRMED if is_confirmed else DECLINED
    known = STEPS.get(step)
    if known is None:
        raise Missing
    act(
        session,
        matter,
        known.action,
        by=staff,
        at=at,
        facts=known.facts(typed),
        text=first(typed, "text"),
        seen=seen,
    )
    return known.done


def _typed(step: str) -> dict[str, list[str]]:
    mark = f"{step}-"
    return {
        name.removeprefix(mark): [value[:LONGEST_KEPT] for value in values]
        for name, values in request.form.lists()
        if name.startswith(mark)
    }


def page(
    session: Session,
    matter: Matter,
    staff: Staff,
    *,
    at: datetime,
    step: str = "",
    problem: Words | None = None,
    errors: Mapping[str, Words] | None = None,
    typed: Mapping[str, list[str]] | None = None,
) -> str:
    """Render the page, with what was typed in the step that could not be taken."""
    typed = typed or {}
    copy = first(typed, "assign-copy")
    sheet = supervision_sheet.sheet(session, matter, staff, at=at)
    return render_template(
        "supervision/matter.html",
        done_words=done_words,
        sheet=sheet,
        matter=matter,
        topic=topic_words(matter.topic),
        where=where(matter.place),
        stage_words=stage_words(matter),
        colour=matter.colour(at),
        faults=labels(Fault),
        difficulties=labels(Difficulty),
        units={unit.id: unit.label for unit in sheet.units},
        step=step,
        problem=problem,
        errors=errors or {},
        typed=typed,
        addresses=addresses_in(session, matter, copy) if copy else [],
    )
