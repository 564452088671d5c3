"""Forecasting from the calls themselves: hours by the city's clock, kept before the week begins, judged after it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, db
from core.db import transaction
from core.people import Staff
from hotline.contacts import Contact, ContactState, WayOut, fresh_token
from hotline.forecast_kept import KeptForecast
from hotline.forecasting import AHEAD_FROM, day_ahead, error_of_week, foresee, foresee_weeks, midnight
from hotline.lines import LineKind
from hotline.past_calls import counts_by_hour, handling_of, patience_on
from hotline.roster import plan_shift, put_on
from hotline.roster_rules import Span
from hotline.staffing_sheet import seats_at, staffing_day
from tests.hotline.staffed import COUNSELLING, a_contact, a_lead, a_line, an_operator

MONDAY = date(2026, 11, 16)
NEXT = MONDAY + timedelta(days=7)
HOUR = timedelta(hours=1)
QUIET, BUSY = 0.5, 6.0


def history(session: Session, owner: Staff, *, weeks: int, until: datetime, seed: int = 1) -> int:
    """Draw so many weeks of calls: busy from 20:00 to 24:00, quiet otherwise; every tenth hangs up after 60 s."""
    chance = np.random.default_rng(seed)
    rows = []
    begins = until - timedelta(weeks=weeks)
    for n in range(weeks * 168):
        hour = begins + n * HOUR
        is_busy = clock.local(hour).hour >= 20
        for _ in range(int(chance.poisson(BUSY if is_busy else QUIET))):
            at = hour + timedelta(seconds=float(chance.uniform(0, 3600)))
            lost = chance.random() < 0.1
            taken = at + timedelta(seconds=60 if lost else 5)
            ended = taken if lost else taken + timedelta(seconds=2400 if is_busy else 1200)
            rows.append(
                {
                    "token": fresh_token(), "line": COUNSELLING, "owner_id": owner.id, "rung_at": at,
                    "waiting_from": at, "state": ContactState.MISSED if lost else ContactState.DONE,
                    "way_out": WayOut.ABANDONED if lost else WayOut.ANSWERED, "ended_at": ended, "first_wait_s": 60.0 if lost else 5.0,
                    "talking_at": None if lost else taken, "taken_at": None if lost else taken,
                    "taken_by": None if lost else owner.id, "closed_at": None if lost else ended,
                }
            )  # fmt: skip
    session.execute(sa.insert(Contact), rows)
    return len(rows)


def test_hours_are_those_of_the_city_and_empty_ones_are_there(database: db.Database) -> None:
    """A call at 23:30 UTC belongs to the next morning in Shanghai; the hours between two calls count as 0."""
    with transaction() as session:
        lead = a_lead(session)
        first = datetime(2026, 11, 17, 23, 30, tzinfo=UTC)
        a_contact(session, at=first, owner=lead, talked=60, state=ContactState.DONE)
        a_contact(session, at=first + 3 * HOUR, owner=lead, talked=60, state=ContactState.DONE)
        a_contact(session, at=first, owner=lead, talked=60, state=ContactState.DONE, line=LineKind.CITIZEN)
        found = counts_by_hour(session, COUNSELLING, until=first + 5 * HOUR)
    assert [(c.on.day, c.hour, c.calls) for c in found] == [
        (18, 7, 1),
        (18, 8, 0),
        (18, 9, 0),
        (18, 10, 1),
        (18, 11, 0),
    ]


def test_a_week_is_foreseen_once_before_it_begins_and_judged_after(database: db.Database) -> None:
    """What comes later neither changes what was kept nor is known to it; the busy hours are foreseen busy."""
    begins = midnight(NEXT)
    with transaction() as session:
        lead = a_lead(session)
        a_line(session, owner=lead, at=begins)
        history(session, lead, weeks=9, until=begins)
        assert foresee_weeks(session, at=begins - AHEAD_FROM - HOUR) > 0  # the rest of that week only
        assert session.scalar(sa.select(sa.func.max(KeptForecast.day_on))) == NEXT - timedelta(days=1)
        assert foresee_weeks(session, at=begins - AHEAD_FROM) == 168
        assert foresee_weeks(session, at=begins - HOUR) == 0
        history(session, lead, weeks=1, until=begins + timedelta(days=7), seed=2)
        (evening,) = [f for f in day_ahead(session, COUNSELLING, NEXT, at=begins) if f.hour == 21]
        assert 4.5 < evening.mean < 7.5
        assert evening.low < evening.mean < evening.high
        found = error_of_week(session, COUNSELLING, NEXT, at=begins + timedelta(days=8))
        assert found.hours == 168
        assert found.coverage is not None
        assert found.coverage > 0.9
        assert found.wape is not None
        assert found.naive_wape is not None
        assert found.wape < found.naive_wape
        so_far = error_of_week(session, COUNSELLING, NEXT, at=begins + 30 * HOUR)
        assert so_far.hours == 30


def test_a_line_without_a_past_has_no_forecast(sqlite: db.Database, now: datetime) -> None:
    """Nothing is made up, and nothing breaks."""
    with transaction() as session:
        assert foresee(session, COUNSELLING, MONDAY, at=now) == 0
        assert day_ahead(session, COUNSELLING, MONDAY, at=now) == []
        found = staffing_day(session, COUNSELLING, MONDAY, at=now)
        assert (found.rows, found.best, found.short, found.last_week.hours) == ([], None, [], 0)


def test_the_table_of_a_day(database: db.Database) -> None:
    """Evenings need more seats than the roster has, mornings do not, and one more in the evening is worth saying."""
    begins = midnight(NEXT)
    with transaction() as session:
        lead, people = a_lead(session), [an_operator(session) for _ in range(4)]
        history(session, lead, weeks=9, until=begins)
        for n in range(2):
            span = Span(begins + 12 * n * HOUR, begins + 12 * (n + 1) * HOUR)
            shift = plan_shift(session, COUNSELLING, span, seats=4, supervisor=lead, by=lead, at=begins)
            for person in people:
                put_on(session, shift, person, by=lead, at=begins)
        found = staffing_day(session, COUNSELLING, NEXT, at=begins)
        assert len(found.rows) == 24
        morning, evening = found.rows[9], found.rows[22]
        assert (morning.plan.ahead.seats, morning.plan.short) == (4, 0)
        assert evening.plan.needed_low < evening.plan.needed < evening.plan.needed_high
        assert evening.plan.short == evening.plan.needed - 4 > 0
        assert evening.plan.ahead.handling > 1.5 * morning.plan.ahead.handling
        assert evening.meets.abandoned > morning.meets.abandoned
        assert evening in found.short
        assert found.best is not None
        assert found.best.forecast.hour in range(20, 24)
        # Nine wait 5 s and are answered, the tenth waits 60 s and hangs up: 105 s waited for each hang-up.
        assert patience_on(session, COUNSELLING, until=begins) == pytest.approx(105, rel=0.1)
        assert handling_of(session, COUNSELLING, until=begins)[21].mean > 2000


def test_seats_count_at_the_emptiest_moment_of_an_hour(sqlite: db.Database) -> None:
    """Where shifts change within the hour, the smaller one counts; outside the roster nobody does."""
    begins = midnight(NEXT)
    with transaction() as session:
        lead, first, second = a_lead(session), an_operator(session), an_operator(session)
        early = plan_shift(
            session, COUNSELLING, Span(begins, begins + 8.5 * HOUR), seats=2, by=lead, at=begins
        )
        late = plan_shift(
            session, COUNSELLING, Span(begins + 8.5 * HOUR, begins + 16 * HOUR), seats=2, by=lead, at=begins
        )
        for person in (first, second):
            put_on(session, early, person, by=lead, at=begins)
        put_on(session, late, first, by=lead, at=begins)

        def at_hour(hour: int) -> int:
            return seats_at([early, late], Span(begins + hour * HOUR, begins + (hour + 1) * HOUR))

        assert [at_hour(h) for h in (7, 8, 9, 15, 16)] == [2, 1, 1, 1, 0]
