"""The daily plan: how many numbers a day's completes need, shared among strata, drawn and released each morning."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from core import clock, journal
from core.people import Staff
from core.problems import Refused
from core.sweeps import sweep
from core.terms import Words
from survey.cases import Case
from survey.drawing import draw
from survey.frame import Stratum
from survey.methods import allocation as methods
from survey.methods.failures import AllocationFailure
from survey.releasing import release
from survey.sampling import Replicate, ReplicateState, Sample, SampleStratum
from survey.waves import Allocation, Wave, WavePlace, WaveState

MORNING = time(8, 0)
EXPECTED_YIELD = 0.2
"""Completes per number before the wave has its own experience (340 dials a day gave 80 completes)."""
ENOUGH_EXPERIENCE = 300
PER_REPLICATE = 120

Counts = NDArray[np.int64]


class CannotShare(Refused):
    """The allocation has no room for so many."""

    words = Words(
        "按现在的分配方式分不出这么多号码：手工表里的县不够大，或没有填。请减少数量或改分配方式。",
        "The allocation can't share so many: the counties of the hand table are too small, or none is filled in. "
        "Ask for fewer or choose another allocation.",
    )


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
    try:
        goal = share(min(int(taken.sum()) + numbers, int(sizes.sum())), wave, sizes, counties, minimum=2)
    except AllocationFailure as error:
        raise CannotShare from error
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


def numbers_needed(session: Session, wave: Wave) -> tuple[int, float]:
    """Return how many numbers a day's target asks for, and the yield it was reckoned with."""
    expected = experienced_yield(session, wave)
    return int(np.ceil(wave.daily_target / expected)), expected


def take(
    session: Session,
    wave: Wave,
    numbers: int,
    on: date,
    *,
    reason: dict[str, Any],
    by: Staff | None,
    at: datetime,
) -> Sample:
    """Draw so many numbers for a day by the wave's rule, dealt into replicates of about 120."""
    return draw(
        session,
        wave,
        allocate_next(session, wave, numbers),
        on=on,
        seed=int(np.random.default_rng([wave.id, on.toordinal()]).integers(2**62)),
        replicates=max(1, round(numbers / PER_REPLICATE)),
        reason={"rule": wave.allocation.value, **reason},
        by=by,
        at=at,
    )


def plan_day(session: Session, wave: Wave, on: date, *, by: Staff | None, at: datetime) -> Sample:
    """Draw and release what the day needs, and raise the targets."""
    numbers, expected = numbers_needed(session, wave)
    reason = {"completes": wave.daily_target, "yield": round(expected, 4)}
    sample = take(session, wave, numbers, on, reason=reason, by=by, at=at)
    set_targets(session, wave, sum(plans(session, wave).values()))
    for replicate in sample.replicates:
        release(session, replicate, by=by, at=at)
    return sample


def plans(session: Session, wave: Wave) -> dict[date, int]:
    """Return the completes that each planned day was drawn for; a top-up by hand is no plan."""
    rows = session.execute(sa.select(Sample.planned_on, Sample.reason).where(Sample.wave_id == wave.id))
    return {row.planned_on: int(row.reason["completes"]) for row in rows if "completes" in row.reason}


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
        if today not in plans(session, wave):
            plan_day(session, wave, today, by=None, at=now)
            count += 1
    if count:
        journal.write(session, "wave.plan", "wave", by=None, at=now, waves=count)
    return count
