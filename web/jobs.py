"""Background jobs: long work that can be left and found again, with its progress and its end."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.db import reading
from core.doors import Door
from core.jobs import Job, JobState
from core.listing import page, page_number
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Missing
from core.terms import Words, labels, language

blueprint = Blueprint("jobs", __name__, url_prefix="/jobs")


def _busy(session: Session, staff: Staff, now: object) -> int:
    query = sa.select(sa.func.count()).where(Job.state.in_([JobState.QUEUED, JobState.RUNNING]))
    return session.scalar(query) or 0


DOORS = [
    Door(
        "jobs.listed",
        Words("后台任务", "Jobs"),
        Permission.JOB_READ,
        order=83,
        count=_busy,
        about=Words(
            "导入、抽样、加权、导出的进度与结果", "Imports, draws, weighting, exports: progress and results"
        ),
    )
]
TONES = {"queued": "", "running": "blue", "done": "green", "failed": "red"}


def _found(session: Session, job_id: int) -> Job:
    job = session.get(Job, job_id, options=[joinedload(Job.requester)])
    staff = acting()
    if job is None or not (job.requested_by == staff.id or staff.may(Permission.JOB_READ)):
        raise Missing
    return job


def _result(job: Job) -> dict[str, Any]:
    """Return what a job's result says to people: {"words": {zh, en}, "url": "/…"}."""
    result = job.result or {}
    words = result.get("words")
    url = result.get("url", "")
    return {
        "words": words.get(language(), "") if isinstance(words, dict) else "",
        "url": url if isinstance(url, str) and url.startswith("/") and not url.startswith("//") else "",
    }


@blueprint.get("/")
@require(Permission.HOME)
def listed() -> str:
    """List jobs: everyone's for those who may see them, else one's own."""
    staff = acting()
    query = sa.select(Job).options(joinedload(Job.requester)).order_by(Job.id.desc())
    if not staff.may(Permission.JOB_READ):
        query = query.where(Job.requested_by == staff.id)
    state = JobState.found(request.args.get("state"))
    if state is not None:
        query = query.where(Job.state == state)
    with reading() as session:
        return render_template(
            "web/jobs.html",
            page=page(session, query, page_number(request.args)),
            states=labels(JobState),
            tones=TONES,
        )


@blueprint.get("/<int:job_id>")
@require(Permission.HOME)
def one(job_id: int) -> str:
    """Show one job with its progress."""
    with reading() as session:
        job = _found(session, job_id)
        return render_template("web/job.html", job=job, result=_result(job), tones=TONES, now=clock.now())


@blueprint.get("/<int:job_id>/progress")
@require(Permission.HOME)
def progress(job_id: int) -> ResponseReturnValue:
    """Answer with the part of the page that moves."""
    with reading() as session:
        job = _found(session, job_id)
        answer = make_response(
            render_template("web/job_progress.html", job=job, result=_result(job), tones=TONES)
        )
        if job.state in (JobState.DONE, JobState.FAILED):
            answer.headers["X-Live-End"] = "1"
        return answer


@blueprint.get("/<int:job_id>.json")
@require(Permission.HOME)
def as_json(job_id: int) -> ResponseReturnValue:
    """Answer a page's script that follows a job."""
    with reading() as session:
        job = _found(session, job_id)
        return jsonify(
            state=job.state.value,
            label=job.state.label,
            done=job.done,
            total=job.total,
            percent=job.percent,
            step=job.in_words("step"),
            error=job.in_words("error"),
            result=_result(job),
        )
