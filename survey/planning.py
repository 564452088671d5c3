"""The daily plan: how many numbers a day's completes need, shared among strata, drawn and released each morning."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from core import clock, journal
from core.people import Staff
from core.sweeps import sweep
from survey.cases import Case
from survey.drawing import draw
from survey.frame import Stratum
from survey.methods import allocation as methods
from survey.releasing import release
from survey.sampling import Replicate, ReplicateState, Sample, SampleStratum
from survey.waves import Allocation, Wave, WavePlace, WaveState

MORNING = time(8, 0)
EXPECTED_YIELD = 0.2
"""Completes per number before the wave has its own experience (340 dials a day gave 80 completes)."""
ENOUGH_EXPERIENCE = 300
PER_REPLICATE = 120

Counts = NDArray[np.int64]


def share(total: int, wave: Wave, sizes: Counts, counties: Counts, *, minimum: int) -> Counts:
    """Share a number among strata of these sizes by the wave's rule; sums exactly."""
    minimum = minimum if total >= minimum * len(sizes) else 0
    match wave.allocation:
        case Allocation.PROPORTIONAL:
            return methods.proportional(total, sizes, minimum=minimum)
        case Allocation.POWER:
            return methods.power(total, sizes, minimum=minimum)
        case Allocation.NEYMAN:
            # Without earlier spreads every stratum has the same: a binary answer's spread varies little.
            return methods.neyman(total, sizes, np.full(len(sizes), 0.35), minimum=minimum)
        case Allocation.HAND:
            wanted = {int(k): int(v) for k, v in dict(wave.rules.get("hand", {})).items()}
            in_county = {c: int(sizes[counties == c].sum()) for c in counties.tolist()}
            weights = [
                wanted.get(c, 0) * n / max(in_county[c], 1)
                for c, n in zip(counties.tolist(), sizes.tolist(), strict=True)
            ]
            return methods.power(total, sizes, exponent=0.0, cvs=weights, minimum=0)
        case _:
            return methods.equal_then_proportional(total, [str(c) for c in counties], sizes, minimum=minimum)


def experienced_yield(session: Session, wave: Wave) -> float:
    """Return completes per released number so far, or the expectation before there is experience."""
    released = session.scalar(
        sa.select(sa.func.count())
        .select_from(Case)
        .join(Replicate)
        .where(Case.wave_id == wave.id, Replicate.state == ReplicateState.RELEASED)
    )
    if not released or released < ENOUGH_EXPERIENCE:
        return EXPECTED_YIELD
    completes = session.scalar(
        sa.select(sa.func.count()).where(Case.wave_id == wave.id, Case.disposition == "1.1")
    )
    return min(max((completes or 0) / released, 0.05), 0.6)


def allocate_next(session: Session, wave: Wave, numbers: int) -> dict[int, int]:
    """Share the next numbers so that all the wave's numbers so far stand as the rule wants them.

    Small daily draws would leave small strata out for ever if each were rounded by itself.
    """
    strata = list(
        session.scalars(sa.select(Stratum).where(Stratum.frame_id == wave.frame_id).order_by(Stratum.id))
    )
    taken_rows = session.execute(
        sa.select(SampleStratum.stratum_id, sa.func.sum(SampleStratum.taken))
        .join(Sample)
        .where(Sample.wave_id == wave.id)
        .group_by(SampleStratum.stratum_id)
    )
    taken_by = {stratum_id: int(n) for stratum_id, n in taken_rows}
    sizes = np.array([s.size for s in strata], dtype=np.int64)
    counties = np.array([s.county_id for s in strata], dtype=np.int64)
    taken = np.array([taken_by.get(s.id, 0) for s in strata], dtype=np.int64)
    room = int(sizes.sum() - np.minimum(taken, sizes).sum())
    numbers = min(numbers, room) if room > 0 else numbers
    goal = share(min(int(taken.sum()) + numbers, int(sizes.sum())), wave, sizes, counties, minimum=2)
    need = np.maximum(goal - taken, 0)
    if need.sum() > numbers:
        need = methods.proportional(numbers, need, minimum=0)
    return {s.id: int(n) for s, n in zip(strata, need.tolist(), strict=True) if n > 0}


def set_targets(session: Session, wave: Wave, completes: int) -> None:
    """Set what every township should have reached, for that many completes in all."""
    rows = session.execute(
        sa.select(Stratum.township_id, Stratum.county_id, sa.func.sum(Stratum.size))
        .where(Stratum.frame_id == wave.frame_id)
        .group_by(Stratum.township_id, Stratum.county_id)
        .order_by(Stratum.township_id)
    ).all()
    sizes = np.array([int(r[2]) for r in rows], dtype=np.int64)
    counties = np.array([r[1] for r in rows], dtype=np.int64)
    goal = share(min(completes, int(sizes.sum())), wave, sizes, counties, minimum=1)
    places = {
        p.township_id: p for p in session.scalars(sa.select(WavePlace).where(WavePlace.wave_id == wave.id))
    }
    for (township_id, county_id, _), target in zip(rows, goal.tolist(), strict=True):
        place = places.get(township_id)
        if place is None:
            place = WavePlace(wave_id=wave.id, township_id=township_id, county_id=county_id)
            session.add(place)
        place.target = target
    session.flush()


def plan_day(
    session: Session, wave: Wave, on: date, *, by: Staff | None, at: datetime, top_up: int | None = None
) -> Sample:
    """Draw and release what the day needs (or a top-up of so many numbers), and raise the targets."""
    expected = experienced_yield(session, wave)
    numbers = top_up if top_up is not None else int(np.ceil(wave.daily_target / expected))
    allocation = allocate_next(session, wave, numbers)
    sample = draw(
        session,
        wave,
        allocation,
        on=on,
        seed=int(np.random.default_rng([wave.id, on.toordinal()]).integers(2**62)),
        replicates=max(1, round(numbers / PER_REPLICATE)),
        reason={"completes": wave.daily_target, "yield": round(expected, 4), "rule": wave.allocation.value},
        by=by,
        at=at,
    )
    if top_up is None:
        days = session.scalar(
            sa.select(sa.func.count(sa.distinct(Sample.planned_on))).where(Sample.wave_id == wave.id)
        )
        set_targets(session, wave, wave.daily_target * (days or 1))
        for replicate in sample.replicates:
            release(session, replicate, by=by, at=at)
    return sample


@sweep("survey.plan", every=timedelta(minutes=5))
def plan_today(session: Session, now: datetime) -> int:
    """Draw and release today's plan of every open wave that lacks it; a missed morning is caught up."""
    today = clock.local(now).date()
    if clock.local(now).time() < MORNING:
        return 0
    count = 0
    for wave in session.scalars(sa.select(Wave).where(Wave.state == WaveState.OPEN)):
        is_running = wave.starts_on <= today and (wave.ends_on is None or today <= wave.ends_on)
        if not is_running or today.weekday() not in wave.weekdays or not wave.daily_target:
            continue
        has_run = session.scalar(
            sa.select(Sample.id).where(Sample.wave_id == wave.id, Sample.planned_on == today).limit(1)
        )
        if has_run is None:
            plan_day(session, wave, today, by=None, at=now)
            count += 1
    if count:
        journal.write(session, "wave.plan", "wave", by=None, at=now, waves=count)
    return count
