"""Closing: what the rules propose after the callers have spoken, and the doors of those who ring them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import clock, db
from core.permissions import Role
from core.problems import Forbidden, Missing
from matters import caller_desk, closings
from matters.attributes import IdentityClass, Judgement, Outcome, TryResult, Urgency
from matters.feedback import told
from matters.flow import MatterAction as A
from matters.flow import Side
from matters.limits import FIRST_LIMITS, Policy
from matters.log import MatterEvent
from matters.policies import BEGINNING
from matters.revisits import asked
from matters.rules import Around, Wish, decide
from matters.standing import CallerStanding, Standing
from matters.states import MatterState
from matters.steps_caller import is_all_asked
from matters.turn_queue import next_turn
from tests.matters.callers import TUESDAY, a_desk, answered, by_hand, rung
from tests.matters.scenes import NAME, NUMBER, SAID, Hall, do, the
from tests.matters.test_callers import here

SignedIn = Callable[..., FlaskClient]
SOLVED, PARTLY, NOT_SOLVED = (j.value for j in Judgement)
AROUND = Around(Policy(1, BEGINNING, FIRST_LIMITS), clock.zone())


def judged(*said: str | None, panel_by: int | None = None, check: str = "solved") -> Standing:
    """Make a standing whose callers have said this; None: not reached."""
    callers = tuple(
        CallerStanding(
            n, told_at=TUESDAY, told_by=1, judged_at=here(20, 9), judgement=j, satisfaction=3 if j else None
        )
        for n, j in enumerate(said, start=1)
    )
    return Standing(
        MatterState.REVISIT_DUE, TUESDAY, TUESDAY, Urgency.U3, callers=callers, panel_by=panel_by, check=check
    )


@pytest.mark.parametrize(
    ("standing", "proposed"),
    [
        (judged(SOLVED), A.CLOSE_SOLVED),
        (judged(SOLVED, SOLVED, None), A.CLOSE_SOLVED),  # the unreached hold nobody up
        (judged(SOLVED, PARTLY), A.SEND_ROUND),  # one who says no is enough
        (judged(NOT_SOLVED), A.SEND_ROUND),
        (judged(NOT_SOLVED, check=Outcome.NO_MONEY.value), A.PANEL),
        (judged(NOT_SOLVED, check=Outcome.NO_MONEY.value, panel_by=7), A.CLOSE_EXPLAINED),
        (judged(None), A.CLOSE_UNREACHED),
        (judged(None, None), A.CLOSE_UNREACHED),
    ],
)
def test_what_the_rules_propose_the_rules_allow(standing: Standing, proposed: A) -> None:
    assert closings.proposal(standing) is proposed
    facts = {"cause": Outcome.NO_MONEY.value, "appeal": True}
    wish = Wish(proposed, here(20, 10), frozenset({Side.CENTRE}), by=8, facts=facts, text="规划未定")
    decide(standing, wish, AROUND)
    if proposed is A.CLOSE_EXPLAINED:
        with pytest.raises(Forbidden):
            decide(standing, replace(wish, by=7), AROUND)


def test_who_left_no_number_has_ten_working_days_to_speak() -> None:
    """Nobody can ring them: the matter waits for their own call, and then counts as unreached."""
    nobody = CallerStanding(1, is_anonymous=True, told_at=TUESDAY, told_by=1)
    standing = msgspec.structs.replace(judged(SOLVED), callers=(nobody,))
    over = datetime(2026, 12, 1, 18, tzinfo=clock.zone()).astimezone(UTC)
    assert not is_all_asked(standing, AROUND, over - timedelta(seconds=1))
    assert is_all_asked(standing, AROUND, over)
    assert closings.proposal(standing) is A.CLOSE_UNREACHED


def through_revisit(hall: Hall, judgement: str = SOLVED) -> str:
    """Bring a matter to where it can be closed; return its receipt."""
    receipt = answered(hall)
    with db.transaction() as session:
        one, two = a_desk(session, hall, clerks=2)
        turn = next_turn(session, by=one, at=TUESDAY)
        assert turn is not None
        told(session, turn, rung(session, turn, one, TUESDAY, TryResult.REACHED), by=one, at=TUESDAY)
        turn = next_turn(session, by=two, at=here(20, 9))
        assert turn is not None
        heard = rung(session, turn, two, here(20, 9), TryResult.REACHED)
        whole = replace(heard, judgement=judgement, satisfaction=2, unit_near=False, words="还是黑")
        asked(session, turn, whole, by=two, at=here(20, 9))
    return receipt


def test_only_matters_whose_callers_were_all_asked_are_listed(sqlite: db.Database) -> None:
    hall = by_hand()
    ready = through_revisit(hall, NOT_SOLVED)
    waiting = answered(hall, number="+8614500003333")
    with db.transaction() as session:
        clerk = hall.people["clerk"]
        rows = closings.listed(session, clerk, at=here(20, 10)).rows
        assert [(r.matter.receipt, r.proposal, r.is_mine) for r in rows] == [(ready, A.SEND_ROUND, True)]
        sheet = closings.sheet(session, the(session, ready), clerk, at=here(20, 10))
        assert sheet.said[0].reason == "还是黑"
        assert sheet.offers[A.CLOSE_SOLVED] is not None
        assert sheet.offers[A.SEND_ROUND] is None
        assert not closings.sheet(session, the(session, waiting), clerk, at=here(20, 10)).is_all_asked
        handler = hall.people["roads"]
        assert [r.is_mine for r in closings.listed(session, handler, at=here(20, 10)).rows] == [False]
    do(ready, A.SEND_ROUND, hall.people["clerk"], at=here(20, 11))
    with db.reading() as session:
        assert the(session, ready).round == 2
        assert closings.listed(session, hall.people["clerk"], at=here(20, 12)).rows == []


def test_the_desk_reads_a_result_without_names_and_numbers(sqlite: db.Database) -> None:
    hall = by_hand()
    receipt = answered(hall, identity=IdentityClass.PROTECTED)
    leak = f"已与{NAME}({NUMBER[-11:]})电话核实,路灯修好。"
    do(receipt, A.TELL, hall.people["clerk"], at=TUESDAY, facts={"caller": 1, "result": "no_answer"})
    with db.transaction() as session:
        event = session.query(MatterEvent).where(MatterEvent.action == A.REPORT.value).one()
        event.text = leak
        session.flush()
        clerk = a_desk(session, hall, clerks=1)[0]
        turn = next_turn(session, by=clerk, at=TUESDAY)
        assert turn is not None
        hand = caller_desk.hand(session, clerk, at=TUESDAY)
        assert hand is not None
        assert hand.result is not None
        assert "路灯修好" in hand.result
        assert NAME not in hand.result
        assert NUMBER[-11:] not in hand.result
        assert NUMBER[-8:] not in hand.number
        with pytest.raises(Missing):
            caller_desk.open_narrative(session, hall.people["clerk"], at=TUESDAY)


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.CLERK])
def test_only_clerks_ring_callers(app: Flask, as_role: SignedIn, role: Role) -> None:
    browser = as_role(role)
    assert browser.get("/callers/").status_code == 403
    assert browser.get("/callers/call").status_code == 403
    seen = browser.get("/callers/closings/").status_code
    assert (seen == 200) is (role in (Role.SUPERVISION, Role.OFFICE_HEAD))
    seen = browser.get("/callers/agreement/").status_code
    assert (seen == 200) is (role in (Role.SUPERVISION, Role.OFFICE_HEAD))


def test_a_part_is_a_part_and_a_page_a_page(app: Flask, as_role: SignedIn) -> None:
    browser = as_role(Role.CLERK)
    assert browser.get("/callers/").text.lstrip().lower().startswith("<!doctype")
    part = browser.get("/callers/", headers={"X-Part": "1"}).text
    assert "<!doctype" not in part.lower()
    assert SAID not in part


def test_what_is_wrong_comes_back_with_what_was_typed(app: Flask, as_role: SignedIn) -> None:
    with clock.frozen(TUESDAY):
        hall = by_hand()
        answered(hall)
        with db.transaction() as session:
            clerk = a_desk(session, hall, clerks=1)[0]
            turn = next_turn(session, by=clerk, at=TUESDAY)
            assert turn is not None
        browser = as_role(staff=clerk)
        page = browser.get("/callers/").text
        assert "路灯已于本周修好" in page
        assert NUMBER[-8:] not in page
        form = {"turn": str(turn.id), "result": "reached", "words": "<b>谢谢</b>", **token_of(page)}
        answer = browser.post("/callers/result", data=form)
        assert answer.status_code == 409  # nobody was rung
        assert "&lt;b&gt;谢谢&lt;/b&gt;" in answer.text
        assert "<b>谢谢" not in answer.text
        answer = browser.post("/callers/result", data={**form, "result": "strange"})
        assert answer.status_code == 422
        assert browser.post("/callers/result", data={**form, "turn": "99999"}).status_code == 409


def token_of(page: str) -> dict[str, str]:
    """Return the form token of a page."""
    return {"csrf_token": page.split('name="csrf-token" content="')[1].split('"')[0]}
