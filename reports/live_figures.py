"""The indices as they come in: the running week and four weeks, provisional, beside the frozen weight sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from threading import Lock
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.places import Level, Place
from core.terms import Words, language
from reports.index_disclosure import Told, told
from reports.index_figures import figures_of, is_shown, sets_of, told_of
from survey.cube_cells import CubeCell
from survey.cube_live import Live, live, windows
from survey.indices import CITY, INDICES
from survey.interviews import Interview, InterviewState
from survey.margins import Margin
from survey.methods.estimates import Estimate
from survey.waves import Wave, WaveState
from survey.weighting import IndexFigure, WeightSet

WEEK = Words("本周", "This week")
FOUR_WEEKS = Words("近四周", "Last four weeks")
FRESH_FOR = 60
"""Seconds after which figures are made anew though no interview came: outcomes of calls move the weights a little."""

_kept: WeakKeyDictionary[sa.Engine, dict[int, tuple[object, tuple[Window, Window]]]] = WeakKeyDictionary()
_estimating = Lock()


@dataclass(frozen=True)
class Pair:
    """One place's provisional figure beside the frozen one; either may be missing or withheld."""

    now: Estimate | None
    frozen: IndexFigure | None
    n: int | None = 0
    """How many answered so far; None where they are few, or would tell another county's few."""
    is_complement: bool = False
    """The provisional figure would tell another county's few."""
    is_frozen_complement: bool = False

    @property
    def shown(self) -> Estimate | None:
        """Return the provisional figure where it may be printed."""
        is_sure = self.now is not None and self.now.is_published
        return self.now if is_sure and not self.is_complement else None

    @property
    def kept(self) -> IndexFigure | None:
        """Return the frozen figure where it may be printed."""
        return self.frozen if is_shown(self.frozen) and not self.is_frozen_complement else None


@dataclass(frozen=True)
class Window:
    """One open period with the weight set it is read beside."""

    words: Words
    live: Live
    weight_set: WeightSet | None
    figures: Mapping[tuple[str, str], IndexFigure]
    may: Told
    """What may be told of the provisional figures."""
    may_frozen: Told

    def pair(self, index: str, domain: str) -> Pair:
        """Return an index of a place, now and frozen."""
        key = (index, domain)
        return Pair(
            self.live.figures.get(key), self.figures.get(key), self.may.n(*key), self.may.is_withheld(*key),
            self.may_frozen.is_withheld(*key),
        )  # fmt: skip


@dataclass(frozen=True)
class Board:
    """What the live page shows."""

    wave: Wave
    windows: tuple[Window, Window]
    places: Sequence[tuple[str, str]]
    """Code and name: the city first, then every county, in an order that never changes."""
    last_at: datetime | None
    """When the newest interview ended."""

    @property
    def indices(self) -> tuple[str, ...]:
        """Name the indices, in their order."""
        return INDICES


def wave_at_work(session: Session, wave_id: int | None = None) -> Wave | None:
    """Return the wave asked for, or the newest one, where interviews still come in."""
    query = sa.select(Wave).where(Wave.state.in_([WaveState.OPEN, WaveState.HELD])).order_by(Wave.id.desc())
    if wave_id is not None:
        query = query.where(Wave.id == wave_id)
    return session.scalars(query.limit(1)).first()


def board_of(session: Session, wave: Wave, at: datetime) -> Board:
    """Show both windows of a wave, estimated from the stored cube, as they stand at a moment.

    Nothing is estimated twice while nothing has changed: whoever asks first does it for all who look.
    """
    kept = _kept.setdefault(session.get_bind().engine, {})
    facts = _facts(session, wave, at)
    with _estimating:
        if wave.id not in kept or kept[wave.id][0] != facts:
            kept[wave.id] = (facts, _windows(session, wave, at))
        made = kept[wave.id][1]
    return Board(wave, made, _places(session), _last(session, wave))


def _windows(session: Session, wave: Wave, at: datetime) -> tuple[Window, Window]:
    sets = sets_of(session, wave.id, at=at)
    week, month = windows(clock.today(at))
    short, long = [s for s in sets if _days(s) <= 7], [s for s in sets if 7 < _days(s) <= 31]
    return (
        _window(session, WEEK, live(session, wave, *week), short),
        _window(session, FOUR_WEEKS, live(session, wave, *month), long),
    )


def _window(session: Session, words: Words, figures: Live, sets: list[WeightSet]) -> Window:
    beside = next((s for s in sets if s.is_published), sets[0] if sets else None)
    frozen = figures_of(session, beside) if beside else {}
    kept = told_of(session, beside, frozen) if beside else told({}, {})
    return Window(words, figures, beside, frozen, told(figures.figures, {}), kept)


def _days(weight_set: WeightSet) -> int:
    return (weight_set.ends_on - weight_set.starts_on).days + 1


def _places(session: Session) -> list[tuple[str, str]]:
    city = session.scalars(sa.select(Place).where(Place.level == Level.CITY)).first()
    counties = session.scalars(sa.select(Place).where(Place.level == Level.COUNTY).order_by(Place.code))
    return [(CITY, city.label if city else ""), *((p.code, p.label) for p in counties)]


def _last(session: Session, wave: Wave) -> datetime | None:
    query = sa.select(sa.func.max(Interview.ended_at)).where(
        Interview.wave_id == wave.id, Interview.state == InterviewState.COMPLETE
    )
    found: datetime | None = session.scalar(query)
    return found


def mark_of(session: Session, wave: Wave, at: datetime) -> str:
    """Return a mark that changes whenever the board would: asked often, it costs a few sums."""
    facts = (*_facts(session, wave, at), language())
    return sha256(repr(facts).encode()).hexdigest()[:24]


def _facts(session: Session, wave: Wave, at: datetime) -> tuple[object, ...]:
    """Return what the board hangs on: interviews, margins, weight sets, the day, and how long it is fresh."""
    (_, today), (first, _) = windows(clock.today(at))
    held = session.execute(
        sa.select(sa.func.sum(CubeCell.n), sa.func.sum(CubeCell.weight), sa.func.sum(CubeCell.square)).where(
            CubeCell.wave_id == wave.id, CubeCell.released_on.between(first, today)
        )
    ).one()
    sets = session.execute(
        sa.select(sa.func.max(WeightSet.id), sa.func.sum(sa.case((WeightSet.is_published, WeightSet.id))))
    ).one()
    newest = session.scalar(sa.select(sa.func.max(Margin.imported_at)))
    turn = int(at.timestamp()) // FRESH_FOR
    return (wave.id, wave.edition_id, today, *held, *sets, newest, _last(session, wave), turn)
