"""The vault looked over: the week's openings, what a caller is told of them, and merges of protected matters."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import acting
from core.permissions import Permission, require
from core.problems import Forbidden, Invalid, Missing, Problem
from core.terms import Words
from core.throttle import count_try
from matters import desk, enquiry, merging, pins, vault_opening, vault_review
from matters.keeping_away import in_sight
from matters.views.custodian import TONES
from matters.views.where import topic_words, where

blueprint = Blueprint("custodian_review", __name__, url_prefix="/vault")
DOORS = [
    Door(
        "custodian_review.merges",
        Words("提请并案", "Merges"),
        Permission.VAULT_OPEN,
        order=30,
        count=lambda session, staff, at: merging.count_proposals(session, staff),
        about=Words("受保护的诉求人要并到一件，由您决定", "Joining protected callers waits for you"),
    )
]
LONGEST_KEPT = 8000
MERGED = Words("已并案，每位诉求人都保留。", "Merged; every caller is kept.")
TURNED_DOWN = Words("已不同意并案，已告知受理台。", "Turned down; the desk has been told.")


@blueprint.get("/review")
@require(Permission.HOME)
def review() -> str:
    """List a week's requests and looks, for the weekly review."""
    staff = acting()
    if not vault_opening.may_allow(staff):
        raise Forbidden
    try:
        monday = vault_review.week_of(date.fromisoformat(request.args.get("week", "")))
    except ValueError:
        monday = vault_review.week_of(clock.today())
    with reading() as session:
        return render_template(
            "custodian/review.html",
            rows=vault_review.of_week(session, staff, monday),
            monday=monday,
            sunday=monday + timedelta(days=6),
            before=monday - timedelta(days=7),
            after=monday + timedelta(days=7),
            at=clock.now(),
            tones=TONES,
        )


@blueprint.get("/told")
@require(Permission.VAULT_OPEN)
def told_page() -> str:
    """Ask which receipt a caller asks about."""
    return render_template("custodian/told.html", looks=None, typed={}, errors={}, wrong=None)


@blueprint.post("/told")
@require(Permission.VAULT_OPEN)
def told() -> ResponseReturnValue:
    """List who looked, to be read out to the caller on a verified call."""
    form, staff, at = request.form, acting(), clock.now()
    try:
        with transaction() as session:
            is_free = count_try(
                session, "vault.told", str(staff.id), limit=enquiry.PER_RECEIPT, within=enquiry.WINDOW, at=at
            )
        if not is_free:
            raise enquiry.TooOften
        with transaction() as session:
            matter = in_sight(session, staff, desk.by_receipt(session, form.get("receipt", "")))
            verified = form.get("verified", "")
            pin = "".join(form.get("pin", "").split())
            if verified == "pin" and not pins.fits(matter.pin_hash or "", matter.receipt or "", pin):
                raise Invalid(fields={"pin": Words("密码不对", "That is not the PIN")})
            looks = vault_review.tellable(session, matter, verified, by=staff, at=at)
            return render_template(
                "custodian/told.html", looks=looks, receipt=matter.receipt, typed={}, errors={}, wrong=None
            )
    except Problem as problem:
        words = (
            Words("没有这个编号", "No matter has this receipt")
            if isinstance(problem, Missing)
            else problem.words
        )
        errors = problem.fields if isinstance(problem, Invalid) else {}
        typed = {"receipt": form.get("receipt", "")[:20], "verified": form.get("verified", "")}
        page = render_template("custodian/told.html", looks=None, typed=typed, errors=errors, wrong=words)
        return page, problem.status


@blueprint.get("/merges")
@require(Permission.VAULT_OPEN)
def merges() -> str:
    """List the merges of protected matters that wait for the custodian."""
    with reading() as session:
        return _merges(session)


@blueprint.post("/merges/<receipt>")
@require(Permission.VAULT_OPEN)
def decide_merge(receipt: str) -> ResponseReturnValue:
    """Merge as proposed, or turn it down; the page's version keeps two custodians apart."""
    staff, at, form = acting(), clock.now(), request.form
    seen = form.get("seen", "")
    version = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None
    is_refused = form.get("step") == "refuse"
    try:
        with transaction() as session:
            waiting = {p.matter.receipt: p for p in merging.proposals(session, staff)}
            proposal = waiting.get(receipt)
            if proposal is None:
                raise Missing
            if is_refused:
                reason = form.get("reason", "")[:LONGEST_KEPT]
                merging.refuse(session, proposal.matter, reason, by=staff, at=at, seen=version)
            else:
                merging.merge(session, proposal.matter, proposal.target, by=staff, at=at, seen=version)
    except Missing:
        raise
    except Problem as problem:
        with reading() as session:
            return _merges(session, problem, receipt), problem.status
    flash(str(TURNED_DOWN if is_refused else MERGED), "good")
    return redirect(url_for(".merges"), 303)


def _merges(session: Session, problem: Problem | None = None, receipt: str = "") -> str:
    fields = problem.fields if isinstance(problem, Invalid) else {}
    return render_template(
        "custodian/merges.html",
        proposals=merging.proposals(session, acting()),
        problem=problem.words if problem and not fields else None,
        wrong=fields.get("text"),
        asked=receipt,
        typed=request.form.get("reason", "")[:LONGEST_KEPT],
        where=where,
        topic_words=topic_words,
    )
