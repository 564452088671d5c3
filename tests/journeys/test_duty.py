"""The shift lead's pages in a browser: the board by itself, a call for help, a week by keyboard, both languages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import BrowserContext, Page, expect

from core import clock
from core.db import reading, transaction
from core.people import Staff
from hotline.calling_for_help import call_for_help
from hotline.contacts import Contact, ContactState
from hotline.distress import Distress, DistressKind
from hotline.forecasting import midnight
from hotline.shifts import Shift
from tests.hotline.staffed import COUNSELLING, a_contact, a_lead, a_line, a_seat, a_shift, an_operator
from tests.hotline.test_forecasting import history
from tests.journeys.city import City
from tests.journeys.conftest import House, no_sideways_scroll, picture, sign_in
from tests.journeys.test_every_page import faults

pytestmark = pytest.mark.browser


@pytest.fixture
def people(house: House) -> tuple[Staff, Staff]:
    """A lead and an operator on a published shift, one caller waiting, and four weeks of calls behind them."""
    with transaction() as session:
        at = clock.now()
        lead, person = a_lead(session), an_operator(session)
        a_line(session, owner=lead, at=at)
        history(session, lead, weeks=4, until=midnight(clock.today(at)))
        a_shift(session, at=at, lead=lead, people=[person])
        a_seat(session, person, at=at, heard=at + timedelta(hours=2))
        a_contact(
            session, at=at - timedelta(seconds=30), owner=lead, state=ContactState.WAITING, way_out=None
        )
    return lead, person


def test_the_board_moves_by_itself_and_says_when_it_cannot(
    house: House, page: Page, context: BrowserContext, people: tuple[Staff, Staff]
) -> None:
    """A second caller shows within seconds; without a network the age says so; afterwards all is well again."""
    lead, _ = people
    sign_in(page, lead, house)
    page.goto("/")
    expect(page).to_have_url(f"{house.url}/hotline/duty/")
    waiting = page.locator(".figure-value").first
    expect(waiting).to_have_text("1")
    with transaction() as session:
        a_contact(session, at=clock.now(), owner=lead, state=ContactState.WAITING, way_out=None)
    expect(waiting).to_have_text("2", timeout=8_000)
    context.set_offline(True)
    expect(page.locator("#duty-age")).to_contain_text("连接断开", timeout=10_000)
    context.set_offline(False)
    expect(page.locator("#duty-age")).not_to_contain_text("连接断开", timeout=10_000)
    expect(page.locator("#outlook")).to_contain_text("今天余下的时段")
    page.keyboard.press("b")
    expect(page.locator("body")).to_have_class(re.compile("board-big"))
    no_sideways_scroll(page)
    picture(page, "duty-board-big")


def test_a_call_for_help_reaches_the_lead_in_seconds(
    house: House, page: Page, people: tuple[Staff, Staff]
) -> None:
    """The bar appears by itself on whatever page the lead has open; one key takes it; the operator sees who came."""
    lead, person = people
    sign_in(page, lead, house)
    page.goto("/hotline/duty/staffing/")
    expect(page.locator(".distress")).to_have_count(0)
    with transaction() as session:
        operator = session.get_one(Staff, person.id)
        call_for_help(session, DistressKind.PANIC, COUNSELLING, about=operator, by=operator, at=clock.now())
    expect(page.locator(".distress")).to_contain_text(person.name, timeout=6_000)
    expect(page).to_have_title(re.compile("求助"))
    picture(page, "duty-distress")
    page.keyboard.press("t")
    expect(page.locator("#flashes")).to_contain_text("您已接手")
    with reading() as session:
        call = session.scalars(sa.select(Distress)).one()
        assert call.taken_by == lead.id
        assert call.told[0].shown_at is not None
        assert (call.told[0].shown_at - call.raised_at).total_seconds() < 60
    sign_in(page, person, house)
    page.goto("/hotline/my-shifts/")
    expect(page.locator(".flash-good")).to_contain_text(lead.name)


def test_a_week_is_planned_by_keyboard_and_published(
    house: House, page: Page, people: tuple[Staff, Staff]
) -> None:
    """Days by Space, fields by Tab; while a gap is left there is no button to publish, then P does it."""
    lead, _ = people
    sign_in(page, lead, house)
    week = (clock.today() + timedelta(days=14)).isoformat()  # never touches the shift that is on now
    page.goto(f"/hotline/duty/roster/?line=counselling&week={week}")
    expect(page.locator(".flash-bad")).to_contain_text("没有值守督导")

    def plan(begins: str, ends: str) -> None:
        page.locator('input[name="day"]').first.focus()
        for _ in range(7):
            page.keyboard.press("Space")
            page.keyboard.press("Tab")
        for value in (begins, ends):
            page.keyboard.press("Control+a")
            page.keyboard.type(value)
            page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")

    plan("00:00", "12:00")
    expect(page.locator("#flashes")).to_contain_text("已安排 7 个班次")
    assert page.locator("button", has_text="发布本周").count() == 0
    plan("12:00", "00:00")
    expect(page.locator("#flashes")).to_contain_text("已安排 7 个班次")
    expect(page.locator("button", has_text="发布本周")).to_be_visible()
    page.keyboard.press("p")
    expect(page.locator("#flashes")).to_contain_text("已发布 14 个班次")
    with reading() as session:
        ahead = session.scalars(sa.select(Shift).where(Shift.begins_at > clock.now())).all()
        assert len(ahead) == 14
        assert all(s.is_published and s.supervisor_id == lead.id for s in ahead)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_hold(house: House, page: Page, people: tuple[Staff, Staff], language: str) -> None:
    """Accessible in light and dark, as wide as an office screen, in the language they claim, no fault in the console."""
    lead, person = people
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    with reading() as session:
        shift = session.scalars(sa.select(Shift.id)).first()
        city = City(house, {}, data=tuple(session.scalars(sa.select(Staff.name))))
        assert session.scalar(sa.select(sa.func.count()).select_from(Contact))
    with transaction() as session:
        operator = session.get_one(Staff, person.id)
        call_for_help(session, DistressKind.PANIC, COUNSELLING, about=operator, by=operator, at=clock.now())
    sign_in(page, lead, house, language=language)
    for name, where in (
        ("board", "/hotline/duty/"),
        ("roster", "/hotline/duty/roster/"),
        ("shift", f"/hotline/duty/roster/{shift}"),
        ("handover", "/hotline/duty/handover/"),
        ("staffing", "/hotline/duty/staffing/"),
        ("my-shifts", "/hotline/my-shifts/"),
    ):
        page.goto(where)
        if name == "staffing":
            page.wait_for_selector(".main-svg", timeout=15_000)
        if page.locator("#distress").count():
            page.wait_for_selector(".distress", timeout=6_000)
        said += [f"{where}: {fault}" for fault in faults(city, page, language)]
        picture(page, f"duty-{name}-{language}")
    assert said == []
