"""A frame's file on its way in: uploaded, its columns named, checked by a dry run, then imported."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.jobs import Job, JobState
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing
from core.terms import Words
from survey.frame_file import REQUIRED, Column, FrameFile, check_mapping, masked_rows, propose
from survey.frames import begin_import, check_frame, check_name
from survey.jobs import mapping_of
from survey.uploads import shelf
from survey.views.designer_frames import JOB_TONES, rejects_file

blueprint = Blueprint("designer_frame_files", __name__, url_prefix="/design/frames")
NO_FILE = Words("请选择文件", "Please choose a file")


@blueprint.get("/new")
@require(Permission.FRAME_IMPORT)
def new() -> str:
    """Ask for a file."""
    return render_template("designer/frame_new.html", typed={}, errors={})


@blueprint.post("/new")
@require(Permission.FRAME_IMPORT)
def upload() -> ResponseReturnValue:
    """Keep the file and go on to its columns."""
    typed = request.form
    name, source = typed.get("name", "").strip(), typed.get("source", "").strip()
    file = request.files.get("file")
    token = ""
    try:
        with reading() as session:
            check_name(session, name)
        if file is None or not file.filename:
            raise Invalid(fields={"file": NO_FILE})
        token = shelf().keep(file.stream, at=clock.now(), name=name, source=source[:200], by=acting().id)
        opened = FrameFile.at(shelf().path(token))
        if not any(opened.head()):
            raise Invalid(Words("文件的第一行是空的，找不到列名", "The first row is empty: no column names"))
    except Invalid as problem:
        if token:
            shelf().drop(token)
        errors = problem.fields or {"file": problem.words}
        return render_template("designer/frame_new.html", typed=typed, errors=errors), 422
    return redirect(url_for("designer_frame_files.columns", token=token), 303)


@blueprint.get("/columns/<token>")
@require(Permission.FRAME_IMPORT)
def columns(token: str) -> str:
    """Show the head and the first rows, and which column is taken for what."""
    return _columns_page(token)


def _columns_page(token: str, chosen: dict[Column, int] | None = None, error: Words | None = None) -> str:
    file = FrameFile.at(shelf().path(token))
    head = file.head()
    mapping = propose(head) if chosen is None else chosen
    return render_template(
        "designer/frame_columns.html",
        token=token,
        file=file,
        facts=shelf().facts(token),
        head=head,
        rows=masked_rows(file.sample(8), mapping),
        mapping=mapping,
        columns=list(Column),
        required=REQUIRED,
        error=error,
    )


@blueprint.post("/columns/<token>")
@require(Permission.FRAME_IMPORT)
def check(token: str) -> ResponseReturnValue:
    """Start the dry run with the columns that were chosen."""
    head = FrameFile.at(shelf().path(token)).head()
    mapping = _chosen(request.form, len(head))
    try:
        check_mapping(mapping, head)
        if len(set(mapping.values())) < len(mapping):
            raise Invalid(Words("同一列被选作两种内容", "One column is chosen for two things"))
    except Invalid as problem:
        return _columns_page(token, mapping, problem.words), 422
    with transaction() as session:
        job = check_frame(session, token, mapping, by=acting(), at=clock.now())
    return redirect(url_for("designer_frame_files.checked", job_id=job.id), 303)


def _chosen(form: Mapping[str, str], width: int) -> dict[Column, int]:
    found = {}
    for column in Column:
        text = form.get(column.value, "")
        if text.isascii() and text.isdigit() and int(text) < width:
            found[column] = int(text)
    return found


def _check_job(session: Session, job_id: int) -> Job:
    job = session.get(Job, job_id)
    if job is None or job.kind != "frame.dry_run":
        raise Missing
    return job


@blueprint.get("/checks/<int:job_id>")
@require(Permission.FRAME_IMPORT)
def checked(job_id: int) -> str:
    """Show how far the dry run is, then what it found."""
    return _checked_page(job_id)


def _checked_page(job_id: int, name: str | None = None, errors: dict[str, Words] | None = None) -> str:
    with reading() as session:
        job = _check_job(session, job_id)
        token = str(job.params["token"])
        try:
            facts = shelf().facts(token)
        except Missing:
            facts = {}
        return render_template(
            "designer/frame_check.html",
            job=job,
            is_done=job.state in (JobState.DONE, JobState.FAILED),
            facts=facts,
            name=facts.get("name", "") if name is None else name,
            errors=errors or {},
            tones=JOB_TONES,
            token=token,
            result={},
        )


@blueprint.get("/checks/<int:job_id>/rejected.csv")
@require(Permission.FRAME_IMPORT)
def checked_rejects(job_id: int) -> ResponseReturnValue:
    """Give the rows that the dry run would reject."""
    with reading() as session:
        token = str(_check_job(session, job_id).params["token"])
    return rejects_file(token)


@blueprint.post("/checks/<int:job_id>/import")
@require(Permission.FRAME_IMPORT)
def bring_in(job_id: int) -> ResponseReturnValue:
    """Import what the dry run found good."""
    name = request.form.get("name", "")
    with reading() as session:
        job = _check_job(session, job_id)
    token = str(job.params["token"])
    facts = shelf().facts(token)
    try:
        with transaction() as session:
            frame = begin_import(
                session,
                token,
                mapping_of(job.params["mapping"]),
                name=name,
                source=str(facts.get("source", "")),
                seed=secrets.randbits(62),
                by=acting(),
                at=clock.now(),
            )
    except Invalid as problem:
        return _checked_page(job_id, name, problem.fields), 422
    return redirect(url_for("designer_frames.one", frame_id=frame.id), 303)
