"""The figures of a weight set as a reader meets them: city first, counties after, changes with their error."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from math import sqrt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.places import Level, Place
from core.terms import Words, language
from reports.definitions import in_force, series_since
from reports.index_disclosure import Told, parts_in, told
from survey.edition_import import questionnaire_of
from survey.index_ranks import RankRange
from survey.indices import CITY, INDICES, WORDS
from survey.margin_import import current_margins
from survey.waves import Wave
from survey.weight_choice import chosen
from survey.weighting import IndexFigure, WeightSet

WITHHELD = {
    "no_answer": Words("没有人回答，不予公布", "Nobody answered: not published"),
    "no_spread": Words("误差无从估计，不予公布", "Its error can't be known: not published"),
    "too_uncertain": Words("区间太宽，不予公布", "Too uncertain: not published"),
    "item": Words(
        "其中有一项没有结果或不予公布，综合指数也不公布",
        "One of its items is missing or withheld: not published",
    ),
}
COMPLEMENT = Words(
    "为免推出另一县（区）的少数人，不予公布", "Withheld so that another county's few can't be worked out"
)
TOO_FEW = Words("样本不足，不予公布", "Too few interviews: not published")
Z = 1.959964


def is_shown(figure: IndexFigure | None) -> bool:
    """Say whether a figure may be printed."""
    return figure is not None and not figure.is_suppressed and figure.estimate is not None


def why_withheld(figure: IndexFigure) -> Words:
    """Say why a figure is not printed."""
    return WITHHELD.get((figure.reason or "").split(",")[0], TOO_FEW)


@dataclass(frozen=True)
class Row:
    """One figure with the name of its place, and the places it may hold among the counties."""

    place: str
    place_code: str
    figure: IndexFigure
    n: int | None
    """How many answered; None is hidden, and with it whatever it follows from."""
    is_complement: bool = False
    """It would tell another county's few."""

    @property
    def is_shown(self) -> bool:
        """Say whether the figure may be printed."""
        return is_shown(self.figure) and not self.is_complement

    @property
    def why(self) -> Words:
        """Say why it is not printed."""
        return COMPLEMENT if self.is_complement and is_shown(self.figure) else why_withheld(self.figure)

    @property
    def rank(self) -> RankRange | None:
        """Return the places kept with the figure; a figure that is not shown holds none."""
        f = self.figure
        if not self.is_shown or f.rank_low is None or f.rank_high is None or f.rank_band is None:
            return None
        return RankRange(f.rank_low, f.rank_high, f.rank_band)


@dataclass(frozen=True)
class Change:
    """The change since an earlier period, in points, with its 95 % interval."""

    points: float
    low: float
    high: float
    since: date

    @property
    def is_clear(self) -> bool:
        """Say whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Headline:
    """One index for the whole city."""

    index: str
    words: Words
    figure: IndexFigure
    change: Change | None


def sets_of(session: Session, wave_id: int | None = None, *, at: datetime) -> list[WeightSet]:
    """Return the weight set that stands for each wave and period at a moment, newest period first."""
    query = sa.select(WeightSet)
    if wave_id is not None:
        query = query.where(WeightSet.wave_id == wave_id)
    return chosen(session.scalars(query), at=at)


def figures_of(session: Session, weight_set: WeightSet) -> dict[tuple[str, str], IndexFigure]:
    """Return every figure of a set by index and domain."""
    query = sa.select(IndexFigure).where(IndexFigure.weight_set_id == weight_set.id)
    return {(f.index, f.domain): f for f in session.scalars(query)}


def told_of(session: Session, weight_set: WeightSet, figures: dict[tuple[str, str], IndexFigure]) -> Told:
    """Say which of a set's figures and numbers may be told."""
    return told(figures, parts_in(session, weight_set.wave_id))


def rows(session: Session, figures: dict[tuple[str, str], IndexFigure], index: str, may: Told) -> list[Row]:
    """Return the city, the counties in the order of their estimates, and last those withheld, by code."""
    places = {p.code: p for p in session.scalars(sa.select(Place).where(Place.level == Level.COUNTY))}
    city = session.scalars(sa.select(Place).where(Place.level == Level.CITY)).first()
    found = [
        Row(places[domain].label, domain, figure, may.n(index, domain), may.is_withheld(index, domain))
        for (item, domain), figure in figures.items()
        if item == index and domain in places
    ]
    shown = sorted((r for r in found if r.is_shown), key=lambda r: -(r.figure.estimate or 0))
    withheld = sorted((r for r in found if not r.is_shown), key=lambda r: r.place_code)
    whole = figures.get((index, CITY))
    first = [Row(city.label if city else "", CITY, whole, may.n(index))] if whole else []
    return [*first, *shown, *withheld]


def category_words(session: Session) -> dict[str, str]:
    """Return the label of every category of the population tables, in the language spoken."""
    is_english = language() == "en"
    cells = (cell for margin in current_margins(session).values() for cell in margin.cells)
    return {c.category: (c.label_en if is_english else c.label) or c.category for c in cells}


def previous(sets: list[WeightSet], current: WeightSet) -> WeightSet | None:
    """Return the set of the same length that ended just before the current one began."""
    length = (current.ends_on - current.starts_on).days
    earlier = [
        s
        for s in sets
        if s.wave_id == current.wave_id
        and s.ends_on < current.starts_on
        and abs((s.ends_on - s.starts_on).days - length) <= 1
    ]
    return max(earlier, key=lambda s: s.ends_on, default=None)


def change(now: IndexFigure, before: IndexFigure, since: date) -> Change | None:
    """Return the change between two periods that share no numbers, so that their errors are independent."""
    if now.is_suppressed or before.is_suppressed or now.estimate is None or before.estimate is None:
        return None
    if not now.standard_error or not before.standard_error:
        return None
    points = now.estimate - before.estimate
    half = Z * sqrt(now.standard_error**2 + before.standard_error**2)
    return Change(points, points - half, points + half, since)


def headlines(session: Session, sets: list[WeightSet], current: WeightSet) -> list[Headline]:
    """Return the two indices for the city, each with its change since the period before; none across a break of scale."""
    here = figures_of(session, current)
    earlier = previous(sets, current)
    broken = series_since(session, in_force(session, current.starts_on))
    if earlier is not None and broken is not None and earlier.starts_on < broken:
        earlier = None
    there = figures_of(session, earlier) if earlier else {}
    found = []
    for index in INDICES:
        figure = here.get((index, CITY))
        if figure is None:
            continue
        before = there.get((index, CITY))
        step = change(figure, before, earlier.ends_on) if before and earlier else None
        found.append(Headline(index, WORDS[index], figure, step))
    return found


def weekly(
    session: Session, sets: list[WeightSet], wave_id: int
) -> list[tuple[WeightSet, dict[str, IndexFigure]]]:
    """Return the city's figures of each week of a wave, oldest first, one set a week."""
    weeks: dict[date, WeightSet] = {}
    for item in sets:
        if item.wave_id == wave_id and (item.ends_on - item.starts_on).days <= 6:
            best = weeks.get(item.starts_on)
            if best is None or item.ends_on > best.ends_on:
                weeks[item.starts_on] = item
    found = []
    for item in sorted(weeks.values(), key=lambda s: s.starts_on):
        query = sa.select(IndexFigure).where(IndexFigure.weight_set_id == item.id, IndexFigure.domain == CITY)
        found.append((item, {f.index: f for f in session.scalars(query)}))
    return found


def item_words(session: Session, weight_set: WeightSet, language: str) -> dict[str, str]:
    """Return the wording of every item by its question's name."""
    wave = session.get_one(Wave, weight_set.wave_id)
    if wave.edition is None:
        return {}
    return {q.name: q.label.within(language) for q in questionnaire_of(wave.edition).questions}
