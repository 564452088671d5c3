"""Random walks over matters: nothing illegal comes of any action, and the log alone gives the standing back."""

from __future__ import annotations

import random
from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa

from benchmarks import matter_laws, matter_walk
from core import calendar_days, clock, db, journal
from core.people import Staff, Unit
from core.problems import Problem
from matters import log, sweep
from matters.flow import SIDES, MatterAction, Side
from matters.matter import Matter
from matters.moving import act, clock_columns, standing_of
from matters.policies import policy_of
from matters.rules import Around, Wish, apply, begin, decide
from matters.standing import as_json
from matters.states import MatterState
from tests.matters import lives
from tests.matters.lives import Offices
from tests.matters.test_sweep import MONDAY

A = MatterAction


@pytest.fixture(autouse=True)
def _house_calendar() -> None:
    calendar_days.forget()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_short_walk_breaks_nothing(seed: int) -> None:
    """10,000 actions each; the whole million is `python -m benchmarks.matter_walk`."""
    seen = matter_walk.walk(10_000, seed)
    assert (seen.illegal, seen.unlike) == (0, 0)
    assert seen.tried == 10_000
    assert sum(seen.done.values()) > 1500
    assert len(seen.done) > 35
    assert len(seen.moves) > 30


def test_an_illegal_step_would_be_seen() -> None:
    """The walk's own eye: a step by the wrong side, a unit that is kept away, a clock that restarts."""
    before = begin(MONDAY)
    facts = {"urgency": "u3", "conflict": "none", "caller": 1, "consent": True}
    wanted = Wish(A.REGISTER, MONDAY, frozenset({Side.CENTRE}), 100, None, facts)
    after = apply(before, decide(before, wanted, Around(matter_walk.POLICY, matter_walk.ZONE)))
    assert not matter_laws.is_illegal(before, wanted, after)
    wrong = Wish(A.REGISTER, MONDAY, frozenset({Side.UNIT}), 100, None, facts)
    assert matter_laws.is_illegal(before, wrong, after)
    assert matter_laws.is_illegal(before, wanted, msgspec.structs.replace(after, lead=6))
    corrected = Wish(A.CORRECT, MONDAY, frozenset({Side.CENTRE}), 100)
    later = msgspec.structs.replace(after, round_began_at=MONDAY + timedelta(hours=1))
    assert matter_laws.is_illegal(after, corrected, later)


def person_for(
    action: A, county: Offices, lead: int | None, dice: random.Random
) -> tuple[Staff | None, frozenset[Side]]:
    """Choose somebody for an action: whoever may, or anyone."""
    side = dice.choice(sorted(SIDES[action])) if dice.random() < 0.9 else dice.choice(list(Side))
    people: dict[Side, list[Staff | None]] = {
        Side.CENTRE: [county.clerk, county.clerk2, county.clerk3],
        Side.SUPERVISION: [county.office, county.party_office],
        Side.HEAD: [county.head],
        Side.UNIT: [h for h in county.handlers if h.unit_id == lead] or list(county.handlers),
        Side.CUSTODIAN: [county.party_office],
        Side.SYSTEM: [None],
    }
    sides = {side, Side.SUPERVISION} if side is Side.HEAD else {side}
    return dice.choice(people[side]), frozenset(sides)


def test_a_walk_through_the_database_keeps_log_standing_and_columns_together(database: db.Database) -> None:
    """Hundreds of actions by real people and the sweep; after each the log, the standing and the lists agree."""
    dice = random.Random(11)
    done: set[str] = set()
    with db.transaction() as session:
        county = lives.offices(session)
        units = [unit.id for unit in session.scalars(sa.select(Unit)).all()]
        tried = taken = 0
        while tried < 500:
            at = MONDAY + timedelta(minutes=dice.randrange(60 * 24 * 20))
            matter = lives.registered(session, county, at)
            for _ in range(60):
                tried += 1
                at += timedelta(seconds=dice.choice((1, 60, 3600, 86400, 3 * 86400)))
                before = standing_of(matter)
                known = [
                    a
                    for a in matter_walk.MATTER_FLOW.actions(before.state)
                    if a not in matter_walk.ENDS_EARLY
                ]
                action = dice.choice(known or list(A))
                staff, sides = person_for(action, county, before.lead, dice)
                facts = matter_walk.facts(dice, before, action, at)
                facts |= {
                    "lead": dice.choice(units[-3:]),
                    "proposed": dice.choice(units[-3:]),
                    "supporting": [],
                    "conflict_unit": dice.choice((None, units[0])),
                }
                facts |= {"caller": before.callers[0].id, "unit": dice.choice(units[-3:])}
                facts["second"] = county.head.id
                version, entries = matter.version, count(session, log.MatterEvent)
                try:
                    act(session, matter, action, by=staff, at=at, facts=facts, text="说明", sides=sides)
                except Problem:
                    assert (matter.version, count(session, log.MatterEvent)) == (version, entries)
                    continue
                taken += 1
                done.add(action.value)
                sweep.tick_all(session, at)
                assert_together(session, matter)
                if matter.ended_at is not None and dice.random() < 0.5:
                    break
        assert taken > 120
        assert len(done) > 20
        lines = count(session, journal.Entry, journal.Entry.action.like("matter.%"))
        raised = count(session, Matter)
        assert lines == count(session, log.MatterEvent) + raised  # each entry, and each matter's raising


def count(session: sa.orm.Session, kind: type, *where: sa.ColumnElement[bool]) -> int:
    """Count records."""
    return session.scalar(sa.select(sa.func.count()).select_from(kind).where(*where)) or 0


def assert_together(session: sa.orm.Session, matter: Matter) -> None:
    """Hold log, standing and the columns of lists to each other."""
    standing = standing_of(matter)
    assert as_json(log.replayed(session, matter)) == matter.standing
    events = log.entries(session, matter)
    assert [event.number for event in events] == list(range(1, matter.version + 1))
    assert (matter.state, matter.round, matter.level, matter.lead_unit_id) == (
        standing.state, standing.round, standing.level, standing.lead,
    )  # fmt: skip
    policy = policy_of(session, matter.policy_id, at=matter.raised_at)
    for name, value in clock_columns(standing, policy).items():
        assert getattr(matter, name) == value, name
    assert (matter.next_step_at is None) or matter.state is not MatterState.CLOSED_SOLVED
    assert clock.zone().key == "Asia/Shanghai"
