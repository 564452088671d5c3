"""What the sections of a bulletin are made from: the period, its data cut, and its estimates beside earlier ones."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.places import Level, Place
from core.problems import Refused
from core.terms import Words
from matters.matter import Matter
from reports.blocks import Source, Text
from reports.definitions import Definition, series_since
from reports.estimates import Figures, figures_of
from reports.estimating import make
from reports.periods import Period
from reports.stood import Stood, stood
from survey.interviews import Interview, InterviewState
from survey.methods.failures import MethodFailure
from survey.waves import Wave
from survey.weight_choice import asked_by, standing
from survey.weight_making import make_weight_set
from survey.weight_replay import Moved
from survey.weighting import WeightSet

log = logging.getLogger("tingmin.reports")


@dataclass(frozen=True, eq=False)
class Before:
    """A special report made before another."""

    context: Context
    told: frozenset[str]
    """The units of which it told what callers said, by name; "" is all of them together."""


@dataclass(eq=False)
class Context:
    """One bulletin at work: read, never written, but for the weights and estimates that it needs."""

    session: Session
    period: Period
    as_of: datetime
    definition: Definition
    topics: frozenset[str] = frozenset()
    """Codes of the topics of a special report; none are all."""
    within: Place | None = None
    """The place of a special report; none is the whole city."""
    earlier: tuple[Before, ...] = ()
    """Of a special report those made before it: one taken from the other must tell of no few callers."""
    sources: dict[str, Source] = field(default_factory=dict)
    _figures: dict[Period, Figures | None] = field(default_factory=dict)

    def source(self, source_id: str, query: str, words: Words) -> str:
        """Note how numbers were made; blocks name it."""
        self.sources[source_id] = Source(source_id, query, Text.of(words))
        return source_id

    @property
    def since(self) -> datetime:
        """The first moment of the period."""
        return self.bounds(self.period)[0]

    @property
    def until(self) -> datetime:
        """The first moment after it, or the data cut where that is earlier."""
        return min(self.bounds(self.period)[1], self.as_of)

    @property
    def is_over(self) -> bool:
        """Whether the data cut lies after the period: a part of one is compared with no whole one."""
        return self.as_of >= self.bounds(self.period)[1]

    def bounds(self, period: Period) -> tuple[datetime, datetime]:
        """Return the first moment of a period and the first after it."""
        return clock.midnight(period.starts_on), clock.midnight(period.ends_on + timedelta(days=1))

    @cached_property
    def places(self) -> dict[int, Place]:
        """Every place by its id."""
        return {p.id: p for p in self.session.scalars(sa.select(Place))}

    @cached_property
    def scope(self) -> sa.ColumnElement[bool]:
        """Which matters the bulletin is about: all, or those of a special report's topics and place."""
        wanted: list[sa.ColumnElement[bool]] = []
        if self.topics:
            wanted.append(Matter.topic.in_(sorted(self.topics)))
        if self.within is not None:
            wanted.append(Matter.place_id.in_(sorted(self.inside)))
        return sa.and_(sa.true(), *wanted)

    @cached_property
    def stood(self) -> list[Stood]:
        """The matters that were open in the period or ended in it, as they stood at its end."""
        return stood(self.session, self.since, self.until, self.scope, at=self.as_of)

    @cached_property
    def inside(self) -> set[int]:
        """The places that the bulletin is about, by id."""
        if self.within is None:
            return set(self.places)
        return {
            p.id
            for p in self.places.values()
            if (above := self.above(p.id, self.within.level)) is not None and above.id == self.within.id
        }

    @cached_property
    def counties(self) -> list[Place]:
        """The counties in the order of their codes."""
        found = [p for p in self.places.values() if p.level is Level.COUNTY and p.is_current]
        if self.within is not None:
            mine = self.above(self.within.id, Level.COUNTY)
            found = [p for p in found if mine is None or p.id == mine.id]
        return sorted(found, key=lambda p: p.code)

    @cached_property
    def townships(self) -> list[Place]:
        """The townships in the order of their codes."""
        found = [p for p in self.places.values() if p.level is Level.TOWNSHIP and p.is_current]
        return sorted(found, key=lambda p: p.code)

    @cached_property
    def city(self) -> Text:
        """The city's name."""
        found = next((p for p in self.places.values() if p.level is Level.CITY), None)
        return Text(found.name, found.name_en) if found else Text("全市", "Whole city")

    def above(self, place_id: int | None, level: Level) -> Place | None:
        """Return the place of a level that another lies in, itself included."""
        place = self.places.get(place_id or 0)
        while place is not None and place.level is not level:
            place = self.places.get(place.parent_id or 0)
        return place

    @cached_property
    def series_since(self) -> date | None:
        """The day of the last break of scale up to this definition; nothing before it is compared."""
        return series_since(self.session, self.definition)

    @cached_property
    def waves(self) -> list[tuple[Wave, int]]:
        """The waves with interviews in the period and how many: first the one that the figures come from."""
        found = self._waves_of(self.period)
        made = self._figures.get(self.period)
        if made is not None:
            found.sort(key=lambda pair: pair[0].id != made.weight_set.wave_id)
        return found

    def _waves_of(self, period: Period) -> list[tuple[Wave, int]]:
        """Return the waves with interviews in a period: first that which asks most of the indices, then the largest."""
        first, last = self.bounds(period)
        query = (
            sa.select(Interview.wave_id, sa.func.count().label("n"))
            .where(
                Interview.state == InterviewState.COMPLETE,
                Interview.ended_at >= first,
                Interview.ended_at < min(last, self.as_of),
            )
            .group_by(Interview.wave_id)
            .order_by(sa.desc("n"), Interview.wave_id.desc())
        )
        found = [(self.session.get_one(Wave, wave_id), n) for wave_id, n in self.session.execute(query)]
        asked = asked_by(self.session, [wave.id for wave, _ in found], self.definition.questions)
        return sorted(found, key=lambda pair: -asked.get(pair[0].id, 0))

    def figures(self, period: Period) -> Figures | None:
        """Return the estimates of a period, made where they are missing and can be made."""
        if period not in self._figures:
            self._figures[period] = self._made(period)
        return self._figures[period]

    @property
    def made(self) -> list[Figures]:
        """The estimates looked at so far."""
        return [found for found in self._figures.values() if found is not None]

    def _made(self, period: Period) -> Figures | None:
        if self.series_since is not None and period.starts_on < self.series_since:
            return None  # another scale: nothing to be compared with
        weight_set = self._weighed(period)
        if weight_set is None:
            return None
        try:
            made = make(self.session, weight_set, self.definition, at=self.as_of)
        except Moved:
            # Margins were brought in since: what was estimated then still stands, if by this definition.
            return figures_of(self.session, weight_set, self.definition.version)
        except MethodFailure as failure:  # the issue goes out without the indices, and says so
            log.warning("weight set %s: %s", weight_set.id, failure)
            return None
        return figures_of(self.session, weight_set, made.definition_version)

    def _weighed(self, period: Period) -> WeightSet | None:
        questions = self.definition.questions
        found = standing(self.session, period.starts_on, period.ends_on, questions, as_of=self.as_of)
        if found is not None:
            return found
        waves = self._waves_of(period)
        if not waves or not asked_by(self.session, [(wave := waves[0][0]).id], questions):
            return None  # nobody was asked, or polls alone that ask nothing of the indices
        try:
            return make_weight_set(
                self.session, wave, starts_on=period.starts_on, ends_on=period.ends_on,
                as_of=self.as_of, by=None, at=self.as_of,
            )  # fmt: skip
        except Refused:
            return None  # too few interviews, or no margins: the section says so

    def of_place(self, place: Place | None) -> Text:
        """Return a place's name in both languages."""
        return Text(place.name, place.name_en) if place else Text("未填地点", "No place given")


def listed(texts: Iterable[Text]) -> Text:
    """Join names: with 、 in Chinese, with commas in English."""
    found = list(texts)
    return Text("、".join(x.zh for x in found), ", ".join(x.en for x in found))
