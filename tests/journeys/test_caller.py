"""Ringing callers back by keyboard over the simulated line: told by one, asked by another, closed, asked a third time."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import msgspec
import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from core import clock
from core.db import reading, transaction
from core.people import Staff
from matters import caller_hours, lots, relays
from matters.attributes import Origin, Urgency
from matters.caller_tries import CallerTry
from matters.flow import MatterAction as A
from matters.lots import MatterRecall
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.promise_ledger import CallerPromise
from matters.registration import Statement, raise_problem
from matters.standing import as_json
from matters.states import MatterState
from matters.turns import CallerTurn
from telephony.calls import Call
from tests.journeys.conftest import assert_accessible, no_sideways_scroll, picture, sign_in
from tests.journeys.test_interviewer import press
from tests.journeys.test_softphone import WiredHouse
from tests.journeys.test_softphone import house as wired_house
from tests.matters.callers import a_desk, answered
from tests.matters.scenes import NUMBER, SAID, Hall, a_hall, do, handed, the

pytestmark = pytest.mark.browser
house = wired_house


@pytest.fixture(autouse=True)
def at_any_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let callers be rung whenever this test runs, and draw every lot."""
    always = ((time(0), time(23, 59, 59, 999_999)),)
    monkeypatch.setattr(caller_hours, "ORDINARY", always)
    monkeypatch.setattr(caller_hours, "PRESSING", always)
    monkeypatch.setattr(lots, "OF_10_000", 10_000)


def due_now() -> None:
    """Let the days pass that lie between telling and asking."""
    with transaction() as session:
        matter = session.scalars(sa.select(Matter)).one()
        session.execute(sa.update(CallerTurn).values(next_at=clock.now()))
        assert matter.receipt is not None


def long_ago(days: int) -> datetime:
    """Return a moment in the morning of a day gone by."""
    return (clock.now() - timedelta(days=days)).replace(hour=1, minute=0, second=0, microsecond=0)


def ring(page: Page, house: WiredHouse) -> None:
    """Take the next caller and ring them until they pick up."""
    expect(page.locator("#phone-state")).to_contain_text("话机已接通", timeout=15_000)
    press(page, "Space")
    expect(page.locator(".caller")).to_be_visible()
    press(page, "d")
    expect(page.locator("#call-state")).to_have_text("通话中", timeout=15_000)


def number_is_nowhere(page: Page) -> None:
    """Hold that the page nowhere says the number."""
    assert NUMBER[-8:] not in page.content()


def test_told_asked_and_closed_without_a_mouse(page: Page, house: WiredHouse) -> None:
    hall: Hall = a_hall()
    receipt = answered(hall, at=long_ago(9), accepted_at=long_ago(8), urgency=Urgency.U2)
    with transaction() as session:
        teller, asker, third = a_desk(session, hall, clerks=3)
    tell(page, house, teller, receipt)
    with reading() as session:
        assert the(session, receipt).state is MatterState.REVISIT_DUE
    let_days_pass(receipt)
    ask(page, house, asker, receipt)
    close(page, asker, house, receipt)
    with reading() as session:
        assert the(session, receipt).state is MatterState.CLOSED_SOLVED
        assert session.scalars(sa.select(MatterRecall)).one().judgement is None
    due_now()
    ask_again(page, house, third)
    with reading() as session:
        recall = session.scalars(sa.select(MatterRecall)).one()
        assert (recall.first, recall.judgement, recall.satisfaction) == ("solved", "not_solved", 2)
        tries = session.scalars(sa.select(CallerTry).order_by(CallerTry.id)).all()
        assert [(t.errand, t.result, t.staff_id) for t in tries] == [
            ("tell", "reached", teller.id),
            ("revisit", "reached", asker.id),
            ("recall", "reached", third.id),
        ]
    every_call_ends(page)


def every_call_ends(page: Page) -> None:
    """Wait until the line has reported that no resident is on it any more."""
    for _ in range(100):
        with reading() as session:
            if all(
                call.is_ended for call in session.scalars(sa.select(Call).where(Call.party == "resident"))
            ):
                return
        page.wait_for_timeout(100)
    pytest.fail("a resident's leg was left on the line")


def tell(page: Page, house: WiredHouse, teller: Staff, receipt: str) -> None:
    """Read the result to the caller."""
    sign_in(page, teller, house)
    page.goto("/callers/")
    ring(page, house)
    number_is_nowhere(page)
    assert SAID not in page.content()
    expect(page.locator(".read-result")).to_contain_text("路灯已于本周修好")
    assert_accessible(page)
    no_sideways_scroll(page)
    picture(page, "caller-telling-zh", whole=False)
    press(page, "o")
    expect(page.locator(".caller-said")).to_contain_text(SAID)
    press(page, "1")
    press(page, "Control+Enter")
    expect(page.locator(".caller-idle")).to_be_visible()
    expect(page.locator("#caller-told")).to_contain_text("已记录")
    press(page, "Space")
    expect(page.locator("#caller-told")).to_contain_text("现在没有轮到")


def let_days_pass(receipt: str) -> None:
    """Move the telling into the past, as the log would have it after some days."""
    with transaction() as session:
        matter = the(session, receipt)
        standing = standing_of(matter)
        told = standing.callers[0].told_at
        assert told is not None
        past = told - timedelta(days=5)
        moved = msgspec.structs.replace(
            standing,
            since=past,
            callers=tuple(msgspec.structs.replace(c, told_at=past) for c in standing.callers),
        )
        matter.standing = as_json(moved)
    due_now()


def ask(page: Page, house: WiredHouse, asker: Staff, receipt: str) -> None:
    """Ask whether it is solved; the unit stands beside them at first."""
    sign_in(page, asker, house)
    page.goto("/callers/")
    ring(page, house)
    number_is_nowhere(page)
    press(page, "1")
    press(page, "2")
    press(page, "1")
    press(page, "4")
    page.locator("#f-words").fill("路灯亮了")
    press(page, "Control+Enter")
    expect(page.locator("[role=alert]")).to_contain_text("承办单位的人在场")
    expect(page.locator("#f-words")).to_have_value("路灯亮了")
    assert_accessible(page)
    picture(page, "caller-asking-zh", whole=False)
    page.locator("#f-words").blur()
    for _ in range(3):
        press(page, "ArrowLeft")
    press(page, "1")
    press(page, "1")
    press(page, "4")
    press(page, "Control+Enter")
    expect(page.locator(".caller-idle")).to_be_visible()


def close(page: Page, asker: Staff, house: WiredHouse, receipt: str) -> None:
    """Close it as the rules propose."""
    page.goto("/callers/closings/")
    assert_accessible(page)
    picture(page, "caller-closings-zh", whole=False)
    press(page, "1")
    expect(page.locator("h1")).to_contain_text(receipt)
    expect(page.locator(".said-small")).to_have_text("路灯亮了")
    assert_accessible(page)
    picture(page, "caller-closing-zh", whole=False)
    press(page, "c")
    expect(page.locator("#flashes")).to_contain_text(receipt)


def ask_again(page: Page, house: WiredHouse, third: Staff) -> None:
    """Ask again in English, without knowing the first answer."""
    sign_in(page, third, house, language="en")
    page.goto("/callers/")
    expect(page.locator("#phone-state")).to_contain_text("connected", timeout=15_000)
    picture(page, "caller-idle-en", whole=False)
    press(page, "Space")
    expect(page.locator(".caller")).to_be_visible()
    press(page, "d")
    expect(page.locator("#call-state")).to_have_text("Talking", timeout=15_000)
    assert "路灯亮了" not in page.content()
    press(page, "1")
    press(page, "1")
    press(page, "3")
    press(page, "2")
    page.locator("#f-words").fill("It broke again")
    no_sideways_scroll(page)
    picture(page, "caller-recall-en", whole=False)
    press(page, "Control+Enter")
    expect(page.locator(".caller-idle")).to_be_visible()


def test_nobody_answers_and_the_line_proposes_the_result(page: Page, house: WiredHouse) -> None:
    hall: Hall = a_hall()
    receipt = answered(hall, at=long_ago(3), accepted_at=long_ago(2))
    with transaction() as session:
        (clerk,) = a_desk(session, hall, clerks=1)
    sign_in(page, clerk, house)
    page.goto("/callers/")
    ring(page, house)
    press(page, "h")
    expect(page.locator("#call-state")).to_have_text("通话已结束", timeout=15_000)
    page.reload()  # whoever comes back finds the caller in hand, and the page in peace
    expect(page.locator("#call-state")).to_be_visible()
    page.wait_for_timeout(2500)
    assert page.locator("#caller #caller, #caller header").count() == 0
    press(page, "5")
    page.locator("#f-again").fill("很快")
    press(page, "Control+Enter")
    expect(page.locator("[role=alert]")).to_be_visible()
    expect(page.locator("#f-again")).to_have_value("很快")
    page.locator("#f-again").fill("")
    press(page, "Control+Enter")
    expect(page.locator(".caller-idle")).to_be_visible()
    with reading() as session:
        matter = the(session, receipt)
        assert matter.state is MatterState.FEEDBACK_DUE
        turn = session.scalars(sa.select(CallerTurn)).one()
        assert (turn.tries, turn.lease_by, turn.next_at > clock.now()) == (1, None, True)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_around_hold_in_both_languages(page: Page, house: WiredHouse, language: str) -> None:
    hall: Hall = a_hall()
    answered(hall, at=long_ago(3), accepted_at=long_ago(2))
    for who, addresses in (("clerk", ["/callers/", "/callers/closings/"]), ("head", ["/callers/agreement/"])):
        sign_in(page, hall.people[who], house, language=language)
        for where in addresses:
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.goto(where)
                assert page.locator("h1").count() == 1
                assert_accessible(page)
                no_sideways_scroll(page)
            if language == "en":
                assert "无数据" not in page.content()
            picture(page, f"caller{where.replace('/', '-')}{language}", whole=False)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_callers_are_rung_on_the_way_too(page: Page, house: WiredHouse, language: str) -> None:
    """A unit's words are read to a protected caller, more time is told, and a draft is completed: all of it dialled here."""
    hall: Hall = a_hall()
    before = clock.now() - timedelta(hours=2)
    receipt = handed(hall, at=before)
    do(receipt, A.SIGN, hall.people["roads"], at=before + timedelta(minutes=5))
    with transaction() as session:
        (clerk,) = a_desk(session, hall, clerks=1)
        roads, matter = session.merge(hall.people["roads"], load=False), the(session, receipt)
        act(session, matter, A.CONTACT, by=clerk, at=before + timedelta(minutes=9), text="来电说知道了")
        relays.ask_to_pass_on(session, matter, "明天上午来修，请留门", by=roads, at=clock.now())
    connected, talking = ("话机已接通", "通话中") if language == "zh" else ("connected", "Talking")
    sign_in(page, clerk, house, language=language)
    page.goto("/callers/")
    expect(page.locator("#phone-state")).to_contain_text(connected, timeout=15_000)
    assert_accessible(page)
    no_sideways_scroll(page)
    picture(page, f"caller-way-idle-{language}", whole=False)
    press(page, "w")
    expect(page.locator(".read-result")).to_have_text("明天上午来修，请留门")
    press(page, "d")
    expect(page.locator("#call-state")).to_have_text(talking, timeout=15_000)
    press(page, "1")
    page.locator("#f-words").fill("上午在家")
    assert_accessible(page)
    no_sideways_scroll(page)
    picture(page, f"caller-way-relay-{language}", whole=False)
    press(page, "Control+Enter")
    expect(page.locator(".caller-idle")).to_be_visible()
    until = {"until": (clock.now() + timedelta(days=12)).isoformat()}
    do(receipt, A.ASK_EXTENSION, hall.people["roads"], facts=until, text="配件要订货")
    do(receipt, A.GRANT_EXTENSION, hall.people["head"])
    for name in ("inform", "draft"):
        if name == "draft":
            with transaction() as session:
                raise_problem(
                    session, Statement("水管", number=NUMBER), origin=Origin.VISIT, by=clerk, at=before
                )
        page.reload()
        expect(page.locator("#phone-state")).to_contain_text(connected, timeout=15_000)
        press(page, "w")
        expect(page.locator(".caller")).to_be_visible()
        assert_accessible(page)
        no_sideways_scroll(page)
        picture(page, f"caller-way-{name}-{language}", whole=False)
        press(page, "g" if name == "draft" else "d")
        if name == "inform":
            expect(page.locator("#call-state")).to_have_text(talking, timeout=15_000)
            press(page, "1")
            press(page, "Control+Enter")
        expect(page.locator(".caller-idle")).to_be_visible()
    for where, name in ((f"/matters/{receipt}", "matter"), ("/relays/", "relays")):
        page.goto(where)
        assert_accessible(page)
        no_sideways_scroll(page)
        picture(page, f"caller-way-{name}-{language}")
    with reading() as session:
        made = session.scalars(sa.select(CallerTry.errand).order_by(CallerTry.id)).all()
        assert [errand.value for errand in made] == ["relay", "inform"]
        assert session.scalar(sa.select(sa.func.count()).select_from(CallerPromise)) == 2
    every_call_ends(page)
