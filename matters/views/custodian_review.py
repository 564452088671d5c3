"""The vault looked over: the week's openings, what a caller is told of them, and merges of protected matters."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Forbidden, Invalid, Missing, Problem
from core.terms import Words, t
from core.throttle import count_try
from matters import desk, enquiry, merging, pins, vault_opening, vault_review
from matters.keeping_away import in_sight
from matters.views.custodian import TONES
from matters.views.where import topic_words, where

blueprint = Blueprint("custodian_review", __name__, url_prefix="/vault")


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
        return render_template(
            "custodian/merges.html",
            proposals=merging.proposals(session, acting()),
            where=where,
            topic_words=topic_words,
        )


@blueprint.post("/merges/<receipt>")
@require(Permission.VAULT_OPEN)
def merge(receipt: str) -> ResponseReturnValue:
    """Merge as proposed; the page's version keeps two custodians apart."""
    staff, at = acting(), clock.now()
    seen = request.form.get("seen", "")
    with transaction() as session:
        waiting = {p.matter.receipt: p for p in merging.proposals(session, staff)}
        proposal = waiting.get(receipt)
        if proposal is None:
            raise Missing
        merging.merge(session, proposal.matter, proposal.target, by=staff, at=at,
                      seen=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None)  # fmt: skip
    flash(t("已并案，每位诉求人都保留。", "Merged; every caller is kept."), "good")
    return redirect(url_for(".merges"), 303)
