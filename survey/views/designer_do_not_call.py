"""The do-not-call list: added to, asked about, never shown."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.phone import BadNumber
from core.problems import Invalid
from core.terms import Words, labels, t
from survey.do_not_call import MOST_BYTES, DoNotCallReason, add_list, add_number, counts, look_up

blueprint = Blueprint("designer_do_not_call", __name__, url_prefix="/design/do-not-call")


def _page(errors: dict[str, Words] | None = None, answer: bool | None = None) -> str:
    with reading() as session:
        return render_template(
            "designer/do_not_call.html",
            counts=counts(session),
            reasons=labels(DoNotCallReason),
            typed=request.form,
            errors=errors or {},
            answer=answer,
        )


def _reason() -> DoNotCallReason:
    try:
        return DoNotCallReason.of(request.form.get("reason", ""))
    except ValueError as error:
        raise Invalid(fields={"reason": Words("请选择原因", "Please choose a reason")}) from error


@blueprint.get("")
@require(Permission.DONOTCALL_MANAGE)
def listed() -> str:
    """Show how many numbers are on the list, by reason."""
    return _page()


@blueprint.post("/add")
@require(Permission.DONOTCALL_MANAGE)
def add() -> ResponseReturnValue:
    """Put one number on the list."""
    try:
        reason = _reason()
        with transaction() as session:
            is_new = add_number(
                session, request.form.get("number", ""), reason=reason, by=acting(), at=clock.now()
            )
    except BadNumber as problem:
        return _page({"number": problem.words}), 422
    except Invalid as problem:
        return _page(problem.fields), 422
    if is_new:
        flash(t("已加入，今后不会再拨", "Added: it will not be called again"), "good")
    else:
        flash(t("这个号码早已在名单上", "The number was on the list already"), "plain")
    return redirect(url_for("designer_do_not_call.listed"), 303)


@blueprint.post("/check")
@require(Permission.DONOTCALL_MANAGE)
def check() -> ResponseReturnValue:
    """Say whether a number is on the list; who asked is journalled, the number is not."""
    try:
        with transaction() as session:
            answer = look_up(session, request.form.get("asked", ""), by=acting(), at=clock.now())
    except BadNumber as problem:
        return _page({"asked": problem.words}), 422
    return _page(answer=answer)


@blueprint.post("/import")
@require(Permission.DONOTCALL_MANAGE)
def bring_in() -> ResponseReturnValue:
    """Put a list of numbers, one a line, on the list; nothing is added when a line is wrong."""
    file = request.files.get("file")
    try:
        reason = _reason()
        if file is None or not file.filename:
            raise Invalid(fields={"file": Words("请选择文件", "Please choose a file")})
        content = file.stream.read(MOST_BYTES + 1)
        with transaction() as session:
            added, known = add_list(session, content, reason=reason, by=acting(), at=clock.now())
    except Invalid as problem:
        return _page({f"list_{k}" if k == "reason" else k: v for k, v in problem.fields.items()}), 422
    flash(
        t(
            "新加入 {added} 个，{known} 个早已在名单上",
            "{added} added, {known} were on the list already",
            added=f"{added:,}",
            known=f"{known:,}",
        ),
        "good",
    )
    return redirect(url_for("designer_do_not_call.listed"), 303)
