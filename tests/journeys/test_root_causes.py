"""Causes and dark figures in a real browser: an editor takes one up and notes its remedy, a leader reads on a phone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.db import transaction, using
from core.people import Staff
from core.permissions import Role
from tests.factories import a_staff, a_unit
from tests.journeys.conftest import PHONE, House, assert_accessible, no_sideways_scroll, picture, sign_in
from tests.reports.test_dark_figures import a_heard_city
from tests.reports.test_root_causes import a_dark_street

pytestmark = pytest.mark.browser


@pytest.fixture
def people(house: House) -> tuple[Staff, Staff]:
    """An editor and a leader of a city in which one street went dark, after a weighed survey."""
    with using(house.database), transaction() as session:
        a_heard_city(session)
        a_dark_street(session, clock.today() - timedelta(days=1))
        a_unit(session, name="供电所")
        return a_staff(session, Role.EDITOR), a_staff(session, Role.LEADER)


def test_from_the_scan_to_the_remedy(page: Page, house: House, people: tuple[Staff, Staff]) -> None:
    editor, leader = people
    sign_in(page, editor, house)
    page.goto("/root-causes/")
    page.wait_for_selector(".main-svg", timeout=60_000)
    expect(page.locator("h2").first).to_contain_text("偶然难以解释")
    assert_accessible(page)
    picture(page, "root-causes")
    page.get_by_label("根源是什么").fill("变压器过载，一下雨就跳闸")
    page.get_by_role("button", name="记下", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("变压器过载，一下雨就跳闸")
    page.get_by_label("做了什么").fill("换了变压器")
    page.get_by_label("整改单位").select_option(label="供电所")
    assert_accessible(page)
    page.get_by_role("button", name="登记整改").click()
    expect(page.locator("main")).to_contain_text("已整改")
    picture(page, "root-cause")
    sign_in(page, leader, house, language="en")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for where, name in (("/root-causes/", "root-causes-phone"), ("/dark-figures/", "dark-figures-phone")):
        page.goto(where)
        page.wait_for_selector(".main-svg", timeout=60_000)
        no_sideways_scroll(page)
        assert_accessible(page)
        picture(page, name)
