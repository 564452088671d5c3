"""What moves the clock: pauses and extensions together, late decisions, suspensions that come again, each round's own urging."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from core import calendar_days, db
from core.problems import Invalid, Refused
from matters import sweep
from matters.attributes import Conflict
from matters.clocks import noted_limits, result_end
from matters.flow import MatterAction as A
from matters.flow import Side
from matters.limits import FIRST_LIMITS, Limit, Policy
from matters.log import MatterEvent
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.policies import announce, policy_of
from matters.rules import Around, Wish, apply, decide
from matters.standing import CallerStanding, Deed, Standing, SubTask
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


def test_what_the_centre_takes_after_a_report_in_time_is_no_fault_of_the_units(sqlite: db.Database) -> None:
    """Told within the centre's own limits, sent back, or not told at all; the word that comes then counts as in time."""
    with db.transaction() as session:
        county = lives.offices(session)
        told, back, silent, late = (lives.in_hand(session, county, MONDAY) for _ in range(4))
        for matter in (told, back, silent):
            lives.reported(session, county, matter, shanghai(16, 11))
        lives.accepted(session, county, told, shanghai(17, 17))
        assert run(session, shanghai(17, 18)) == ["fault"]
        assert standing_of(late).faults == (f"{county.units[0].id}:stalled:1",)
        lives.told(session, county, told, shanghai(18, 17))
        act(session, back, A.REJECT, by=county.clerk2, at=shanghai(18, 9),
            facts={"reason": "off_point"}, text="没有回答第二点")  # fmt: skip
        lives.contacted(session, county, back, shanghai(18, 12))
        assert run(session, shanghai(18, 18)) == []
        query = sa.select(MatterEvent.facts).where(MatterEvent.action.in_([A.TELL.value, A.CONTACT.value]))
        assert [facts["in_time"] for facts in session.scalars(query)] == [True, True]
        assert (standing_of(told).faults, standing_of(silent).faults) == ((), ())


def test_a_unit_whose_callers_cannot_be_reached_has_not_stalled(sqlite: db.Database) -> None:
    with db.transaction() as session:
        county = lives.offices(session)
        given_up, rung_late = (lives.in_hand(session, county, MONDAY) for _ in range(2))
        act(session, given_up, A.NO_CONTACT, by=county.clerk, at=shanghai(17, 11))
        with pytest.raises(Refused):
            act(session, given_up, A.NO_CONTACT, by=county.clerk, at=shanghai(17, 12))
        assert run(session, shanghai(17, 18)) == ["fault"]
        assert (standing_of(given_up).faults, len(standing_of(rung_late).faults)) == ((), 1)


def test_an_extension_nobody_decides_shields_to_the_date_asked_for(sqlite: db.Database) -> None:
    """No longer: by then it can't be granted any more; whoever reports in between is not late either."""
    with db.transaction() as session:
        county = lives.offices(session)
        matter, reported = asked_more(session, county), asked_more(session, county)
        lives.reported(session, county, reported, shanghai(25, 10))
        assert run(session, shanghai(30, 17)) == ["escalate"]
        assert run(session, shanghai(30, 18)) == ["supervise", "notice_list", "fault"]
        assert standing_of(matter).faults == (f"{county.units[0].id}:late:1",)
        assert standing_of(reported).faults == ()


@pytest.mark.parametrize("way", [A.TAKE_AWAY, A.ACCEPT_RETURN])
def test_the_next_unit_asks_for_more_time_itself(way: A) -> None:
    """What the one before asked shields it no longer; what was granted holds for the round."""
    until = local(11, 25, 18)
    for more, own in (
        ({"extension_asked": until}, True),
        ({"extension_asked": until, "is_extension_refused": True}, True),
        ({"extension_asked": until, "extended_to": until}, False),
    ):
        now = held(local(11, 16), conflict=Conflict.UNIT, conflict_unit=LEAD, **more)
        if way is A.TAKE_AWAY:
            wish = Wish(way, local(11, 17), frozenset({Side.SYSTEM}))
            now = apply(now, decide(now, wish, Around(POLICY, ZONE, frozenset({LEAD}))))
        else:
            asked = step(now, A.ASK_RETURN, local(11, 16, 10), basis=True, proposed=11)
            now = step(asked, way, local(11, 17), Side.SUPERVISION, lead=11, supporting=[], redacted=True)
        assert now.is_extension_asked is False
        assert (now.extension_asked is None and now.extended_to is None) == own


def test_an_incident_is_not_told_of_anew_in_every_round() -> None:
    """Its limits run once, from the moment that it was flagged; those of a round begin with the round."""
    passed = ("limit_passed:incident_phone", "limit_passed:unreached", "supervise")
    now = held(local(11, 16), is_incident=True, incident_at=local(11, 16), notices=passed)
    after = apply(
        msgspec.structs.replace(now, state=MatterState.CLOSED_SOLVED), Deed(A.REOPEN.value, local(11, 20))
    )
    assert after.notices == ("limit_passed:incident_phone",)
    assert Limit.INCIDENT_PHONE not in dict(noted_limits(after, POLICY, ZONE))
    assert Limit.INCIDENT_CITY in dict(noted_limits(after, POLICY, ZONE))


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
