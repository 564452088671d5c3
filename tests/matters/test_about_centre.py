"""A complaint about the centre: the Party's supervision office walks it to its end, and nobody else learns of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core import clock
from core.db import transaction
from core.people import Staff
from core.permissions import Permission, Role
from matters import attachments, board, caller_notes, desk, floods, inbox, notice_reading, relays, turn_queue
from matters.attributes import Conflict
from matters.flow import Side
from matters.keeping_away import is_party, sides_of
from matters.matter import Matter
from matters.messages import MatterRelay
from matters.notices import MatterNotice, NoticeKind
from matters.reporters import reporters_of
from matters.states import MatterState
from matters.turns import CallerTurn
from tests.matters.callers import by_hand
from tests.matters.pictures import a_png
from tests.matters.scenes import NUMBER, Hall, in_unit, said, the
from tests.matters.test_conflict import address, plain, rules, shut

SignedIn = Callable[..., FlaskClient]
PARTS = frozenset({"receipt", "matter_id", "notice_id", "relay", "note_id"})
KEPT_FROM = ("clerk", "checker", "supervision", "head", "custodian")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of November 2026, in UTC; the 16th is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def hall(app: Flask) -> Hall:
    """The city hall over the line dialled by hand, with two people in the Party's office."""
    with clock.frozen(at(16, 1)):
        found = by_hand()
        with transaction() as session:
            found.people["party2"] = in_unit(session, found, "party", Role.OFFICE_HEAD)
            found.people["custodian"] = in_unit(session, found, "party", Role.CUSTODIAN)
        return found


class Walk:
    """One matter, and what everybody sees of it between its steps."""

    def __init__(self, app: Flask, hall: Hall, as_role: SignedIn) -> None:
        self.app, self.hall, self.as_role = app, hall, as_role
        self.receipt = ""
        self.turn = 0

    def by(self, key: str) -> FlaskClient:
        """Give the browser of a person who has just signed in."""
        return self.as_role(staff=self.hall.people[key])

    def does(self, key: str, path: str, then: int = 303, **form: Any) -> str:
        """Let a person send a form, with the version of the matter as it is now; then look who learns of it."""
        with transaction() as session:
            version = the(session, self.receipt).version if self.receipt else 0
        answer = self.by(key).post(path, data={"seen": str(version), **form})
        assert answer.status_code == then, (path, answer.status_code, answer.get_data(as_text=True)[:3000])
        if self.receipt:
            self.nobody_else_knows()
        return answer.get_data(as_text=True)

    def stands(self) -> MatterState:
        """Say where the matter stands."""
        with transaction() as session:
            return the(session, self.receipt).state

    def known(self) -> dict[str, Any]:
        """Return the ids that addresses of the matter are made of."""
        with transaction() as session:
            matter = the(session, self.receipt)
            notice = session.scalar(sa.select(sa.func.max(MatterNotice.id)))
            found = session.scalars(sa.select(MatterRelay.id)).first() or 1
            return {"receipt": self.receipt, "matter_id": matter.id, "notice_id": notice or 1, "relay": found}

    def nobody_else_knows(self) -> None:
        """Look through the lists of those whom it must be kept from, and through every page of one of them by turns."""
        known, now = self.known(), clock.now()
        self.turn += 1
        for key in KEPT_FROM:
            staff = self.hall.people[key]
            with transaction() as session:
                person = session.merge(staff, load=False)
                assert sum(w.now + w.later for w in turn_queue.waiting(session, person, at=now)) == 0
                assert turn_queue.next_turn(session, by=person, at=now) is None
                assert relays.waiting(session, person) == []
                assert caller_notes.count_waiting(session, person, now) == 0
                assert notice_reading.unseen(session, person, now) == 0
                assert inbox.waiting(session, person, now) == 0
                assert not any(board.counts(session, person, at=now).values())
                assert board.Queue.CENTRE not in board.queues_of(person)
                assert desk.counted(session, person, today=clock.today(), at=now).all == 0
                assert floods.floods(session, person, at=now) == []
        for key in {"clerk", KEPT_FROM[self.turn % len(KEPT_FROM)]}:
            staff, client = self.hall.people[key], self.by(key)
            for rule in rules(self.app, staff, "GET"):
                is_of_it = bool(rule.arguments & PARTS)
                if rule.rule.startswith("/status") or (rule.arguments and not is_of_it):
                    continue
                page = client.get(address(self.app, rule, known))
                if is_of_it and "receipt" in rule.arguments:
                    assert page.status_code in shut(self.app, rule), (key, rule.rule, page.status_code)
                assert self.receipt not in plain(page.data).replace(f"/{self.receipt}", ""), (key, rule.rule)
            for rule in rules(self.app, staff, "POST"):
                if "receipt" in rule.arguments and not rule.rule.startswith(("/status", "/api")):
                    form = {"step": "accept", "outcome": "solved", "seen": "1", "purpose": "check"}
                    answer = client.post(address(self.app, rule, known), data=form)
                    assert answer.status_code == 404, (key, rule.rule, answer.status_code)

    def rings(self, key: str, result: dict[str, str], heard: str = "answered") -> None:
        """Let a person take the next caller, dial by hand, hear what happens and note it."""
        client = self.by(key)
        assert client.post("/callers/next").status_code == 303
        with transaction() as session:
            turn = session.scalars(sa.select(CallerTurn).where(CallerTurn.lease_by.is_not(None))).one()
            number, version = turn.id, turn.matter.version
        hand = client.get("/callers/").get_data(as_text=True)
        assert self.receipt in hand
        assert NUMBER[-8:] not in hand
        assert client.post("/callers/dial", data={"turn": number}).status_code == 303
        assert client.post("/callers/digits").get_json()["digits"].endswith(NUMBER[-4:])
        assert client.post("/callers/heard", json={"heard": heard}).status_code == 200
        form = {"turn": number, "seen": version, **result}
        answer = client.post("/callers/result", data=form)
        assert answer.status_code == 303, answer.get_data(as_text=True)[:2000]
        self.nobody_else_knows()


def test_the_partys_office_walks_it_to_its_closing(app: Flask, hall: Hall, as_role: SignedIn) -> None:
    """Registered by a clerk, submitted, assigned, checked, told, asked again and closed by the Party's office."""
    walk = Walk(app, hall, as_role)
    with clock.frozen(at(16, 1)):
        form: dict[str, Any] = {
            "narrative": "热线的人说话难听，还挂我电话", "kind": "complaint", "topic": "other.other", "urgency": "u3",
            "place": hall.town.id, "identity": "protected", "conflict": "centre", "consent": "1",
            "number": NUMBER, "origin": "citizen_line", "form_key": "k1",
        }  # fmt: skip
        page = walk.does("clerk", "/register/", 200, **form)
        assert "已直接交党委督查室" in page
        with transaction() as session:
            kinds = [n.kind for n in session.scalars(sa.select(MatterNotice))]
            assert kinds == [NoticeKind.ABOUT_CENTRE]
            (receipt,) = session.scalars(sa.select(Matter.receipt))
            walk.receipt = str(receipt)
        walk.nobody_else_knows()
        board_page = walk.by("party").get("/supervision/").get_data(as_text=True)
        assert walk.receipt in board_page
        assert "反映本中心" in board_page
        step, office = f"/matters/{walk.receipt}/step", f"/supervision/matters/{walk.receipt}"
        assert "提交督查室分派" in walk.by("party").get(f"/matters/{walk.receipt}").get_data(as_text=True)
        walk.does("party", step, step="submit")
    with clock.frozen(at(16, 2)):
        copy: dict[str, Any] = {
            "assign-lead": str(hall.id("roads")),
            "assign-copy": "服务态度问题",
            "assign-redacted": "1",
        }
        walk.does("party", office, step="assign", **copy)
    with clock.frozen(at(16, 3)):
        walk.does("roads", f"/handling/{walk.receipt}", step="sign")
        with transaction() as session:
            handler, matter = session.merge(hall.people["roads"], load=False), the(session, walk.receipt)
            relays.ask_to_pass_on(session, matter, "我们正在了解情况", by=handler, at=clock.now())
        walk.nobody_else_knows()
        assert walk.receipt in walk.by("party").get("/relays/").get_data(as_text=True)
        walk.does("party", f"/relays/{walk.known()['relay']}", answer="知道了")
    with clock.frozen(at(17, 2)):
        with transaction() as session:
            handler, matter = session.merge(hall.people["roads"], load=False), the(session, walk.receipt)
            attachments.add(session, matter, "x.png", a_png(), by=handler, at=clock.now())
        report: dict[str, Any] = {
            "report-outcome": "solved",
            "report-points": "1",
            "report-text": "已批评教育，并向来电人道歉。",
        }
        walk.does("roads", f"/handling/{walk.receipt}", step="report", **report)
        assert walk.stands() is MatterState.RESULT_IN
        for key in KEPT_FROM:  # the centre's own people may neither approve nor send it back
            assert walk.by(key).post(step, data={"step": "accept", "outcome": "solved"}).status_code in (
                403,
                404,
            )
        walk.does("party", step, step="accept", outcome="solved")
        assert walk.stands() is MatterState.FEEDBACK_DUE
    with clock.frozen(at(17, 7)):
        walk.rings("party", {"result": "no_answer"}, heard="no_answer")
    with clock.frozen(at(18, 2)):
        walk.rings("party", {"result": "reached"})
        assert walk.stands() is MatterState.REVISIT_DUE
    with clock.frozen(at(23, 2)):
        assert walk.by("party").post("/callers/next").status_code == 303
        with transaction() as session:  # who told them does not ask them
            assert session.scalars(sa.select(CallerTurn).where(CallerTurn.lease_by.is_not(None))).all() == []
        said_so: dict[str, str] = {
            "result": "reached",
            "unit": "no",
            "judgement": "solved",
            "satisfaction": "5",
        }
        walk.rings("party2", said_so)
        assert walk.receipt in walk.by("party").get("/callers/closings/").get_data(as_text=True)
        walk.does("party", f"/callers/closings/{walk.receipt}", step="close_solved")
        assert walk.stands() is MatterState.CLOSED_SOLVED
    with clock.frozen(at(24, 2)):
        with transaction() as session:
            (reporter,) = reporters_of(session, the(session, walk.receipt))
            caller = str(reporter.id)
        again: dict[str, Any] = {
            "step": "reopen",
            "verified": "voice",
            "caller": caller,
            "text": "又挂我电话",
        }
        walk.does("party2", step, **again)
        assert walk.stands() is MatterState.TO_ROUTE


def test_only_such_matters_give_the_party_the_centres_side(app: Flask, hall: Hall, as_role: SignedIn) -> None:
    """Of every other matter the office has its own side alone, and no caller of theirs comes to its desk."""
    with clock.frozen(at(16, 2)):
        other, own = said(hall, at=at(16, 1)), said(hall, at=at(16, 1), conflict=Conflict.CENTRE)
        with transaction() as session:
            party, clerk = (session.merge(hall.people[key], load=False) for key in ("party", "clerk"))
            government = session.merge(hall.people["supervision"], load=False)
            assert is_party(party)
            assert not is_party(government)
            assert sides_of(party) == {Side.SUPERVISION}
            assert sides_of(party, the(session, other)) == {Side.SUPERVISION}
            assert sides_of(party, the(session, own)) == {Side.SUPERVISION, Side.CENTRE}
            assert sides_of(clerk, the(session, other)) == {Side.CENTRE}
            assert sides_of(clerk, the(session, own)) == frozenset()
            assert sides_of(government, the(session, own)) == {Side.SUPERVISION}
            for permission in (Permission.MATTER_CALL, Permission.LINE_USE):
                assert party.may(permission)
                assert not government.may(permission)
        browser = as_role(staff=hall.people["party"])
        form = {"step": "withdraw", "pressed": "no", "verified": "voice", "caller": "1", "seen": "2"}
        assert browser.post(f"/matters/{other}/step", data=form).status_code in (403, 422)
        assert as_role(staff=hall.people["supervision"]).get("/callers/").status_code == 403
        page = browser.get(f"/matters/{other}").get_data(as_text=True)
        assert "desk-step" not in page
        assert "desk-step" in browser.get(f"/matters/{own}").get_data(as_text=True)


def test_a_clerk_who_also_sits_in_the_centre_never_gets_it_back(app: Flask, hall: Hall) -> None:
    """Whoever has both roles but works in the centre learns nothing of complaints about it."""
    with clock.frozen(at(16, 2)):
        own = said(hall, at=at(16, 1), conflict=Conflict.CENTRE)
        with transaction() as session:
            both = in_unit(session, hall, "centre", Role.CLERK, Role.SUPERVISION, Role.OFFICE_HEAD)
            assert Side.CENTRE not in sides_of(both, the(session, own))
            person: Staff = both
            assert board.counts(session, person, at=clock.now()).get(board.Queue.ASSIGN) == 0
