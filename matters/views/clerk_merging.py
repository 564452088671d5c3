"""Merging on screen: the clerk finds the same matter and merges or proposes; the custodian decides what is protected."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Missing, Problem
from core.terms import Words
from matters import likeness, merging
from matters.matter import Matter
from matters.views.caller_form import seen_in
from matters.views.clerk import found
from matters.views.where import topic_words, where

blueprint = Blueprint("merging", __name__)
MERGED = Words("已并入 {n}，诉求人随之转去。", "Merged into {n}; the callers went along.")
PROPOSED = Words("已提请保管员并案。", "Proposed to the custodian.")


@blueprint.get("/matters/<receipt>/merge")
@require(Permission.MATTER_DESK)
def ask(receipt: str) -> str:
    """Show what may be the same matter, and beside it the one that is chosen."""
    asked = request.args.get("target", "").strip()[:20]
    with reading() as session:
        return _page(session, found(session, receipt), asked)


@blueprint.post("/matters/<receipt>/merge")
@require(Permission.MATTER_DESK)
def take(receipt: str) -> ResponseReturnValue:
    """Merge, or propose it to the custodian where somebody is protected."""
    asked, staff, at = request.form.get("target", "")[:20], acting(), clock.now()
    try:
        with transaction() as session:
            matter = found(session, receipt)
            target = merging.target_of(session, asked, staff)
            is_free = merging.may_merge(session, matter, target, staff)
            do = merging.merge if is_free else merging.propose
            do(session, matter, target, by=staff, at=at, seen=seen_in(request.form))
            into = target.receipt
    except Problem as problem:
        with reading() as session:
            return _page(session, found(session, receipt), asked, problem), problem.status
    flash(str(MERGED.filled(n=into) if is_free else PROPOSED), "good")
    return redirect(url_for("matters.one", receipt=receipt), 303)


def _page(session: Session, matter: Matter, asked: str, problem: Problem | None = None) -> str:
    staff, at = acting(), clock.now()
    target: Matter | None = None
    words: Words | None = problem.words if problem else None
    if asked:
        try:
            target = merging.target_of(session, asked, staff)
        except Missing as missing:
            words = missing.words
    return render_template(
        "clerk/merge.html",
        matter=matter,
        asked=asked,
        target=target,
        alike=likeness.suggestions(session, matter, staff, at=at),
        may_merge=target is not None and merging.may_merge(session, matter, target, staff),
        same_place=target is not None and likeness.is_same_place(matter, target),
        words=likeness.alike(matter.narrative, target.narrative) if target else 0,
        problem=words,
        topic_words=topic_words,
        where=where,
    )
