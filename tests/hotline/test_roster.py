"""The roster: no hour without somebody on call, nobody in two places, people only where they may answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from core import db
from core.db import transaction
from core.problems import Invalid, Refused
from hotline.lines import LineKind
from hotline.ownership import owner_for
from hotline.roster import change_shift, plan_shift, put_on, remove_shift, shifts_between, take_off
from hotline.roster_publishing import NotCovered, copy_week, publish, uncovered
from hotline.roster_rules import Span, gaps, night_of, night_share, rest_before
from hotline.shifts import Shift, shift_now, shift_of
from tests.hotline.staffed import COUNSELLING, a_lead, a_line, a_shift, an_operator

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)  # Monday 23 November, 00:00 in Shanghai
HOUR = timedelta(hours=1)
WEEK = Span(MONDAY, MONDAY + timedelta(days=7))


def span(begins: float, ends: float) -> Span:
    """Return a stretch in hours from Monday."""
    return Span(MONDAY + begins * HOUR, MONDAY + ends * HOUR)


def test_gaps_are_what_no_shift_covers() -> None:
    """Before, between and after; overlapping shifts count once; a covered week has none."""
    assert gaps([span(8, 16), span(20, 30)], span(0, 24)) == [span(0, 8), span(16, 20)]
    assert gaps([], span(0, 24)) == [span(0, 24)]
    assert gaps([span(-4, 9), span(8, 24)], span(0, 24)) == []
    assert gaps([span(30, 40)], span(0, 24)) == [span(0, 24)]


@given(st.lists(st.tuples(st.integers(-5, 30), st.integers(1, 12)), max_size=8))
def test_gaps_and_shifts_together_make_the_whole(parts: list[tuple[int, int]]) -> None:
    """Every hour is either covered or in exactly one gap."""
    covered = [span(b, b + n) for b, n in parts]
    found = gaps(covered, span(0, 24))
    for hour in range(24):
        here = span(hour, hour + 1)
        assert any(c.overlaps(here) for c in covered) != (sum(g.overlaps(here) for g in found) == 1)


def test_nights_are_counted_by_the_citys_clock() -> None:
    """22:00 to 06:00: a night shift is all night but its ends, a day shift none."""
    assert night_of(span(8, 16), SHANGHAI) == timedelta()
    assert night_of(span(20, 32), SHANGHAI) == 8 * HOUR
    assert night_of(span(0, 8), SHANGHAI) == 6 * HOUR
    assert night_share([span(8, 16), span(22, 30)], SHANGHAI) == pytest.approx(0.5)
    assert night_share([], SHANGHAI) is None


def test_rest_between_shifts() -> None:
    """Counted from the last one that is over."""
    assert rest_before(span(24, 32), [span(0, 8), span(8, 16), span(40, 48)]) == 8 * HOUR
    assert rest_before(span(0, 8), [span(24, 32)]) is None


def test_a_week_with_a_gap_is_refused_and_says_where(database: db.Database) -> None:
    """Sunday night is open: nothing goes out; with it the whole week does."""
    with transaction() as session:
        lead = a_lead(session)
        for n in range(13):
            plan_shift(
                session, COUNSELLING, span(12 * n, 12 * n + 12), seats=2, supervisor=lead, by=lead, at=MONDAY
            )
        with pytest.raises(NotCovered) as refused:
            publish(session, COUNSELLING, WEEK, by=lead, at=MONDAY)
        assert "11 月 29 日 12:00" in refused.value.words.in_language("zh")
        assert session.scalars(sa.select(Shift).where(Shift.published_at.is_not(None))).all() == []
        plan_shift(session, COUNSELLING, span(156, 168), seats=2, by=lead, at=MONDAY)
        with pytest.raises(NotCovered):  # a shift without a supervisor does not close the gap
            publish(session, COUNSELLING, WEEK, by=lead, at=MONDAY)
        last = shifts_between(session, COUNSELLING, WEEK)[-1]
        change_shift(session, last, seats=2, lead=None, supervisor=lead, key_call_limit=3, by=lead, at=MONDAY)
        assert publish(session, COUNSELLING, WEEK, by=lead, at=MONDAY) == 14
        assert uncovered(session, COUNSELLING, WEEK) == []


def test_the_database_itself_holds_that_a_published_shift_has_a_supervisor(database: db.Database) -> None:
    """Even past the operation nobody can publish a shift without one."""
    with transaction() as session:
        lead = a_lead(session)
        shift = plan_shift(session, COUNSELLING, span(0, 8), seats=2, by=lead, at=MONDAY)
        shift.published_at, shift.published_by = MONDAY, lead.id
        with pytest.raises(sa.exc.IntegrityError):
            session.flush()
        session.rollback()


def test_a_published_shift_keeps_its_supervisor_and_stays(sqlite: db.Database) -> None:
    """It can be changed, but neither lose its supervisor nor go away."""
    with transaction() as session:
        lead = a_lead(session)
        shift = a_shift(session, at=MONDAY, lead=lead)
        with pytest.raises(Refused):
            change_shift(
                session, shift, seats=3, lead=lead, supervisor=None, key_call_limit=3, by=lead, at=MONDAY
            )
        with pytest.raises(Refused):
            remove_shift(session, shift, by=lead, at=MONDAY)


def test_people_are_put_where_they_may_answer_and_once(sqlite: db.Database) -> None:
    """No citizen-line operator on the counselling line, nobody twice, no more than seats."""
    with transaction() as session:
        lead, first, second = a_lead(session), an_operator(session), an_operator(session)
        shift = plan_shift(session, COUNSELLING, span(0, 8), seats=1, supervisor=lead, by=lead, at=MONDAY)
        with pytest.raises(Refused):
            put_on(session, shift, an_operator(session, citizen=True), by=lead, at=MONDAY)
        duty = put_on(session, shift, first, by=lead, at=MONDAY)
        for person in (first, second):
            with pytest.raises(Refused):
                put_on(session, shift, person, by=lead, at=MONDAY)
        take_off(session, duty, by=lead, at=MONDAY)
        assert put_on(session, shift, second, by=lead, at=MONDAY).seat_no == 1
        next_ = plan_shift(session, COUNSELLING, span(8, 16), seats=3, supervisor=lead, by=lead, at=MONDAY)
        put_on(session, next_, second, by=lead, at=MONDAY)


def test_nobody_is_in_two_places(sqlite: db.Database) -> None:
    """A lead who may answer both lines has one seat at a time."""
    with transaction() as session:
        lead, other = a_lead(session), a_lead(session)
        night = plan_shift(session, COUNSELLING, span(20, 32), seats=3, supervisor=lead, by=lead, at=MONDAY)
        put_on(session, night, other, by=lead, at=MONDAY)
        with pytest.raises(Refused):  # overlaps on the same line are refused already
            plan_shift(session, COUNSELLING, span(30, 34), seats=1, by=lead, at=MONDAY)


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours": (8, 8)},
        {"hours": (8, 7)},
        {"hours": (0, 13)},
        {"seats": 0},
        {"seats": 501},
        {"key_call_limit": 0},
    ],
)
def test_a_shift_that_cannot_be_is_refused(sqlite: db.Database, wrong: dict[str, object]) -> None:
    """Its times, seats and limit have bounds, and each fault is named at its field."""
    hours = wrong.pop("hours", (0, 8))
    values: dict[str, object] = {"seats": 2, **wrong}
    with transaction() as session:
        lead = a_lead(session)
        with pytest.raises(Invalid) as refused:
            plan_shift(session, COUNSELLING, span(*hours), by=lead, at=MONDAY, **values)  # type: ignore[misc, arg-type]
        assert refused.value.fields


def test_only_leads_lead(sqlite: db.Database) -> None:
    """An operator is not put down as a lead."""
    with transaction() as session:
        lead = a_lead(session)
        with pytest.raises(Invalid):
            plan_shift(
                session, COUNSELLING, span(0, 8), seats=1, lead=an_operator(session), by=lead, at=MONDAY
            )


def test_the_week_after_is_drafted_from_this_one(sqlite: db.Database) -> None:
    """Shifts and people are carried over, unpublished; doing it twice adds nothing."""
    with transaction() as session:
        lead, person = a_lead(session), an_operator(session)
        shift = plan_shift(session, COUNSELLING, span(8, 16), seats=2, supervisor=lead, by=lead, at=MONDAY)
        put_on(session, shift, person, by=lead, at=MONDAY)
        assert copy_week(session, COUNSELLING, WEEK, by=lead, at=MONDAY) == 1
        assert copy_week(session, COUNSELLING, WEEK, by=lead, at=MONDAY) == 0
        later = Span(WEEK.ends_at, WEEK.ends_at + timedelta(days=7))
        (copy,) = shifts_between(session, COUNSELLING, later)
        assert copy.begins_at == shift.begins_at + timedelta(days=7)
        assert [d.staff_id for d in copy.duties] == [person.id]
        assert copy.supervisor_id == lead.id
        assert not copy.is_published


def test_the_roster_says_who_answers_for_a_line(sqlite: db.Database) -> None:
    """The published shift's lead owns what nobody holds; a draft or another line does not count."""
    with transaction() as session:
        lead, owner, person = a_lead(session), a_lead(session), an_operator(session)
        line = a_line(session, owner=owner, at=MONDAY)
        assert owner_for(session, line, at=MONDAY) == owner.id
        shift = a_shift(session, at=MONDAY, lead=lead, people=[person], published=False)
        assert owner_for(session, line, at=MONDAY) == owner.id
        publish(session, COUNSELLING, Span(MONDAY, shift.ends_at), by=lead, at=MONDAY)
        assert owner_for(session, line, at=MONDAY) == lead.id
        assert shift_of(session, person, MONDAY) is shift
        assert shift_now(session, LineKind.CITIZEN, MONDAY) is None
        assert owner_for(session, line, at=shift.ends_at) == owner.id
