"""All open matters are recomputed when the calendar changes, on both databases, and again without any change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from core import calendar, calendar_days, clock, db
from core.calendar import Day, DayKind
from core.calendar_days import CalendarDay
from matters.flow import MatterAction
from matters.matter import Matter
from matters.moving import act, clock_columns, standing_of
from matters.policies import policy_of
from matters.recomputing import count_open, recompute_all, recompute_some
from tests.matters import lives

A = MatterAction
MONDAY = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_calendar() -> Iterator[None]:
    calendar_days.forget()
    yield
    calendar_days.forget()


def test_every_open_matter_follows_a_new_holiday(database: db.Database) -> None:
    """A day off is put into the week: limits of working days move, those on the clock and closed ones don't."""
    with db.transaction() as session:
        county = lives.offices(session)
        ordinary = lives.in_hand(session, county, MONDAY)
        urgent = lives.in_hand(session, county, MONDAY, lives.Urgency.U2)
        paused = lives.in_hand(session, county, MONDAY)
        act(
            session,
            paused,
            A.ASK_CALLER,
            by=county.handlers[0],
            at=MONDAY,
            text="哪里",
            facts={"reason": "place"},
        )
        gone = lives.in_hand(session, county, MONDAY)
        act(session, gone, A.WITHDRAW, by=county.clerk, at=MONDAY,
            facts={"caller": standing_of(gone).callers[0].id, "verified": "pin", "pressed": False})  # fmt: skip
        before = {m.id: (m.due_at, m.stage_due_at, m.next_step_at) for m in (ordinary, urgent, paused, gone)}
        calendar_days.keep_seed(session)
        holiday = Day(date(2026, 11, 18), DayKind.HOLIDAY, "地方节日", "甲")
        session.add(
            CalendarDay(
                day_on=holiday.on,
                year=2026,
                kind=holiday.kind,
                occasion=holiday.occasion,
                notice="甲",
                version=2,
            )
        )
    told: list[tuple[int, int]] = []
    assert recompute_all(MONDAY, tell=lambda done, total: told.append((done, total))) == 2
    assert calendar.version() == 2
    assert told == [(3, 3)]
    with db.reading() as session:
        assert count_open(session) == 3
        found = {m.id: m for m in session.scalars(sa.select(Matter))}
        for matter in found.values():
            policy = policy_of(session, matter.policy_id, at=MONDAY)
            for name, value in clock_columns(standing_of(matter), policy).items():
                assert getattr(matter, name) == value, name
        moved = found[ordinary.id]
        assert moved.due_at == (before[ordinary.id][0] or MONDAY) + timedelta(days=1)
        assert found[paused.id].stage_due_at == (before[paused.id][1] or MONDAY) + timedelta(days=1)
        for same in (urgent.id, gone.id):
            kept = found[same]
            assert (kept.due_at, kept.stage_due_at, kept.next_step_at) == before[same]
    assert recompute_all(MONDAY) == 0


def test_chunks_follow_one_another(sqlite: db.Database) -> None:
    with db.transaction() as session:
        county = lives.offices(session)
        ids = [lives.in_hand(session, county, MONDAY).id for _ in range(5)]
        session.execute(sa.update(Matter).values(due_at=None, next_step_at=None))
        assert recompute_some(session, after=0, at=MONDAY, limit=2) == (ids[1], 2, 2)
        assert recompute_some(session, after=ids[1], at=MONDAY, limit=2) == (ids[3], 2, 2)
        assert recompute_some(session, after=ids[3], at=MONDAY, limit=2) == (ids[4], 1, 1)
        assert recompute_some(session, after=ids[4], at=MONDAY, limit=2) == (0, 0, 0)


def test_the_commands_tell_what_they_did(app: Flask) -> None:
    now = clock.now()
    with db.transaction() as session:
        county = lives.offices(session)
        lives.assigned(session, county, now - timedelta(days=9))
        session.execute(sa.update(Matter).values(due_at=None))
    runner = app.test_cli_runner()
    assert runner.invoke(args=["matters", "recompute"]).output.splitlines()[-1].startswith("1 changed in ")
    ticked = runner.invoke(args=["matters", "tick"]).output.splitlines()
    assert ticked[0].startswith("clock: ")
    assert int(ticked[0].removeprefix("clock: ")) >= 3
    assert runner.invoke(args=["matters", "tick"]).output.splitlines()[0] == "clock: 0"
