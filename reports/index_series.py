"""The indices over time: which estimates stand for a period, for the city or one county."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reports.definitions import ENFORCEMENT, SAFETY, in_force
from reports.estimates import CITY, By, EstimateSet, Figures, IndexEstimate, Known, Measure, figures_of
from reports.periods import Period, PeriodKind
from survey.weight_choice import by_period, end_of, is_whole
from survey.weighting import WeightSet

WEEK_DAYS, FOUR_WEEKS_DAYS = 7, 28
NEAR_DAYS = 3
Series = dict[Period, dict[str, Known]]
"""By period, oldest first, and by index."""


def kind_of(starts_on: date, ends_on: date) -> PeriodKind | None:
    """Say what kind of period a weight set is of; a half-year may still run, a week must be whole."""
    days = (ends_on - starts_on).days + 1
    if days == WEEK_DAYS and starts_on.weekday() == 0:
        return PeriodKind.WEEK
    if days == FOUR_WEEKS_DAYS:
        return PeriodKind.FOUR_WEEKS
    if days > FOUR_WEEKS_DAYS and (starts_on.month, starts_on.day) in ((1, 1), (7, 1)):
        whole = Period.with_day(PeriodKind.HALF_YEAR, starts_on)
        return PeriodKind.HALF_YEAR if ends_on <= whole.ends_on else None
    return None


def series(
    session: Session, kind: PeriodKind, *, since: date, until: date, by: By = By.CITY, domain: str = CITY
) -> Series:
    """Return the shares of both indices in every period of a kind between two days, the newest estimates of each."""
    query = (
        sa.select(IndexEstimate, WeightSet, EstimateSet)
        .join(EstimateSet, EstimateSet.id == IndexEstimate.estimate_set_id)
        .join(WeightSet, WeightSet.id == EstimateSet.weight_set_id)
        .where(WeightSet.ends_on >= since, WeightSet.ends_on <= until)
        .where(IndexEstimate.measure == Measure.SHARE, IndexEstimate.by == by, IndexEstimate.domain == domain)
        .where(IndexEstimate.index.in_((SAFETY, ENFORCEMENT)))
        .order_by(WeightSet.ends_on, WeightSet.id, EstimateSet.definition_version)
    )
    rows = session.execute(query).all()
    whole = {row.WeightSet.id: row.WeightSet for row in rows if is_whole(row.WeightSet)}
    questions = in_force(session, until).questions
    # What is whole stands from its end on, and nothing here ends after `until`.
    stands = by_period(session, whole.values(), questions, at=end_of(until))
    standing = {made.id for made in stands.values()}
    found: Series = {}
    for estimate, weight_set, made in rows:
        if weight_set.id in standing and kind_of(weight_set.starts_on, weight_set.ends_on) is kind:
            period = Period(kind, weight_set.starts_on, weight_set.ends_on)
            found.setdefault(period, {})[estimate.index] = Known(estimate, weight_set, made)
    return found


def newest(session: Session, kind: PeriodKind, *, until: date) -> Figures | None:
    """Return all estimates of the newest period of a kind."""
    back = timedelta(days=366)
    found = series(session, kind, since=until - back, until=until)
    for period in reversed(found):
        known = next(iter(found[period].values()))
        return figures_of(session, known.weight_set, known.made.definition_version)
    return None


def of_period(session: Session, period: Period) -> Figures | None:
    """Return all estimates of one period, if there are any.

    A half-year that runs is weighed on Sundays: the one that ends nearest to the day counts, within half a week.
    """
    reach = timedelta(days=0 if period.is_whole else NEAR_DAYS)
    found = series(session, period.kind, since=period.ends_on - reach, until=period.ends_on + reach)
    alike = [p for p in found if p.starts_on == period.starts_on]
    nearest = min(alike, key=lambda p: (abs(p.ends_on - period.ends_on), p.ends_on), default=None)
    known = next(iter(found[nearest].values()), None) if nearest else None
    return figures_of(session, known.weight_set, known.made.definition_version) if known else None
