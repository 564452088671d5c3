"""What weighting needs of a period: the released numbers with their outcomes, the interviews with their answers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.phone import NumberKind
from core.places import Place
from survey.cases import Case
from survey.frame import FrameNumber, Stratum
from survey.interviews import Answer, Interview, InterviewState
from survey.sampling import Replicate, ReplicateState


@dataclass(frozen=True, slots=True)
class Released:
    """One number released in the period, as it stands at the data cut."""

    case_id: int
    stratum_id: int
    population: int
    county: str
    kind: NumberKind
    disposition: str | None


@dataclass(frozen=True, slots=True)
class Respondent:
    """One complete interview of the period."""

    interview_id: int
    case_id: int
    staff_id: int
    county: str
    kind: NumberKind
    adults: int | None
    answers: dict[str, str]


def bounds(starts_on: date, ends_on: date) -> tuple[datetime, datetime]:
    """Return the first moment of the first day and the last moment of the last, local time."""
    zone = clock.zone()
    return (
        datetime.combine(starts_on, time.min, tzinfo=zone),
        datetime.combine(ends_on, time.max, tzinfo=zone),
    )


def _of_period(wave_id: int, starts_on: date, ends_on: date) -> sa.ColumnElement[bool]:
    first, last = bounds(starts_on, ends_on)
    return sa.and_(
        Case.wave_id == wave_id,
        Replicate.state == ReplicateState.RELEASED,
        Replicate.released_at >= first,
        Replicate.released_at <= last,
    )


def released(session: Session, wave_id: int, starts_on: date, ends_on: date) -> list[Released]:
    """Return every number of the replicates released in the period: they are worked to the end."""
    query = (
        sa.select(Case.id, Case.stratum_id, Stratum.size, Place.code, Case.kind, Case.disposition)
        .join(Replicate, Replicate.id == Case.replicate_id)
        .join(Stratum, Stratum.id == Case.stratum_id)
        .join(Place, Place.id == Case.county_id)
        .where(_of_period(wave_id, starts_on, ends_on))
        .order_by(Case.id)
    )
    return [Released(*row) for row in session.execute(query)]


def respondents(
    session: Session, wave_id: int, starts_on: date, ends_on: date, *, as_of: datetime
) -> list[Respondent]:
    """Return the complete interviews of those numbers that ended before the data cut, with their answers."""
    chosen = (
        sa.select(
            Interview.id,
            Case.id,
            Interview.staff_id,
            Place.code,
            Case.kind,
            FrameNumber.adults,
        )
        .join(Case, Case.id == Interview.case_id)
        .join(Replicate, Replicate.id == Case.replicate_id)
        .join(Place, Place.id == Case.county_id)
        .join(FrameNumber, FrameNumber.id == Case.frame_number_id)
        .where(_of_period(wave_id, starts_on, ends_on))
        .where(Interview.state == InterviewState.COMPLETE, Interview.ended_at < as_of)
        .order_by(Interview.id)
    )
    rows = session.execute(chosen).all()
    answers: dict[int, dict[str, str]] = defaultdict(dict)
    ids = chosen.with_only_columns(Interview.id).order_by(None).subquery()
    given = sa.select(Answer.interview_id, Answer.question, Answer.value).where(
        Answer.interview_id.in_(sa.select(ids.c.id)), Answer.is_current, Answer.value.is_not(None)
    )
    for interview_id, question, value in session.execute(given):
        answers[interview_id][question] = value or ""
    return [Respondent(*row, answers=answers[row[0]]) for row in rows]
