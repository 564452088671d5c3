"""Progress of a wave in the field: counties against their targets, cases by state, replicates, promises ahead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.people import Staff
from core.phone import masked
from survey.attempts import Appointment, Attempt
from survey.cases import Case, CaseState
from survey.disposition import DISPOSITION
from survey.sampling import Replicate, ReplicateState, Sample
from survey.wave_standing import county_targets
from survey.waves import Wave, WaveState

QUARTER = timedelta(minutes=15)
ORDER = (WaveState.OPEN, WaveState.HELD, WaveState.CLOSED)
RECENT = 12


@dataclass(frozen=True)
class CountyProgress:
    """One county's completes against what it should have by now."""

    county: str
    target: int
    completes: int

    @property
    def short(self) -> int:
        """How many completes are lacking, never below 0."""
        return max(self.target - self.completes, 0)

    @property
    def tone(self) -> str:
        """Green when the target is met, yellow below nine tenths of it."""
        if self.completes >= self.target:
            return "green"
        return "yellow" if self.completes < 0.9 * self.target else ""


@dataclass(frozen=True)
class ReplicateRow:
    """One replicate with what has become of its numbers."""

    id: int
    day: date
    serial: int
    number: int
    size: int
    is_released: bool
    released_at: datetime | None
    untried: int
    done: int


@dataclass(frozen=True)
class Slot:
    """A quarter of an hour with the calls promised in it."""

    opens_at: datetime
    promised: int


@dataclass(frozen=True)
class ReferredRow:
    """A case that an interviewer left to the supervisor."""

    id: int
    number: str
    place: str
    attempts: int
    disposition: str
    words: str
    note: str
    by: str
    at: datetime | None


def waves_in_field(session: Session) -> list[Wave]:
    """Return the waves a supervisor may look at, those being called first, newest first among equals."""
    found = session.scalars(sa.select(Wave).where(Wave.state.in_(ORDER)).order_by(Wave.id.desc()))
    return sorted(found, key=lambda w: ORDER.index(w.state))


def by_county(session: Session, wave: Wave) -> list[CountyProgress]:
    """Return every county of the wave, furthest below its target first."""
    rows = [CountyProgress(c.county.label, c.target, c.completes) for c in county_targets(session, wave)]
    return sorted(rows, key=lambda r: (-r.short, r.county))


def by_state(session: Session, wave: Wave) -> list[tuple[CaseState, int]]:
    """Count the cases of a wave by state, in the order of the flow."""
    query = sa.select(Case.state, sa.func.count()).where(Case.wave_id == wave.id).group_by(Case.state)
    found = {state: int(n) for state, n in session.execute(query)}
    return [(state, found.get(state, 0)) for state in CaseState]


def replicates(session: Session, wave: Wave) -> list[ReplicateRow]:
    """Return the held replicates, then the latest released ones with what is still untried in them."""
    query = (
        sa.select(Replicate, Sample.planned_on, Sample.serial)
        .join(Sample, Sample.id == Replicate.sample_id)
        .where(Sample.wave_id == wave.id)
    )
    held = query.where(Replicate.state == ReplicateState.HELD).order_by(Sample.id, Replicate.number)
    released = query.where(Replicate.state == ReplicateState.RELEASED).order_by(Replicate.id.desc())
    rows = [*session.execute(held), *session.execute(released.limit(RECENT))]
    ids = [row[0].id for row in rows]
    stood = (
        sa.select(
            Case.replicate_id,
            sa.func.sum(sa.case((Case.attempt_count == 0, 1), else_=0)),
            sa.func.sum(sa.case((Case.state == CaseState.CLOSED, 1), else_=0)),
        )
        .where(Case.replicate_id.in_(ids))
        .group_by(Case.replicate_id)
    )
    sums = {key: (int(untried), int(done)) for key, untried, done in session.execute(stood)}
    return [
        ReplicateRow(
            r.id,
            day,
            serial,
            r.number,
            r.size,
            r.state == ReplicateState.RELEASED,
            r.released_at,
            *sums.get(r.id, (0, 0)),
        )
        for r, day, serial in rows
    ]


def promised(session: Session, wave: Wave, at: datetime) -> list[Slot]:
    """Return the promises of today by quarter of an hour: from the overdue ones to the last."""
    local = clock.local(at)
    tonight = local.replace(hour=23, minute=59, second=59, microsecond=0)
    query = (
        sa.select(Appointment.at)
        .join(Case, Case.id == Appointment.case_id)
        .where(Appointment.is_open, Appointment.at <= tonight)
        .where(Case.wave_id == wave.id, Case.state == CaseState.APPOINTED)
    )
    counts = Counter(max(_quarter(clock.local(m)), _quarter(local)) for m in session.scalars(query))
    return [Slot(opens_at, counts[opens_at]) for opens_at in _quarters(counts)]


def _quarter(local: datetime) -> datetime:
    return local.replace(minute=local.minute // 15 * 15, second=0, microsecond=0)


def _quarters(counts: Counter[datetime]) -> Iterator[datetime]:
    if not counts:
        return
    opens_at = min(counts)
    while opens_at <= max(counts):
        yield opens_at
        opens_at += QUARTER


def referred(session: Session, wave: Wave) -> list[ReferredRow]:
    """Return the cases that wait for the supervisor's word, each with its last try."""
    query = (
        sa.select(Case)
        .where(Case.wave_id == wave.id, Case.state == CaseState.REFERRED)
        .options(joinedload(Case.frame_number), joinedload(Case.county), joinedload(Case.township))
        .order_by(Case.id)
        .limit(100)
    )
    return [_referred(session, case) for case in session.scalars(query)]


def _referred(session: Session, case: Case) -> ReferredRow:
    tried = session.execute(
        sa.select(Attempt, Staff.name)
        .join(Staff, Staff.id == Attempt.staff_id)
        .where(Attempt.case_id == case.id)
        .order_by(Attempt.number.desc())
        .limit(1)
    ).first()
    last, name = (tried[0], tried[1]) if tried else (None, "")
    known = DISPOSITION.get(case.disposition or "")
    return ReferredRow(
        id=case.id,
        number=masked(case.frame_number.number),
        place=f"{case.county.label} · {case.township.label}",
        attempts=case.attempt_count,
        disposition=case.disposition or "",
        words=known.label if known else "—",
        note=(last.note or "") if last else "",
        by=name,
        at=last.ended_at if last else None,
    )
