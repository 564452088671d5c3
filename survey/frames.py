"""Frames as the designer keeps them: begun from an upload, shown with their strata, thrown away or retired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.jobs import Job, JobState, enqueue
from core.people import Staff
from core.phone import NumberKind
from core.places import Place
from core.problems import Invalid, Refused
from core.terms import Words
from survey.frame import Frame, FrameNumber, FrameState, Stratum
from survey.frame_file import Column
from survey.sampling import Sample
from survey.waves import Wave


@dataclass(frozen=True)
class CountyRow:
    """A county's part of a frame."""

    county: Place
    mobile: int
    landline: int
    strata: int

    @property
    def size(self) -> int:
        """All its numbers."""
        return self.mobile + self.landline


def check_frame(session: Session, token: str, mapping: dict[Column, int], *, by: Staff, at: datetime) -> Job:
    """Let a job go through an uploaded file without writing a number."""
    title = Words("核对抽样框文件", "Check a frame's file")
    columns = {column.value: index for column, index in mapping.items()}
    return enqueue(session, "frame.dry_run", title, by=by, at=at, token=token, mapping=columns)


def begin_import(
    session: Session,
    token: str,
    mapping: dict[Column, int],
    *,
    name: str,
    source: str,
    seed: int,
    by: Staff,
    at: datetime,
) -> Frame:
    """Make a frame and let a job fill it from an uploaded file."""
    name = name.strip()
    check_name(session, name)
    frame = Frame(name=name, source=source.strip()[:200], seed=seed, created_by=by.id, created_at=at)
    session.add(frame)
    session.flush()
    columns = {column.value: index for column, index in mapping.items()}
    title = Words("导入抽样框“{name}”", "Import the frame “{name}”").filled(name=name)
    job = enqueue(
        session, "frame.import", title, by=by, at=at, token=token, mapping=columns, frame_id=frame.id
    )
    frame.summary = {"job": job.id}
    session.flush()
    journal.write(session, "frame.import", frame, by=by, at=at)
    return frame


def check_name(session: Session, name: str) -> None:
    """Refuse an empty name, one too long, or one that another frame has."""
    if not name:
        raise Invalid(fields={"name": Words("请填写名称", "Please give it a name")})
    if len(name) > 80:
        raise Invalid(fields={"name": Words("名称不超过 80 字", "At most 80 characters")})
    if session.scalar(sa.select(Frame.id).where(Frame.name == name)):
        raise Invalid(fields={"name": Words("已有同名的抽样框", "There is a frame of that name already")})


def has_stopped(session: Session, frame: Frame) -> bool:
    """Say whether an import ended without the frame being ready."""
    if frame.state is FrameState.IMPORTING:
        job = session.get(Job, frame.summary.get("job") or 0)
        return job is None or job.state is JobState.FAILED
    return frame.state is FrameState.FAILED


def discard_frame(session: Session, frame: Frame, *, by: Staff, at: datetime) -> None:
    """Throw away a frame whose import did not succeed, or that nothing was ever drawn from."""
    is_used = session.scalar(
        sa.select(Sample.id).where(Sample.frame_id == frame.id).limit(1)
    ) or session.scalar(sa.select(Wave.id).where(Wave.frame_id == frame.id).limit(1))
    if is_used or not (has_stopped(session, frame) or frame.state in (FrameState.READY, FrameState.RETIRED)):
        raise Refused(
            Words(
                "这个抽样框正在导入或已被调查使用，不能删除；可以停用",
                "The frame is being imported or a wave uses it; it can be retired, not deleted",
            )
        )
    journal.write(session, "frame.discard", frame, by=by, at=at, size=frame.size)
    session.execute(sa.delete(FrameNumber).where(FrameNumber.frame_id == frame.id))
    session.execute(sa.delete(Stratum).where(Stratum.frame_id == frame.id))
    session.delete(frame)
    session.flush()


def retire_frame(session: Session, frame: Frame, *, is_retired: bool, by: Staff, at: datetime) -> None:
    """Put a frame out of use, or back into it."""
    before, after = FrameState.READY, FrameState.RETIRED
    if not is_retired:
        before, after = after, before
    if frame.state is not before:
        raise Refused
    frame.state = after
    session.flush()
    journal.write(session, f"frame.{after.value}", frame, by=by, at=at)


def ready_frames(session: Session, *, and_also: int | None = None) -> Sequence[Frame]:
    """Return the frames that a wave may use, the newest first, and the one it uses already."""
    query = sa.select(Frame).where(sa.or_(Frame.state == FrameState.READY, Frame.id == and_also))
    return session.scalars(query.order_by(Frame.id.desc())).all()


def county_rows(session: Session, frame: Frame) -> list[CountyRow]:
    """Return a frame's strata by county and kind of line."""
    query = (
        sa.select(Stratum.county_id, Stratum.kind, sa.func.sum(Stratum.size), sa.func.count())
        .where(Stratum.frame_id == frame.id)
        .group_by(Stratum.county_id, Stratum.kind)
    )
    sizes: dict[int, dict[NumberKind, int]] = {}
    strata: dict[int, int] = {}
    for county_id, kind, size, count in session.execute(query):
        sizes.setdefault(county_id, {})[kind] = int(size)
        strata[county_id] = strata.get(county_id, 0) + count
    places = session.scalars(sa.select(Place).where(Place.id.in_(sizes)).order_by(Place.code))
    return [
        CountyRow(
            place,
            sizes[place.id].get(NumberKind.MOBILE, 0),
            sizes[place.id].get(NumberKind.LANDLINE, 0),
            strata[place.id],
        )
        for place in places
    ]
