"""Asking a colleague in, at two operators' pages: refused, together and back again, passed on, and broken off."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.db import transaction
from core.people import Staff
from core.permissions import Role
from hotline.contacts import ContactState
from hotline.lines import LineKind
from telephony.line import identity_of
from telephony.simulator.leg import Leg
from tests.factories import a_staff
from tests.journeys.conftest import OFFICE, assert_accessible, picture
from tests.journeys.test_hotline_operator import accept, at_the_line, contact
from tests.journeys.test_hotline_operator import house as house
from tests.journeys.test_hotline_operator import operator as operator
from tests.journeys.test_hotline_operator import rings as rings
from tests.journeys.test_softphone import WiredHouse

pytestmark = pytest.mark.browser
HELD, TALKING = "保持中，对方在听音乐", "通话中"


@pytest.fixture
def elsewhere(browser: Browser, house: WiredHouse) -> Iterator[BrowserContext]:
    """The browser of a colleague."""
    made = browser.new_context(base_url=house.url, viewport=OFFICE, locale="zh-CN")  # type: ignore[arg-type]
    yield made
    made.close()


@pytest.fixture
def colleague() -> Staff:
    """Another operator of the same line."""
    with transaction() as session:
        return a_staff(session, Role.OPERATOR)


def ask_in(page: Page, other: Page) -> None:
    """Ask the colleague in by the keyboard, until their page says who asks."""
    page.keyboard.press("F9")
    sheet = page.locator("#consult-sheet")
    expect(sheet).to_be_visible()
    sheet.get_by_role("button", name="请来一起听").press("Enter")
    expect(other.locator("#asked")).to_contain_text("请您一起听")


def together(page: Page, other: Page) -> None:
    """Ask the colleague in, and let them come while the caller is on hold."""
    ask_in(page, other)
    other.get_by_role("button", name="接入").press("Enter")
    expect(page.locator("#call-state")).to_have_text(HELD)
    expect(page.locator("#consulting")).to_contain_text("咨询中")


def test_a_colleague_is_asked_and_takes_the_caller(
    house: WiredHouse, operator: Staff, colleague: Staff, rings: Callable[..., Leg], page: Page, elsewhere: BrowserContext
) -> None:  # fmt: skip
    """The caller waits while the two speak, comes back, and is handed on with the record."""
    at_the_line(page, operator, house)
    leg = rings(LineKind.COUNSELLING)
    accept(page)
    other = elsewhere.new_page()
    at_the_line(other, colleague, house)

    ask_in(page, other)
    expect(page.locator("#call-state")).to_have_text(TALKING)  # the caller notices nothing yet
    other.get_by_role("button", name="现在不行").press("Enter")
    expect(page.locator("#consulting")).to_be_hidden()
    expect(page.locator("#call-state")).to_have_text(TALKING)

    together(page, other)
    assert_accessible(page)
    picture(page, "consult-together")
    page.get_by_role("button", name="回到来电人").press("Enter")
    expect(page.locator("#call-state")).to_have_text(TALKING)
    expect(page.locator("#consulting")).to_be_hidden()
    expect(other.locator("#asked")).to_be_hidden()

    # What is still being typed is with the house before the caller is somebody else's.
    together(page, other)
    page.locator("#r-narrative").focus()
    page.keyboard.type("他说想见女儿。")
    page.locator("#consulting button", has_text="转给同事").evaluate("e => e.click()")
    expect(other.locator("#operator")).to_have_attribute("data-phase", "talking")
    expect(other.locator("#call-state")).to_have_text(TALKING)
    expect(page.locator("#operator")).to_have_attribute("data-phase", "idle")
    assert (contact().taken_by, contact().state) == (colleague.id, ContactState.TALKING)
    expect(other.locator("#r-narrative")).to_have_value("他说想见女儿。")
    expect(page.locator("#unsent")).to_be_empty()
    assert not leg.is_ended


def test_a_consult_that_breaks_off_takes_the_caller_off_hold(
    house: WiredHouse, operator: Staff, colleague: Staff, rings: Callable[..., Leg], page: Page, elsewhere: BrowserContext
) -> None:  # fmt: skip
    """The colleague's telephone is gone in the middle of it: nobody has to remember the caller."""
    at_the_line(page, operator, house)
    leg = rings(LineKind.COUNSELLING)
    accept(page)
    other = elsewhere.new_page()
    at_the_line(other, colleague, house)
    together(page, other)
    carrier, end = house.carrier.carrier, f"client:{identity_of(colleague.id)}"
    for telephone in [one for one in carrier.legs.live.values() if end in (one.from_, one.to)]:
        carrier.hang_up(telephone)
    expect(page.locator("#call-state")).to_have_text(TALKING)
    expect(page.locator("#consulting")).to_be_hidden()
    assert contact().taken_by == operator.id
    assert not leg.is_ended
