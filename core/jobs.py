"""Background jobs: long work as a row with progress, which can be left and found again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import clock
from core.db import Base, Id, take, transaction
from core.people import Staff
from core.problems import Problem
from core.terms import Term, Words, coded, language

LEASE = timedelta(seconds=60)
TRIES = 3


class JobState(Term):
    """Where a job stands."""

    QUEUED = "queued", "排队中", "Queued"
    RUNNING = "running", "进行中", "Running"
    DONE = "done", "已完成", "Done"
    FAILED = "failed", "未成功", "Failed"


class Job(Base):
    """One piece of long work; params hold record ids and settings, never identity."""

    __tablename__ = "job"
    __table_args__ = (sa.Index("ix_job_state_id", "state", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    title: Mapped[dict[str, Any]]
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[JobState] = mapped_column(coded(JobState), default=JobState.QUEUED)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    step: Mapped[dict[str, Any] | None]
    result: Mapped[dict[str, Any] | None]
    error: Mapped[dict[str, Any] | None]
    tries: Mapped[int] = mapped_column(default=0)
    requested_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]

    requester: Mapped[Staff | None] = relationship()

    def in_words(self, field: str) -> str:
        """Return title, step or error in the language spoken."""
        words: dict[str, str] | None = getattr(self, field)
        return "" if not words else words.get(language(), words.get("zh", ""))

    @property
    def percent(self) -> int:
        """How far it is, 0–100."""
        if self.state == JobState.DONE:
            return 100
        return min(99, int(100 * self.done / self.total)) if self.total else 0


@dataclass
class Running:
    """What a job's function gets: its parameters and a way to say how far it is."""

    job_id: int
    params: dict[str, Any]
    requested_by: int | None

    def progress(self, done: int, total: int, step: Words | None = None) -> None:
        """Say how far the work is, in its own short transaction, and keep the lease."""
        with transaction() as session:
            values: dict[str, Any] = {"done": done, "total": total, "lease_until": clock.now() + LEASE}
            if step is not None:
                values["step"] = step.as_json()
            session.execute(sa.update(Job).where(Job.id == self.job_id).values(**values))


JobFunction = Callable[[Running], dict[str, Any] | None]
KINDS: dict[str, JobFunction] = {}


def job(kind: str) -> Callable[[JobFunction], JobFunction]:
    """Register the function that does a kind of job; it must be safe to run again from the start."""

    def register(function: JobFunction) -> JobFunction:
        KINDS[kind] = function
        return function

    return register


def enqueue(
    session: Session, kind: str, title: Words, *, by: Staff | None, at: datetime, **params: Any
) -> Job:
    """Put a job into the queue, in the present transaction."""
    if kind not in KINDS:
        raise KeyError(f"no such kind of job: {kind}")
    record = Job(
        kind=kind, title=title.as_json(), params=params, requested_by=by.id if by else None, created_at=at
    )
    session.add(record)
    session.flush()
    return record


def run_next() -> bool:
    """Take the oldest waiting job (or one whose worker died) and run it; False when there is none."""
    now = clock.now()
    with transaction() as session:
        waiting = sa.or_(
            Job.state == JobState.QUEUED, sa.and_(Job.state == JobState.RUNNING, Job.lease_until < now)
        )
        record: Job | None = take(session, sa.select(Job).where(waiting).order_by(Job.id))
        if record is None:
            return False
        record.tries += 1
        if record.tries > TRIES:
            _fail(record, Words("执行进程多次中断", "The worker died several times"), now)
            return True
        record.state = JobState.RUNNING
        record.started_at = now
        record.lease_until = now + LEASE
        running = Running(record.id, dict(record.params), record.requested_by)
        function = KINDS[record.kind]
    try:
        result = function(running)
    except Problem as problem:
        with transaction() as session:
            _fail(session.get_one(Job, running.job_id), problem.words, clock.now())
        return True
    except Exception:
        with transaction() as session:
            _fail(
                session.get_one(Job, running.job_id),
                Words(
                    "程序出错，未写入任何结果；请联系管理员",
                    "The program failed; no result was written; tell the administrator",
                ),
                clock.now(),
            )
        raise
    with transaction() as session:
        record = session.get_one(Job, running.job_id)
        record.state = JobState.DONE
        record.result = result or {}
        record.done = record.total
        record.finished_at = clock.now()
    return True


def _fail(record: Job, words: Words, at: datetime) -> None:
    record.state = JobState.FAILED
    record.error = words.as_json()
    record.finished_at = at
