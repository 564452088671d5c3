"""Counts of a period by whoever is appraised: units by their matters, counties by fieldwork and matters, interviewers."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from math import isfinite

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.people import Unit
from core.places import Level, Place
from matters.flow import MatterAction
from matters.keeping_away import IN_REPORTS
from matters.limits import Limit, Policy, end_of
from matters.log import MatterEvent
from matters.lots import MatterRecall
from matters.matter import Matter
from matters.policies import policy_of
from matters.rates import Counts as RevisitCounts
from matters.rates import Measure, counted
from matters.turns import CallerTurn, Errand
from reports import appraisal_field as field
from reports.appraisal_duties import Kept, kept, logs_of
from reports.appraisal_scores import RATIOS, Count, Subject
from reports.appraisal_terms import Appraised, Indicator
from reports.blocks import Text
from reports.home_counties import home_counties
from survey.cases import Case

A, K = MatterAction, Indicator
OF_REVISITS = {
    K.SOLVED_LOW: Measure.SOLVED_LOW,
    K.SOLVED: Measure.SOLVED,
    K.SOLVED_HIGH: Measure.SOLVED_HIGH,
    K.SATISFIED: Measure.SATISFIED,
    K.SATISFIED_PLAIN: Measure.SATISFIED_PLAIN,
}


def subjects(
    session: Session, appraised: Appraised, *, since: datetime, until: datetime, as_of: datetime
) -> list[Subject]:
    """Count a period up to the data cut."""
    until = min(until, as_of)
    if appraised is Appraised.UNIT:
        return units(session, since=since, until=until, as_of=as_of)
    if appraised is Appraised.COUNTY:
        return counties(session, since=since, until=until, as_of=as_of)
    return field.interviewers(session, since=since, until=until, as_of=as_of)


def units(session: Session, *, since: datetime, until: datetime, as_of: datetime) -> list[Subject]:
    """Count what units did with their matters and what callers say; the volume is what was handed to them."""
    done = kept(logs_of(session, since=since, until=until, as_of=as_of), since=since, until=until)
    asked = counted(session, None, since=since, until=until, at=as_of)
    names = {
        u.id: Text(u.name, u.name_en)
        for u in session.scalars(sa.select(Unit).where(Unit.id.in_([*done, *asked])))
    }
    found = []
    for unit, name in sorted(names.items()):
        mine, said = done.get(unit, Kept()), asked.get(unit, RevisitCounts())
        counts = {
            K.SIGNED: Count(mine.signed, mine.sign_due),
            K.RESPONSE: Count(mine.contacted, mine.contact_due),
            K.ON_TIME: Count(mine.on_time, mine.report_due),
            K.ON_TIME_PLAIN: Count(mine.on_time_plain, mine.report_due),
        }
        for indicator, measure in OF_REVISITS.items():
            rate = said.rate(measure)
            counts[indicator] = Count(rate.numerator, rate.denominator)
        if any(c.denominator for c in counts.values()):
            volume = max(mine.assigned, mine.report_due, said.asked + said.overdue)
            found.append(Subject(unit, name, volume, counts))
    return found


def counties(session: Session, *, since: datetime, until: datetime, as_of: datetime) -> list[Subject]:
    """Count what county centres did: fieldwork in their county, and matters raised in it; the volume is numbers released."""
    rates = field.county_rates(session, since=since, until=until)
    covered = field.coverage(session, since=since, until=until)
    reviews = field.reviewed(session, Case.county_id, since=since, until=until, as_of=as_of)
    home = home_counties(session)
    agreed = _agreed(session, home, since=since, until=until)
    submitted = _submitted(session, home, since=since, until=until, as_of=as_of)
    revisited = _revisited(session, home, since=since, until=until, as_of=as_of)
    found = []
    places = session.scalars(sa.select(Place).where(Place.level == Level.COUNTY, Place.is_current))
    for county in sorted(places, key=lambda p: p.id):
        review = reviews.get(county.id, field.Reviewed())
        nothing = Count(0, 0)
        counts = {
            K.COVERAGE: covered.get(county.id, nothing),
            **rates.get(county.id, {}),
            K.CHECKED: review.checked,
            K.SOUND: review.sound,
            K.AGREED: agreed.get(county.id, nothing),
            K.SUBMITTED: submitted.get(county.id, nothing),
            K.REVISITED: revisited.get(county.id, nothing),
        }
        released = counts.get(K.ANSWERED, nothing).denominator
        found.append(Subject(county.id, Text(county.name, county.name_en), int(released), counts))
    return found


def _added(pairs: list[tuple[int | None, float, float]], home: dict[int, int]) -> dict[int, Count]:
    sums: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for place, numerator, denominator in pairs:
        if place in home:
            mine = sums[home[place]]
            mine[0] += numerator
            mine[1] += denominator
    return {county: Count(*both) for county, both in sums.items()}


def _agreed(session: Session, home: dict[int, int], *, since: datetime, until: datetime) -> dict[int, Count]:
    query = (
        sa.select(Matter.place_id, MatterRecall.first, MatterRecall.judgement)
        .select_from(MatterRecall)
        .join(Matter, Matter.id == MatterRecall.matter_id)
        .where(
            MatterRecall.errand == Errand.RECALL,
            MatterRecall.first.is_not(None),
            MatterRecall.judgement.is_not(None),
            MatterRecall.asked_at >= since,
            MatterRecall.asked_at < until,
            IN_REPORTS,
        )
    )
    return _added([(place, first == second, 1) for place, first, second in session.execute(query)], home)


def _submitted(
    session: Session, home: dict[int, int], *, since: datetime, until: datetime, as_of: datetime
) -> dict[int, Count]:
    event = MatterEvent
    again = sa.select(event.matter_id).where(event.action == A.REVIEW.value)
    query = (
        sa.select(
            Matter.place_id, Matter.registered_at, Matter.urgency, Matter.policy_id, sa.func.min(event.at)
        )
        .select_from(event)
        .join(Matter, Matter.id == event.matter_id)
        .where(event.action == A.SUBMIT.value, IN_REPORTS, Matter.id.not_in(again))
        .group_by(Matter.id, Matter.place_id, Matter.registered_at, Matter.urgency, Matter.policy_id)
        .having(sa.func.min(event.at) >= since, sa.func.min(event.at) < until)
    )
    policies: dict[int | None, Policy] = {}
    pairs: list[tuple[int | None, float, float]] = []
    for place, registered_at, urgency, policy_id, at in session.execute(query):
        if policy_id not in policies:
            policies[policy_id] = policy_of(session, policy_id, at=as_of)
        span = policies[policy_id].span(Limit.SUBMIT, urgency)
        assert registered_at is not None, "what is submitted has been registered"
        pairs.append((place, at <= end_of(registered_at, span, clock.zone()).due_at, 1))
    return _added(pairs, home)


def _revisited(
    session: Session, home: dict[int, int], *, since: datetime, until: datetime, as_of: datetime
) -> dict[int, Count]:
    event = MatterEvent
    done = (
        sa.select(Matter.place_id, sa.func.count())
        .select_from(event)
        .join(Matter, Matter.id == event.matter_id)
        .where(event.action == A.REVISIT.value, event.facts["judged"].as_boolean(), IN_REPORTS)
        .where(event.at >= since, event.at < until)
        .group_by(Matter.place_id)
    )
    overdue = (
        sa.select(Matter.place_id, sa.func.count())
        .select_from(Matter)
        .join(CallerTurn, CallerTurn.matter_id == Matter.id)
        .where(CallerTurn.errand == Errand.REVISIT, IN_REPORTS)
        .where(CallerTurn.due_at >= since, CallerTurn.due_at < min(until, as_of))
        .group_by(Matter.place_id)
    )
    pairs = [(place, float(n), float(n)) for place, n in session.execute(done)]
    pairs += [(place, 0.0, float(n)) for place, n in session.execute(overdue)]
    return _added(pairs, home)


def can_be(indicator: Indicator, count: Count) -> bool:
    """Say whether such counts can be: none negative, no more than the whole, but for completes over expected."""
    n, d = count.numerator, count.denominator
    if not (isfinite(n) and isfinite(d)) or n < 0 or d <= 0:
        return False
    return indicator in RATIOS or n <= d
