"""Draws take the next numbers of each stratum, never one twice, and can be made again from their record."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Database, transaction
from survey.cases import Case, CaseState
from survey.do_not_call import DoNotCallReason, add
from survey.drawing import TooManyWanted, draw
from survey.frame import FrameNumber, Stratum
from survey.planning import allocate_next, plan_day
from survey.releasing import AlreadyReleased, release
from survey.sampling import Sample, SampleStratum
from survey.waves import Allocation, Wave, WavePlace
from tests.factories import a_city, a_frame, a_wave

DAY = date(2026, 11, 18)


def _strata(session: Session, wave: Wave) -> list[Stratum]:
    query = sa.select(Stratum).where(Stratum.frame_id == wave.frame_id).order_by(Stratum.id)
    return list(session.scalars(query))


def _draw(session: Session, wave: Wave, each: int, now: datetime, *, replicates: int = 1) -> Sample:
    allocation = {s.id: each for s in _strata(session, wave)}
    return draw(session, wave, allocation, on=DAY, seed=5, replicates=replicates, reason={}, by=None, at=now)


def _numbers(session: Session, sample: Sample) -> list[int]:
    return [
        c.frame_number_id
        for c in session.scalars(
            sa.select(Case).where(Case.replicate_id.in_([r.id for r in sample.replicates]))
        )
    ]


def test_a_draw_takes_the_next_numbers_in_their_random_order(database: Database, now: datetime) -> None:
    with transaction() as session:
        wave = a_wave(session, a_frame(session, a_city(session)))
        first = set(_numbers(session, _draw(session, wave, 4, now)))
        for stratum in _strata(session, wave):
            ordered = session.scalars(
                sa.select(FrameNumber.id)
                .where(FrameNumber.stratum_id == stratum.id)
                .order_by(FrameNumber.prn)
            ).all()
            assert first & set(ordered) == set(ordered[:4])
        second = set(_numbers(session, _draw(session, wave, 4, now)))
        assert len(second) == 24
        assert not first & second


def test_the_whole_stratum_is_called_before_anyone_twice(sqlite: Database, now: datetime) -> None:
    with transaction() as session:
        wave = a_wave(session, a_frame(session, a_city(session, counties=1, townships=2), each=10))
        drawn = [n for _ in range(5) for n in _numbers(session, _draw(session, wave, 2, now))]
        assert Counter(drawn).most_common(1)[0][1] == 1
        assert len(drawn) == 20
        more = _draw(session, wave, 3, now)
        assert [s.laps for s in _strata(session, wave)] == [1, 1]
        assert _numbers(session, more) == []  # all of them rest, so none is called again


def test_a_draw_beyond_the_stratum_is_refused(sqlite: Database, now: datetime) -> None:
    with transaction() as session:
        wave = a_wave(session, a_frame(session, a_city(session), each=5))
    with pytest.raises(TooManyWanted), transaction() as session:
        _draw(session, session.merge(wave), 6, now)
    with transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Case)) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(Sample)) == 0


def test_a_number_on_the_list_stays_in_the_sample_and_is_never_dialled(
    sqlite: Database, now: datetime
) -> None:
    with transaction() as session:
        wave = a_wave(session, a_frame(session, a_city(session, counties=1, townships=1), each=5))
        number = session.scalars(sa.select(FrameNumber).order_by(FrameNumber.prn)).first()
        assert number is not None
        add(session, number.fingerprint, reason=DoNotCallReason.REQUEST, by=None, at=now)
        sample = _draw(session, wave, 3, now)
        case = session.scalars(sa.select(Case).where(Case.frame_number_id == number.id)).one()
        assert (case.state, case.disposition) == (CaseState.CLOSED, "3.11")
        assert sample.drawn == 3
        assert session.scalars(sa.select(SampleStratum.suppressed)).one() == 1


def test_two_waves_never_call_one_number_at_once(sqlite: Database, now: datetime) -> None:
    with transaction() as session:
        frame = a_frame(session, a_city(session, counties=1, townships=1), each=6)
        one, two = a_wave(session, frame), a_wave(session, frame)
        _draw(session, one, 4, now)
        _draw(session, two, 4, now)  # wraps round onto two that the first wave holds
        waiting = session.scalars(sa.select(Case.frame_number_id).where(Case.state == CaseState.HELD)).all()
        assert len(waiting) == len(set(waiting)) == 6


def test_replicates_share_every_stratum_and_are_released_once(sqlite: Database, now: datetime) -> None:
    with transaction() as session:
        wave = a_wave(session, a_frame(session, a_city(session)))
        sample = _draw(session, wave, 6, now, replicates=3)
        assert [r.size for r in sample.replicates] == [12, 12, 12]
        for replicate in sample.replicates:
            per_stratum = Counter(
                session.scalars(sa.select(Case.stratum_id).where(Case.replicate_id == replicate.id))
            )
            assert set(per_stratum.values()) == {2}
        assert release(session, sample.replicates[0], by=None, at=now) == 12
        states = Counter(session.scalars(sa.select(Case.state)))
        assert states == {CaseState.WAITING: 12, CaseState.HELD: 24}
        with pytest.raises(AlreadyReleased):
            release(session, sample.replicates[0], by=None, at=now)


@pytest.mark.parametrize("rule", list(Allocation))
def test_small_daily_draws_add_up_to_the_rule(sqlite: Database, now: datetime, rule: Allocation) -> None:
    with transaction() as session:
        towns = a_city(session, counties=3, townships=4)
        wave = a_wave(session, a_frame(session, towns, each=30))
        wave.allocation = rule
        wave.rules = {"hand": {str(t.parent_id): 1 for t in towns}}
        for _ in range(10):
            allocation = allocate_next(session, wave, 5)
            assert sum(allocation.values()) == 5
            draw(session, wave, allocation, on=DAY, seed=1, replicates=1, reason={}, by=None, at=now)
        taken = session.execute(
            sa.select(SampleStratum.stratum_id, sa.func.sum(SampleStratum.taken)).group_by(
                SampleStratum.stratum_id
            )
        ).all()
        assert len(taken) == 12
        assert {int(n) for _, n in taken} <= {4, 5}


def test_a_day_is_planned_drawn_and_released(database: Database, now: datetime) -> None:
    with transaction() as session:
        wave = a_wave(session, a_frame(session, a_city(session)), daily_target=6)
        sample = plan_day(session, wave, DAY, by=None, at=now)
        assert sample.drawn == 30  # six completes at one in five
        assert session.scalar(sa.select(sa.func.count()).where(Case.state == CaseState.WAITING)) == 30
        assert session.scalar(sa.select(sa.func.sum(WavePlace.target))) == 6


def test_a_changed_daily_target_counts_from_its_day_on(sqlite: Database, now: datetime) -> None:
    with transaction() as session:
        wave = a_wave(session, a_frame(session, a_city(session), each=60), daily_target=6)
        plan_day(session, wave, DAY, by=None, at=now)
        wave.daily_target = 12
        plan_day(session, wave, date(2026, 11, 19), by=None, at=now)
        assert session.scalar(sa.select(sa.func.sum(WavePlace.target))) == 18
