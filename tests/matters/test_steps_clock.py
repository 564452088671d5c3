"""What moves the clock: pauses and extensions together, late decisions, suspensions that come again, each round's own urging."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from core import calendar_days, db
from core.problems import Invalid, Refused
from matters import sweep
from matters.clocks import result_end
from matters.flow import MatterAction as A
from matters.flow import Side
from matters.limits import FIRST_LIMITS, Policy
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.policies import announce, policy_of
from matters.rules import Around, Wish, apply, decide
from matters.standing import CallerStanding, Standing, SubTask
from matters.states import MatterState
from tests.matters import lives
from tests.matters.lives import Offices
from tests.matters.test_sweep import MONDAY, kinds, run, shanghai

ZONE = ZoneInfo("Asia/Shanghai")
POLICY = Policy(1, date(2026, 1, 1), FIRST_LIMITS)
AROUND = Around(POLICY, ZONE)
SignedIn = Callable[..., FlaskClient]
LEAD, DAY = 10, timedelta(days=1)


@pytest.fixture(autouse=True)
def _house_calendar() -> None:
    calendar_days.forget()


def local(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=ZONE).astimezone(UTC)


def step(
    standing: Standing, action: A, at: datetime, side: Side = Side.UNIT, text: str = "说明", **facts: object
) -> Standing:
    """Take one step of the rules."""
    by = None if side is Side.SYSTEM else 7
    unit = LEAD if side is Side.UNIT else None
    return apply(
        standing, decide(standing, Wish(action, at, frozenset({side}), by, unit, facts, text), AROUND)
    )


def held(began: datetime, **more: object) -> Standing:
    """Make a matter that the unit signed for when it was registered."""
    base = {
        "registered_at": began, "round_began_at": began, "assigned_at": began, "signed_at": began,
        "contacted_at": began, "lead": LEAD, "callers": (CallerStanding(1),), "policy": 1,
    }  # fmt: skip
    return Standing(MatterState.IN_HAND, began, began, **{**base, **more})  # type: ignore[arg-type]


def test_a_pause_moves_an_extension_by_working_days_as_it_moves_the_limit() -> None:
    """Over the National Day holiday: ten days on the clock, three that count, and the 10th is a Saturday that is worked."""
    before = held(local(9, 24), extended_to=local(10, 9, 18))
    paused = step(before, A.ASK_CALLER, local(9, 30, 10), reason="place")
    after = step(paused, A.CALLER_REPLIED, local(10, 10, 16), Side.CENTRE)
    assert after.paused_days == 3
    assert result_end(after, POLICY, ZONE).due_at == local(10, 13, 18)


def test_an_extension_is_not_granted_into_the_past() -> None:
    asked = held(local(11, 16), extension_asked=local(11, 25, 18))
    step(asked, A.GRANT_EXTENSION, local(11, 25, 17), Side.SUPERVISION, told=True)
    with pytest.raises(Refused, match="passed"):
        step(asked, A.GRANT_EXTENSION, local(11, 25, 18), Side.SUPERVISION, told=True)


def asked_more(session: Session, county: Offices) -> Matter:
    """Have the unit ask for more time an hour before its limit."""
    matter = lives.in_hand(session, county, MONDAY)
    lives.contacted(session, county, matter, MONDAY)
    run(session, shanghai(20, 9))
    facts = {"until": shanghai(30, 18).isoformat()}
    act(
        session,
        matter,
        A.ASK_EXTENSION,
        by=county.handlers[0],
        at=shanghai(23, 17),
        facts=facts,
        text="等配件",
    )
    return matter


def test_nobody_is_late_while_an_extension_asked_in_time_is_undecided(sqlite: db.Database) -> None:
    """Granted after the limit, nothing is left of the old one, and the new one urges anew."""
    with db.transaction() as session:
        county = lives.offices(session)
        matter = asked_more(session, county)
        assert run(session, shanghai(24, 9)) == []
        act(session, matter, A.GRANT_EXTENSION, by=county.office, at=shanghai(24, 10), facts={"told": True})
        assert standing_of(matter).faults == ()
        assert run(session, shanghai(27, 9)) == ["remind"]
        assert run(session, shanghai(30, 18)) == ["supervise", "fault"]


def test_a_refused_extension_lets_the_fault_fall(sqlite: db.Database) -> None:
    with db.transaction() as session:
        county = lives.offices(session)
        matter = asked_more(session, county)
        act(session, matter, A.REFUSE_EXTENSION, by=county.office, at=shanghai(24, 10), text="理由不足")
        assert run(session, shanghai(24, 10)) == ["supervise", "fault"]
        assert standing_of(matter).faults == (f"{county.units[0].id}:late:1",)


def test_suspending_again_after_work_was_resumed_is_a_renewal() -> None:
    """Whoever resumes for a day and suspends anew needs the county leader as well."""
    now, at = held(local(11, 2)), local(11, 2)
    for _ in range(3):
        now = step(now, A.SUSPEND, at, Side.HEAD, told=True, review=(at + 60 * DAY).isoformat())
        now = step(now, A.RESUME_WORK, at + DAY, Side.HEAD)
        at += 2 * DAY
    review = (at + 60 * DAY).isoformat()
    with pytest.raises(Invalid):
        step(now, A.SUSPEND, at, Side.HEAD, told=True, review=review)
    assert step(now, A.SUSPEND, at, Side.HEAD, told=True, review=review, leader=True).renewals == 3


def test_the_office_is_told_in_every_round_that_is_overdue(sqlite: db.Database) -> None:
    """The level stays where the round before had brought it; the word to the office comes again."""
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.in_hand(session, county, MONDAY)
        lives.contacted(session, county, matter, MONDAY)
        act(session, matter, A.NOTICE_LIST, by=county.office, at=shanghai(17, 9), text="请尽快办理")
        assert matter.level == 2
        run(session, shanghai(24, 9))
        told = kinds(session, Side.SUPERVISION)
        assert run(session, shanghai(25, 18)) == ["escalate"]
        assert len(kinds(session, Side.SUPERVISION)) == len(told) + 1
        assert sweep.tick_all(session, shanghai(30, 18)) == 0


def test_a_unit_that_reports_without_a_word_to_the_caller_has_stalled_all_the_same(
    sqlite: db.Database,
) -> None:
    with db.transaction() as session:
        county = lives.offices(session)
        silent, quick = (lives.in_hand(session, county, MONDAY) for _ in range(2))
        for matter in (silent, quick):
            lives.reported(session, county, matter, shanghai(16, 11))
        lives.accepted(session, county, quick, shanghai(16, 14))
        lives.told(session, county, quick, shanghai(16, 15))
        assert run(session, shanghai(17, 17)) == []
        assert run(session, shanghai(17, 18)) == ["fault"]
        assert standing_of(silent).faults == (f"{county.units[0].id}:stalled:1",)
        assert standing_of(quick).faults == ()


def test_a_supporting_part_that_is_done_stays_done_when_the_lead_changes() -> None:
    part = SubTask(12, done_at=local(11, 17))
    asked = held(local(11, 16), sub_tasks=(part, SubTask(13)), returned_by=(LEAD,))
    asked = Standing(**{**{f: getattr(asked, f) for f in asked.__struct_fields__},
                        "state": MatterState.RETURN_ASKED})  # fmt: skip
    after = step(
        asked, A.ACCEPT_RETURN, local(11, 18), Side.SUPERVISION, lead=11, supporting=[12, 13], redacted=True
    )
    assert after.sub_tasks == (part, SubTask(13))


def test_new_limits_hold_for_drafts_from_the_first_hour_of_their_day(sqlite: db.Database) -> None:
    """Between midnight and eight in the morning it is the day before in UTC."""
    with db.transaction() as session:
        county = lives.offices(session)
        limits = {limit: dict(row) for limit, row in FIRST_LIMITS.items()}
        made = announce(session, limits, valid_from=date(2026, 11, 17), today=date(2026, 11, 16),
                        by=county.head, at=MONDAY)  # fmt: skip
        assert policy_of(session, None, at=shanghai(17, 0, 5)).id == made.id
        assert policy_of(session, None, at=shanghai(16, 23, 55)).id != made.id
