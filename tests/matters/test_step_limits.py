"""Every step has its time: what is not done by then is told to whoever must see to it, once; and how hard it is by nature."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from core import clock, db
from matters.flow import MatterAction as A
from matters.flow import Side
from matters.moving import act
from matters.notices import NoticeKind as K
from tests.matters import lives
from tests.matters.test_sweep import MONDAY, kinds, run, shanghai

SignedIn = Callable[..., FlaskClient]


def test_a_decline_that_nobody_confirms_is_overdue(sqlite: db.Database) -> None:
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.registered(session, county, MONDAY)
        act(
            session,
            matter,
            A.DECLINE,
            by=county.clerk,
            at=MONDAY,
            facts={"reason": "court"},
            text="请向法院反映",
        )
        assert matter.stage_due_at == shanghai(17, 18)
        run(session, shanghai(17, 17))
        assert K.STAGE_OVER not in kinds(session, Side.CENTRE)
        run(session, shanghai(17, 18))
        assert kinds(session, Side.CENTRE) == [K.STAGE_OVER]
        act(session, matter, A.CONFIRM_DECLINE, by=county.clerk2, at=shanghai(17, 19))
        assert [matter.stage, matter.stage_due_at] == [None, None]


def test_the_panel_has_its_own_limit_after_the_revisits(sqlite: db.Database) -> None:
    """The desk hears of each step's limit, though the state stays the same."""
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.in_hand(session, county, MONDAY)
        lives.contacted(session, county, matter, MONDAY)
        lives.reported(session, county, matter, MONDAY)
        lives.accepted(session, county, matter, MONDAY)
        lives.told(session, county, matter, MONDAY)
        lives.revisited(session, county, matter, shanghai(19, 9), "not_solved", 2)
        run(session, shanghai(23, 18))
        assert kinds(session, Side.CENTRE).count(K.STAGE_OVER) == 1
        act(
            session,
            matter,
            A.PANEL,
            by=county.clerk2,
            at=shanghai(24, 9),
            facts={"cause": "no_money"},
            text="待明年",
        )
        assert (matter.stage, matter.stage_due_at) == ("panel", shanghai(27, 18))
        run(session, shanghai(27, 18))
        assert kinds(session, Side.CENTRE).count(K.STAGE_OVER) == 2


def test_callers_who_are_neither_reached_nor_given_up_are_told_to_the_office(sqlite: db.Database) -> None:
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.in_hand(session, county, MONDAY)
        lives.contacted(session, county, matter, MONDAY)
        lives.reported(session, county, matter, MONDAY)
        lives.accepted(session, county, matter, MONDAY)
        lives.told(session, county, matter, MONDAY)
        assert run(session, shanghai(30, 17)) == []
        assert run(session, shanghai(30, 18)) == ["limit_passed"]
        assert kinds(session, Side.SUPERVISION) == [K.STAGE_OVER]


def test_each_missed_report_of_an_incident_is_told_once(sqlite: db.Database) -> None:
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.to_route(session, county, MONDAY)
        act(session, matter, A.FLAG_INCIDENT, by=county.clerk, at=MONDAY, text="桥塌了\n柳湖镇")
        act(session, matter, A.ACKNOWLEDGE, by=county.office, at=MONDAY)
        minute = timedelta(minutes=1)
        assert run(session, MONDAY + 19 * minute) == []
        assert run(session, MONDAY + 20 * minute) == ["limit_passed"]
        act(
            session,
            matter,
            A.REPORT_INCIDENT,
            by=county.office,
            at=MONDAY + 30 * minute,
            facts={"way": "written"},
        )
        assert run(session, MONDAY + 119 * minute) == []
        assert run(session, MONDAY + 120 * minute) == ["limit_passed"]
        assert kinds(session, Side.HEAD).count(K.REPORT_OVER) == 2


def test_the_office_grades_the_difficulty_and_finds_it_on_the_board(app: Flask, as_role: SignedIn) -> None:
    with db.transaction() as session:
        county = lives.offices(session)
        receipts = [str(lives.to_route(session, county, MONDAY).receipt) for _ in range(2)]
    with clock.frozen(MONDAY):
        office, clerk = as_role(staff=county.office), as_role(staff=county.clerk)
        form = {"step": "grade", "seen": "2", "grade-difficulty": "red"}
        assert office.post(f"/supervision/matters/{receipts[0]}", data=form).status_code == 303
        for address in (
            "/supervision/?queue=assign&difficulty=red",
            "/supervision/export.csv?queue=assign&difficulty=red",
        ):
            found = office.get(address).get_data(as_text=True)
            assert [receipt in found for receipt in receipts] == [True, False]
            assert "红·历史遗留" in found
        assert receipts[1] not in office.get("/supervision/?difficulty=red").get_data(as_text=True)
        assert clerk.get("/matters/?difficulty=red").status_code == 200
