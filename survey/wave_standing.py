"""How a wave stands: its targets and completes by county, its numbers, and what is to be done next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core.places import Place
from core.problems import Problem
from core.terms import Words
from survey.frame import Stratum
from survey.planning import allocate_next
from survey.sampling import Replicate, ReplicateState, Sample
from survey.wave_setting import lacking
from survey.waves import Wave, WavePlace, WaveState


@dataclass(frozen=True)
class Standing:
    """One wave as the first page shows it."""

    wave: Wave
    target: int
    completes: int
    drawn: int
    held_replicates: int
    next_step: Words


@dataclass(frozen=True)
class CountyTarget:
    """A county's target and completes so far."""

    county: Place
    target: int
    completes: int


@dataclass
class CountyShare:
    """What a county would get of a draw, township by township."""

    county: Place
    numbers: int = 0
    size: int = 0
    townships: list[tuple[Place, int, int]] = field(default_factory=list)
    """Township, numbers to draw, numbers in the frame."""


def standings(session: Session) -> list[Standing]:
    """Return every wave, those in the field first."""
    sums = {
        wave_id: (int(target), int(completes))
        for wave_id, target, completes in session.execute(
            sa.select(
                WavePlace.wave_id, sa.func.sum(WavePlace.target), sa.func.sum(WavePlace.completes)
            ).group_by(WavePlace.wave_id)
        )
    }
    drawn = _pairs(session, sa.select(Sample.wave_id, sa.func.sum(Sample.drawn)).group_by(Sample.wave_id))
    held = _pairs(
        session,
        sa.select(Sample.wave_id, sa.func.count())
        .join(Replicate)
        .where(Replicate.state == ReplicateState.HELD)
        .group_by(Sample.wave_id),
    )
    query = sa.select(Wave).options(joinedload(Wave.edition), joinedload(Wave.frame)).order_by(Wave.id.desc())
    order = [WaveState.OPEN, WaveState.HELD, WaveState.DRAFT, WaveState.CLOSED]
    found = [
        Standing(
            wave,
            *sums.get(wave.id, (0, 0)),
            drawn.get(wave.id, 0),
            held.get(wave.id, 0),
            next_step(wave, drawn.get(wave.id, 0), held.get(wave.id, 0)),
        )
        for wave in session.scalars(query)
    ]
    return sorted(found, key=lambda s: order.index(s.wave.state))


def _pairs(session: Session, query: sa.Select[int, int]) -> dict[int, int]:
    return {key: int(value or 0) for key, value in session.execute(query)}


def next_step(wave: Wave, drawn: int, held: int) -> Words:
    """Say what is to be done next with a wave."""
    if wave.state is WaveState.DRAFT:
        gaps = lacking(wave)
        return gaps[0] if gaps else Words("齐备，可以启动", "Complete: it can be opened")
    if wave.state is WaveState.HELD:
        return Words("已暂停：恢复后继续拨打", "On hold: calling goes on when resumed")
    if wave.state is WaveState.CLOSED:
        return Words("已结束", "Closed")
    if held:
        return Words("有 {n} 个批次还没投放", "{n} replicates are not released").filled(n=held)
    if not drawn:
        return Words("等早上 8:00 自动抽样，或现在补抽", "Waits for the draw at 8:00, or top up now")
    return Words("正常进行", "Under way")


def county_targets(session: Session, wave: Wave) -> list[CountyTarget]:
    """Return targets and completes by county."""
    query = (
        sa.select(Place, sa.func.sum(WavePlace.target), sa.func.sum(WavePlace.completes))
        .join(WavePlace, WavePlace.county_id == Place.id)
        .where(WavePlace.wave_id == wave.id)
        .group_by(Place.id)
        .order_by(Place.code)
    )
    return [CountyTarget(place, int(t), int(c)) for place, t, c in session.execute(query)]


def share_preview(session: Session, wave: Wave, numbers: int) -> list[CountyShare]:
    """Return how the next numbers would fall to counties and townships; nothing is drawn."""
    if wave.frame_id is None or numbers < 1:
        return []
    allocation = allocate_next(session, wave, numbers)
    strata: Sequence[Stratum] = session.scalars(
        sa.select(Stratum)
        .where(Stratum.frame_id == wave.frame_id)
        .options(joinedload(Stratum.county), joinedload(Stratum.township))
    ).all()
    shares: dict[int, CountyShare] = {}
    towns: dict[int, list[int]] = {}
    for stratum in strata:
        share = shares.setdefault(stratum.county_id, CountyShare(stratum.county))
        n = allocation.get(stratum.id, 0)
        share.numbers += n
        share.size += stratum.size
        row = towns.setdefault(stratum.township_id, [0, 0])
        row[0] += n
        row[1] += stratum.size
    for place in sorted({s.township_id: s.township for s in strata}.values(), key=lambda p: p.code):
        shares[place.parent_id or 0].townships.append((place, towns[place.id][0], towns[place.id][1]))
    return sorted(shares.values(), key=lambda s: s.county.code)


def share_problem(session: Session, wave: Wave, numbers: int) -> tuple[list[CountyShare], Words | None]:
    """Return the preview, or in words why there is none."""
    try:
        return share_preview(session, wave, numbers), None
    except Problem as problem:
        return [], problem.words
