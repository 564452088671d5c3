"""The survey's long work: checking and importing frames, drawing large samples."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core import clock
from core.db import transaction
from core.jobs import Running, job
from core.people import Staff
from core.terms import Words
from survey import uploads
from survey.frame_file import Column, FrameFile
from survey.frame_import import dry_run, import_frame
from survey.sampling import Sample
from survey.topping_up import top_up
from survey.waves import Wave

CHECKED = Words(
    "共 {rows} 行：可导入 {accepted} 行，拒收 {rejected} 行",
    "{rows} rows: {accepted} can be imported, {rejected} rejected",
)
IMPORTED = Words(
    "已导入 {accepted} 个号码，拒收 {rejected} 行", "{accepted} numbers imported, {rejected} rows rejected"
)
DRAWN = Words("已抽取 {drawn} 个号码", "{drawn} numbers drawn")


@job("frame.dry_run")
def check(running: Running) -> dict[str, Any]:
    """Go through an uploaded file and list its rejected rows."""
    shelf, token = uploads.shelf(), str(running.params["token"])
    summary = dry_run(
        FrameFile.at(shelf.path(token)),
        mapping_of(running.params["mapping"]),
        reject_path=shelf.rejects(token),
        progress=running.progress,
    ).as_json()
    said = CHECKED.filled(**{k: summary[k] for k in ("rows", "accepted", "rejected")})
    return {**summary, "words": said.as_json(), "url": f"/design/frames/checks/{running.job_id}"}


@job("frame.import")
def fill(running: Running) -> dict[str, Any]:
    """Fill a frame from an uploaded file, then throw the file away."""
    shelf, token = uploads.shelf(), str(running.params["token"])
    frame_id = int(running.params["frame_id"])
    summary = import_frame(
        frame_id,
        FrameFile.at(shelf.path(token)),
        mapping_of(running.params["mapping"]),
        reject_path=shelf.rejects(token),
        progress=running.progress,
    )
    shelf.drop(token)
    said = IMPORTED.filled(accepted=summary.accepted, rejected=summary.rejected)
    return {"words": said.as_json(), "url": f"/design/frames/{frame_id}"}


@job("sample.draw")
def draw(running: Running) -> dict[str, Any]:
    """Draw a large top-up of a wave, once however often the job is run."""
    with transaction() as session:
        wave = session.get_one(Wave, running.params["wave_id"])
        by = session.get_one(Staff, running.requested_by)
        drawn_before = [
            sample
            for sample in session.scalars(sa.select(Sample).where(Sample.wave_id == wave.id))
            if sample.reason.get("job") == running.job_id
        ]
        sample = (
            drawn_before[0]
            if drawn_before
            else top_up(
                session, wave, int(running.params["numbers"]), by=by, at=clock.now(), job=running.job_id
            )
        )
        said = DRAWN.filled(drawn=sample.drawn)
        return {"words": said.as_json(), "url": f"/design/samples/{sample.id}"}


def mapping_of(columns: dict[str, int]) -> dict[Column, int]:
    """Read a mapping as a job's parameters hold it."""
    return {Column.of(code): int(index) for code, index in columns.items()}
