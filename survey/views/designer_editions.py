"""The designer's questionnaires: workbooks imported, previewed in both languages, kept by version."""

from __future__ import annotations

import io

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session, defer

from core import clock
from core.db import reading, transaction
from core.listing import page, page_number
from core.people import acting
from core.permissions import Permission, require
from core.problems import Missing
from core.terms import LANGUAGES, Words, language, t
from survey.edition_import import discard as discard_edition
from survey.edition_import import import_edition, questionnaire_of
from survey.editions import Edition
from survey.questionnaire_preview import preview
from survey.waves import Wave
from survey.xlsform_problem import XlsformError
from survey.xlsform_workbook import LARGEST_FILE

blueprint = Blueprint("designer_editions", __name__, url_prefix="/design/questionnaires")
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _list_page(problem: XlsformError | None = None, error: Words | None = None) -> str:
    query = sa.select(Edition).options(defer(Edition.workbook), defer(Edition.definition))
    with reading() as session:
        editions = page(session, query.order_by(Edition.id.desc()), page_number(request.args))
        return render_template("designer/editions.html", page=editions, problem=problem, error=error)


@blueprint.get("")
@require(Permission.WAVE_DESIGN)
def listed() -> str:
    """List the versions of the questionnaires."""
    return _list_page()


@blueprint.post("")
@require(Permission.WAVE_DESIGN)
def upload() -> ResponseReturnValue:
    """Read a workbook into a new version, or say in which cell it can't be read."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _list_page(error=Words("请选择问卷工作簿（.xlsx）", "Please choose a workbook (.xlsx)")), 422
    content = file.stream.read(LARGEST_FILE + 1)
    try:
        with transaction() as session:
            before = session.scalar(sa.select(sa.func.max(Edition.id))) or 0
            edition = import_edition(session, content, by=acting(), at=clock.now())
            is_new = edition.id > before
    except XlsformError as problem:
        return _list_page(problem=problem), 422
    if is_new:
        flash(t("已存为第 {n} 版（草稿）", "Kept as version {n}, a draft", n=edition.version), "good")
    else:
        flash(t("这份工作簿之前已经导入过", "This very workbook was imported before"), "plain")
    return redirect(url_for("designer_editions.one", edition_id=edition.id), 303)


def _edition(session: Session, edition_id: int) -> Edition:
    edition = session.get(Edition, edition_id)
    if edition is None:
        raise Missing
    return edition


@blueprint.get("/<int:edition_id>")
@require(Permission.WAVE_DESIGN)
def one(edition_id: int) -> str:
    """Show a questionnaire as it will be read, in either language, with its conditions in words."""
    spoken = request.args.get("in", language())
    spoken = spoken if spoken in LANGUAGES else language()
    with reading() as session:
        edition = _edition(session, edition_id)
        questionnaire = questionnaire_of(edition)
        waves = session.scalars(sa.select(Wave).where(Wave.edition_id == edition.id).order_by(Wave.id)).all()
        return render_template(
            "designer/edition.html",
            edition=edition,
            questionnaire=questionnaire,
            rows=preview(questionnaire, spoken),
            spoken=spoken,
            waves=waves,
        )


@blueprint.get("/<int:edition_id>/workbook.xlsx")
@require(Permission.WAVE_DESIGN)
def workbook(edition_id: int) -> ResponseReturnValue:
    """Give the workbook back as it came."""
    with reading() as session:
        edition = _edition(session, edition_id)
        content = io.BytesIO(edition.workbook)
        name = f"questionnaire-{edition.id}-v{edition.version}.xlsx"
    return send_file(content, mimetype=WORKBOOK, as_attachment=True, download_name=name)


@blueprint.post("/<int:edition_id>/discard")
@require(Permission.WAVE_DESIGN)
def discard(edition_id: int) -> ResponseReturnValue:
    """Throw a draft away."""
    with transaction() as session:
        discard_edition(session, _edition(session, edition_id), by=acting(), at=clock.now())
    flash(t("草稿已删除", "The draft is gone"), "good")
    return redirect(url_for("designer_editions.listed"), 303)
