"""Rates come with their counts from the log; small units are drawn to their group and have no place."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core import clock, db
from core.db import transaction
from core.permissions import Role
from core.terms import speaking
from matters import rates, sweep
from matters.flow import MatterAction
from matters.moving import act, standing_of
from matters.rates import Counts, Measure, Rate
from matters.shrinking import overdispersion, shrink, shrink_in_groups
from matters.turns import CallerTurn
from reports import appraisal_duties
from tests.matters import lives

A = MatterAction
BEGIN, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 20, tzinfo=UTC)
MONDAY = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)
DAY = timedelta(days=1)
SignedIn = Callable[..., FlaskClient]


def test_a_rate_prints_its_counts_and_its_percentage() -> None:
    rate = Rate(1269, 1455)
    assert (rate.percentage, rate.counts) == ("87.2 %", "1,269 / 1,455")
    assert str(rate) == "1,269 / 1,455 = 87.2 %"
    with speaking("en"):
        assert (str(Rate(0, 0)), Rate(0, 0).share) == ("no data", None)
    assert str(Rate(0, 0)) == "无数据"
    assert str(Rate(0, 7)) == "0 / 7 = 0.0 %"
    assert str(Rate(3.9, 4)) == "3.9 / 4 = 97.5 %"


def test_unreached_callers_make_the_bounds() -> None:
    """10 asked, 6 reached, 4 of them solved, 2 satisfied and 2 fairly so."""
    counts = Counts(asked=8, overdue=2, reached=6, solved=4, satisfied=2, fairly=2)
    assert str(counts.rate(Measure.SOLVED_LOW)) == "4 / 10 = 40.0 %"
    assert str(counts.rate(Measure.SOLVED)) == "4 / 6 = 66.7 %"
    assert str(counts.rate(Measure.SOLVED_HIGH)) == "8 / 10 = 80.0 %"
    assert str(counts.rate(Measure.SATISFIED)) == "3.8 / 6 = 63.3 %"
    assert str(counts.rate(Measure.SATISFIED_PLAIN)) == "4 / 6 = 66.7 %"
    assert counts + counts == Counts(asked=16, overdue=4, reached=12, solved=8, satisfied=4, fairly=4)


def test_the_log_is_counted_by_the_unit_that_led(database: db.Database) -> None:
    """One solved, one unsolved and sent round, one never contacted; a fault recorded by hand counts nothing."""
    with transaction() as session:
        county = lives.offices(session)
        unit = county.units[0].id
        for judgement, satisfaction in (("solved", 5), ("not_solved", 2)):
            matter = lives.in_hand(session, county, MONDAY)
            lives.contacted(session, county, matter, MONDAY + timedelta(hours=1))
            lives.contacted(session, county, matter, MONDAY + timedelta(hours=2))  # the second one is none
            lives.reported(session, county, matter, MONDAY + DAY)
            lives.accepted(session, county, matter, MONDAY + 2 * DAY)
            lives.told(session, county, matter, MONDAY + 2 * DAY)
            lives.revisited(session, county, matter, MONDAY + 8 * DAY, judgement, satisfaction)
        act(session, matter, A.SEND_ROUND, by=county.clerk3, at=MONDAY + 8 * DAY)
        silent = lives.in_hand(session, county, MONDAY)
        sweep.tick_all(session, MONDAY + 3 * DAY)
        act(session, silent, A.FAULT, by=county.office, at=MONDAY + 4 * DAY, text="查实",
            facts={"fault": "perfunctory", "unit": unit})  # fmt: skip
        found = rates.counted(session, county.office, since=BEGIN, until=END, at=END)
        assert found == {
            unit: Counts(
                contacted=2, stalled=1, reported=2, on_time=2, on_time_plain=2, asked=2, reached=2, solved=1,
                satisfied=1,
            )
        }  # fmt: skip
        assert rates.counted(session, county.office, since=BEGIN, until=MONDAY, at=END) == {}
        row = rates.by_unit(session, county.office, since=BEGIN, until=END, at=END)[0]
        assert str(row.counts.rate(Measure.RESPONSE)) == "2 / 3 = 66.7 %"
        shrunk = row.shrunk[Measure.RESPONSE]
        assert shrunk is not None
        assert shrunk.rank is None  # three cases give no place


def test_a_fault_that_was_cleared_and_a_word_after_the_result_count_as_in_the_appraisal(
    database: db.Database,
) -> None:
    """Two silent matters, one of them forgiven; of three reported in time one is told late by the centre, one not yet."""
    with transaction() as session:
        county = lives.offices(session)
        unit = county.units[0].id
        silent, forgiven, mute, slow, quick = (lives.in_hand(session, county, MONDAY) for _ in range(5))
        for matter in (mute, slow, quick):
            lives.reported(session, county, matter, MONDAY + timedelta(hours=2))
        lives.accepted(session, county, quick, MONDAY + timedelta(hours=3))
        lives.told(session, county, quick, MONDAY + timedelta(hours=4))
        assert sweep.tick_all(session, MONDAY + 2 * DAY) == 2
        lives.accepted(session, county, slow, MONDAY + 2 * DAY)
        lives.told(session, county, slow, MONDAY + 3 * DAY)
        act(session, forgiven, A.CLEAR_FAULT, by=county.head, at=MONDAY + 3 * DAY,
            facts={"key": f"{unit}:stalled:1"}, text="系统停机")  # fmt: skip
        assert standing_of(silent).faults
        found = rates.counted(session, county.office, since=BEGIN, until=END, at=END)[unit]
        assert str(found.rate(Measure.RESPONSE)) == "2 / 3 = 66.7 %"
        logs = appraisal_duties.logs_of(session, since=BEGIN, until=END, as_of=END)
        kept = appraisal_duties.kept(logs, since=BEGIN, until=END)[unit]
        assert (kept.contacted, kept.contact_due) == (2, 3)


def test_what_someone_may_not_know_of_is_not_counted(sqlite: db.Database) -> None:
    """A complaint about the centre counts for the Party's office alone."""
    with transaction() as session:
        county = lives.offices(session)
        matter = lives.registered(session, county, MONDAY, conflict=lives.Conflict.CENTRE)
        act(session, matter, A.SUBMIT, by=county.party_office, at=MONDAY, sides=[lives.Side.CENTRE])
        act(session, matter, A.ASSIGN, by=county.party_office, at=MONDAY,
            facts={"lead": county.units[0].id, "redacted": True})  # fmt: skip
        act(session, matter, A.SIGN, by=county.handlers[0], at=MONDAY)
        act(
            session,
            matter,
            A.CONTACT,
            by=county.party_office,
            at=MONDAY,
            text="已电话联系",
            sides=[lives.Side.CENTRE],
        )
        assert rates.counted(session, county.office, since=BEGIN, until=END, at=END) == {}
        seen = rates.counted(session, county.party_office, since=BEGIN, until=END, at=END)
        assert seen[county.units[0].id].contacted == 1


def test_a_revisit_that_nobody_made_in_time_is_due(database: db.Database) -> None:
    """Three callers told; one says solved, one was given up, one nobody rang: low counts all three, high the unknown as solved."""
    with transaction() as session:
        county = lives.offices(session)
        unit = county.units[0].id
        matters = []
        for _ in range(3):
            matter = lives.in_hand(session, county, MONDAY)
            lives.contacted(session, county, matter, MONDAY + timedelta(hours=1))
            lives.reported(session, county, matter, MONDAY + DAY)
            lives.accepted(session, county, matter, MONDAY + 2 * DAY)
            lives.told(session, county, matter, MONDAY + 2 * DAY)
            matters.append(matter)
        lives.revisited(session, county, matters[0], MONDAY + 7 * DAY)
        for hours in (0, 3, 10):  # the last one in the evening
            (caller,) = standing_of(matters[1]).present_callers
            at = MONDAY + 7 * DAY + timedelta(hours=hours)
            facts = {"caller": caller.id, "result": "no_answer"}
            act(session, matters[1], A.REVISIT, by=county.clerk3, at=at, facts=facts)
        due = session.scalars(sa.select(CallerTurn.due_at)).one()
        assert MONDAY + 7 * DAY < due < MONDAY + 11 * DAY

        def counts(*, until: datetime = END, at: datetime = END) -> Counts:
            return rates.counted(session, county.office, since=BEGIN, until=until, at=at)[unit]

        before = counts(at=due)
        assert (before.asked, before.overdue, before.reached, before.solved) == (2, 0, 1, 1)
        after = counts(at=due + timedelta(minutes=1))
        assert (after.asked, after.overdue, after.reached, after.solved) == (2, 1, 1, 1)
        assert str(after.rate(Measure.SOLVED_LOW)) == "1 / 3 = 33.3 %"
        assert str(after.rate(Measure.SOLVED)) == "1 / 1 = 100.0 %"
        assert str(after.rate(Measure.SOLVED_HIGH)) == "3 / 3 = 100.0 %"
        assert counts(until=due).overdue == 0  # it belongs to the period in which it was due
        lives.revisited(session, county, matters[2], due + DAY, "not_solved", 1)
        late = counts()
        assert (late.asked, late.overdue, late.reached) == (3, 0, 2)


def test_alike_units_fall_together_and_unlike_ones_stay_apart() -> None:
    """With no more spread than chance makes, all is drawn to the mean; with much, little is."""
    alike = shrink([50, 52, 48, 50], [100] * 4)
    assert max(s.share for s in alike) - min(s.share for s in alike) < 0.01
    unlike = shrink([10, 90, 30, 70], [100] * 4)
    assert unlike[1].share > 0.85
    assert unlike[0].share < 0.15
    for s in (*alike, *unlike):
        assert 0 <= s.low < s.share < s.high <= 1
    # A unit of four cases, all solved, in a group of long records: most of what it says is chance.
    mixed = shrink([40, 42, 60, 4], [60, 60, 100, 4])
    assert mixed[3].share < 0.75
    assert mixed[3].high - mixed[3].low > mixed[2].high - mixed[2].low


def test_the_spread_between_units_is_found_again() -> None:
    """Simulated units with a known overdispersion (beta 8, 2: ρ = 1/11): the moments come back to it."""
    dice = np.random.default_rng(5)
    found = []
    for _ in range(60):
        totals = dice.integers(30, 300, 60)
        counts = dice.binomial(totals, dice.beta(8, 2, 60))
        found.append(overdispersion(counts.tolist(), totals.tolist()))
    assert np.mean(found) == pytest.approx(1 / 11, rel=0.06)


def test_bands_keep_their_promise() -> None:
    """95 % bands of simulated units hold the true share about as often as they say."""
    dice = np.random.default_rng(6)
    held = []
    for _ in range(40):
        truth = dice.beta(12, 4, 50)
        totals = dice.integers(30, 100, 50)
        for s, true in zip(
            shrink(dice.binomial(totals, truth).tolist(), totals.tolist()), truth, strict=True
        ):
            held.append(s.low <= true <= s.high)
    assert 0.93 <= np.mean(held) <= 0.97


def test_no_place_below_thirty_and_none_without_cases() -> None:
    found = shrink_in_groups([20, 25, 9, 0, 40], [30, 30, 10, 0, 150])
    assert [s.rank if s else None for s in found] == [2, 1, None, None, 1]
    assert found[3] is None
    assert [s.share for s in shrink_in_groups([0, 0], [40, 40]) if s] == [0, 0]
    assert shrink_in_groups([], []) == []
    whole = shrink_in_groups([40, 50], [40, 50])
    assert all(s is not None and s.low == s.share == s.high == 1 for s in whole)


def test_the_page_shows_counts_bands_and_a_file(app: Flask, as_role: SignedIn) -> None:
    dice = random.Random(1)
    with transaction() as session:
        county = lives.offices(session)
        for _ in range(3):
            matter = lives.in_hand(session, county, MONDAY)
            lives.contacted(session, county, matter, MONDAY + timedelta(minutes=dice.randrange(50)))
    with clock.frozen(MONDAY + 9 * DAY):
        office = as_role(Role.SUPERVISION)
        page = office.get("/supervision/rates/?measure=response").get_data(as_text=True)
        assert "3 / 3" in page
        assert "100.0 %" in page
        assert "无数据" in page  # nothing was revisited
        empty = office.get("/supervision/rates/?since=2020-01-01&until=2020-02-01").get_data(as_text=True)
        assert "这段时间没有数据" in empty
        text = office.get("/supervision/rates/export.csv").get_data(as_text=True)
        assert "响应率,3,3,100.0 %" in text
        assert office.get("/supervision/rates/?since=nonsense&measure=x").status_code == 200
