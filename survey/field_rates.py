"""Field rates: AAPOR's rates over released numbers, in all, and by county, frame, interviewer or week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from core import clock
from core.dates import day_words
from core.people import Staff
from core.phone import NumberKind
from core.places import Place
from core.terms import Term, t
from survey.attempts import Attempt
from survey.cases import Case
from survey.frame import Stratum
from survey.methods.rates import Counts, Eligibility, Rates, rates
from survey.period_data import bounds
from survey.sampling import Replicate, ReplicateState
from survey.wall import counts_of
from survey.waves import Wave


class Breakdown(Term):
    """What the rates are shown by."""

    COUNTY = "county", "县（区）", "County"
    FRAME = "frame", "号码类型", "Kind of number"
    INTERVIEWER = "interviewer", "访员", "Interviewer"
    WEEK = "week", "投放周", "Week of release"


class KnownShare(Term):
    """How e, the eligible share of the unknown, is had."""

    ALL = "all", "e = 1（全部算合格）", "e = 1 (all eligible)"
    CALCULATOR = "calculator", "e 由已知比例推算", "e from the known share"
    BY_FRAME = "by_frame", "e 分号码类型推算", "e by kind of number"

    @property
    def method(self) -> Eligibility:
        """The method's own name for it."""
        return Eligibility(self.value)


@dataclass(frozen=True)
class Selection:
    """Which released numbers are counted; what the address says."""

    county_id: int | None = None
    kind: NumberKind | None = None
    staff_id: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None


ByFrame = dict[str, Counts]
"""Counts of each kind of number: e by frame needs them apart."""


@dataclass
class Cells:
    """The outcomes of one group: numbers and sums of base weights, each by kind of number."""

    label: str
    order: str
    codes: dict[str, dict[str, float]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(float))
    )
    weighted_codes: dict[str, dict[str, float]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(float))
    )

    def counts(self, *, weighted: bool) -> ByFrame:
        """Return the counts of each kind of number."""
        source = self.weighted_codes if weighted else self.codes
        return {kind: counts_of(dict(codes)) for kind, codes in source.items()}

    def total(self, *, weighted: bool = False) -> Counts:
        """Return the counts of all kinds together."""
        return sum(self.counts(weighted=weighted).values(), Counts())

    @property
    def numbers(self) -> int:
        """How many released numbers are in the group."""
        return round(sum(n for codes in self.codes.values() for n in codes.values()))

    def rates(self, eligibility: Eligibility, *, weighted: bool) -> Rates:
        """Return all rates of the group."""
        counts = self.counts(weighted=weighted)
        return rates(counts if counts else Counts(), eligibility if counts else Eligibility.ALL)


Key = tuple[str, str]
"""How a group is told apart and ordered, and how it is called."""


def tabulate(
    session: Session, wave: Wave, chosen: Selection, by: Breakdown | None = None
) -> tuple[Cells, list[Cells]]:
    """Count the selected numbers of a wave, in all and by group.

    A number's base weight is N_h over the numbers of its stratum released in the whole wave; it does not
    depend on the selection. An interviewer answers for the numbers whose last try was theirs.
    """
    group = _column(by).label("part")
    code = sa.func.coalesce(Case.disposition, "").label("code")  # grouped by its name: PostgreSQL asks for it
    query = (
        sa.select(group, Case.kind, Case.stratum_id, code, sa.func.count())
        .join(Replicate, Replicate.id == Case.replicate_id)
        .where(Case.wave_id == wave.id, Replicate.state == ReplicateState.RELEASED)
        .group_by(group, Case.kind, Case.stratum_id, code)
    )
    if by is Breakdown.INTERVIEWER or chosen.staff_id is not None:
        query = query.outerjoin(Attempt, _is_last_try())
    for condition in _conditions(chosen):
        query = query.where(condition)
    weight = _base_weights(session, wave)
    naming = _names(session, by)
    whole = Cells(t("合计", "All"), "")
    groups: dict[str, Cells] = {}
    for key, kind, stratum_id, disposition, n in session.execute(query):
        order, label = naming(key)
        cells = groups.setdefault(order, Cells(label, order))
        for one in (whole, cells):
            one.codes[kind.value][disposition] += n
            one.weighted_codes[kind.value][disposition] += n * weight[stratum_id]
    return whole, sorted(groups.values(), key=lambda c: c.order) if by else []


def _is_last_try() -> sa.ColumnElement[bool]:
    """Say which try of a case is its last; answered from the index on (case, number), case by case."""
    other = aliased(Attempt)
    newest = sa.select(sa.func.max(other.number)).where(other.case_id == Case.id).correlate(Case)
    return sa.and_(Attempt.case_id == Case.id, Attempt.number == newest.scalar_subquery())


def _column(by: Breakdown | None) -> sa.ColumnElement[object]:
    columns: dict[Breakdown | None, sa.ColumnElement[object]] = {
        None: sa.literal(0),
        Breakdown.COUNTY: sa.cast(Case.county_id, sa.Integer),
        Breakdown.FRAME: sa.type_coerce(Case.kind, sa.String),
        Breakdown.INTERVIEWER: sa.type_coerce(Attempt.staff_id, sa.Integer),
        Breakdown.WEEK: sa.type_coerce(Replicate.released_at, Replicate.released_at.type),
    }
    return columns[by]


def _conditions(chosen: Selection) -> Iterable[sa.ColumnElement[bool]]:
    if chosen.county_id is not None:
        yield Case.county_id == chosen.county_id
    if chosen.kind is not None:
        yield Case.kind == chosen.kind
    if chosen.staff_id is not None:
        yield Attempt.staff_id == chosen.staff_id
    if chosen.starts_on is not None:
        yield Replicate.released_at >= bounds(chosen.starts_on, chosen.starts_on)[0]
    if chosen.ends_on is not None:
        yield Replicate.released_at <= bounds(chosen.ends_on, chosen.ends_on)[1]


def _base_weights(session: Session, wave: Wave) -> dict[int, float]:
    query = (
        sa.select(Stratum.id, Stratum.size, sa.func.count())
        .join(Case, Case.stratum_id == Stratum.id)
        .join(Replicate, Replicate.id == Case.replicate_id)
        .where(Case.wave_id == wave.id, Replicate.state == ReplicateState.RELEASED)
        .group_by(Stratum.id, Stratum.size)
    )
    return {key: max(size, n) / n for key, size, n in session.execute(query)}


def _names(session: Session, by: Breakdown | None) -> Callable[[object], Key]:
    match by:
        case Breakdown.COUNTY:
            places = {p.id: (p.code, p.label) for p in session.scalars(sa.select(Place))}
            return lambda key: places[int(str(key))]
        case Breakdown.FRAME:
            return lambda key: (str(key), NumberKind.of(str(key)).label)
        case Breakdown.INTERVIEWER:
            people = {s.id: (f"{s.id:09}", s.name) for s in session.scalars(sa.select(Staff))}
            nobody = ("~", t("尚未拨打", "Not tried yet"))
            return lambda key: nobody if key is None else people[int(str(key))]
        case Breakdown.WEEK:
            return _week
        case _:
            return lambda key: ("", "")


def _week(key: object) -> Key:
    assert isinstance(key, datetime), "a released replicate has its moment"
    day = clock.local(key).date()
    monday = day - timedelta(days=day.weekday())
    sunday = monday + timedelta(days=6)
    return monday.isoformat(), f"{day_words(monday)} – {day_words(sunday)}"
