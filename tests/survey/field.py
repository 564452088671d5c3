"""A small field to test in: two counties, an open wave with released cases, interviewers, the manual line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from core.permissions import Role
from core.places import Place
from core.settings import Settings
from survey.attempts import Attempt
from survey.cases import Case
from survey.dials import dial
from survey.drawing import draw
from survey.frame import Frame, Stratum
from survey.interviewing import start
from survey.interviews import Interview
from survey.queue import next_case
from survey.releasing import release
from survey.waves import Wave, WavePlace
from telephony import line
from telephony.calls import Call
from telephony.manual import ManualLine, Outcome, report
from tests.factories import a_city, a_frame, a_staff, a_wave

NOON = datetime(2026, 11, 18, 2, 30, tzinfo=UTC)


def manual_line() -> None:
    """Use the line on which people dial by hand."""
    line.use(
        ManualLine(
            Settings(
                database_url="",
                secret_key="x" * 32,
                data_dir=Path("."),
                keys_file=Path("keys"),
                public_base_url="http://127.0.0.1",
            )
        )
    )


@dataclass
class Field:
    """What the tests speak of."""

    wave: Wave
    towns: list[Place]
    frame: Frame
    anna: Staff
    ben: Staff


def a_field(
    session: Session, *, each: int = 6, target: int = 4, counties: int = 2, by_hand: bool = True
) -> Field:
    """Make an open wave with every number of its frame drawn and released."""
    if by_hand:
        manual_line()
    towns = a_city(session, counties=counties, townships=2)
    frame = a_frame(session, towns, each=each)
    wave = a_wave(session, frame)
    strata = session.scalars(sa.select(Stratum).where(Stratum.frame_id == frame.id)).all()
    sample = draw(
        session,
        wave,
        {s.id: each for s in strata},
        on=NOON.date(),
        seed=1,
        replicates=1,
        reason={},
        by=None,
        at=NOON,
    )
    for replicate in sample.replicates:
        release(session, replicate, by=None, at=NOON)
    session.execute(sa.delete(WavePlace).where(WavePlace.wave_id == wave.id))
    for town in towns:
        session.add(
            WavePlace(wave_id=wave.id, township_id=town.id, county_id=town.parent_id or 0, target=target)
        )
    session.flush()
    return Field(wave, towns, frame, a_staff(session, Role.INTERVIEWER), a_staff(session, Role.INTERVIEWER))


def claimed(session: Session, by: Staff, at: datetime) -> Case:
    """Take the next case."""
    hand_out = next_case(session, by=by, at=at)
    assert hand_out is not None
    return session.get_one(Case, hand_out.case_id)


def dialled(session: Session, by: Staff, at: datetime, outcome: Outcome | None = None) -> Attempt:
    """Take the next case, dial it, and let the person at the telephone say what happened."""
    attempt = dial(session, claimed(session, by, at), by=by, at=at)
    if outcome is not None:
        report(session, session.get_one(Call, attempt.call_id), outcome, by=by, at=at)
    return attempt


def talking(session: Session, by: Staff, at: datetime) -> tuple[Attempt, Interview]:
    """Take the next case, dial it, and begin the interview."""
    attempt = dialled(session, by, at, Outcome.ANSWERED)
    return attempt, start(session, attempt.case, by=by, at=at)
