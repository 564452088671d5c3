"""What leaders read: issued bulletins, every number down to its table and its method, and their instructions."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing, keeping_typed
from core.terms import Words, labels, language, t
from reports.advice import ADVICE_FLOW, AdviceAction, give, move, of_bulletin, tracked
from reports.advice import Advice as AdviceRow
from reports.blocks import Chart, Figure, Table
from reports.bulletins import BulletinKind, BulletinState, issued
from reports.imprint import imprint_of
from reports.issuing import read
from reports.office import docx
from reports.paper import Paper
from reports.printing import printed
from reports.views.advice_form import chosen_day, chosen_unit, unit_choices
from reports.views.bulletin_parts import how, known, page, readable, shapes
from reports.views.files import handed_out, table_file

blueprint = Blueprint("bulletins", __name__, url_prefix="/bulletins")
TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@blueprint.get("/")
@require(Permission.BULLETIN_READ)
def shelf() -> str:
    """List what has been issued."""
    kind = BulletinKind.found(request.args.get("kind"))
    with reading() as session:
        return render_template(
            "leader/bulletins.html",
            found=issued(session, kind),
            kind_options=labels(BulletinKind),
            chosen=kind,
        )


@blueprint.get("/latest")
@require(Permission.BULLETIN_READ)
def latest() -> ResponseReturnValue:
    """Open the newest weekly bulletin, or the list where there is none."""
    with reading() as session:
        found = [b for b in issued(session, BulletinKind.WEEKLY) if b.state is BulletinState.ISSUED]
        target = url_for(".one", bulletin_id=found[0].id) if found else url_for(".shelf")
    return redirect(target, 303)


@blueprint.get("/<int:bulletin_id>")
@require(Permission.BULLETIN_READ)
def one(bulletin_id: int) -> str:
    """Read a bulletin; the first opening is noted for whoever sent it."""
    staff, now = acting(), clock.now()
    with transaction() as session:
        bulletin = known(session, bulletin_id, staff)
        read(session, bulletin, by=staff, at=now)
        if bulletin.state is BulletinState.WITHDRAWN and not staff.may(Permission.BULLETIN_EDIT):
            return render_template("leader/withdrawn.html", bulletin=bulletin)
        parts, chosen = (
            {b.id: str(b.words) for b in bulletin.content.numbers()},
            request.args.get("about", ""),
        )
        return render_template(
            "leader/bulletin.html",
            **page(session, bulletin),
            advice=of_bulletin(session, bulletin.id),
            units=unit_choices(session),
            parts=parts,
            chosen_block=chosen if chosen in parts else "",
            today=clock.today(now),
        )


@blueprint.get("/<int:bulletin_id>/numbers/<block_id>")
@require(Permission.BULLETIN_READ)
def numbers(bulletin_id: int, block_id: str) -> str:
    """Show one table or index with how it was made."""
    with reading() as session:
        bulletin = readable(session, bulletin_id, acting())
        content = bulletin.content
        block = content.block(block_id)
        if not isinstance(block, Table | Figure):
            raise Missing
        beside = page(session, bulletin)
        drawn = beside["plots"]
        blocks = [b for s in content.sections for b in s.blocks if isinstance(b, Chart)]
        charts = [b for b in blocks if b.table == block_id and b.id in drawn]
        return render_template(
            "leader/numbers.html", **beside, block=block, is_table=isinstance(block, Table),
            how=how(bulletin, block), charts=charts,
        )  # fmt: skip


@blueprint.get("/<int:bulletin_id>/numbers/<block_id>.csv")
@require(Permission.BULLETIN_READ)
def file(bulletin_id: int, block_id: str) -> Response:
    """Give one table as a file, in full precision."""
    with reading() as session:
        bulletin = readable(session, bulletin_id, acting())
        block = bulletin.content.block(block_id)
        if not isinstance(block, Table):
            raise Missing
        name = f"{bulletin.kind.value}-{bulletin.year}-{bulletin.number}-{block_id}.csv"
    return table_file(name, block, f"bulletin:{bulletin_id}")


@blueprint.get("/<int:bulletin_id>.<any(pdf,docx):form>")
@require(Permission.BULLETIN_READ)
def document(bulletin_id: int, form: str) -> Response:
    """Give the bulletin as PDF, or as a document that an office can edit."""
    with reading() as session:
        bulletin = readable(session, bulletin_id, acting())
        content = bulletin.content
        paper = Paper(bulletin, content, language(), imprint_of(session, bulletin), shapes(session, content))
        body = printed(paper) if form == "pdf" else docx(paper)
        name = f"{bulletin.kind.value}-{bulletin.year}-{bulletin.number}.{form}"
    return handed_out(name, body, f"bulletin:{bulletin_id}", kind=TYPES[form])


@blueprint.post("/<int:bulletin_id>/instructions")
@require(Permission.BULLETIN_INSTRUCT)
def instruct(bulletin_id: int) -> ResponseReturnValue:
    """Write an instruction on an issued bulletin; it is tracked from now on."""
    staff, now, form = acting(), clock.now(), request.form
    with keeping_typed(), transaction() as session:
        bulletin = readable(session, bulletin_id, staff, to_change=True)
        if bulletin.state is not BulletinState.ISSUED:
            raise Invalid(Words("只能在已签发的简报上批示", "Instructions go on issued bulletins"))
        give(
            session, bulletin, form.get("text", ""), unit=chosen_unit(session, form.get("unit", "")),
            due_on=chosen_day(form.get("due_on", "")), block=form.get("block", ""), is_instruction=True, by=staff, at=now,
        )  # fmt: skip
    flash(t("批示已记录，将跟踪落实", "The instruction is noted and will be tracked"), "good")
    return redirect(url_for(".one", bulletin_id=bulletin_id) + "#instructions", 303)


@blueprint.get("/advice/")
@require(Permission.BULLETIN_READ)
def advice() -> str:
    """Show all advice and instructions with what became of them."""
    with reading() as session:
        return render_template(
            "leader/advice.html",
            found=tracked(session),
            flow=ADVICE_FLOW,
            actions=AdviceAction,
            today=clock.today(),
        )


@blueprint.post("/advice/<int:advice_id>/<action>")
@require(Permission.BULLETIN_EDIT)
def advance(advice_id: int, action: str) -> ResponseReturnValue:
    """Note what became of advice."""
    step = AdviceAction.found(action)
    if step is None:
        raise Missing
    with keeping_typed(), transaction() as session:
        found = session.get(AdviceRow, advice_id)
        if found is None:
            raise Missing
        move(session, found, step, request.form.get("outcome", ""), by=acting(), at=clock.now())
    flash(t("已记录", "Noted"), "good")
    return redirect(url_for(".advice"), 303)
