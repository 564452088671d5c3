"""How long counselling records are kept: the years, the holds, and what every run deleted."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid
from core.terms import Words
from hotline import legal_holds, retention
from hotline.legal_holds import LegalHold
from hotline.read_words import read_words
from hotline.retention import RetentionRun
from hotline.retention_classes import SHORTEST, KeptClass
from hotline.sight import known_to

blueprint = Blueprint("counselling_retention", __name__, url_prefix="/counselling/retention")
DOORS = [
    Door(
        "counselling_retention.show",
        Words("保存期限", "Retention"),
        Permission.COUNSEL_LEAD,
        order=48,
        about=Words(
            "咨询记录保存多久、保全、删除凭证", "How long records are kept, holds, proof of deletion"
        ),
    )
]


@blueprint.get("/")
@require(Permission.COUNSEL_LEAD)
def show() -> str:
    """Show the years, the holds and the runs."""
    return _page()


@blueprint.post("/years")
@require(Permission.COUNSEL_LEAD)
def set_years() -> ResponseReturnValue:
    """Change for how long a class is kept."""
    kept = KeptClass.found(request.form.get("kept"))
    try:
        try:
            years = float(request.form.get("years", ""))
        except ValueError:
            years = -1.0
        if kept is None:
            raise Invalid
        with transaction() as session:
            retention.set_years(session, kept, years, by=acting(), at=clock.now())
    except Invalid as wrong:
        return _page(wrong=wrong), 422
    return redirect(url_for("counselling_retention.show"), 303)


@blueprint.post("/holds")
@require(Permission.COUNSEL_LEAD)
def ask_hold() -> ResponseReturnValue:
    """Ask that a contact is kept beyond its time."""
    typed = {"token": request.form.get("token", "")[:20], "reference": request.form.get("reference", "")[:80]}
    try:
        with transaction() as session:
            contact = known_to(session, typed["token"].strip(), by=acting(), at=clock.now())
            legal_holds.ask_hold(session, contact, typed["reference"], by=acting(), at=clock.now())
    except Invalid as wrong:
        return _page(wrong=wrong, typed=typed), 422
    return redirect(url_for("counselling_retention.show"), 303)


@blueprint.post("/holds/<int:hold>/<any(agree, lift):verb>")
@require(Permission.COUNSEL_LEAD)
def decide_hold(hold: int, verb: str) -> ResponseReturnValue:
    """Agree to a hold, or lift one; each takes two people."""
    with transaction() as session:
        row = legal_holds.hold_numbered(session, hold)
        act = legal_holds.agree_hold if verb == "agree" else legal_holds.lift
        act(session, row, by=acting(), at=clock.now())
    return redirect(url_for("counselling_retention.show"), 303)


def _page(*, wrong: Invalid | None = None, typed: dict[str, str] | None = None) -> str:
    now = clock.now()
    with reading() as session:
        holds = session.scalars(
            sa.select(LegalHold).where(LegalHold.lifted_at.is_(None)).order_by(LegalHold.id)
        )
        runs = session.scalars(sa.select(RetentionRun).order_by(RetentionRun.id.desc()).limit(30))
        rules = []
        for kept in KeptClass:
            found = retention.due(session, kept, at=now, limit=100_000)
            years = retention.years_of(session, kept)
            rules.append((kept, years, SHORTEST[kept], len(found.contacts), found.held))
        return render_template(
            "hotline/retention.html",
            rules=rules,
            holds=holds.all(),
            runs=runs.all(),
            own_id=acting().id,
            called=read_words,
            typed=typed or {},
            wrong=wrong.words if wrong else None,
            errors=wrong.fields if wrong else {},
        )
