"""Counting the stored cube anew from the interviews, and noticing where the two disagree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, journal
from core.places import Place
from core.sweeps import sweep
from survey.answers import questionnaire
from survey.cases import Case
from survey.cube_cells import KEY, CubeCell
from survey.cube_scoring import asked, scored
from survey.frame import FrameNumber
from survey.interviews import Answer, Interview, InterviewState
from survey.period_data import Respondent
from survey.sampling import Replicate
from survey.waves import Wave, WaveState


def recount(session: Session, wave: Wave, days: Collection[date] | None = None) -> int:
    """Count a wave's interviews anew from their answers, all days or some; return how many there are."""
    if wave.edition is None:
        return 0
    if session.get_bind().dialect.name == "postgresql":
        # Whoever completes an interview at this moment waits, so that none is counted twice or missed.
        session.execute(sa.text("LOCK TABLE cube_cell IN SHARE ROW EXCLUSIVE MODE"))
    gone = sa.delete(CubeCell).where(CubeCell.wave_id == wave.id)
    session.execute(gone if days is None else gone.where(CubeCell.released_on.in_(days)))
    released = sa.select(Replicate.id, Replicate.released_at).where(
        Replicate.released_at.is_not(None),
        Replicate.id.in_(sa.select(Case.replicate_id).where(Case.wave_id == wave.id).distinct()),
    )
    day_of = {row.id: clock.local(row.released_at).date() for row in session.execute(released)}
    chosen = [r for r, day in day_of.items() if days is None or day in days]
    form = questionnaire(wave.edition)
    names = asked(form)
    rows = session.execute(laid_out(wave.id, names).where(Case.replicate_id.in_(chosen))).all()
    people = [
        Respondent(
            row[0], row[1], 0, row[4], row[5], row[6],
            {name: value for name, value in zip(names, row[7:], strict=True) if value is not None},
        )
        for row in rows
    ]  # fmt: skip
    sums: dict[tuple[Any, ...], list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    for row, one in zip(rows, scored(form, people), strict=True):
        here = sums[wave.id, day_of[row[3]], row[2], *one.cell, one.answers]
        here[0] += 1
        here[1] += one.weight
        here[2] += one.weight * one.weight
    cells = [
        dict(zip(KEY, key, strict=True)) | {"n": int(n), "weight": weight, "square": square}
        for key, (n, weight, square) in sums.items()
    ]
    if cells:
        session.execute(sa.insert(CubeCell), cells)
    return len(rows)


def laid_out(wave_id: int, questions: Collection[str]) -> sa.Select[Any]:
    """Make the statement of a wave's complete interviews, answers side by side: one pass, one GROUP BY."""
    facts: tuple[Any, ...] = (
        Interview.id,
        Case.id,
        Case.stratum_id,
        Case.replicate_id,
        Place.code,
        Case.kind,
    )
    return (
        sa.select(
            *facts,
            FrameNumber.adults,
            *[sa.func.max(sa.case((Answer.question == name, Answer.value))) for name in questions],
        )
        .select_from(Interview)
        .join(Case, Case.id == Interview.case_id)
        .join(Place, Place.id == Case.county_id)
        .join(FrameNumber, FrameNumber.id == Case.frame_number_id)
        .outerjoin(
            Answer,
            sa.and_(
                Answer.interview_id == Interview.id, Answer.is_current, Answer.question.in_(list(questions))
            ),
        )
        .where(Interview.wave_id == wave_id, Interview.state == InterviewState.COMPLETE)
        .group_by(*facts, FrameNumber.adults)
        .order_by(Interview.id)
    )


def out_of_step(session: Session, wave: Wave) -> bool:
    """Say whether the cube holds another number of interviews than the wave has."""
    held = sa.select(sa.func.coalesce(sa.func.sum(CubeCell.n), 0)).where(CubeCell.wave_id == wave.id)
    complete = sa.select(sa.func.count()).where(
        Interview.wave_id == wave.id, Interview.state == InterviewState.COMPLETE
    )
    counted, real = session.execute(sa.select(held.scalar_subquery(), complete.scalar_subquery())).one()
    return int(counted) != int(real)


@sweep("survey.cube", every=timedelta(minutes=10))
def keep_in_step(session: Session, at: datetime) -> int:
    """Recount every wave at work whose cube and interviews disagree, as after an upgrade."""
    count = 0
    for wave in session.scalars(sa.select(Wave).where(Wave.state.in_([WaveState.OPEN, WaveState.HELD]))):
        if out_of_step(session, wave):
            journal.write(session, "cube.recount", wave, by=None, at=at, interviews=recount(session, wave))
            count += 1
    return count
