"""The sweep does what the clock demands, once, whoever runs it and however often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import db
from core.people import Unit
from matters import log, sweep
from matters.attributes import ClockColour, Origin, Urgency
from matters.flow import MatterAction, Side
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.notice_reading import acknowledge, listed, see, unseen
from matters.notices import MatterNotice, NoticeKind, shown_from
from matters.registration import Statement, raise_problem
from matters.standing import as_json
from matters.states import MatterState
from tests.matters import lives

A, K, S = MatterAction, NoticeKind, MatterState
MONDAY = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)
"""09:30 in Shanghai; no holiday in the weeks that follow."""
DAY = timedelta(days=1)


def shanghai(day: int, hour: int, minute: int = 0) -> datetime:
    """Name a moment of November 2026 as clocks show it."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def run(session: Session, at: datetime) -> list[str]:
    """Run the sweep twice at one moment: the second time nothing is left to do. Return what was done."""
    before = session.scalar(sa.select(sa.func.max(log.MatterEvent.id))) or 0
    done = sweep.tick_all(session, at)
    assert sweep.tick_all(session, at) == 0
    sweep.tell_overdue(session, at)
    assert sweep.tell_overdue(session, at) == 0
    query = sa.select(log.MatterEvent.action).where(log.MatterEvent.id > before).order_by(log.MatterEvent.id)
    found = list(session.scalars(query))
    assert len(found) == done
    return found


def kinds(session: Session, to: Side | Unit) -> list[NoticeKind]:
    """List the kinds of notices that a side or unit was given, in their order."""
    where = MatterNotice.side == to if isinstance(to, Side) else MatterNotice.unit_id == to.id
    return list(session.scalars(sa.select(MatterNotice.kind).where(where).order_by(MatterNotice.id)))


def test_an_ordinary_matter_that_nobody_touches(database: db.Database) -> None:
    """Silence signs, no word stalls, yellow reminds, red supervises, then the office, then the list."""
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.assigned(session, county, MONDAY)
        unit = county.units[0]
        assert run(session, shanghai(17, 17, 59)) == []
        assert run(session, shanghai(17, 18)) == ["deem_signed"]
        assert (matter.state, matter.level) == (S.IN_HAND, 1)
        assert run(session, shanghai(18, 18)) == ["fault"]
        assert run(session, shanghai(19, 23, 59)) == []
        assert run(session, shanghai(20, 0)) == ["remind"]  # the fourth working day, 75 % of five
        assert matter.colour(shanghai(20, 0)) is ClockColour.YELLOW
        assert matter.due_at == shanghai(23, 18)
        assert run(session, shanghai(23, 17, 59)) == []
        assert run(session, shanghai(23, 18)) == ["supervise", "fault"]
        assert matter.colour(shanghai(23, 18)) is ClockColour.RED
        assert run(session, shanghai(25, 18)) == ["escalate"]
        assert matter.level == 2
        assert run(session, shanghai(30, 18)) == ["notice_list"]
        assert run(session, shanghai(30, 18) + 60 * DAY) == []
        faults = standing_of(matter).faults
        assert faults == (f"{unit.id}:stalled:1", f"{unit.id}:late:1")
        told = kinds(session, unit)
        assert told == [K.ASSIGNED, K.LEVEL, K.FAULT, K.REMINDER, K.SUPERVISION, K.FAULT, K.LISTED]
        assert kinds(session, Side.SUPERVISION) == [K.LEVEL, K.LISTED]
        assert as_json(log.replayed(session, matter)) == matter.standing
        assert matter.next_step_at is None


def test_what_was_missed_is_done_at_once_and_in_order(sqlite: db.Database) -> None:
    """A worker that slept for a month does in one run what it would have done day by day."""
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.assigned(session, county, MONDAY)
        done = run(session, MONDAY + 30 * DAY)
        assert done == ["deem_signed", "remind", "supervise", "fault", "escalate", "notice_list"]
        assert run(session, MONDAY + 33 * DAY) == ["fault"]  # signed a month late, and no word two days on
        assert standing_of(matter).level == 2


def test_a_pause_ends_by_itself_and_moves_the_limit(sqlite: db.Database) -> None:
    """Three working days at most stand still; the limit moves by as many."""
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.in_hand(session, county, MONDAY)
        lives.contacted(session, county, matter, MONDAY)
        before = matter.due_at
        act(session, matter, A.ASK_CALLER, by=county.handlers[0], at=shanghai(17, 10),
            facts={"reason": "place"}, text="在哪一段")  # fmt: skip
        assert matter.colour(shanghai(17, 10)) is ClockColour.PAUSED
        assert K.ASK_CALLER in kinds(session, Side.CENTRE)
        assert run(session, shanghai(20, 17, 59)) == []
        assert run(session, shanghai(20, 18)) == ["resume"]
        assert before == shanghai(23, 18)
        assert matter.due_at == shanghai(26, 18)
        assert K.RESUMED in kinds(session, county.units[0])


def test_an_incident_that_nobody_acknowledges_goes_up_every_quarter_of_an_hour(sqlite: db.Database) -> None:
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.to_route(session, county, MONDAY, Urgency.U1)
        act(session, matter, A.FLAG_INCIDENT, by=county.clerk, at=MONDAY, text="化工厂起火\n柳湖镇")
        quarter = timedelta(minutes=15)
        assert run(session, MONDAY + quarter - timedelta(seconds=1)) == []
        for level in (2, 3, 4):
            assert "escalate" in run(session, MONDAY + (level - 1) * quarter)
            assert matter.level == level
        assert "escalate" not in run(session, MONDAY + 9 * quarter)
        assert kinds(session, Side.HEAD).count(K.INCIDENT) == 4


def test_an_acknowledged_incident_stays_where_it_is(sqlite: db.Database) -> None:
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.to_route(session, county, MONDAY)
        act(session, matter, A.FLAG_INCIDENT, by=county.clerk, at=MONDAY, text="桥塌了\n柳湖镇")
        act(session, matter, A.ACKNOWLEDGE, by=county.office, at=MONDAY + timedelta(minutes=14))
        assert "escalate" not in run(session, MONDAY + timedelta(hours=3))
        assert matter.level == 1


def test_a_result_sent_back_and_one_found_unsolved_are_perfunctory(sqlite: db.Database) -> None:
    """Each once a round, recorded in the same breath as the step that shows it."""
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.in_hand(session, county, MONDAY)
        lives.contacted(session, county, matter, MONDAY)
        unit = county.units[0].id
        for hour in (8, 10):
            lives.reported(session, county, matter, shanghai(17, hour))
            act(session, matter, A.REJECT, by=county.clerk2, at=shanghai(17, hour + 1),
                facts={"reason": "off_point"}, text="没有回答第二点")  # fmt: skip
        assert standing_of(matter).faults == (f"{unit}:perfunctory:1",)
        act(session, matter, A.CLEAR_FAULT, by=county.head, at=shanghai(17, 12),
            facts={"key": f"{unit}:perfunctory:1"}, text="查明系误判")  # fmt: skip
        lives.reported(session, county, matter, shanghai(17, 13))
        lives.accepted(session, county, matter, shanghai(18, 9))
        lives.told(session, county, matter, shanghai(18, 10))
        lives.revisited(session, county, matter, shanghai(23, 10), "not_solved", 1)
        act(session, matter, A.SEND_ROUND, by=county.clerk3, at=shanghai(23, 11))
        # A fault that was cleared is not recorded again by the machine.
        assert standing_of(matter).faults == ()
        assert as_json(log.replayed(session, matter)) == matter.standing


def test_an_unsolved_revisit_names_the_unit_of_the_round_that_ends(sqlite: db.Database) -> None:
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.in_hand(session, county, MONDAY)
        lives.contacted(session, county, matter, MONDAY)
        lives.reported(session, county, matter, shanghai(17, 10))
        lives.accepted(session, county, matter, shanghai(18, 9))
        lives.told(session, county, matter, shanghai(18, 10))
        lives.revisited(session, county, matter, shanghai(23, 10), "partly", 2)
        act(session, matter, A.SEND_ROUND, by=county.clerk3, at=shanghai(23, 11))
        assert standing_of(matter).faults == (f"{county.units[0].id}:perfunctory:1",)
        assert (matter.round, matter.state) == (2, S.TO_ROUTE)


def test_a_unit_is_not_late_for_what_another_one_let_pass(sqlite: db.Database) -> None:
    """Given the matter after its limit, a unit is supervised, but the lateness is not its own."""
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.to_route(session, county, MONDAY)
        run(session, shanghai(24, 9))
        facts = {"lead": county.units[1].id, "redacted": True}
        act(session, matter, A.ASSIGN, by=county.office, at=shanghai(24, 10), facts=facts)
        run(session, shanghai(24, 11))
        assert standing_of(matter).faults == ()


def test_a_late_report_between_two_sweeps_is_still_late(sqlite: db.Database) -> None:
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.in_hand(session, county, MONDAY)
        lives.contacted(session, county, matter, MONDAY)
        run(session, shanghai(23, 17))
        lives.reported(session, county, matter, shanghai(23, 18) + timedelta(seconds=5))
        assert run(session, shanghai(23, 18) + timedelta(seconds=20)) == ["fault"]
        assert standing_of(matter).faults == (f"{county.units[0].id}:late:1",)


def test_the_clock_is_quiet_after_the_end(sqlite: db.Database) -> None:
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.in_hand(session, county, MONDAY)
        caller = standing_of(matter).callers[0].id
        act(session, matter, A.WITHDRAW, by=county.clerk, at=shanghai(17, 9),
            facts={"caller": caller, "verified": "pin", "pressed": False})  # fmt: skip
        assert run(session, MONDAY + 90 * DAY) == []
        assert (matter.state, matter.due_at, matter.next_step_at) == (S.WITHDRAWN, None, None)


def test_the_desks_and_offices_are_told_of_their_own_steps_once(sqlite: db.Database) -> None:
    with db.transaction() as session:
        county = lives.offices(session)
        lives.registered(session, county, MONDAY)
        lives.to_route(session, county, MONDAY)
        raise_problem(session, Statement("水管爆了"), origin=Origin.INTERVIEW, by=county.clerk, at=MONDAY)
        for minutes in (9, 11, 12, 300):
            run(session, MONDAY + timedelta(minutes=minutes))
        assert kinds(session, Side.CENTRE) == [K.CALL_BACK, K.STAGE_OVER]
        run(session, MONDAY + timedelta(hours=25))
        assert kinds(session, Side.SUPERVISION) == [K.STAGE_OVER]


def test_a_suspension_whose_review_is_overdue_comes_to_the_head(sqlite: db.Database) -> None:
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.in_hand(session, county, MONDAY)
        review = MONDAY + 30 * DAY
        act(session, matter, A.SUSPEND, by=county.head, at=MONDAY, text="一、立项",
            facts={"told": True, "review": review.isoformat()})  # fmt: skip
        run(session, review - timedelta(minutes=1))
        assert K.REVIEW_OVER not in kinds(session, Side.HEAD)
        run(session, review)
        assert kinds(session, Side.HEAD).count(K.REVIEW_OVER) == 1


@pytest.mark.parametrize("looks", [None, 3, 20])
def test_an_assignment_nobody_looks_at_is_given_again_then_telephoned(
    sqlite: db.Database, looks: int | None
) -> None:
    """After 5 and 30 minutes it is given again, after 35 the desk rings the unit; a look ends it."""
    with db.transaction() as session:
        county = lives.offices(session)
        lives.assigned(session, county, MONDAY)
        notice = session.scalars(sa.select(MatterNotice).where(MatterNotice.kind == K.ASSIGNED)).one()
        tries = []
        for minute in range(40):
            at = MONDAY + timedelta(minutes=minute)
            if minute == looks:
                told = 2 if minute > 5 else 1  # given again, it is a notice of its own
                assert unseen(session, county.handlers[0], at) == told
                assert see(session, county.handlers[0], at=at) == told
                session.expire(notice)
            sweep.give_again(session, at)
            tries.append(notice.tries)
        expected = {None: (1, 2, 3), 3: (1, 1, 1), 20: (1, 2, 2)}[looks]
        assert (tries[4], tries[5], tries[30]) == expected
        assert kinds(session, Side.CENTRE).count(K.CALL_UNIT) == (looks is None)


def test_a_matter_that_fails_does_not_hold_the_others_up(
    sqlite: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is refused is left alone for a while; the rest is done in the same run."""
    with db.transaction() as session:
        county = lives.offices(session)
        broken = lives.assigned(session, county, MONDAY)
        sound = lives.assigned(session, county, MONDAY)
        real = sweep.act

        def failing(session: Session, matter: Matter, *args: object, **facts: object) -> object:
            if matter.id == broken.id:
                facts["at"] = MONDAY - DAY
            return real(session, matter, *args, **facts)  # type: ignore[arg-type]

        monkeypatch.setattr(sweep, "act", failing)
        at = shanghai(17, 18)
        assert sweep.tick_all(session, at) == 1
        assert (broken.state, sound.state) == (S.ASSIGNED, S.IN_HAND)
        assert broken.next_step_at == at + sweep.NOT_BEFORE


@pytest.mark.parametrize(
    ("hour", "minute", "urgent", "shown"),
    [
        (21, 59, False, (16, 21, 59)),
        (22, 0, False, (17, 7, 0)),
        (22, 0, True, (16, 22, 0)),
        (23, 59, False, (17, 7, 0)),
        (0, 0, False, (16, 7, 0)),
        (6, 59, False, (16, 7, 0)),
        (7, 0, False, (16, 7, 0)),
    ],
)
def test_what_is_not_urgent_waits_for_the_morning(
    hour: int, minute: int, urgent: bool, shown: tuple[int, int, int]
) -> None:
    assert shown_from(shanghai(16, hour, minute), is_urgent=urgent) == shanghai(*shown)


def test_notices_are_for_whoever_they_concern(sqlite: db.Database) -> None:
    """Another unit sees none of them; one that is acknowledged leaves the list."""
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.assigned(session, county, MONDAY, supporting=(1,))
        at = MONDAY + timedelta(minutes=1)
        found = [listed(session, handler, {}, at=at).rows for handler in county.handlers]
        assert [[n.kind for n in rows] for rows in found] == [[K.ASSIGNED], [K.SUPPORT], []]
        acknowledge(session, found[0][0].id, by=county.handlers[0], at=at)
        assert listed(session, county.handlers[0], {}, at=at).rows == []
        assert len(listed(session, county.handlers[0], {"show": "all"}, at=at).rows) == 1
        with pytest.raises(Exception, match="Not found"):
            acknowledge(session, found[1][0].id, by=county.handlers[0], at=at)
        assert matter.receipt
        names = {column.key for column in sa.inspect(MatterNotice).columns}
        assert not names & {"text", "narrative", "name", "number", "caller"}
