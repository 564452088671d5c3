"""The wall: who is on the line now, what today has brought, and how the wave answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.people import Staff
from core.terms import Term
from survey.attempts import Attempt
from survey.cases import Case, CaseState
from survey.disposition import DISPOSITION, RateCell
from survey.interviewers import Interviewer
from survey.interviews import Interview, InterviewState
from survey.methods.rates import CELLS, Counts, Rates, rates
from survey.sampling import Replicate, ReplicateState
from survey.waves import Wave
from telephony.calls import Call

SILENT = timedelta(minutes=10)
"""Someone without a case who has asked for none this long is away."""


class Doing(Term):
    """What an interviewer is doing at this moment."""

    TALKING = "talking", "通话中", "Talking"
    DIALLING = "dialling", "拨号中", "Dialling"
    WRAPPING = "wrapping", "话后整理", "Wrapping up"
    READING = "reading", "看个案", "Reading a case"
    RESTING = "resting", "恢复休息", "Resting"
    IDLE = "idle", "空闲", "Idle"
    AWAY = "away", "离开", "Away"


TONES = {"talking": "blue", "dialling": "blue", "wrapping": "yellow", "resting": "yellow", "idle": "green"}
ON = frozenset({Doing.TALKING, Doing.DIALLING, Doing.WRAPPING, Doing.READING, Doing.IDLE})


@dataclass(frozen=True)
class Person:
    """One interviewer at this moment; nothing here reads an answer."""

    id: int
    name: str
    doing: Doing
    since: datetime | None
    county: str
    dials: int
    completes: int
    refusals: int
    may_listen: bool
    """The resident has agreed to the interview, so the supervisor may listen in."""


@dataclass(frozen=True)
class Today:
    """The day's tries by where they count in the rates."""

    counts: Counts
    by_cell: tuple[tuple[RateCell, int], ...]

    @property
    def dials(self) -> int:
        """How many tries have ended today."""
        return sum(n for _, n in self.by_cell)

    @property
    def rates(self) -> Rates:
        """Give the rates of the tries of the day (cooperation and contact; a day has no response rate)."""
        return rates(self.counts)


def midnight(at: datetime) -> datetime:
    """Return the beginning of the local day of a moment."""
    return clock.local(at).replace(hour=0, minute=0, second=0, microsecond=0)


def counts_of(codes: dict[str, float]) -> Counts:
    """Sort sums by disposition code into the cells of the rates; no code is a number never tried."""
    sums = dict.fromkeys(CELLS.values(), 0.0)
    for code, n in codes.items():
        known = DISPOSITION.get(code)
        sums[CELLS[known.cell.value if known else RateCell.UNKNOWN_HOUSEHOLD.value]] += n
    return Counts(**sums)


def today(session: Session, wave: Wave, at: datetime) -> Today:
    """Count what the tries of the day came to."""
    query = (
        sa.select(Attempt.disposition, sa.func.count())
        .join(Case, Case.id == Attempt.case_id)
        .where(Case.wave_id == wave.id, Attempt.ended_at >= midnight(at), Attempt.disposition.is_not(None))
        .group_by(Attempt.disposition)
    )
    counts = counts_of({code: float(n) for code, n in session.execute(query) if code})
    return Today(counts, tuple((c, int(getattr(counts, CELLS[c.value]))) for c in RateCell))


def standing(session: Session, wave: Wave) -> Rates:
    """Give the wave's rates as they stand: every released number by its present outcome, e by the calculator."""
    code = sa.func.coalesce(Case.disposition, "").label("code")
    query = (
        sa.select(code, sa.func.count())
        .join(Replicate, Replicate.id == Case.replicate_id)
        .where(Case.wave_id == wave.id, Replicate.state == ReplicateState.RELEASED)
        .group_by(code)
    )
    return rates(counts_of({found: float(n) for found, n in session.execute(query)}))


def people(session: Session, wave: Wave, at: datetime, *, can_listen: bool) -> list[Person]:
    """Return everyone seen today: those in a conversation first, those gone last."""
    since = midnight(at)
    seen = session.execute(
        sa.select(Staff.id, Staff.name, Interviewer)
        .join(Interviewer, Interviewer.staff_id == Staff.id)
        .where(Interviewer.seen_at >= since)
    ).all()
    tallies = _tallies(session, wave, since)
    now = _now(session)
    agreed = _agreed(session)
    found = []
    for staff_id, name, interviewer in seen:
        case, attempt, call = now.get(staff_id, (None, None, None))
        doing, began = _doing(interviewer, case, attempt, call, at)
        dials, completes, refusals = tallies.get(staff_id, (0, 0, 0))
        hears = can_listen and doing is Doing.TALKING and call is not None and call.room_id is not None
        found.append(
            Person(
                id=staff_id,
                name=name,
                doing=doing,
                since=began,
                county=case.county.label if case is not None and doing is not Doing.AWAY else "",
                dials=dials,
                completes=completes,
                refusals=refusals,
                may_listen=hears and case is not None and case.id in agreed,
            )
        )
    order = list(Doing)
    return sorted(found, key=lambda p: (order.index(p.doing), p.name))


def _doing(
    who: Interviewer, case: Case | None, attempt: Attempt | None, call: Call | None, at: datetime
) -> tuple[Doing, datetime | None]:
    if attempt is not None:
        if call is not None and call.is_ended:
            return Doing.WRAPPING, call.ended_at
        connected = call.connected_at if call is not None else attempt.connected_at
        return (Doing.TALKING, connected) if connected else (Doing.DIALLING, attempt.started_at)
    if who.cooling_until is not None and who.cooling_until > at:
        return Doing.RESTING, who.seen_at
    if case is not None:
        return Doing.READING, who.seen_at
    away = who.seen_at is None or at - who.seen_at >= SILENT
    return (Doing.AWAY if away else Doing.IDLE), who.seen_at


def _now(session: Session) -> dict[int, tuple[Case, Attempt | None, Call | None]]:
    query = (
        sa.select(Case, Attempt, Call)
        .outerjoin(Attempt, sa.and_(Attempt.case_id == Case.id, Attempt.ended_at.is_(None)))
        .outerjoin(Call, Call.id == Attempt.call_id)
        .where(Case.state == CaseState.CLAIMED)
        .order_by(Case.id)
    )
    return {case.lease_by or 0: (case, attempt, call) for case, attempt, call in session.execute(query)}


def _agreed(session: Session) -> set[int]:
    query = sa.select(Interview.case_id).where(
        Interview.state == InterviewState.ONGOING, Interview.consented_at.is_not(None)
    )
    return set(session.scalars(query))


def _tallies(session: Session, wave: Wave, since: datetime) -> dict[int, tuple[int, int, int]]:
    query = (
        sa.select(Attempt.staff_id, Attempt.disposition, sa.func.count())
        .join(Case, Case.id == Attempt.case_id)
        .where(Case.wave_id == wave.id, Attempt.ended_at >= since)
        .group_by(Attempt.staff_id, Attempt.disposition)
    )
    sums: dict[int, list[int]] = {}
    for staff_id, code, n in session.execute(query):
        mine = sums.setdefault(staff_id, [0, 0, 0])
        known = DISPOSITION.get(code or "")
        mine[0] += n
        mine[1] += n if known and known.cell is RateCell.COMPLETE else 0
        mine[2] += n if known and known.cell is RateCell.REFUSAL else 0
    return {key: (a, b, c) for key, (a, b, c) in sums.items()}
