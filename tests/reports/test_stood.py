"""A period is told as it stood at its end, whenever it is told; and callers are people."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import Database, transaction
from core.permissions import Role
from matters.attributes import ClockColour, Conflict, PauseReason
from matters.conflicts import set_conflict
from matters.flow import MatterAction
from matters.matter import Matter
from matters.merging import merge
from matters.moving import act
from matters.states import MatterState
from reports import assembling, monday
from reports.assembling import snapshot
from reports.blocks import Table, Text
from reports.bulletins import Bulletin, BulletinKind
from reports.context import Context
from reports.corrections import differences
from reports.definitions import in_force
from reports.monday import draft_due, is_late
from reports.periods import Period, PeriodKind
from reports.sections import handling, supervision
from reports.sections.problems import problems
from tests.matters.lives import Offices, accepted, assigned, contacted, in_hand, offices, registered, reported
from tests.matters.makers import a_matter, a_town, someone

WEEK = Period.with_day(PeriodKind.WEEK, date(2026, 11, 18))
MONDAY = clock.midnight(WEEK.ends_on + timedelta(days=1)) + timedelta(hours=10)


def context(session: Session, at: datetime = MONDAY) -> Context:
    return Context(session, WEEK, at, in_force(session, WEEK.starts_on))


def table(section: object, table_id: str) -> Table | None:
    return next((b for b in section.blocks if isinstance(b, Table) and b.id == table_id), None)  # type: ignore[attr-defined]


def test_one_person_who_calls_three_times_is_one_caller(database: Database) -> None:
    at = MONDAY - timedelta(days=4)
    with transaction() as session:
        town = a_town(session)
        for _ in range(3):
            a_matter(session, town.township, at=at, number="+8614500001111")
        assert problems(context(session)) == []
        a_matter(session, town.township, at=at, number="+8614500002222")
        a_matter(session, town.township, at=at, number=None)  # who left no number may be one of them
        assert problems(context(session)) == []
        a_matter(session, town.township, at=at, number="+8614500003333")
        assert [(p.callers, p.matters) for p in problems(context(session))] == [(3, 6)]


def test_merged_callers_are_counted_once_where_they_went(database: Database) -> None:
    at = MONDAY - timedelta(days=4)
    with transaction() as session:
        town = a_town(session)
        clerk = someone(session, town, Role.CLERK)
        one, two, three = (
            a_matter(session, town.township, at=at, number=f"+86145000010{n}", by=clerk) for n in range(3)
        )
        merge(session, one.matter, two.matter, by=clerk, at=at)
        three.matter.state = MatterState.WITHDRAWN
        session.flush()
        assert problems(context(session)) == []
        three.matter.state = MatterState.REGISTERED
        session.flush()
        assert [(p.callers, p.matters) for p in problems(context(session))] == [(3, 2)]


def overdue(session: Session, county: Offices) -> Matter:
    """A matter handed to a unit five weeks before, with its limit long past."""
    return in_hand(session, county, MONDAY - timedelta(days=40))


def test_the_same_week_told_later_says_the_same(database: Database) -> None:
    with transaction() as session:
        county = offices(session)
        matter = overdue(session, county)
        for n in range(3):
            registered(session, county, MONDAY - timedelta(days=5), number=f"+861450000999{n}")
        first = snapshot(session, BulletinKind.WEEKLY, WEEK, as_of=MONDAY)
        red = first.block("red")
        assert isinstance(red, Table)
        assert [row[1] for row in red.rows] == [1]
        for_handling = first.block("units")
        assert isinstance(for_handling, Table)
        assert [row[for_handling.column("red")] for row in for_handling.rows] == [1]
        later = MONDAY + timedelta(days=1)
        reported(session, county, matter, later)
        accepted(session, county, matter, later + timedelta(hours=1))
        again = snapshot(session, BulletinKind.WEEKLY, WEEK, as_of=MONDAY + timedelta(weeks=3))
        assert differences(first, again) == []


def test_what_was_closed_on_monday_morning_was_open_on_sunday(database: Database) -> None:
    with transaction() as session:
        county = offices(session)
        matter = overdue(session, county)
        reported(session, county, matter, MONDAY - timedelta(hours=3))
        matter.state, matter.ended_at = MatterState.CLOSED_EXPLAINED, MONDAY - timedelta(hours=2)
        session.flush()
        c = context(session)
        red, units = table(supervision.supervision(c), "red"), table(handling.section(c), "units")
        assert red is not None
        assert units is not None
        assert sum(int(str(row[1])) for row in red.rows) == 1
        assert [row[units.column("red")] for row in units.rows] == [1]


def test_what_is_about_staff_or_a_unit_is_not_listed_with_place_and_topic(database: Database) -> None:
    with transaction() as session:
        county = offices(session)
        matter = overdue(session, county)
        flagged_at = MONDAY - timedelta(days=3)
        act(
            session, matter, MatterAction.FLAG_INCIDENT, by=county.clerk, at=flagged_at, text="一人受伤\n河边"
        )
        c = context(session)
        assert table(supervision.incidents(c), "incidents") is not None
        assert table(supervision.supervision(c), "red.list") is not None
        session.execute(sa.update(Matter).values(conflict=Conflict.STAFF))
        session.expire_all()
        c = context(session)
        assert table(supervision.incidents(c), "incidents") is None
        assert all(not t.rows for t in [table(supervision.supervision(c), "red.list")] if t)


def test_who_turns_out_to_be_meant_on_monday_is_not_told_of_sunday(database: Database) -> None:
    """The complaint becomes known as one about the unit that holds it: no list of the week before shows where it is."""
    with transaction() as session:
        county = offices(session)
        matter = overdue(session, county)
        first = snapshot(session, BulletinKind.WEEKLY, WEEK, as_of=MONDAY)
        monday = MONDAY + timedelta(hours=1)
        set_conflict(
            session, matter, Conflict.UNIT, county.units[0], "反映该单位", by=county.clerk, at=monday
        )
        c = context(session, MONDAY + timedelta(hours=2))
        assert [m.conflict for m in c.stood] == [Conflict.UNIT]
        part = supervision.supervision(c)
        red, listed = table(part, "red"), table(part, "red.list")
        assert red is not None
        assert sum(int(str(row[1])) for row in red.rows) == 1
        assert listed is not None
        assert listed.rows == ()
        corrected = differences(first, snapshot(session, BulletinKind.WEEKLY, WEEK, as_of=monday))
        assert [(line["column"], line["was"], line["now"]) for line in corrected] == [
            (["行数", "Rows"], 1, 0)
        ]
        assert str(matter.receipt) not in str(corrected)


def test_what_stands_still_is_counted_apart_from_what_is_in_time(database: Database) -> None:
    with transaction() as session:
        county = offices(session)
        overdue(session, county)
        waits = in_hand(session, county, MONDAY - timedelta(days=3))
        since = MONDAY - timedelta(days=2)
        contacted(session, county, waits, since)
        act(
            session, waits, MatterAction.ASK_CALLER, by=county.handlers[0], at=since,
            facts={"reason": PauseReason.PLACE.value}, text="请补充地址",
        )  # fmt: skip
        (_, paused) = sorted(context(session).stood, key=lambda m: m.id)
        assert paused.colour(MONDAY) is ClockColour.PAUSED
        units = table(handling.section(context(session)), "units")
        assert units is not None
        held = [
            tuple(row[units.column(key)] for key in ("green", "yellow", "red", "still")) for row in units.rows
        ]
        assert held == [(0, 0, 1, 1)]


def test_an_accepted_return_counts_for_who_returned_it_and_who_was_given_it(database: Database) -> None:
    with transaction() as session:
        county = offices(session)
        before = clock.midnight(WEEK.starts_on) - timedelta(hours=8)
        matter = assigned(session, county, before)
        asked = clock.midnight(WEEK.starts_on) + timedelta(hours=9)
        act(
            session, matter, MatterAction.ASK_RETURN, by=county.handlers[0], at=asked,
            facts={"basis": True, "proposed": county.units[1].id}, text="不属本单位职责",
        )  # fmt: skip
        act(
            session, matter, MatterAction.ACCEPT_RETURN, by=county.office, at=asked + timedelta(hours=1),
            facts={"lead": county.units[1].id, "redacted": True},
        )  # fmt: skip
        units = table(handling.section(context(session)), "units")
        assert units is not None
        names = [Text(u.name, u.name_en) for u in county.units[:2]]
        told = {row[0]: tuple(row[units.column(k)] for k in ("assigned", "returned")) for row in units.rows}
        assert [told[name] for name in names] == [(0, 1), (1, 0)]


def test_time_is_told_by_holder_and_signing_by_unit(database: Database) -> None:
    with transaction() as session:
        county = offices(session)
        matter = assigned(session, county, MONDAY - timedelta(days=5))
        act(
            session, matter, MatterAction.SIGN, by=county.handlers[0], at=MONDAY - timedelta(days=4, hours=12)
        )
        units = table(handling.section(context(session)), "units")
        assert units is not None
        assert [row[units.column("signed")] for row in units.rows] == [1.0]
        gone = registered(session, county, MONDAY - timedelta(days=3))
        facts = {"reason": "court"}
        act(
            session,
            gone,
            MatterAction.DECLINE,
            by=county.clerk,
            at=MONDAY - timedelta(days=2),
            facts=facts,
            text="已起诉",
        )
        held = table(supervision.supervision(context(session)), "holders")
        assert held is not None
        assert [(str(row[0]), row[1], row[2]) for row in held.rows] == [("民意中心", 1, 1.0)]


def test_monday_s_draft_is_there_and_late_at_noon(database: Database) -> None:
    with transaction() as session:
        assert draft_due(session, MONDAY - timedelta(hours=2)) == 0  # an empty house
        town = a_town(session)
        a_matter(session, town.township, at=MONDAY - timedelta(days=4))
        assert not is_late(session, MONDAY)
        assert [draft_due(session, MONDAY - timedelta(hours=h)) for h in (6, 2, 1)] == [0, 1, 0]
        assert is_late(session, MONDAY + timedelta(hours=3))


def test_a_worker_that_slept_till_noon_still_drafts_and_two_at_once_draft_one(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as session:
        a_matter(session, a_town(session).township, at=MONDAY - timedelta(days=4))
        assert draft_due(session, MONDAY + timedelta(hours=5)) == 1
        assert draft_due(session, MONDAY + timedelta(days=1)) == 0
        monkeypatch.setattr(
            monday, "_known", lambda *_: False
        )  # as another sees it who begins in the same moment
        monkeypatch.setattr(assembling, "once", lambda *_: None)
        assert draft_due(session, MONDAY + timedelta(hours=5)) == 0
    with transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Bulletin)) == 1
