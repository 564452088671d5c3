"""Duties are read off the log: what a unit could not do, or gave back with approval, is not held against it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from core.db import Database, transaction
from matters import sweep
from matters.attributes import IdentityClass
from matters.flow import MatterAction
from matters.merging import merge
from matters.moving import act
from matters.rates import counted
from reports.appraisal_duties import Entry, Kept, duties, kept, logs_of
from tests.matters import lives
from tests.reports.appraised import DAY, MONDAY, worked_on

A = MatterAction
T = datetime(2026, 11, 2, tzinfo=UTC)
BEGIN, END = datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def entry(action: MatterAction, hours: float, *, by_clock: bool = False, **facts: Any) -> Entry:
    return Entry(action, T + timedelta(hours=hours), facts, by_clock)


def count(*log: Entry) -> dict[int, Kept]:
    return kept([log], since=BEGIN, until=END)


REPORT = {"on_time": True, "on_time_plain": True}
GIVEN = entry(A.ASSIGN, 0, lead=7)


def test_a_plain_life_counts_once_of_each() -> None:
    told = count(GIVEN, entry(A.SIGN, 1), entry(A.CONTACT, 2, first=True, in_time=True),
                 entry(A.CONTACT, 3), entry(A.REPORT, 9, **REPORT))  # fmt: skip
    assert told == {7: Kept(1, 1, 1, 1, 1, 1, 1, 1)}


def test_an_approved_return_leaves_nothing_behind_and_a_refused_one_everything() -> None:
    late = (
        entry(A.DEEM_SIGNED, 30, by_clock=True),
        entry(A.FAULT, 40, by_clock=True, fault="stalled", unit=7),
    )
    returned = count(GIVEN, *late, entry(A.ACCEPT_RETURN, 50, lead=8), entry(A.SIGN, 51))
    assert returned == {8: Kept(assigned=1, sign_due=1, signed=1)}
    assert count(GIVEN, *late) == {7: Kept(assigned=1, sign_due=1, contact_due=1)}


def test_a_result_sent_back_is_no_report_and_a_missing_one_is_late() -> None:
    back = count(GIVEN, entry(A.REPORT, 5, **REPORT), entry(A.REJECT, 6))
    assert back[7].report_due == 0
    late = entry(A.FAULT, 90, by_clock=True, fault="late", unit=7)
    never = count(GIVEN, entry(A.REPORT, 5, **REPORT), entry(A.REJECT, 6), late)
    assert (never[7].report_due, never[7].on_time) == (1, 0)
    after = count(GIVEN, late, entry(A.REPORT, 99, on_time=False, on_time_plain=False))
    assert (after[7].report_due, after[7].on_time) == (1, 0)
    again = count(GIVEN, entry(A.REPORT, 5, **REPORT), entry(A.REJECT, 6), entry(A.REPORT, 7, **REPORT))
    assert (again[7].report_due, again[7].on_time) == (1, 1)


def test_an_extension_counts_with_it_and_not_without() -> None:
    told = count(GIVEN, entry(A.REPORT, 200, on_time=True, on_time_plain=False))[7]
    assert (told.report_due, told.on_time, told.on_time_plain) == (1, 1, 0)


def test_a_fault_that_was_cleared_does_not_count() -> None:
    stalled = entry(A.FAULT, 40, by_clock=True, fault="stalled", unit=7)
    late = entry(A.FAULT, 90, by_clock=True, fault="late", unit=7)
    cleared = [entry(A.CLEAR_FAULT, 95, key=f"7:{fault}:1") for fault in ("stalled", "late")]
    told = count(GIVEN, stalled, late, *cleared, entry(A.CONTACT, 96, first=True, in_time=False),
                 entry(A.REPORT, 99, on_time=False))[7]  # fmt: skip
    assert (told.contact_due, told.report_due) == (0, 0)
    other = count(GIVEN, stalled, entry(A.CLEAR_FAULT, 95, key="8:stalled:1"))[7]
    assert other.contact_due == 1


def test_a_fault_is_forgiven_in_its_own_round_and_after_the_close_as_well() -> None:
    late = entry(A.FAULT, 90, by_clock=True, fault="late", unit=7)
    cleared = entry(A.CLEAR_FAULT, 200, key="7:late:1")
    assert count(GIVEN, late, entry(A.CLOSE_EXPLAINED, 150), cleared)[7].report_due == 0
    again = (entry(A.SEND_ROUND, 150), entry(A.ASSIGN, 151, lead=7),
             entry(A.FAULT, 190, by_clock=True, fault="late", unit=7))  # fmt: skip
    assert count(GIVEN, late, *again, cleared)[7].report_due == 1
    assert count(GIVEN, late, *again, entry(A.CLEAR_FAULT, 200, key="7:late:2"))[7].report_due == 1


def test_what_is_taken_away_for_a_conflict_ends_the_duty() -> None:
    log = [GIVEN, entry(A.SIGN, 1), entry(A.TAKE_AWAY, 5), entry(A.FAULT, 90, by_clock=True, fault="late", unit=7),
           entry(A.ASSIGN, 91, lead=8)]  # fmt: skip
    assert count(*log) == {7: Kept(assigned=1, sign_due=1, signed=1), 8: Kept(assigned=1)}


def test_a_fault_recorded_by_hand_is_no_clock() -> None:
    told = count(GIVEN, entry(A.FAULT, 40, fault="stalled", unit=7))[7]
    assert told.contact_due == 0


def test_every_round_is_a_duty_of_its_own_and_only_the_period_counts() -> None:
    log = [GIVEN, entry(A.SIGN, 1), entry(A.REPORT, 5, **REPORT), entry(A.SEND_ROUND, 100),
           entry(A.FAULT, 101, by_clock=True, fault="late", unit=7), entry(A.ASSIGN, 110, lead=7)]  # fmt: skip
    assert len(duties(log)) == 2
    assert count(*log)[7] == Kept(2, 1, 1, 0, 0, 1, 1, 1)
    assert kept([log], since=T + timedelta(hours=3), until=T + timedelta(hours=6))[7] == Kept(
        report_due=1, on_time=1, on_time_plain=1
    )


def test_a_suspended_matter_is_not_late_and_a_silent_unit_is(database: Database) -> None:
    with transaction() as session:
        county = lives.offices(session)
        shelved = lives.in_hand(session, county, MONDAY)
        lives.contacted(session, county, shelved, MONDAY + timedelta(hours=1))
        act(session, shelved, A.SUSPEND, by=county.head, at=MONDAY + timedelta(hours=2), text="待列入计划",
            facts={"review": (MONDAY + 60 * DAY).isoformat(), "told": True})  # fmt: skip
        lives.assigned(session, county, MONDAY)
        for days in range(1, 20):
            sweep.tick_all(session, MONDAY + days * DAY)
        found = kept(logs_of(session, since=BEGIN, until=END, as_of=END), since=BEGIN, until=END)
        mine = found[county.units[0].id]
        assert (mine.assigned, mine.sign_due, mine.signed) == (2, 2, 1)
        assert (mine.contact_due, mine.contacted) == (2, 1)
        assert (mine.report_due, mine.on_time) == (1, 0)


def test_a_complaint_about_the_centre_is_in_no_count(sqlite: Database) -> None:
    with transaction() as session:
        county = lives.offices(session)
        matter = lives.registered(session, county, MONDAY, conflict=lives.Conflict.CENTRE)
        act(session, matter, A.SUBMIT, by=county.party_office, at=MONDAY, sides=[lives.Side.CENTRE])
        act(session, matter, A.ASSIGN, by=county.party_office, at=MONDAY,
            facts={"lead": county.units[0].id, "redacted": True})  # fmt: skip
        assert list(logs_of(session, since=BEGIN, until=END, as_of=END)) == []


def test_what_was_merged_away_counts_once_with_each_of_its_callers(sqlite: Database) -> None:
    with transaction() as session:
        county = lives.offices(session)
        known: dict[str, Any] = {"identity": IdentityClass.OPEN}
        kept_one = lives.registered(session, county, MONDAY, **known)
        double = lives.registered(session, county, MONDAY, number="+8614500005678", **known)
        merge(session, double, kept_one, by=county.clerk, at=MONDAY)
        act(session, kept_one, A.SUBMIT, by=county.clerk, at=MONDAY)
        kept_one.redacted = "路灯坏了"
        act(session, kept_one, A.ASSIGN, by=county.head, at=MONDAY,
            facts={"lead": county.units[0].id, "supporting": [], "redacted": True})  # fmt: skip
        act(session, kept_one, A.SIGN, by=county.handlers[0], at=MONDAY)
        lives.contacted(session, county, kept_one, MONDAY + timedelta(hours=1))
        lives.reported(session, county, kept_one, MONDAY + DAY)
        lives.accepted(session, county, kept_one, MONDAY + 2 * DAY)
        lives.told(session, county, kept_one, MONDAY + 2 * DAY)
        lives.revisited(session, county, kept_one, MONDAY + 8 * DAY)
        worked_on(session, county, 1, at=MONDAY)
        found = kept(logs_of(session, since=BEGIN, until=END, as_of=END), since=BEGIN, until=END)
        assert found[county.units[0].id] == Kept(1, 1, 1, 1, 1, 1, 1, 1)
        asked = counted(session, None, since=BEGIN, until=END, at=END)
        assert asked[county.units[0].id].asked == 2  # two callers, one matter
