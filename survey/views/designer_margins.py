"""The designer's margins: population tables that must add up, with their source and date."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import selectinload

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid
from core.terms import Words, t
from survey.margin_import import MOST_BYTES, import_margins
from survey.margins import Margin

blueprint = Blueprint("designer_margins", __name__, url_prefix="/design/margins")
NAMES = {
    "county": Words("县（区）", "County"),
    "sex_age": Words("性别 × 年龄", "Sex × age"),
    "area": Words("城乡", "Urban or rural"),
    "residence": Words("城乡", "Urban or rural"),
    "education": Words("受教育程度", "Education"),
}


def _page(problem: Invalid | None = None) -> str:
    query = (
        sa.select(Margin).options(selectinload(Margin.cells)).order_by(Margin.as_of.desc(), Margin.variable)
    )
    with reading() as session:
        margins = session.scalars(query).all()
        totals = {m.id: sum(cell.population for cell in m.cells) for m in margins}
        return render_template(
            "designer/margins.html", margins=margins, totals=totals, names=NAMES, problem=problem
        )


@blueprint.get("")
@require(Permission.WEIGHT_MAKE)
def listed() -> str:
    """List the tables."""
    return _page()


@blueprint.post("")
@require(Permission.WEIGHT_MAKE)
def upload() -> ResponseReturnValue:
    """Import a file of tables, or say where they don't add up."""
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise Invalid(Words("请选择文件", "Please choose a file"))
        content = file.stream.read(MOST_BYTES + 1)
        with transaction() as session:
            margins = import_margins(session, content, by=acting(), at=clock.now())
            total = sum(cell.population for cell in margins[0].cells)
    except Invalid as problem:
        return _page(problem), 422
    flash(
        t(
            "已导入 {n} 张边际表，合计都是 {total} 人",
            "{n} tables imported; each adds up to {total}",
            n=len(margins),
            total=f"{total:,}",
        ),
        "good",
    )
    return redirect(url_for("designer_margins.listed"), 303)
