"""Frame import: a dry run that lists every rejected row, or the import itself, in pieces that are all undone on failure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from core.db import reading, transaction
from core.problems import Invalid
from core.terms import Words
from survey.frame import Frame, FrameNumber, FrameState, Stratum
from survey.frame_file import Column, FrameFile
from survey.frame_screening import ImportSummary, Screening
from survey.frame_writing import Chunk, FrameWriter

CHUNK = 25_000

Progress = Callable[[int, int, Words | None], None]


def dry_run(
    file: FrameFile, mapping: dict[Column, int], *, reject_path: Path, progress: Progress | None = None
) -> ImportSummary:
    """Read the whole file and write nothing but the list of rejected rows."""
    screening = Screening(file, mapping, reject_path)
    total = file.expected_rows() if progress else 0
    for _ in screening.rows():
        if progress and screening.summary.accepted % CHUNK == 0:
            progress(screening.summary.rows, total, Words("核对各行", "Checking rows"))
    return screening.summary


def import_frame(
    frame_id: int,
    file: FrameFile,
    mapping: dict[Column, int],
    *,
    reject_path: Path,
    progress: Progress | None = None,
) -> ImportSummary:
    """Import the acceptable rows into the frame; on any failure take back what was written.

    Pieces are committed one by one so that the rest of the house goes on working; the frame can be
    drawn from only after the last one.
    """
    clear(frame_id)
    screening = Screening(file, mapping, reject_path)
    with reading() as session:
        seed = session.get_one(Frame, frame_id).seed
    total = file.expected_rows()
    try:
        with FrameWriter(frame_id, np.random.default_rng(seed)) as writer:
            chunk: Chunk = []
            for row in screening.rows():
                chunk.append(row)
                if len(chunk) == CHUNK:
                    writer.write(chunk)
                    chunk = []
                    if progress:
                        progress(screening.summary.rows, total, Words("写入号码", "Writing numbers"))
            writer.write(chunk)
            writer.finish()
        if screening.summary.accepted == 0:
            raise Invalid(
                Words(
                    "没有一行可以导入；请看拒收清单",
                    "Not one row could be imported; see the list of rejected rows",
                )
            )
    except BaseException:
        clear(frame_id, state=FrameState.FAILED)
        raise
    with transaction() as session:
        frame = session.get_one(Frame, frame_id)
        for key, size in writer.sizes.items():
            session.get_one(Stratum, writer.strata[key]).size = size
        frame.size = screening.summary.accepted
        frame.rejected = screening.summary.rejected
        frame.reject_file = reject_path.name
        frame.summary = screening.summary.as_json()
        frame.state = FrameState.READY
    return screening.summary


def clear(frame_id: int, *, state: FrameState = FrameState.IMPORTING) -> None:
    """Take back the rows of an import that did not end."""
    with transaction() as session:
        frame = session.get(Frame, frame_id)
        if frame is None or frame.state is FrameState.READY:
            raise Invalid(
                Words("抽样框已可用，不能重新导入", "The frame is ready already and can't be imported again")
            )
        session.execute(sa.delete(FrameNumber).where(FrameNumber.frame_id == frame_id))
        session.execute(sa.delete(Stratum).where(Stratum.frame_id == frame_id))
        frame.state = state
