"""The page of data exports: choose a weight set, what is wanted of it, and fetch what was made."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing
from core.terms import LANGUAGES, Words, labels, t
from reports import data_exports
from reports.data_exports import KEPT, DataExport, ask_for_export, fetch_export
from reports.export_disclosure import LEAST
from reports.export_files import FileFormat
from reports.export_replicates import FEWEST, MOST, REPLICATES, ReplicateMethod
from reports.index_figures import sets_of
from survey.waves import Wave
from survey.weighting import WeightSet

blueprint = Blueprint("exports", __name__, url_prefix="/exports")
blueprint.record_once(lambda joining: data_exports.use(joining.app.config["SETTINGS"].data_dir / "exports"))

DOOR = Door(
    "exports.listed",
    Words("数据导出", "Data exports"),
    Permission.WEIGHT_MAKE,
    order=35,
    about=Words(
        "不含身份的受访者数据，SPSS、Stata、Parquet、CSV，附 R 程序",
        "Respondents without identity for SPSS, Stata, Parquet and CSV, with an R script",
    ),
)
SHOWN = 60
LANGUAGE_WORDS = {"zh": Words("中文", "Chinese"), "en": Words("英文", "English")}


@blueprint.get("")
@require(Permission.WEIGHT_MAKE)
def listed() -> str:
    """Show the form and what was exported."""
    return _page({"replicates": str(REPLICATES), "set": request.args.get("set", "")}, {})


def _page(typed: dict[str, str], errors: dict[str, Words]) -> str:
    with reading() as session:
        sets = sets_of(session, at=clock.now())[:SHOWN]
        asked = typed.get("set", "")
        if asked.isascii() and asked.isdigit() and int(asked) not in {s.id for s in sets}:
            other = session.get(WeightSet, int(asked[:9]))
            sets = [other, *sets] if other is not None else sets
        waves = {w.id: w.label for w in session.scalars(sa.select(Wave))}
        made = session.scalars(
            sa.select(DataExport)
            .options(joinedload(DataExport.weight_set), joinedload(DataExport.requester))
            .order_by(DataExport.id.desc())
            .limit(SHOWN)
        ).all()
        return render_template(
            "designer/exports.html",
            sets=sets,
            waves=waves,
            made=made,
            formats=FileFormat,
            methods=labels(ReplicateMethod),
            languages={code: str(LANGUAGE_WORDS[code]) for code in LANGUAGES},
            typed=typed,
            errors=errors,
            days=KEPT.days,
            least=LEAST,
            fewest=FEWEST,
            most=MOST,
        )


@blueprint.post("")
@require(Permission.WEIGHT_MAKE)
def ask() -> ResponseReturnValue:
    """Ask for a bundle; it is made in the background."""
    form = request.form
    typed = {name: form.get(name, "") for name in ("set", "language", "method", "replicates")}
    typed["formats"] = ",".join(form.getlist("formats"))
    count = typed["replicates"]
    method = ReplicateMethod.found(typed["method"])
    try:
        if not (count.isascii() and count.isdigit() and len(count) < 6):
            raise Invalid(fields={"replicates": Words("请填一个整数", "A whole number, please")})
        if method is None:
            raise Invalid(fields={"method": Words("请选择一种方法", "Choose a method")})
        with transaction() as session:
            number = typed["set"]
            chosen = session.get(WeightSet, int(number)) if number.isascii() and number.isdigit() else None
            if chosen is None:
                raise Invalid(fields={"set": Words("请选择一套权数", "Choose a weight set")})
            record = ask_for_export(
                session,
                chosen,
                formats=[f for f in FileFormat if f.value in form.getlist("formats")],
                language=typed["language"],
                method=method,
                replicates=int(count),
                by=acting(),
                at=clock.now(),
            )
            job_id = record.job_id
    except Invalid as problem:
        if not problem.fields:
            raise
        return _page(typed, problem.fields), 422
    flash(t("已开始导出", "The export has begun"), "good")
    return redirect(url_for("jobs.one", job_id=job_id), 303)


@blueprint.post("/<int:export_id>/fetch")
@require(Permission.WEIGHT_MAKE)
def fetch(export_id: int) -> Response:
    """Give a bundle to someone who may have it; a form and not a link, as each taking is journalled."""
    with transaction() as session:
        record = session.get(DataExport, export_id)
        if record is None:
            raise Missing
        path = fetch_export(session, record, by=acting(), at=clock.now())
        name = record.filename
    answer = send_file(
        path.resolve(), mimetype="application/zip", as_attachment=True, download_name=name, max_age=0
    )
    answer.headers["Cache-Control"] = "no-store, private"
    return answer
