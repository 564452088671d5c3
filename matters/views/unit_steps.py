"""The unit handler's steps: signing for, returning, asking, reporting, with files; what could not be taken stays typed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from core import clock
from core.db import transaction
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing, Problem
from core.terms import Words
from matters import attachments, portal, relays, unit_forms, unit_page
from matters.matter import Matter
from matters.moving import act
from matters.unit_copy import cover_of
from matters.views.unit import page

blueprint = Blueprint("unit_steps", __name__, url_prefix="/handling")
DONE = {
    "sign": Words("已签收。", "Signed for."),
    "return": Words("已申请退回，等督查室裁定。", "Return asked; the supervision office decides."),
    "ask": Words(
        "已请民意中心询问诉求人，计时暂停。", "The centre will ask the caller; the clock stands still."
    ),
    "contact": Words("已记录联系情况。", "The contact is noted."),
    "relay": Words("已交民意中心转达。", "The centre will pass it on."),
    "extend": Words("已申请延期，等待批复。", "An extension is asked for."),
    "part": Words("协办结果已报送主办单位和民意中心。", "Your part is reported."),
    "report": Words("结果已报送，等民意中心审核。", "The result is reported; the centre checks it."),
    "resume": Words("已恢复办理。", "Work goes on."),
    "attach": Words("附件已收下。", "The files are taken."),
    "detach": Words("附件已撤回。", "The file is taken back."),
}
LONGEST_KEPT = 8_000


@blueprint.post("/<receipt>")
@require(Permission.MATTER_HANDLE)
def take(receipt: str) -> ResponseReturnValue:
    """Take one step; what was typed comes back where it could not be taken."""
    step, staff, at = request.form.get("step", ""), acting(), clock.now()
    if step not in DONE:
        raise Missing
    typed = _typed(step)
    try:
        wrong = _keep_files(receipt, request.files.getlist(f"{step}-files"), by=staff, at=at)
        if wrong:
            raise Invalid(FILES_REFUSED, fields={"files": wrong})
        with transaction() as session:
            matter = portal.one(session, staff, receipt)
            if step == "relay":
                relays.ask_to_pass_on(session, matter, typed.get("message", [""])[0], by=staff, at=at)
            elif step == "detach":
                number = unit_forms.whole(typed.get("number", [""])[0]) or 0
                attachments.remove(session, matter, number, by=staff, at=at)
            elif step != "attach":
                given = unit_forms.read(step, typed, _frame(session, matter, staff, at))
                act(session, matter, given.action, by=staff, at=at, facts=given.facts, text=given.text,
                    seen=unit_forms.whole(request.form.get("seen", "")))  # fmt: skip
    except Missing:
        raise
    except Problem as problem:
        with transaction() as session:
            matter = portal.one(session, staff, receipt)
            fields = problem.fields if isinstance(problem, Invalid) else {}
            errors = {f"{step}-{name}": words for name, words in fields.items()}
            kept = {f"{step}-{name}": values for name, values in typed.items()}
            return page(
                session, matter, step=step, problem=problem.words, errors=errors, typed=kept
            ), problem.status
    flash(str(DONE[step]), "good")
    return redirect(url_for("unit.one", receipt=receipt), 303)


FILES_REFUSED = Words(
    "有附件没有收下；收下的附件和您填写的内容都还在",
    "Some files were not taken; those taken and what you typed are kept",
)


def _typed(step: str) -> dict[str, list[str]]:
    mark = f"{step}-"
    return {
        name.removeprefix(mark): [value[:LONGEST_KEPT] for value in values]
        for name, values in request.form.lists()
        if name.startswith(mark)
    }


def _frame(session: Session, matter: Matter, staff: Staff, at: datetime) -> unit_forms.Frame:
    files = attachments.of_unit(session, matter, staff.unit_id)
    return unit_forms.Frame(
        copy=cover_of(session, matter).approved(matter.redacted) or "",
        identity=matter.identity.value,
        proposals=frozenset(u.id for u in unit_page.proposals(session, matter, staff, at=at)),
        evidence=sum(f.round == matter.round for f in files),
    )


def _keep_files(receipt: str, files: Iterable[FileStorage], *, by: Staff, at: datetime) -> Words | None:
    """Keep each file by itself, before anything else: a form that is refused later keeps them."""
    wrong: list[tuple[int, Words]] = []
    for n, file in enumerate((f for f in files if f.filename), start=1):
        data = file.stream.read(attachments.MOST_BYTES + 1)
        try:
            with transaction() as session:
                matter = portal.one(session, by, receipt)
                attachments.add(session, matter, file.filename or "", data, by=by, at=at)
        except Missing:
            raise
        except Problem as problem:
            wrong.append((n, problem.words))
    if not wrong:
        return None
    return Words(
        ";".join(f"第 {n} 个：{words.in_language('zh')}" for n, words in wrong),
        "; ".join(f"file {n}: {words.in_language('en')}" for n, words in wrong),
    )
