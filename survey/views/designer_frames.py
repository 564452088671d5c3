"""The designer's frames: listed, shown with their strata, retired or thrown away."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.jobs import Job
from core.listing import page, page_number
from core.people import acting
from core.permissions import Permission, require
from core.problems import Missing
from survey.frame import Frame
from survey.frames import county_rows, discard_frame, has_stopped, retire_frame
from survey.uploads import shelf

blueprint = Blueprint("designer_frames", __name__, url_prefix="/design/frames")
TONES = {"importing": "blue", "ready": "green", "failed": "red", "retired": ""}
JOB_TONES = {"queued": "", "running": "blue", "done": "green", "failed": "red"}


@blueprint.get("")
@require(Permission.FRAME_IMPORT)
def listed() -> str:
    """List the frames."""
    with reading() as session:
        frames = page(session, sa.select(Frame).order_by(Frame.id.desc()), page_number(request.args))
        return render_template("designer/frames.html", page=frames, tones=TONES)


def rejects_file(token: str) -> ResponseReturnValue:
    path = shelf().rejects(token)
    if not path.is_file():
        raise Missing
    return send_file(path.absolute(), mimetype="text/csv", as_attachment=True, download_name="rejected.csv")


def _frame(session: Session, frame_id: int) -> Frame:
    frame = session.get(Frame, frame_id)
    if frame is None:
        raise Missing
    return frame


@blueprint.get("/<int:frame_id>")
@require(Permission.FRAME_IMPORT)
def one(frame_id: int) -> str:
    """Show a frame: its import under way, or its size, strata and seed."""
    with reading() as session:
        frame = _frame(session, frame_id)
        return render_template(
            "designer/frame.html",
            frame=frame,
            job=session.get(Job, frame.summary.get("job") or 0),
            has_stopped=has_stopped(session, frame),
            rows=county_rows(session, frame),
            tones=TONES,
            job_tones=JOB_TONES,
        )


@blueprint.get("/<int:frame_id>/rejected.csv")
@require(Permission.FRAME_IMPORT)
def rejects(frame_id: int) -> ResponseReturnValue:
    """Give the rows that the import rejected."""
    with reading() as session:
        name = _frame(session, frame_id).reject_file or ""
    return rejects_file(name.removesuffix(".rejected.csv"))


@blueprint.post("/<int:frame_id>/discard")
@require(Permission.FRAME_IMPORT)
def discard(frame_id: int) -> ResponseReturnValue:
    """Throw a frame away that nothing rests on."""
    with transaction() as session:
        discard_frame(session, _frame(session, frame_id), by=acting(), at=clock.now())
    return redirect(url_for("designer_frames.listed"), 303)


@blueprint.post("/<int:frame_id>/retire")
@require(Permission.FRAME_IMPORT)
def retire(frame_id: int) -> ResponseReturnValue:
    """Put a frame out of use, or back."""
    with transaction() as session:
        frame = _frame(session, frame_id)
        retire_frame(
            session, frame, is_retired=request.form.get("retired") == "1", by=acting(), at=clock.now()
        )
    return redirect(url_for("designer_frames.one", frame_id=frame_id), 303)
