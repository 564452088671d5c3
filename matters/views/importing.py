"""The clerk's page of imports: another hotline's list, its columns, its faults row by row, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session, defer, joinedload

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.export import csv_text
from core.jobs import Job
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing, Problem
from core.terms import Words, labels, t
from matters import importing_work, topics
from matters.attributes import IdentityClass, MatterKind, Urgency
from matters.importing import KEPT, ImportState, MatterImport, MatterImportRow
from matters.importing_columns import REQUIRED, Fault, ImportColumn
from matters.importing_file import MOST_BYTES
from matters.redaction import redacted

blueprint = Blueprint("importing", __name__, url_prefix="/imports")
DOORS = [
    Door(
        "importing.listed",
        Words("导入诉求", "Imports"),
        Permission.MATTER_DESK,
        order=45,
        about=Words(
            "把其他热线的诉求导入：先逐行检查，再写入",
            "Take in another hotline's matters: checked row by row, then written",
        ),
    )
]
SHOWN = 200
C = ImportColumn


@blueprint.get("/")
@require(Permission.MATTER_DESK)
def listed() -> str:
    """List the imports and ask for a file."""
    return _list_page()


@blueprint.post("/")
@require(Permission.MATTER_DESK)
def upload() -> ResponseReturnValue:
    """Keep a file's rows and go on to its columns."""
    source, file = request.form.get("source", ""), request.files.get("file")
    try:
        if file is None or not file.filename:
            raise Invalid(fields={"file": Words("请选择文件", "Choose a file")})
        data = file.stream.read(MOST_BYTES + 1)
        with transaction() as session:
            record = importing_work.upload(session, data, source, by=acting(), at=clock.now())
    except Invalid as wrong:
        return _list_page(source, wrong), 422
    return redirect(url_for(".one", import_id=record.id), 303)


def _list_page(source: str = "", wrong: Invalid | None = None) -> str:
    with reading() as session:
        query = sa.select(MatterImport).order_by(MatterImport.id.desc()).limit(50)
        rows = [(r, *importing_work.counts(session, r)) for r in session.scalars(query)]
        return render_template(
            "clerk/imports.html", rows=rows, source=source, errors=wrong.fields if wrong else {}
        )


@blueprint.get("/template.csv")
@require(Permission.MATTER_DESK)
def template() -> Response:
    """Give an empty list with the columns and one invented row."""
    topic = topics.offered()[0]
    example = {
        C.REFERENCE: "GD-0001",
        C.KIND: MatterKind.HELP.label,
        C.TOPIC: t(topic.zh, topic.en),
        C.NARRATIVE: t("路口信号灯坏了三天", "The traffic light has been out for three days"),
        C.IDENTITY: IdentityClass.PROTECTED.label,
        C.URGENCY: Urgency.U2.label,
    }
    text = csv_text([c.label for c in C], [[example.get(c, "") for c in C]])
    return _csv(text, "matters-template.csv")


def _csv(text: str, name: str) -> Response:
    answer = Response(text, mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@blueprint.get("/<int:import_id>")
@require(Permission.MATTER_DESK)
def one(import_id: int) -> str:
    """Show an import: its columns, then its faults, then what became of it."""
    return _page(import_id)


@blueprint.post("/<int:import_id>")
@require(Permission.MATTER_DESK)
def step(import_id: int) -> ResponseReturnValue:
    """Check the rows, or write the good ones."""
    form, staff, at = request.form, acting(), clock.now()
    try:
        with transaction() as session:
            record = _found(session, import_id)
            if form.get("step") == "write":
                importing_work.begin(session, record, by=staff, at=at)
            else:
                bad = importing_work.check(
                    session, record, _mapping(form), consent=form.get("consent") == "1", by=staff, at=at
                )
                flash(
                    t("检查完：{n} 行有问题。", "Checked: {n} rows have faults.", n=bad),
                    "warn" if bad else "good",
                )
    except Missing:
        raise
    except Problem as problem:
        return _page(import_id, form, problem), problem.status
    return redirect(url_for(".one", import_id=import_id), 303)


def _mapping(form: Mapping[str, str]) -> dict[ImportColumn, int]:
    found = {}
    for column in ImportColumn:
        text = form.get(column.value, "")
        if text.isascii() and text.isdigit() and len(text) < 4:
            found[column] = int(text)
    return found


def _found(session: Session, import_id: int) -> MatterImport:
    record = session.get(MatterImport, import_id)
    if record is None:
        raise Missing
    return record


def fault_words(code: str) -> str:
    """Say a fault: which column, and what is wrong with it; never what stands in the cell."""
    column, _, fault = code.partition(":")
    where, what = ImportColumn.found(column), Fault.found(fault)
    return t(
        "{where}：{what}",
        "{where} {what}",
        where=where.label if where else column,
        what=what.label if what else fault,
    )


def _page(import_id: int, form: Mapping[str, str] | None = None, problem: Problem | None = None) -> str:
    with reading() as session:
        record = _found(session, import_id)
        rows = (
            sa.select(MatterImportRow)
            .where(MatterImportRow.import_id == record.id, MatterImportRow.matter_id.is_(None))
            .order_by(MatterImportRow.number)
            .options(defer(MatterImportRow.cells))
        )
        faulty = [row for row in session.scalars(rows) if row.errors]
        taken, left = importing_work.counts(session, record)
        mapping = _mapping(form) if form is not None else importing_work.mapping_of(record)
        return render_template(
            "clerk/import.html",
            record=record,
            job=session.get(Job, record.job_id) if record.job_id else None,
            head=[(n, redacted(name)[:40]) for n, name in enumerate(importing_work.head_of(record)) if name],
            mapping={c.value: at for c, at in mapping.items()},
            columns=[(c.value, c.label, c in REQUIRED) for c in ImportColumn],
            known={
                C.KIND.label: labels(MatterKind),
                C.URGENCY.label: labels(Urgency),
                C.IDENTITY.label: labels(IdentityClass),
                C.TOPIC.label: {x.code: t(x.zh, x.en) for x in topics.offered()},
            },
            faulty=faulty[:SHOWN],
            faults=len(faulty),
            good=left - len(faulty),
            taken=taken,
            left=left,
            pin_days=KEPT.days,
            pins=importing_work.pins_left(session, record, acting()),
            states=ImportState,
            fault_words=fault_words,
            consent=form.get("consent") == "1" if form is not None else record.consent_known,
            problem=problem,
            errors=problem.fields if isinstance(problem, Invalid) else {},
        )


@blueprint.get("/<int:import_id>/rows.csv")
@require(Permission.MATTER_DESK)
def rows_file(import_id: int) -> Response:
    """Give what became of each row, by its number: a receipt, or its faults; no cell of the file."""
    with reading() as session:
        record = _found(session, import_id)
        query = (
            sa.select(MatterImportRow)
            .where(MatterImportRow.import_id == record.id)
            .order_by(MatterImportRow.number)
            .options(defer(MatterImportRow.cells), joinedload(MatterImportRow.matter))
        )
        lines = [
            (row.number, row.matter.receipt if row.matter else "", "; ".join(map(fault_words, row.errors)))
            for row in session.scalars(query)
        ]
    head = [t("行号", "Row"), t("受理编号", "Receipt"), t("问题", "Faults")]
    return _csv(csv_text(head, lines), f"import-{import_id}-rows.csv")


@blueprint.post("/<int:import_id>/receipts.csv")
@require(Permission.MATTER_DESK)
def receipts_file(import_id: int) -> Response:
    """Give receipts and PINs to whoever imported them for the other hotline to tell its callers."""
    with transaction() as session:
        record = _found(session, import_id)
        lines = importing_work.fetch_pins(session, record, by=acting(), at=clock.now())
    head = [t("对方编号", "Their number"), t("受理编号", "Receipt"), t("查询密码", "PIN")]
    return _csv(csv_text(head, lines), f"import-{import_id}-receipts.csv")
