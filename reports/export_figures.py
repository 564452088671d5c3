"""The figures that go out with a data file: what was published, of whom, and with what error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.places import Level, Place
from core.terms import Words
from reports.definitions import Definition
from reports.estimates import By, Figures, IndexEstimate, Measure
from reports.estimating import USERS, Scored, groups
from reports.export_respondents import Respondents
from reports.export_scores import CONTACT, bulletin_key, set_key
from reports.index_figures import figures_of
from survey.indices import CITY, INDICES
from survey.methods.design import BoolArray
from survey.weighting import IndexFigure, WeightSet

FIGURE_HEAD = (
    "key", "source", "index", "measure", "by", "domain", "domain_zh", "domain_en", "filter_column", "filter_value",
    "filter_equal", "estimate", "standard_error", "low", "high", "n", "effective_n", "deff", "df", "method",
    "rank_best", "rank_worst", "rank_band", "withheld", "flags",
)  # fmt: skip
PART_HEAD = ("key", "column", "share")
EVERYBODY = Words("全市", "Whole city")
OTHERS = Words("其余", "All others")


@dataclass(frozen=True)
class Filter:
    """Who a figure is about, told by one column: those with a value, or all but those."""

    column: str
    value: int
    is_equal: bool = True


@dataclass(frozen=True, eq=False)
class Published:
    """One figure as it stands; without its values where it is withheld."""

    key: str
    figure: IndexFigure | IndexEstimate
    by: By
    words: Words
    who: Filter | None
    """None for everybody."""
    is_told: bool
    """Whether the data file has what it takes to tell who the figure is about."""

    @property
    def is_withheld(self) -> bool:
        f = self.figure
        return f.is_suppressed if isinstance(f, IndexFigure) else f.withheld is not None

    @property
    def cells(self) -> list[object]:
        """Return the row under `FIGURE_HEAD`, numbers at full precision."""
        f = self.figure
        who: list[object] = ["", "", ""]
        if not self.is_told:
            who = ["?", "", ""]
        elif self.who is not None:
            who = [self.who.column, self.who.value, int(self.who.is_equal)]
        values = [f.estimate, f.standard_error, f.low, f.high, f.n, f.effective_n, f.deff, f.df]
        ranks: list[object] = [None] * 3
        if isinstance(f, IndexFigure):
            measure, reasons = Measure.SHARE.value, (f.reason or "").split(",")
            withheld, flags = (reasons[0] or "withheld", reasons[1:]) if f.is_suppressed else ("", reasons)
            method = "" if flags != [""] else "logit"
            if not f.is_suppressed:
                ranks = [f.rank_low, f.rank_high, f.rank_band]
        else:
            measure, withheld, flags, method = f.measure.value, f.withheld or "", [], f.method
        return [
            self.key, self.key.partition(":")[0], f.index, measure, self.by.value, f.domain,
            self.words.in_language("zh"), self.words.in_language("en"), *who,
            *([None] * len(values) if self.is_withheld else values), "" if self.is_withheld else method,
            *ranks, withheld, ",".join(flags),
        ]  # fmt: skip


def published(
    session: Session,
    made: WeightSet,
    people: Respondents,
    estimated: Figures | None,
    definition: Definition | None,
) -> list[Published]:
    """Return the figures kept with the set, then those estimated for bulletins; indices first, the city first."""
    counties = sa.select(Place).where(Place.level == Level.COUNTY)
    names = {p.code: Words(p.name, p.name_en) for p in session.scalars(counties)}
    own = [_of_set(f, people, names) for f in figures_of(session, made).values()]
    places = {name: n for n, name in enumerate(INDICES)}

    def turn(p: Published) -> tuple[object, ...]:
        f = p.figure
        measure = f.measure.value if isinstance(f, IndexEstimate) else ""
        return (places.get(f.index, len(places)), f.index, measure, list(By).index(p.by), f.domain)

    found = sorted(own, key=turn)
    if estimated is not None and definition is not None:
        found += sorted(_of_bulletin(estimated, people, definition, names), key=turn)
    return found


def _of_set(f: IndexFigure, people: Respondents, names: dict[str, Words]) -> Published:
    if f.domain == CITY:
        return Published(set_key(f.index), f, By.CITY, EVERYBODY, None, True)
    number = people.places.get(f.domain)
    who = Filter("county", number) if number is not None else None
    words = names.get(f.domain, Words(f.domain, f.domain))
    return Published(set_key(f.index), f, By.COUNTY, words, who, who is not None)


def _of_bulletin(
    estimated: Figures, people: Respondents, definition: Definition, names: dict[str, Words]
) -> Iterator[Published]:
    scored = Scored(definition, people.people)
    labels = {by: np.array(given) for by, given in groups(people.people).items()}
    agencies = {a.code: a for a in definition.agencies}
    columns = {By.AREA: "area", By.SEX: "sex", By.AGE: "age_group", By.COUNTY: "county"}
    for (index, measure, by, domain), row in estimated.rows.items():
        key = bulletin_key(index, measure)
        if by is By.CITY:
            yield Published(key, row, by, EVERYBODY, None, True)
        elif by is By.CONTACT and index in agencies:
            inside = scored.users(agencies[index])
            who = _filter(people, agencies[index].contact, inside, is_equal=domain == USERS)
            words = _label(people, who) if domain == USERS else OTHERS
            yield Published(key, row, by, words, who, who is not None)
        elif by is By.CONTACT:
            key = bulletin_key(index, measure, domain)
            yield Published(key, row, by, CONTACT[domain], None, True)
        else:
            inside = labels[by] == domain if by in labels else np.zeros(people.size, dtype=np.bool_)
            who = _filter(people, columns.get(by, ""), inside)
            words = names.get(domain) or _label(people, who, domain)
            yield Published(key, row, by, words, who, who is not None)


def _filter(people: Respondents, name: str, inside: BoolArray, *, is_equal: bool = True) -> Filter | None:
    """Find the value of a column that all these respondents have and nobody else."""
    column = people.column(name)
    if column is None or not inside.any():
        return None
    value = column.values[inside][0]
    if np.isnan(value) or not np.array_equal(column.values == value, inside):
        return None
    return Filter(name, int(value), is_equal)


def _label(people: Respondents, who: Filter | None, otherwise: str = "") -> Words:
    column = people.column(who.column) if who else None
    known = column.labels.get(who.value) if column and who else None
    return known or Words(otherwise, otherwise)
