"""Rates: how units answered, with numerator, denominator and percentage from one query; no cases are no data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from core.people import Staff, Unit
from core.terms import Term, t
from matters.attributes import Fault, Judgement
from matters.flow import MatterAction
from matters.keeping_away import IN_REPORTS, within_sight
from matters.log import MatterEvent
from matters.matter import Matter
from matters.shrinking import Shrunk, shrink_in_groups
from matters.turns import CallerTurn, Errand

SATISFIED, FAIRLY = 5, 4
FAIRLY_COUNTS = 0.9
A = MatterAction


class Measure(Term):
    """What is measured of a unit."""

    RESPONSE = "response", "响应率", "Response"
    ON_TIME = "on_time", "按时率（含延期）", "On time, extension counted"
    ON_TIME_PLAIN = "on_time_plain", "按时率（不含延期）", "On time, without extension"
    SOLVED_LOW = "solved_low", "解决率下限", "Solved, low"
    SOLVED = "solved", "解决率", "Solved"
    SOLVED_HIGH = "solved_high", "解决率上限", "Solved, high"
    SATISFIED = "satisfied", "满意率（基本满意计 0.9）", "Satisfied, fairly counted 0.9"
    SATISFIED_PLAIN = "satisfied_plain", "满意率（满意与基本满意）", "Satisfied or fairly so"


@dataclass(frozen=True)
class Rate:
    """A numerator over a denominator; nobody types the percentage."""

    numerator: float
    denominator: int

    @property
    def share(self) -> float | None:
        """The share, None where nothing was due."""
        return self.numerator / self.denominator if self.denominator else None

    @property
    def percentage(self) -> str:
        """The percentage in words: 87.2 %, or that there is no data."""
        share = self.share
        return t("无数据", "no data") if share is None else f"{100 * share:.1f} %"

    @property
    def counts(self) -> str:
        """Numerator and denominator: 1,269 / 1,455."""
        digits = 0 if float(self.numerator).is_integer() else 1
        return f"{self.numerator:,.{digits}f} / {self.denominator:,}"

    def __str__(self) -> str:
        return f"{self.counts} = {self.percentage}" if self.denominator else self.percentage


@dataclass(frozen=True)
class Counts:
    """What was counted of one unit, or of all."""

    contacted: int = 0
    stalled: int = 0
    reported: int = 0
    on_time: int = 0
    on_time_plain: int = 0
    asked: int = 0
    overdue: int = 0
    """Callers whose revisit is past its limit and not finished: nobody knows yet what they say."""
    reached: int = 0
    solved: int = 0
    satisfied: int = 0
    fairly: int = 0

    def rate(self, measure: Measure) -> Rate:
        """Return one measure."""
        due = self.asked + self.overdue
        unreached = due - self.reached
        pairs: dict[Measure, tuple[float, int]] = {
            Measure.RESPONSE: (self.contacted, self.contacted + self.stalled),
            Measure.ON_TIME: (self.on_time, self.reported),
            Measure.ON_TIME_PLAIN: (self.on_time_plain, self.reported),
            Measure.SOLVED_LOW: (self.solved, due),
            Measure.SOLVED: (self.solved, self.reached),
            Measure.SOLVED_HIGH: (self.solved + unreached, due),
            Measure.SATISFIED: (self.satisfied + FAIRLY_COUNTS * self.fairly, self.reached),
            Measure.SATISFIED_PLAIN: (self.satisfied + self.fairly, self.reached),
        }
        return Rate(*pairs[measure])

    def __add__(self, other: Counts) -> Counts:
        names = self.__dataclass_fields__
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in names})


@dataclass(frozen=True)
class UnitRates:
    """One unit's counts with the shrunk shares of each measure."""

    unit: Unit
    counts: Counts
    shrunk: dict[Measure, Shrunk | None] = field(default_factory=dict)


def counted(
    session: Session,
    staff: Staff | None,
    *,
    since: datetime,
    until: datetime,
    at: datetime,
    only: sa.ColumnElement[bool] | None = None,
) -> dict[int, Counts]:
    """Count by lead unit what the log says of a period, in one query, of matters that someone may know of.

    Nobody (None) stands for a report: all that counts in one. `only` narrows the matters further.

    A revisit counts in the period in which the caller was asked or given up; one that is not finished, in the
    period in which it was due.
    """
    event, facts = MatterEvent, MatterEvent.facts
    lead = sa.func.coalesce(facts["lead"].as_integer(), facts["unit"].as_integer()).label("lead")
    is_judged = sa.and_(event.action == A.REVISIT.value, facts["judged"].as_boolean())
    judgement = facts["judgement"].as_string()
    score = facts["satisfaction"].as_integer()
    is_report = event.action == A.REPORT.value
    words = [A.CONTACT.value, A.TELL.value]
    is_first = sa.and_(event.action.in_(words), facts["first"].as_boolean())
    is_stalled = sa.and_(
        event.action == A.FAULT.value,
        event.staff_id.is_(None),
        facts["fault"].as_string() == Fault.STALLED.value,
        ~_cleared(),
    )
    is_reached = sa.and_(is_judged, judgement.is_not(None))
    wanted = {
        "contacted": sa.and_(is_first, facts["in_time"].as_boolean()),
        "stalled": is_stalled,
        "reported": is_report,
        "on_time": sa.and_(is_report, facts["on_time"].as_boolean()),
        "on_time_plain": sa.and_(is_report, facts["on_time_plain"].as_boolean()),
        "asked": is_judged,
        "reached": is_reached,
        "solved": sa.and_(is_judged, judgement == Judgement.SOLVED.value),
        "satisfied": sa.and_(is_reached, score == SATISFIED),
        "fairly": sa.and_(is_reached, score == FAIRLY),
    }
    actions = [A.CONTACT, A.TELL, A.FAULT, A.REVISIT, A.REPORT]
    scope = sa.true() if only is None else only
    seen = _counting(session, staff, sa.select(Matter.id)).where(scope)
    in_log = (
        sa.select(
            lead,
            *(sa.func.count().filter(what).label(name) for name, what in wanted.items()),
            sa.literal(0).label("overdue"),
        )
        .where(
            event.action.in_([action.value for action in actions]),
            event.at >= since,
            event.at < until,
            event.matter_id.in_(seen),
            lead.is_not(None),
        )
        .group_by(lead)
    )
    blank: list[sa.ColumnElement[Any]] = [Matter.lead_unit_id.expression, *(sa.literal(0) for _ in wanted)]
    unfinished = (
        sa.select(*blank, sa.func.count())
        .select_from(CallerTurn)
        .join(CallerTurn.matter)
        .where(
            CallerTurn.errand == Errand.REVISIT,
            CallerTurn.due_at >= since,
            CallerTurn.due_at < min(until, at),
            Matter.lead_unit_id.is_not(None),
            scope,
        )
        .group_by(Matter.lead_unit_id)
    )
    both = sa.union_all(in_log, _counting(session, staff, unfinished)).subquery()
    names = (*wanted, "overdue")
    query = sa.select(both.c.lead, *(sa.func.sum(both.c[name]).label(name) for name in names))
    return {
        row.lead: Counts(**{name: int(getattr(row, name)) for name in names})
        for row in session.execute(query.group_by(both.c.lead))
    }


def _cleared() -> sa.ColumnElement[bool]:
    """Say that the head has cleared a fault: then it counts nowhere, as in the appraisal."""
    later = aliased(MatterEvent)
    return sa.exists().where(
        later.matter_id == MatterEvent.matter_id,
        later.action == A.CLEAR_FAULT.value,
        later.facts["key"].as_string() == MatterEvent.facts["key"].as_string(),
    )


def _counting(session: Session, staff: Staff | None, query: sa.Select[Any]) -> sa.Select[Any]:
    return query.where(IN_REPORTS) if staff is None else within_sight(session, staff, query)


def by_unit(
    session: Session, staff: Staff | None, *, since: datetime, until: datetime, at: datetime
) -> list[UnitRates]:
    """Return every unit's rates of a period, shrunk within their volume groups, in the units' order."""
    found = counted(session, staff, since=since, until=until, at=at)
    units = session.scalars(sa.select(Unit).where(Unit.id.in_(list(found))).order_by(Unit.id)).all()
    shrunk = {measure: _shrunk([found[unit.id] for unit in units], measure) for measure in Measure}
    return [
        UnitRates(unit, found[unit.id], {measure: shrunk[measure][i] for measure in Measure})
        for i, unit in enumerate(units)
    ]


def _shrunk(counts: list[Counts], measure: Measure) -> list[Shrunk | None]:
    rates = [count.rate(measure) for count in counts]
    return shrink_in_groups([rate.numerator for rate in rates], [rate.denominator for rate in rates])


def total(rows: list[UnitRates]) -> Counts:
    """Add the units up."""
    return sum((row.counts for row in rows), Counts())
