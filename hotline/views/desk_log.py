"""The desk log at the operator's page: a call on a desk telephone, or a paper form, becomes a contact to write on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from core import clock
from core.db import reading, transaction
from core.people import Staff, acting
from core.permissions import Permission, require
from core.phone import BadNumber, read_number
from core.problems import Invalid
from core.terms import Words, t
from hotline.contacts import Source
from hotline.desk_log import log_call
from hotline.lines import LineKind, line_of, lines_served_by

blueprint = Blueprint("desk_log", __name__, url_prefix="/hotline/desk-log")
SOURCES = (Source.DESK_PHONE, Source.PAPER)


@blueprint.get("/")
@require(Permission.HOTLINE_OPERATE)
def show() -> str:
    """Ask for the facts of a call that the line did not carry."""
    now = clock.local(clock.now()).replace(second=0, microsecond=0, tzinfo=None)
    return _page({"began_at": now.isoformat("T", "minutes"), "ended_at": now.isoformat("T", "minutes")})


@blueprint.post("/")
@require(Permission.HOTLINE_OPERATE)
def enter() -> ResponseReturnValue:
    """Write the contact down; its record is filled in at the operator's page like any other."""
    form = request.form
    try:
        kind, source = LineKind.found(form.get("line")), Source.found(form.get("source"))
        facts = _facts(form)
        with transaction() as session:
            line = line_of(session, kind) if kind is not None else None
            if line is None or source is None:
                raise Invalid(fields={"line": Words("请选择线路和来源", "Choose the line and the source")})
            by = session.get_one(Staff, acting().id)
            log_call(session, line, source, **facts, taken_by=by, by=by, at=clock.now())
    except Invalid as wrong:
        return _page(form.to_dict(), wrong), 422
    flash(
        t("已登记，请在“没有完成的记录”里继续填写", "Entered; go on writing under “Records still open”"),
        "good",
    )
    return redirect(url_for("operator.show_line"), 303)


def _facts(form: MultiDict[str, str]) -> dict[str, Any]:
    wrong: dict[str, Words] = {}
    facts: dict[str, Any] = {"number": None}
    for name in ("began_at", "ended_at"):
        try:
            local = datetime.fromisoformat(form.get(name, "")).replace(tzinfo=None)
            facts[name] = local.replace(tzinfo=clock.zone()).astimezone(UTC)
        except ValueError:
            wrong[name] = Words("请填写日期和时间", "Give the date and the time")
    told = form.get("number", "").strip()
    if told:
        try:
            facts["number"] = read_number(told).e164
        except BadNumber as bad:
            wrong["number"] = bad.words
    if wrong:
        raise Invalid(fields=wrong)
    return facts


def _page(typed: dict[str, str], wrong: Invalid | None = None) -> str:
    served = lines_served_by(acting())
    with reading() as session:
        lines = {kind.value: kind.label for kind in LineKind if kind in served and line_of(session, kind)}
    return render_template(
        "hotline/desk_log.html",
        lines=lines,
        sources={s.value: s.label for s in SOURCES},
        typed=typed,
        errors=wrong.fields if wrong else {},
        wrong=wrong.words if wrong and not wrong.fields else None,
    )
