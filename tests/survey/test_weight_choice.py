"""Which weight set stands for a period: never one made before the end, and of several the newest."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import Database, transaction
from survey.cases import Case
from survey.frame import Frame
from survey.interviews import Interview, InterviewState
from survey.waves import Wave
from survey.weight_choice import by_period, chosen, standing
from survey.weight_making import make_nightly
from survey.weighting import WeightSet
from tests.factories import a_wave
from tests.survey.field import NOON
from tests.survey.weighed import a_worked_wave, make_poll

MONDAY = NOON.date() - timedelta(days=NOON.date().weekday())
ASKED = frozenset({"s1_safety", "e1_police"})
SUNDAY = MONDAY + timedelta(days=6)
OVER = clock.midnight(SUNDAY + timedelta(days=1)) + timedelta(hours=6)


def a_set(
    session: Session, wave: Wave, as_of: datetime, *, n: int = 100, is_published: bool = False
) -> WeightSet:
    """Keep a set of the week as it was known at a moment."""
    made = WeightSet(
        wave_id=wave.id, starts_on=MONDAY, ends_on=SUNDAY, as_of=as_of, interviews=n, provenance={},
        is_published=is_published, made_at=as_of,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def test_the_smaller_newer_set_stands_and_a_published_one_before_it(sqlite: Database) -> None:
    with transaction() as session:
        wave = a_worked_wave(session, interviews=0).wave
        a_set(session, wave, OVER, n=200)
        clean = a_set(session, wave, OVER, n=180)
        week = (MONDAY, SUNDAY)
        assert standing(session, *week, ASKED, as_of=OVER) is clean
        sets = list(session.scalars(sa.select(WeightSet)))
        assert chosen(sets, at=OVER) == [clean]
        assert by_period(session, sets, ASKED, at=OVER) == {week: clean}
        quoted = a_set(session, wave, OVER, n=150, is_published=True)
        a_set(session, wave, OVER, n=300)
        assert standing(session, *week, ASKED, as_of=OVER) is quoted


def test_a_larger_poll_on_another_topic_takes_no_period_from_the_wave_of_the_indices(
    sqlite: Database,
) -> None:
    """What asks none of the questions never stands, what asks fewer stands behind; of equals the published one."""
    with transaction() as session:
        wave = a_worked_wave(session, interviews=0).wave
        usual = a_set(session, wave, OVER, n=200)
        polls = []
        for keep in ((), ("s1_safety",)):
            poll = a_wave(session, session.get_one(Frame, wave.frame_id))
            make_poll(session, poll, keep)
            polls.append(a_set(session, poll, OVER, n=900, is_published=True))
        assert standing(session, MONDAY, SUNDAY, ASKED, as_of=OVER) is usual
        assert by_period(session, polls, ASKED, at=OVER) == {(MONDAY, SUNDAY): polls[1]}
        assert by_period(session, polls[:1], ASKED, at=OVER) == {}
        other = a_set(
            session, a_wave(session, session.get_one(Frame, wave.frame_id)), OVER, n=150, is_published=True
        )
        assert standing(session, MONDAY, SUNDAY, ASKED, as_of=OVER) is other


def test_a_set_made_before_the_end_never_stands_afterwards(sqlite: Database) -> None:
    with transaction() as session:
        wave = a_worked_wave(session, interviews=0).wave
        early = a_set(session, wave, NOON, is_published=True)
        assert standing(session, MONDAY, SUNDAY, ASKED, as_of=NOON) is early
        assert standing(session, MONDAY, SUNDAY, ASKED, as_of=NOON + timedelta(days=1)) is None
        assert standing(session, MONDAY, SUNDAY, ASKED, as_of=OVER) is None
        assert chosen([early], at=NOON) == chosen([early], at=OVER) == []


def test_the_night_weighs_a_week_of_which_only_a_draft_was_made(sqlite: Database) -> None:
    with transaction() as session:
        wave = a_worked_wave(session).wave
        a_set(session, wave, NOON)
        assert session.scalar(sa.select(sa.func.count()).select_from(Case)) != 0
        make_nightly(session, OVER)
        made = standing(session, MONDAY, SUNDAY, ASKED, as_of=OVER)
        done = session.scalar(
            sa.select(sa.func.count()).where(Interview.state == InterviewState.COMPLETE)
        )  # fmt: skip
        assert made is not None
        assert made.interviews == done
        assert isinstance(made.ends_on, date)
