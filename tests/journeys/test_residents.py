"""A resident on a phone: writes what is wrong, gets a receipt, asks with it, with and without scripts, in both languages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from core import clock
from core.db import reading, transaction, using
from core.places import Level
from matters.matter import Matter
from matters.web_reports import SOONEST
from tests.factories import a_place
from tests.journeys.conftest import PHONE, House, assert_accessible, no_sideways_scroll, picture
from tests.matters.raising import Desk, a_desk

pytestmark = pytest.mark.browser
WORDS = {
    "zh": ("反映一件事", "求助", "提交", "查询", "交给经办人", "已登记"),
    "en": ("Report a problem", "Request for help", "Send", "Ask", "Pass it on", "Registered"),
}


@pytest.fixture
def desk(house: House) -> Desk:
    """The people and places that the form offers."""
    with using(house.database), transaction() as session:
        desk = a_desk(session)
        a_place(session, level=Level.VILLAGE, parent=desk.town, name="柳湾村")
        return desk


def on_a_phone(browser: Browser, house: House, language: str, *, scripts: bool = True) -> Page:
    """Give a phone's browser."""
    context = browser.new_context(
        base_url=house.url,
        viewport=PHONE,  # type: ignore[arg-type]
        locale="en-GB" if language == "en" else "zh-CN",
        has_touch=True,
        java_script_enabled=scripts,
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    return page


def look(page: Page, name: str) -> None:
    """Hold that a page is complete, fits the phone and keeps a picture."""
    assert_accessible(page)
    no_sideways_scroll(page)
    picture(page, name)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_report_from_a_phone(browser: Browser, house: House, desk: Desk, language: str) -> None:
    title, kind, send, ask, pass_on, registered = WORDS[language]
    page = on_a_phone(browser, house, language)
    page.goto("/report/")
    expect(page.locator("h1")).to_have_text(title)
    look(page, f"report-blank-{language}")
    page.get_by_label(kind, exact=True).check()
    page.locator("#f-topic").select_option("traffic.signal")
    danger = page.locator("#danger")
    expect(danger).not_to_have_class(re.compile("danger-loud"))
    page.locator("#f-narrative").fill("路口着火了" if language == "zh" else "The corner shop is on fire")
    expect(danger).to_have_class(re.compile("danger-loud"))
    expect(danger.get_by_role("link", name="119")).to_have_attribute("href", "tel:119")
    page.locator("#f-county").select_option(str(desk.town.parent_id))
    page.locator(f"#f-town option[value='{desk.town.id}']").wait_for(state="attached")
    page.locator("#f-town").select_option(str(desk.town.id))
    page.locator("#f-village option:nth-child(2)").wait_for(state="attached")
    page.locator("#f-village").select_option(index=1)
    page.wait_for_timeout(9_000)  # nobody writes a report in less: who does is asked to look again first
    page.get_by_role("button", name=send, exact=True).click()
    expect(page.locator("#f-consent-note")).to_be_visible()
    look(page, f"report-lacking-{language}")
    page.locator("#f-consent").check()
    page.wait_for_timeout(SOONEST / timedelta(milliseconds=1))
    page.get_by_role("button", name=send, exact=True).click()
    receipt = page.locator("#receipt").inner_text()
    pin = page.locator("#pin").inner_text()
    expect(page.get_by_role("alert")).to_contain_text("119")
    look(page, f"report-sent-{language}")
    page.goto("/status/")
    page.locator("#f-receipt").fill(receipt)
    page.locator("#f-pin").fill(pin)
    page.get_by_role("button", name=ask, exact=True).click()
    expect(page.locator(".standings [aria-current]")).to_have_text(registered)
    page.locator("#f-note").fill("灯还没修")
    look(page, f"status-told-{language}")
    page.get_by_role("button", name=pass_on).click()
    expect(page.locator(".flash-good")).to_be_visible()
    assert pin not in page.url
    assert receipt not in page.url
    page.context.close()


def test_the_form_works_without_scripts(browser: Browser, house: House, desk: Desk) -> None:
    page = on_a_phone(browser, house, "zh", scripts=False)
    page.goto("/report/")
    page.get_by_label("求助", exact=True).check()
    page.locator("#f-topic").select_option("traffic.signal")
    page.locator("#f-narrative").fill("斑马线磨没了")
    page.locator("#f-county").select_option(str(desk.town.parent_id))
    page.locator("button[value=places]").click()
    page.locator("#f-town").select_option(str(desk.town.id))
    expect(page.locator("#f-narrative")).to_have_value("斑马线磨没了")
    page.locator("#f-consent").check()
    page.wait_for_timeout(SOONEST / timedelta(milliseconds=1))
    page.get_by_role("button", name="提交", exact=True).click()
    receipt = page.locator("#receipt").inner_text()
    with using(house.database), reading() as session:
        matter = session.scalars(sa.select(Matter)).one()
        assert (matter.receipt, matter.place_id) == (receipt, desk.town.id)
        assert matter.raised_at <= clock.now()
    page.context.close()
