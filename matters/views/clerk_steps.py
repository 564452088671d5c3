"""The clerk's steps with a matter: one small form each; what could not be taken comes back as it was typed."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing, Problem
from core.terms import Words
from matters import desk_steps
from matters.flow import MatterAction as A
from matters.views.caller_form import seen_in
from matters.views.clerk import found, page

blueprint = Blueprint("desk_steps", __name__, url_prefix="/matters")
DONE: dict[A, Words] = {
    A.CORRECT: Words("已核定紧急程度，请提交分派。", "The urgency is settled: submit it for routing."),
    A.SUBMIT: Words("已提交督查室分派。", "Submitted for routing."),
    A.DECLINE: Words(
        "已记为不予受理，请当场告知诉求人；另一人复核。",
        "Declined: tell the caller at once; another person confirms.",
    ),
    A.CONFIRM_DECLINE: Words("已复核。", "Confirmed."),
    A.ANSWER: Words("已记为当场答复。", "Answered on the line."),
    A.TRANSFER: Words("已记录转接。", "The transfer is noted."),
    A.CONTACT: Words("已记录首次联系。", "The first contact is noted."),
    A.CALLER_REPLIED: Words("已记录，恢复计时。", "Noted; the clock runs again."),
    A.GRANT_EXTENSION: Words("已同意延期。", "The extension is granted."),
    A.REFUSE_EXTENSION: Words("未同意延期。", "The extension is refused."),
    A.REJECT: Words("已退回承办单位重办。", "Sent back to the unit."),
    A.ACCEPT: Words("审核通过，请逐位反馈诉求人。", "Approved: now each caller is told."),
    A.REVIEW: Words("已提起复查，回到待处理。", "Taken up again."),
    A.REOPEN: Words("已重办，进入下一轮。", "Opened again: the next round."),
    A.FLAG_INCIDENT: Words(
        "已按突发事件上报，请同时电话报告。", "Flagged as an incident: report it by telephone as well."
    ),
    A.WITHDRAW: Words("已撤回。", "Withdrawn."),
    A.CALLER_LEFT: Words(
        "这位诉求人已撤回，其他人的继续办。", "This caller has withdrawn; it goes on for the others."
    ),
    A.PRESSED: Words(
        "有人施压：不撤回，这件事继续办，已提示督查室。",
        "Someone pressed: it is not withdrawn, goes on, and the supervision office is told.",
    ),
}
LONGEST_KEPT = 8000


@blueprint.post("/<receipt>/step")
@require(Permission.MATTER_READ)
def take(receipt: str) -> ResponseReturnValue:
    """Take one step, or show the page again with what was typed and what is wrong."""
    form = {name: value[:LONGEST_KEPT] for name, value in request.form.items()}
    step, staff, at = form.get("step", ""), acting(), clock.now()
    try:
        with transaction() as session:
            matter = found(session, receipt)
            done = desk_steps.take(session, matter, step, form, by=staff, at=at, seen=seen_in(form))
    except Missing:
        raise
    except Problem as problem:
        with reading() as session:
            errors = problem.fields if isinstance(problem, Invalid) else {}
            words = problem.words if not errors else NOT_TAKEN
            again = page(
                session, found(session, receipt), step=step, problem=words, errors=errors, typed=form
            )
        return again, problem.status
    flash(str(DONE[done]), "good")
    return redirect(url_for("matters.one", receipt=receipt), 303)


NOT_TAKEN = Words(
    "没有提交，请看下面标出的地方；填写的都在", "Not sent: see what is marked below; what you typed is kept"
)
