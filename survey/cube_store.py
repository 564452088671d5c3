"""Keeping the cube: an interview is counted when it is complete, and taken out when it is replaced."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core import clock
from survey.answers import questionnaire
from survey.cases import Case
from survey.cube_cells import KEY, CubeCell
from survey.cube_recount import recount
from survey.cube_scoring import asked, scored
from survey.interviewing import interview_of
from survey.interviews import Answer, Interview, InterviewState
from survey.period_data import Respondent
from survey.sampling import Replicate

Key = dict[str, Any]


def enter(session: Session, case: Case, *, at: datetime) -> None:
    """Count the interview of a case that was completed at this moment; one completed before is in already."""
    interview = interview_of(session, case)
    if interview is None or interview.state != InterviewState.COMPLETE or interview.ended_at != at:
        return
    key, weight = _place(session, case, interview)
    row = key | {"n": 1, "weight": weight, "square": weight * weight}
    session.execute(_raising(session.get_bind().dialect.name), row)


@cache
def _raising(dialect: str) -> sa.Executable:
    """Make the statement that begins a cell or raises its sums, once: building it costs more than running it."""
    table = sa.inspect(CubeCell).local_table
    assert isinstance(table, sa.Table)
    statement = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    new = statement.excluded
    sums = {name: table.c[name] + new[name] for name in ("n", "weight", "square")}
    return statement.on_conflict_do_update(index_elements=KEY, set_=sums)


def leave(session: Session, interview: Interview) -> None:
    """Take an interview that counts no more out again; where its cell holds nobody, its day is recounted."""
    case = session.get_one(Case, interview.case_id)
    key, weight = _place(session, case, interview)
    here = [getattr(CubeCell, name) == value for name, value in key.items()]
    taken = session.execute(
        sa.update(CubeCell)
        .where(*here, CubeCell.n >= 1)
        .values(n=CubeCell.n - 1, weight=CubeCell.weight - weight, square=CubeCell.square - weight * weight)
        .returning(CubeCell.n)
        .execution_options(synchronize_session=False)
    ).scalar()
    if taken is None:
        recount(session, case.wave, [key["released_on"]])
    elif taken == 0:
        session.execute(sa.delete(CubeCell).where(*here).execution_options(synchronize_session=False))


def _place(session: Session, case: Case, interview: Interview) -> tuple[Key, float]:
    """Say in which cell an interview counts, and with which weight."""
    form = questionnaire(interview.edition)
    told = sa.select(Answer.question, Answer.value).where(
        Answer.interview_id == interview.id,
        Answer.is_current,
        Answer.value.is_not(None),
        Answer.question.in_(asked(form)),
    )
    answers = {row.question: row.value or "" for row in session.execute(told)}
    person = Respondent(
        interview_id=interview.id,
        case_id=case.id,
        staff_id=interview.staff_id,
        county=case.county.code,
        kind=case.kind,
        adults=case.frame_number.adults,
        answers=answers,
    )
    found = scored(form, [person])[0]
    released_at = session.scalar(sa.select(Replicate.released_at).where(Replicate.id == case.replicate_id))
    assert released_at is not None, "who was interviewed had been released"
    day = clock.local(released_at).date()
    values = (case.wave_id, day, case.stratum_id, *found.cell, found.answers)
    return dict(zip(KEY, values, strict=True)), found.weight
