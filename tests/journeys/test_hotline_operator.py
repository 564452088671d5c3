"""The operator's page over the simulated line: the keyboard alone, a caller who really rings, nothing typed lost."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import BrowserContext, Page, expect

from core import clock
from core.db import reading, transaction
from core.people import Staff
from core.permissions import Role
from core.places import Level
from hotline import menu, records, talking
from hotline.citizen_records import CitizenRecord, ContactMatter
from hotline.contacts import WRAP_UP, Contact, ContactState
from hotline.languages import language_called
from hotline.lines import HelpLine, LineKind, line_of
from hotline.read_log import CounsellingRead
from hotline.room_drafts import RoomDraft
from hotline.seating import end_wrap_ups
from hotline.seats import Seat
from hotline.shifts import Shift
from matters.attributes import Origin
from matters.matter import Matter
from matters.reporters import reporters_of
from telephony.simulator.leg import Leg
from tests.factories import a_place, a_staff, a_unit
from tests.journeys.city import City
from tests.journeys.conftest import assert_accessible, no_sideways_scroll, picture, sign_in
from tests.journeys.test_every_page import foreign
from tests.journeys.test_softphone import WiredHouse
from tests.journeys.test_softphone import house as wired_house

pytestmark = pytest.mark.browser
house = wired_house
NUMBERS = {LineKind.CITIZEN: "+862160012345", LineKind.COUNSELLING: "+862160012356"}
CALLER = "+8613912345678"


@pytest.fixture
def operator(house: WiredHouse) -> Staff:
    """A counselling operator, and both lines with their owner."""
    with transaction() as session:
        owner = a_staff(session, Role.SHIFT_LEAD)
        for kind, number in NUMBERS.items():
            session.add(HelpLine(kind=kind, number=number, owner_id=owner.id, changed_at=clock.now()))
        county = a_place(session, name="清河县")
        a_place(session, level=Level.TOWNSHIP, parent=county, name="柳湖镇")
        return a_staff(session, Role.OPERATOR)


@pytest.fixture
def rings(house: WiredHouse) -> Callable[..., Leg]:
    """Somebody calls a line and waits."""

    def call(kind: LineKind, number: str = CALLER) -> Leg:
        return house.carrier.carrier.inbound(number, NUMBERS[kind])

    return call


TOLD = "他说已经三天没有合眼，孩子要高考，家里为钱争吵。今晚他一个人在家。"


def at_the_line(page: Page, staff: Staff, house: WiredHouse, language: str = "") -> None:
    """Open the first page, and take calls."""
    sign_in(page, staff, house, language=language)
    page.goto("/", timeout=30_000)
    expect(page).to_have_url(f"{house.url}/hotline/line")
    expect(page.locator("#phone-state")).to_have_text(
        "Telephone connected" if language == "en" else "话机已接通", timeout=15_000
    )
    page.keyboard.press("a")
    expect(page.locator("#seat-dot")).to_have_class("dot dot-green")


def accept(page: Page) -> None:
    """Answer what rings by the keyboard."""
    expect(page.locator("#ring")).to_be_visible(timeout=15_000)
    page.keyboard.press("Enter")
    expect(page.locator("#operator")).to_have_attribute("data-phase", "talking", timeout=15_000)
    expect(page.locator("#call-state")).to_have_text("通话中", timeout=15_000)


def tab_to(page: Page, selector: str, presses: int = 60) -> None:
    """Walk there by Tab alone."""
    for _ in range(presses):
        if page.evaluate("s => document.activeElement?.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by Tab")


def saved(page: Page) -> None:
    """Wait until the house has everything."""
    expect(page.locator("#saved .dot")).to_have_class("dot dot-green", timeout=12_000)


def contact() -> Contact:
    """Return the contact there is."""
    with reading() as session:
        return session.scalars(sa.select(Contact).order_by(Contact.id.desc())).first() or _none()


def _none() -> Contact:
    raise AssertionError("there is no contact")


def becomes(state: ContactState) -> None:
    """Wait until the contact stands there."""
    for _ in range(150):
        if contact().state is state:
            return
        time.sleep(0.1)
    raise AssertionError(contact().state)


def choose(page: Page, field: str, code: str) -> None:
    """Choose one of several by the keyboard: to the group by Tab, to the choice by arrows and Space."""
    box = f'input[name="r-{field}"][value="{code}"]'
    is_radio = page.locator(box).get_attribute("type") == "radio"
    if not is_radio:
        tab_to(page, box)
        page.keyboard.press("Space")
        return
    tab_to(page, f'input[name="r-{field}"]')
    page.keyboard.press("Space")
    for _ in range(8):
        if page.locator(box).is_checked():
            return
        page.keyboard.press("ArrowRight")
    raise AssertionError(f"{field} {code}")


def rate(page: Page, field: str, digits: str) -> None:
    """Type a rating."""
    tab_to(page, f"#r-{field}")
    page.keyboard.type(digits)
    expect(page.locator(f'[data-field="{field}"] output')).to_have_text("没有说" if digits == "n" else digits)


def test_what_a_caller_would_rather_speak_stands_on_the_ringing_and_beside_the_talk(
    page: Page, house: WiredHouse, operator: Staff, rings: Callable[..., Leg]
) -> None:
    with transaction() as session:
        row = line_of(session, LineKind.COUNSELLING)
        assert row is not None
        row.languages = {"4": language_called(session, "彝语", "Yi").id}
    at_the_line(page, operator, house)
    rings(LineKind.COUNSELLING)
    expect(page.locator("#ring")).to_contain_text("139 **** 5678", timeout=30_000)
    expect(page.locator("#ring")).not_to_contain_text("讲")
    with transaction() as session:
        line, caller = line_of(session, LineKind.COUNSELLING), session.get_one(Contact, contact().id)
        assert line is not None
        assert menu.choose(session, line, caller, "4", at=clock.now())
    expect(page.locator("#ring")).to_contain_text("讲彝语", timeout=15_000)
    picture(page, "operator-language-zh", whole=False)
    accept(page)
    expect(page.locator("#call-language")).to_have_text("讲彝语")
    picture(page, "operator-language-talk-zh", whole=False)


def test_a_counselling_talk_from_the_ringing_to_the_finished_record(
    page: Page, context: BrowserContext, house: WiredHouse, operator: Staff, rings: Callable[..., Leg]
) -> None:
    at_the_line(page, operator, house)
    assert_accessible(page)
    picture(page, "operator-idle-zh", whole=False)
    leg = rings(LineKind.COUNSELLING)
    expect(page.locator("#ring")).to_contain_text("139 **** 5678", timeout=15_000)
    picture(page, "operator-ringing-zh", whole=False)
    accept(page)
    becomes(ContactState.TALKING)
    no_sideways_scroll(page)
    expect(page.locator("#r-narrative")).to_be_focused()
    page.keyboard.type("他说已经三天没有合眼，孩子要高考，家里为钱争吵。")
    saved(page)
    # The house is out of reach for a moment: the page says so, keeps what is typed, and sends it when it can.
    page.route("**/record", lambda route: route.abort())
    page.keyboard.type("今晚他一个人在家。")
    expect(page.locator("#saved .dot")).to_have_class("dot dot-red", timeout=8_000)
    page.unroute("**/record")
    saved(page)
    page.keyboard.press("Escape")
    page.keyboard.press("F2")
    expect(page.locator("#r-narrative")).to_be_focused()
    page.locator("#stage").evaluate("e => e.focus()")
    choose(page, "sex", "male")
    tab_to(page, "#r-age")
    page.keyboard.press("ArrowDown")
    choose(page, "times", "first")
    choose(page, "on_behalf_of", "self")
    rate(page, "distress_start", "80")
    rate(page, "hope_start", "n")
    rate(page, "intent_start", "0")
    choose(page, "problems", "family")
    choose(page, "problems", "study")
    saved(page)
    picture(page, "operator-talking-zh", whole=False)
    assert_accessible(page)
    # The tab dies without a word; a new one shows everything.
    page.evaluate("window.onpagehide = null")
    page.close(run_before_unload=False)
    page = context.new_page()
    page.goto("/hotline/line", timeout=30_000)
    expect(page.locator("#operator")).to_have_attribute("data-phase", "talking", timeout=15_000)
    expect(page.locator("#r-narrative")).to_have_value(TOLD)
    expect(page.locator('[data-field="distress_start"] output')).to_have_text("80")
    expect(page.locator('[data-field="hope_start"] output')).to_have_text("没有说")
    expect(page.locator('input[name="r-problems"]:checked')).to_have_count(2)
    assert page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)").find("合眼") < 0
    # The dead tab's telephone is taken over; whoever is talked to stays where they are.
    expect(page.locator("#phone-state")).to_contain_text("按 R 在此接管", timeout=15_000)
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.locator("#phone-state")).to_have_text("话机已接通", timeout=15_000)
    becomes(ContactState.TALKING)
    page.keyboard.press("F8")
    expect(page.locator("#hang-up-words")).to_have_text("再按一次挂断")
    assert not leg.is_ended
    page.keyboard.press("F8")
    expect(page.locator("#operator")).to_have_attribute("data-phase", "wrapping", timeout=15_000)
    # What lacks is said beside its field, and the first of it takes the focus.
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notice")).to_contain_text("还有 6 项要填")
    picture(page, "operator-wrapping-zh", whole=False)
    expect(page.locator("#r-distress_end")).to_be_focused()
    for field, digits in (("distress_end", "45"), ("hope_end", "60"), ("intent_end", "0")):
        rate(page, field, digits)
    page.locator("#stage").evaluate("e => e.focus()")
    tab_to(page, "#r-handling")
    page.keyboard.type("倾听，一起安排今晚怎么睡。")
    tab_to(page, "#r-referral")
    page.keyboard.press("ArrowDown")
    tab_to(page, "#r-result")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#operator")).to_have_attribute("data-phase", "idle", timeout=15_000)
    becomes(ContactState.DONE)
    with reading() as session:
        found = session.scalars(sa.select(Contact)).one()
        record = records.record_of(session, found)
        assert record is not None
        held = record.content
        assert held["distress_start"] == 80
        assert (held["hope_start"], held["intent_end"]) == ("not_said", 0)
        assert held["problems"] == ["family", "study"]
        assert held["handling"].startswith("倾听")
        assert session.scalars(sa.select(CounsellingRead)).all()
    expect(page.locator("#idle-side")).to_contain_text("已完成")


def test_a_citizen_gets_a_receipt_and_nothing_of_the_number_is_shown(
    page: Page, house: WiredHouse, operator: Staff, rings: Callable[..., Leg], tmp_path: Path
) -> None:
    with transaction() as session:
        a_unit(session)
        citizen = a_staff(session, Role.CITIZEN_OPERATOR)
    at_the_line(page, citizen, house)
    rings(LineKind.CITIZEN)
    accept(page)
    page.keyboard.press("F2")
    page.keyboard.type("永红村村口到小学的路灯坏了两个多月，孩子晚上看不见。")
    tab_to(page, "#m-topic")
    page.keyboard.press("ArrowDown")
    tab_to(page, "#m-place")
    page.keyboard.press("ArrowDown")
    tab_to(page, "#m-spot")
    page.keyboard.type("村口到永红小学")
    saved(page)
    with reading() as session:
        kept = session.scalars(sa.select(CitizenRecord)).one()
        assert "路灯" in (kept.draft or "")
    page.reload()
    expect(page.locator("#m-narrative")).to_have_value("永红村村口到小学的路灯坏了两个多月，孩子晚上看不见。")
    expect(page.locator("#m-spot")).to_have_value("村口到永红小学")
    page.keyboard.press("F2")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#matter-notice")).to_contain_text("请先读出告知语")
    tab_to(page, "#m-consent")
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#registered")).to_be_visible()
    expect(page.locator("#read-aloud")).to_contain_text("最晚")
    assert_accessible(page)
    picture(page, "operator-citizen-registered-zh", whole=False)
    assert CALLER[3:] not in page.content()
    with reading() as session:
        matter = session.scalars(sa.select(Matter)).one()
        assert matter.origin is Origin.CITIZEN_LINE
        assert matter.receipt is not None
        assert reporters_of(session, matter)[0].number == CALLER
        assert matter.promised_on is not None
        assert matter.promised_on >= date.today() - timedelta(days=1)
        assert session.scalars(sa.select(ContactMatter)).one().matter_id == matter.id
    expect(page.locator("#led-to")).to_contain_text(matter.receipt)
    page.keyboard.press("F6")
    page.keyboard.type(matter.receipt)
    page.keyboard.press("Enter")
    expect(page.locator("#looked-up")).to_contain_text("已登记")
    page.keyboard.press("F8")
    page.keyboard.press("F8")
    expect(page.locator("#operator")).to_have_attribute("data-phase", "wrapping", timeout=15_000)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#operator")).to_have_attribute("data-phase", "idle", timeout=15_000)
    becomes(ContactState.DONE)


def test_the_line_speaks_english_and_a_decline_lets_them_wait(
    page: Page, house: WiredHouse, operator: Staff, rings: Callable[..., Leg]
) -> None:
    at_the_line(page, operator, house, language="en")
    rings(LineKind.COUNSELLING, "anonymous")
    expect(page.locator("#ring")).to_contain_text("Number withheld", timeout=15_000)
    picture(page, "operator-ringing-en", whole=False)
    page.keyboard.press("Escape")
    expect(page.locator("#ring")).to_be_hidden()
    expect(page.locator(".line-head .big").first).to_have_text("1")
    page.keyboard.press("b")
    expect(page.locator("#seat-state")).to_have_text("Break")
    no_sideways_scroll(page)
    assert_accessible(page)
    picture(page, "operator-break-en", whole=False)
    page.keyboard.press("a")
    rings(LineKind.COUNSELLING)
    expect(page.locator("#ring")).to_be_visible(timeout=15_000)
    page.keyboard.press("Enter")
    expect(page.locator("#call-state")).to_have_text("Talking", timeout=15_000)
    expect(page.locator("#panel-body h2").first).to_be_visible()
    here = City(house, {}, data=(operator.name, "清河县", "柳湖镇"))
    assert foreign(here, page, "en") == []
    assert page.locator("h1").count() == 1
    no_sideways_scroll(page)
    picture(page, "operator-talking-en", whole=False)
    # In imminent danger: a stamp of one step leaves the words typed for another where they are.
    open_tab(page, "Danger")
    page.get_by_role("button", name="Imminent danger: begin").press("Enter")
    expect(page.locator(".danger-steps > li")).to_have_count(9)
    assert page.locator("#panel-body .button-primary").count() == 1
    page.locator("input[name=words_police]").fill("on the bridge, the sister is on her way")
    page.get_by_role("button", name="Done: stamp it").first.press("Enter")
    expect(page.locator("#panel-body .step-done")).to_have_count(1)
    expect(page.locator("input[name=words_police]")).to_have_value("on the bridge, the sister is on her way")
    picture(page, "operator-danger-en", whole=False)


PLAN = "整夜睡不着，不接电话，把药收在抽屉里"


def stored(page: Page) -> str:
    """Return everything the browser has written down."""
    return str(page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)"))


def open_tab(page: Page, words: str) -> None:
    """Open a room beside the talk."""
    page.get_by_role("tab", name=words, exact=True).press("Enter")
    expect(page.get_by_role("tab", name=words, exact=True)).to_have_attribute("aria-selected", "true")


def test_nothing_typed_is_lost_when_rooms_calls_and_networks_change(
    page: Page, house: WiredHouse, operator: Staff, rings: Callable[..., Leg]
) -> None:
    at_the_line(page, operator, house)
    rings(LineKind.COUNSELLING)
    accept(page)
    # What is typed in one room stays while another is looked at, and comes back when the page is opened anew.
    plan = page.locator("textarea[name=signs]")
    open_tab(page, "安全计划")
    plan.fill(PLAN)
    open_tab(page, "移交")
    expect(page.locator("textarea[name=words]")).to_be_visible()
    page.keyboard.press("F3")
    expect(page.locator("#panel-body:focus, #panel-body :focus")).to_have_count(
        1
    )  # the next room, in its first field
    open_tab(page, "安全计划")
    expect(plan).to_have_value(PLAN)
    for _ in range(100):
        with reading() as session:
            if session.scalars(sa.select(RoomDraft)).first():
                break
        time.sleep(0.1)
    page.reload()
    open_tab(page, "安全计划")
    expect(plan).to_have_value(PLAN)
    expect(page.locator("#panel-body .draft-note")).to_be_visible()
    assert "抽屉" not in stored(page)
    # The caller's talk ends, the wrap-up's ten minutes are over: what is being written stays, and says how it stands.
    page.keyboard.press("F8")
    page.keyboard.press("F8")
    expect(page.locator("#operator")).to_have_attribute("data-phase", "wrapping", timeout=15_000)
    with transaction() as session:
        found = session.scalars(sa.select(Contact)).one()
        found.wrap_until = clock.now() - timedelta(seconds=1)
        session.scalars(sa.select(Seat)).one().since = clock.now() - WRAP_UP
        session.flush()
        end_wrap_ups(session, clock.now())
    expect(page.locator("#seat-dot")).to_have_class("dot dot-green", timeout=15_000)
    expect(page.locator("#call-state")).to_contain_text("坐席已空出")
    expect(plan).to_have_value(PLAN)
    picture(page, "operator-still-writing-zh", whole=False)
    assert_accessible(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notice")).to_contain_text("“安全计划”里写的还没有提交")
    # A record of which the house wants to hear nothing any more is shown to be copied, not thrown away.
    page.get_by_role("button", name="保存为新的一版").press("Enter")
    expect(page.locator("#panel-body")).to_contain_text("第 1 版")
    page.locator("#r-narrative").focus()
    page.route("**/record", lambda route: route.abort())
    page.keyboard.type(TOLD)
    expect(page.locator("#saved .dot")).to_have_class("dot dot-red", timeout=8_000)
    page.locator("#to-line").press("Enter")
    expect(page.locator("#operator")).to_have_attribute("data-phase", "idle")
    expect(page.locator("#unsent")).to_contain_text("1 项没有存上，正在重试")
    page.unroute("**/record")
    page.route("**/record", lambda route: route.fulfill(status=404, json={"title": "没有找到"}))
    expect(page.locator("#unsent textarea")).to_have_value(re.compile(TOLD), timeout=15_000)
    picture(page, "operator-not-saved-zh", whole=False)
    assert_accessible(page)
    assert "合眼" not in stored(page)
    page.get_by_role("button", name="已交给同事，收起").press("Enter")
    expect(page.locator("#unsent")).to_be_empty()


def test_words_on_their_way_arrive_after_signing_in_again_and_although_the_caller_was_put_back(
    page: Page, context: BrowserContext, house: WiredHouse, operator: Staff, rings: Callable[..., Leg]
) -> None:
    at_the_line(page, operator, house)
    rings(LineKind.COUNSELLING)
    accept(page)
    becomes(ContactState.TALKING)
    # Signed out in the middle of it: the page keeps what is typed, and saves it once they signed in in another tab.
    context.clear_cookies()
    page.keyboard.type("他说已经三天没有合眼，")
    expect(page.locator("#notice")).to_contain_text("请在另一个标签页登录", timeout=15_000)
    again = context.new_page()
    sign_in(again, operator, house)
    again.goto("/counselling/my-reviews/")
    saved(page)
    again.close()
    open_tab(page, "安全计划")
    page.locator("textarea[name=signs]").fill(PLAN)
    page.route("**/record", lambda route: route.abort())
    page.keyboard.press("F2")
    page.keyboard.press("Control+End")
    page.keyboard.type("孩子要高考。")
    page.keyboard.press("Escape")
    with transaction() as session:
        found = session.scalars(sa.select(Contact)).one()
        talking.put_back(session, found, at=clock.now(), by=None)
        found.owner_id = a_staff(session, Role.SHIFT_LEAD).id
    expect(page.locator("#unsent")).to_contain_text("没有存上，正在重试", timeout=15_000)
    page.unroute("**/record")
    expect(page.locator("#unsent")).not_to_contain_text("正在重试", timeout=15_000)
    expect(page.locator("#unsent textarea")).to_have_value(f"安全计划 1 预警信号：{PLAN}")
    with reading() as session:
        record = records.record_of(session, contact())
        assert record is not None
        assert record.content["narrative"] == "他说已经三天没有合眼，孩子要高考。"


def test_a_handover_being_written_comes_back_and_is_nowhere_in_the_browser(
    page: Page, house: WiredHouse, operator: Staff
) -> None:
    with transaction() as session:
        lead = a_staff(session, Role.SHIFT_LEAD)
        begins_at = clock.now() - timedelta(hours=7)
        session.add(
            Shift(
                line=LineKind.COUNSELLING, begins_at=begins_at, ends_at=begins_at + timedelta(hours=8), seats=2,
                lead_id=lead.id, supervisor_id=lead.id, created_at=begins_at, created_by=lead.id,
                published_at=begins_at, published_by=lead.id,
            )
        )  # fmt: skip
    sign_in(page, lead, house)
    page.goto("/hotline/duty/handover/")
    note = page.locator("textarea[name=words]")
    with page.expect_response("**/counselling/drafts"):
        note.fill("凌晨那位还没有回拨，约好七点。")
    page.goto("/hotline/duty/handover/")
    expect(note).to_have_value("凌晨那位还没有回拨，约好七点。")
    assert "凌晨" not in stored(page)
    page.get_by_role("button", name="保存交接").press("Enter")
    expect(page.locator("main")).to_contain_text("已写于")
    expect(note).to_have_value("")
    with reading() as session:
        assert session.scalars(sa.select(RoomDraft)).all() == []


def test_a_citizens_form_on_its_way_arrives_although_the_caller_was_put_back(
    page: Page, house: WiredHouse, operator: Staff, rings: Callable[..., Leg]
) -> None:
    with transaction() as session:
        citizen = a_staff(session, Role.CITIZEN_OPERATOR)
    at_the_line(page, citizen, house)
    rings(LineKind.CITIZEN)
    accept(page)
    becomes(ContactState.TALKING)
    page.route("**/matter/draft", lambda route: route.abort())
    page.keyboard.press("F2")
    page.keyboard.type("村口的路灯坏了两个多月。")
    page.keyboard.press("Escape")
    with transaction() as session:
        talking.put_back(session, session.scalars(sa.select(Contact)).one(), at=clock.now(), by=None)
    expect(page.locator("#unsent")).to_contain_text("没有存上，正在重试", timeout=15_000)
    page.unroute("**/matter/draft")
    expect(page.locator("#unsent")).to_be_empty(timeout=15_000)
    with reading() as session:
        assert "路灯" in (session.scalars(sa.select(CitizenRecord)).one().draft or "")
