"""Setting the lines up: number, owner, duty telephones, waits, and what the carrier keeps for when we are down."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing
from core.terms import Words, t
from hotline.fallback import keep_documents, standing_document
from hotline.line_setup import Terms, language_keys, languages_set, may_own, set_line
from hotline.lines import LineKind, line_of
from telephony.dialling import NotOffered
from telephony.line import LineTrouble, line

blueprint = Blueprint("help_lines", __name__, url_prefix="/hotline/lines")
DOORS = [
    Door(
        "help_lines.show",
        Words("热线号码", "Hotline numbers"),
        Permission.LINE_MANAGE,
        order=84,
        about=Words("号码、负责人、值班电话、应急文档", "Numbers, owners, duty telephones, the fallback"),
    )
]


@blueprint.get("/")
@require(Permission.LINE_MANAGE)
def show() -> str:
    """Show both lines."""
    return _page()


@blueprint.post("/<any(citizen, counselling):kind>")
@require(Permission.LINE_MANAGE)
def change(kind: str) -> ResponseReturnValue:
    """Set a line up or change it."""
    which, form = LineKind.of(kind), request.form
    try:
        with transaction() as session:
            told = form.get("owner", "")
            owner = session.get(Staff, int(told)) if told.isdecimal() and len(told) < 12 else None
            set_line(session, which, _terms(), owner=owner, by=acting(), at=clock.now())
    except Invalid as wrong:
        return _page(which, wrong), 422
    keep_documents(current_app.config["SETTINGS"])
    flash(t("{line}已保存", "{line}: saved", line=which.label), "good")
    return redirect(url_for("help_lines.show"), 303)


@blueprint.get("/<any(citizen, counselling):kind>/fallback.xml")
@require(Permission.LINE_MANAGE)
def fallback(kind: str) -> ResponseReturnValue:
    """Hand out the document that the carrier is to keep."""
    with reading() as session:
        row = line_of(session, LineKind.of(kind))
        if row is None:
            raise Missing
        try:
            text = standing_document(row)
        except LineTrouble:
            raise NotOffered from None
    headers = {"Content-Disposition": f"attachment; filename=fallback-{kind}.xml"}
    return Response(text, mimetype="text/xml", headers=headers)


def _terms() -> Terms:
    form = request.form

    def whole(name: str) -> int:
        text = form.get(name, "").strip()
        return int(text) if text.isdecimal() and len(text) < 8 else -1

    phones = [text.strip() for text in form.get("duty_phones", "").splitlines() if text.strip()]
    return Terms(
        number=form.get("number", "").strip(),
        duty_phones=phones,
        longest_wait_s=whole("longest_wait_s"),
        answer_within_s=whole("answer_within_s"),
        is_recorded=form.get("is_recorded") == "1",
        languages=language_keys(form.get("languages", "").splitlines()),
        language_wait_s=whole("language_wait_s"),
    )


def _page(which: LineKind | None = None, wrong: Invalid | None = None) -> str:
    with reading() as session:
        people = session.scalars(sa.select(Staff).where(Staff.is_active).order_by(Staff.name, Staff.id)).all()
        lines = []
        for kind in LineKind:
            row, is_wrong = line_of(session, kind), kind is which and wrong is not None
            typed = request.form.to_dict() if is_wrong else {}
            owners = {p.id: p.name for p in people if may_own(kind, p)}
            spoken = languages_set(session, row) if row is not None else []
            fields = wrong.fields if wrong is not None and is_wrong else {}
            lines.append((kind, row, spoken, owners, typed, fields))
        return render_template(
            "hotline/lines.html", lines=lines, keeps_itself=line().settings.line == "simulator",
            can_keep=line().capabilities().queues, can_record=line().capabilities().records,
        )  # fmt: skip
