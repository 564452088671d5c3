"""The line as its operators see it: no number, no name, no word of a talk; the talk in hand first, then what is open."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from core import db
from core.people import Staff
from core.permissions import Role
from hotline import operator_line, records
from hotline.callbacks import CallBack, CallBackReason, CallBackState
from hotline.callers import caller_from
from hotline.contacts import Contact, ContactState, fresh_token
from hotline.lines import HelpLine, LineKind
from hotline.offers import Offer
from hotline.seats import Seat, SeatState
from hotline.views.operator import PANELS
from tests.factories import a_staff
from tests.hotline.test_records import NIGHT, SAID, a_talk
from tests.web.conftest import a_house, some_settings

NUMBER = "+8614512345678"


def somebody_waits(
    session: Session, owner: Staff, line: LineKind, *, number: str | None = NUMBER, minutes: int = 1
) -> Contact:
    """Make a caller who waits."""
    contact = Contact(
        token=fresh_token(), line=line, state=ContactState.WAITING, owner_id=owner.id,
        rung_at=NIGHT - timedelta(minutes=minutes), waiting_from=NIGHT - timedelta(minutes=minutes),
        caller=caller_from(session, line, number, at=NIGHT),
    )  # fmt: skip
    session.add(contact)
    session.flush()
    return contact


def test_each_operator_sees_their_own_lines_callers_masked(database: db.Database) -> None:
    with db.transaction() as session:
        owner, by = a_staff(session, Role.SHIFT_LEAD), a_staff(session, Role.OPERATOR)
        citizen = a_staff(session, Role.CITIZEN_OPERATOR)
        session.add(
            HelpLine(kind=LineKind.COUNSELLING, number="+862161000002", owner_id=owner.id, changed_at=NIGHT)
        )
        somebody_waits(session, owner, LineKind.COUNSELLING, minutes=3)
        somebody_waits(session, owner, LineKind.COUNSELLING, minutes=2)
        somebody_waits(session, owner, LineKind.COUNSELLING, number=None)
        seen = operator_line.screen(session, by=by, at=NIGHT)
        (line,) = seen["lines"]
        assert (line["code"], line["count"], line["is_set_up"]) == ("counselling", 3, True)
        assert line["longest"] == (NIGHT - timedelta(minutes=3)).isoformat()
        assert [(r["times"], r["is_withheld"]) for r in line["rows"]] == [(2, False), (2, False), (1, True)]
        assert "14512345678" not in json.dumps(seen)
        other = operator_line.screen(session, by=citizen, at=NIGHT)
        assert [(each["code"], each["count"]) for each in other["lines"]] == [("citizen", 0)]
        assert other["follow_ups"] is None


def test_an_offer_rings_until_its_time_is_over(database: db.Database) -> None:
    with db.transaction() as session:
        by = a_staff(session, Role.OPERATOR)
        contact = somebody_waits(session, by, LineKind.COUNSELLING)
        until = NIGHT + timedelta(seconds=20)
        session.add(Offer(contact_id=contact.id, staff_id=by.id, offered_at=NIGHT, until=until))
        session.flush()
        offer = operator_line.screen(session, by=by, at=NIGHT)["offer"]
        assert (offer["token"], offer["until"]) == (contact.token, until.isoformat())
        assert operator_line.screen(session, by=by, at=until)["offer"] is None


def test_a_talk_comes_before_every_record_still_open(database: db.Database) -> None:
    with db.transaction() as session:
        by = a_staff(session, Role.OPERATOR)
        opened = a_talk(session, by)
        opened.state, opened.ended_at = ContactState.WRAPPING, NIGHT
        session.flush()
        assert operator_line.screen(session, by=by, at=NIGHT)["contact"]["token"] == opened.token
        talk = a_talk(session, by)
        session.add(
            Seat(staff_id=by.id, state=SeatState.TALKING, since=NIGHT, heartbeat_at=NIGHT, contact_id=talk.id)
        )
        records.save(session, talk, [("narrative", SAID)], token="a", seen=0, by=by, at=NIGHT)
        seen = operator_line.screen(session, by=by, at=NIGHT, token=opened.token)
        assert seen["contact"]["token"] == talk.token
        assert [row["token"] for row in seen["unfinished"]] == [opened.token]
        assert seen["seat"]["state"] == "talking"
        assert seen["today"]["count"] == 2
        assert SAID not in json.dumps(seen, ensure_ascii=False)
        other = operator_line.screen(session, by=a_staff(session, Role.OPERATOR), at=NIGHT, token=talk.token)
        assert other["contact"] is None


def test_call_backs_are_shown_when_they_are_due_to_those_who_answer_the_line(database: db.Database) -> None:
    with db.transaction() as session:
        by, citizen = a_staff(session, Role.OPERATOR), a_staff(session, Role.CITIZEN_OPERATOR)
        for minutes, reason in ((-5, CallBackReason.MESSAGE), (30, CallBackReason.ABANDONED)):
            contact = somebody_waits(session, by, LineKind.COUNSELLING)
            contact.state = ContactState.MISSED
            session.add(
                CallBack(
                    contact_id=contact.id, reason=reason, state=CallBackState.DUE, created_at=NIGHT,
                    due_at=NIGHT + timedelta(minutes=minutes),
                )
            )  # fmt: skip
        session.flush()
        told = operator_line.screen(session, by=by, at=NIGHT)["call_backs"]
        assert (told["count"], told["rows"][0]["is_message"]) == (1, True)
        assert operator_line.screen(session, by=citizen, at=NIGHT)["call_backs"]["count"] == 0


def test_every_room_beside_the_talk_is_there(tmp_path: Path) -> None:
    application, database = a_house(some_settings(tmp_path))
    try:
        arguments = {
            r.endpoint: r.arguments for r in application.url_map.iter_rules() if "GET" in (r.methods or ())
        }
        assert {name: arguments.get(name) for name, _ in PANELS} == {name: {"token"} for name, _ in PANELS}
        assert {"distress.panic", "consulting.ask", "followup.listed"} <= set(application.view_functions)
    finally:
        database.close()


def test_how_long_a_caller_waited_is_told_of_the_waiting_they_came_from() -> None:
    """Also while they come through, and when they came back first in the queue; a call of ours ends no waiting."""
    rung = NIGHT
    contact = Contact(
        state=ContactState.TAKEN, rung_at=rung, waiting_from=rung, taken_at=rung + timedelta(seconds=40)
    )
    assert contact.waited_s(rung + timedelta(seconds=44)) == 40
    contact.state, contact.talking_at, contact.first_wait_s = (
        ContactState.TALKING,
        rung + timedelta(seconds=43),
        43.0,
    )
    assert contact.waited_s(rung + timedelta(hours=1)) == 43
    contact.waiting_from, contact.taken_at = rung + timedelta(minutes=10), rung + timedelta(minutes=11)
    assert contact.waited_s(rung + timedelta(hours=1)) == 60
    contact.ended_at, contact.taken_at, contact.state = rung, rung + timedelta(hours=2), ContactState.TAKEN
    assert contact.waited_s(rung + timedelta(hours=2)) == 43
