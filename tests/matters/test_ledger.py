"""Every second of a matter belongs to exactly one holder, and a deadline says how it came about."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from benchmarks import matter_laws, matter_walk
from core import calendar_days, db
from core.problems import Problem
from matters import log
from matters.explaining import explain
from matters.flow import MatterAction
from matters.ledger import Held, ledger
from matters.limits import FIRST_LIMITS, Policy
from matters.moving import act, standing_of
from matters.policies import policy_of
from matters.rules import Around, apply, begin, decide
from matters.states import OPEN, Holder
from tests.matters import lives

A = MatterAction
ZONE = ZoneInfo("Asia/Shanghai")
POLICY = Policy(1, date(2026, 1, 1), FIRST_LIMITS)


@pytest.fixture(autouse=True)
def _house_calendar() -> None:
    calendar_days.forget()


def shanghai(day: int, hour: int, minute: int = 0) -> datetime:
    """Name a moment of November 2026 as clocks show it."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize("seed", range(40))
def test_the_stretches_add_up_to_the_open_life(seed: int) -> None:
    """Over random lives: no gap, no overlap, and the sum is the time in open states, counted another way."""
    dice = random.Random(seed)
    around = Around(POLICY, ZONE, matter_laws.EXCLUDED, matter_laws.CLOSED_UNITS)
    at = datetime(2026, 9, 1, 1, tzinfo=UTC)
    begun = standing = begin(at)
    deeds, open_for, since = [], timedelta(), at
    for _ in range(300):
        at += timedelta(seconds=dice.choice((1, 61, 3601, 86400)))
        try:
            deed = decide(standing, matter_walk.wish(dice, standing, at), around)
        except Problem:
            continue
        if standing.state in OPEN:
            open_for += deed.at - since
        since = deed.at
        deeds.append(deed)
        standing = apply(standing, deed)
    until = at + timedelta(hours=5, seconds=7)
    if standing.state in OPEN:
        open_for += until - since
    found = ledger(begun, deeds, until=until)
    assert found.life == open_for == sum(found.totals.values(), timedelta())
    for before, after in zip(found.stretches, found.stretches[1:], strict=False):
        assert before.ended_at <= after.began_at
        assert before.length > timedelta()
    assert {s.held.holder for s in found.stretches} <= set(Holder) - {Holder.NONE}
    assert all((s.held.unit is not None) == (s.held.holder is Holder.UNIT) for s in found.stretches)


def test_who_held_a_matter_that_went_through_two_units(sqlite: db.Database) -> None:
    """Desk, office, first unit, office again, second unit, caller, second unit, desk."""
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.registered(session, county, shanghai(16, 9))
        act(session, matter, A.SUBMIT, by=county.clerk, at=shanghai(16, 10))
        first, second = county.units[0].id, county.units[1].id
        act(session, matter, A.ASSIGN, by=county.office, at=shanghai(16, 12),
            facts={"lead": first, "redacted": True})  # fmt: skip
        act(session, matter, A.SIGN, by=county.handlers[0], at=shanghai(16, 15))
        act(session, matter, A.ASK_RETURN, by=county.handlers[0], at=shanghai(16, 16), text="不归我局",
            facts={"basis": True, "proposed": second})  # fmt: skip
        act(session, matter, A.ACCEPT_RETURN, by=county.office, at=shanghai(17, 9),
            facts={"lead": second, "redacted": True})  # fmt: skip
        act(session, matter, A.SIGN, by=county.handlers[1], at=shanghai(17, 10))
        act(session, matter, A.ASK_CALLER, by=county.handlers[1], at=shanghai(17, 11),
            facts={"reason": "place"}, text="哪一段")  # fmt: skip
        act(session, matter, A.CALLER_REPLIED, by=county.clerk, at=shanghai(18, 11), text="村东头")
        facts = {"outcome": "solved", "points": True, "evidence": 1}
        act(session, matter, A.REPORT, by=county.handlers[1], at=shanghai(18, 14), facts=facts, text="已修好")
        deeds = [event.deed for event in log.entries(session, matter)]
        found = ledger(begin(matter.raised_at), deeds, until=shanghai(18, 20))
        hours = {held: span.total_seconds() / 3600 for held, span in found.totals.items()}
        assert hours == {
            Held(Holder.CENTRE): 1 + 6,
            Held(Holder.SUPERVISION): 2 + 17,
            Held(Holder.UNIT, first): 4,
            Held(Holder.UNIT, second): 2 + 3,
            Held(Holder.CALLER): 24,
        }
        assert found.life == timedelta(hours=59)
        assert len(found.stretches) == 8


def test_a_deadline_explains_itself(sqlite: db.Database) -> None:
    """Across the October holidays, with a pause and an extension: every day, and both figures."""
    with db.transaction() as session:
        county = lives.offices(session)

        def on(day: int, hour: int, month: int = 9) -> datetime:
            return datetime(2026, month, day, hour, tzinfo=ZONE).astimezone(UTC)

        matter = lives.in_hand(session, county, on(24, 10))
        lives.contacted(session, county, matter, on(24, 11))
        act(session, matter, A.ASK_CALLER, by=county.handlers[0], at=on(28, 9), facts={"reason": "time"},
            text="几点")  # fmt: skip
        act(session, matter, A.CALLER_REPLIED, by=county.clerk, at=on(29, 9), text="晚上")
        until = on(15, 18, month=10)
        act(session, matter, A.ASK_EXTENSION, by=county.handlers[0], at=on(30, 9), text="等配件",
            facts={"until": until.isoformat()})  # fmt: skip
        act(session, matter, A.GRANT_EXTENSION, by=county.office, at=on(30, 10), facts={"told": True})
        facts = {"outcome": "solved", "points": True, "evidence": 1}
        act(
            session,
            matter,
            A.REPORT,
            by=county.handlers[0],
            at=on(12, 9, month=10),
            facts=facts,
            text="已修好",
        )
        deeds = [event.deed for event in log.entries(session, matter)]
        policy = policy_of(session, matter.policy_id, at=matter.raised_at)
        e = explain(standing_of(matter), deeds, policy, ZONE)
    assert str(e.span) == "5wd"
    assert (e.calendar_version, e.policy.valid_from) == (1, date(2000, 1, 1))
    assert e.paused_days == 1
    # 28, 29, 30 September, 8, 9, 10 October (a make-up Saturday): five days and one of pause.
    assert [d.day.on.isoformat()[5:] for d in e.days if d.number] == [
        "09-28", "09-29", "09-30", "10-08", "10-09", "10-10",
    ]  # fmt: skip
    assert (e.counted, e.skipped) == (6, 10)
    assert [d.number for d in e.days if d.number] == [1, 2, 3, 4, 5, 6]
    assert e.days[0].day.occasion == "中秋节"
    assert e.plain.due_at == on(10, 18, month=10)
    assert e.end.due_at == e.extended_to == until
    assert (e.on_time, e.on_time_plain) == (True, False)
    assert [(p.days, p.ended_at) for p in e.pauses] == [(1, on(29, 9))]
    assert e.days[-1].day.on == e.plain.due_at.astimezone(ZONE).date()


def test_hours_have_no_days_and_a_pause_going_on_is_shown(sqlite: db.Database) -> None:
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.in_hand(session, county, shanghai(16, 9), lives.Urgency.U2)
        act(session, matter, A.ASK_CALLER, by=county.handlers[0], at=shanghai(16, 12),
            facts={"reason": "time"}, text="几点")  # fmt: skip
        deeds = [event.deed for event in log.entries(session, matter)]
        policy = policy_of(session, matter.policy_id, at=matter.raised_at)
        e = explain(standing_of(matter), deeds, policy, ZONE)
        assert (e.days, e.is_paused, e.on_time) == ((), True, None)
        assert [p.ended_at for p in e.pauses] == [None]
        act(session, matter, A.CALLER_REPLIED, by=county.clerk, at=shanghai(16, 13, 30), text="晚上")
        e = explain(standing_of(matter), deeds, policy, ZONE)
        assert e.plain.due_at == shanghai(17, 9) + timedelta(minutes=90) == matter.due_at
