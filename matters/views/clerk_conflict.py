"""The page on which it is said whom a matter is about, when that comes out later or was written down wrong."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing, Problem
from core.terms import Words, labels
from matters import conflicts, drafts, statements
from matters.attributes import Conflict
from matters.keeping_away import in_sight
from matters.matter import Matter
from matters.states import MatterState
from matters.views.caller_form import seen_in
from matters.views.clerk import found

blueprint = Blueprint("conflicts", __name__, url_prefix="/matters")
SET = Words("已设定回避。", "Whoever it is about is kept away.")
TAKEN_BACK = Words(
    "已设定回避，交办已收回，请重新交办。", "Kept away; it was taken back and is to be assigned anew."
)
GONE = Words(
    "已设定回避，这件诉求转由党委督查室办理。", "Kept away; the Party's supervision office takes it up."
)
LONGEST_KEPT = 8000


@blueprint.get("/<receipt>/about")
@require(Permission.MATTER_READ)
def form(receipt: str) -> str:
    """Show whom a matter is about, to be changed."""
    with reading() as session:
        matter = found(session, receipt)
        return _page(session, matter, drafts.about_typed(matter))


@blueprint.post("/<receipt>/about")
@require(Permission.MATTER_READ)
def save(receipt: str) -> ResponseReturnValue:
    """Say whom it is about; somebody who is kept away now is led to their list."""
    typed = {name: value[:LONGEST_KEPT] for name, value in request.form.items()}
    staff, at = acting(), clock.now()
    try:
        with transaction() as session:
            matter = found(session, receipt)
            before = matter.state
            conflict, unit = statements.about(session, typed)
            conflicts.set_conflict(
                session, matter, conflict, unit, typed.get("reason", ""), by=staff, at=at, seen=seen_in(typed)
            )
            is_taken = before is not matter.state and matter.state is MatterState.TO_ROUTE
            is_seen = _is_seen(session, matter)
    except Missing:
        raise
    except Problem as problem:
        with reading() as session:
            return _page(session, found(session, receipt), typed, problem), problem.status
    if not is_seen:
        flash(str(GONE), "good")
        return redirect(url_for("matters.listed"), 303)
    flash(str(TAKEN_BACK if is_taken else SET), "good")
    return redirect(url_for("matters.one", receipt=receipt), 303)


def _is_seen(session: Session, matter: Matter) -> bool:
    try:
        in_sight(session, acting(), matter)
    except Missing:
        return False
    return True


def _page(session: Session, matter: Matter, typed: Mapping[str, str], problem: Problem | None = None) -> str:
    return render_template(
        "clerk/about.html",
        matter=matter,
        typed=typed,
        errors=problem.fields if isinstance(problem, Invalid) else {},
        problem=problem.words if problem else None,
        may_set=conflicts.may_set(matter, acting()),
        conflicts=labels(Conflict),
        units=statements.complained_about(session),
    )
