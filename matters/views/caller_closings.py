"""The closing pages: matters whose callers have all been asked, and what becomes of each."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.listing import page_number
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing, Problem
from core.terms import Words, labels
from matters import closings, desk
from matters.attributes import Judgement, Outcome
from matters.flow import MatterAction
from matters.keeping_away import in_sight
from matters.moving import act
from matters.steps_caller import OBJECTIVE
from matters.views.caller_form import seen_in
from matters.views.where import topic_words, where

blueprint = Blueprint("caller_closings", __name__, url_prefix="/callers/closings")


@blueprint.get("/")
@require(Permission.MATTER_READ)
def listed() -> str:
    """List the matters that can be closed, with what the rules propose."""
    with reading() as session:
        return render_template(
            "caller/closings.html",
            page=closings.listed(session, acting(), at=clock.now(), number=page_number(request.args)),
            judgements=labels(Judgement),
            topic_words=topic_words,
            where=where,
        )


@blueprint.get("/<receipt>")
@require(Permission.MATTER_READ)
def one(receipt: str) -> str:
    """Show what every caller judged, and the steps that may be taken."""
    return _page(receipt)


def _page(receipt: str, *, problem: Words | None = None, errors: Mapping[str, Words] | None = None) -> str:
    staff, at = acting(), clock.now()
    with transaction() as session:
        matter = in_sight(session, staff, desk.by_receipt(session, receipt))
        return render_template(
            "caller/closing.html",
            sheet=closings.sheet(session, matter, staff, at=at),
            matter=matter,
            causes={o.value: o.label for o in Outcome if o in OBJECTIVE},
            topic_words=topic_words,
            where=where,
            problem=problem,
            errors=errors or {},
            typed=request.form,
        )


@blueprint.post("/<receipt>")
@require(Permission.MATTER_READ)
def take_step(receipt: str) -> ResponseReturnValue:
    """Take one closing step; what could not be taken stays typed."""
    action = MatterAction.found(request.form.get("step"))
    if action not in closings.CLOSINGS:
        raise Missing
    staff, at = acting(), clock.now()
    facts: dict[str, object] = {}
    if action is MatterAction.PANEL:
        facts = {"cause": request.form.get("cause", "")}
    elif action is MatterAction.CLOSE_EXPLAINED:
        facts = {"appeal": request.form.get("appeal") == "1"}
    try:
        with transaction() as session:
            matter = in_sight(session, staff, desk.by_receipt(session, receipt))
            act(session, matter, action, by=staff, at=at, facts=facts, text=request.form.get("words", ""),
                seen=seen_in(request.form))  # fmt: skip
    except Missing:
        raise
    except Problem as problem:
        fields = problem.fields if isinstance(problem, Invalid) else {}
        return _page(receipt, problem=problem.words, errors=fields), problem.status
    flash(
        str(Words("{receipt}:{action}", "{receipt}: {action}").filled(receipt=receipt, action=action)), "good"
    )
    if action is MatterAction.PANEL:
        return redirect(url_for(".one", receipt=receipt), 303)
    return redirect(url_for(".listed"), 303)
