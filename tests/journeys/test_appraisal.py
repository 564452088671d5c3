"""Appraisal in a real browser: a scheme made and published, a round, a unit's appeal, upheld by another, corrected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.db import transaction, using
from core.jobs import run_next
from core.people import Staff
from core.permissions import Role
from tests.factories import a_staff
from tests.journeys.conftest import PHONE, House, assert_accessible, no_sideways_scroll, picture, sign_in
from tests.reports.appraised import AFTER, BEFORE, DAY, QUARTER, a_county_at_work

pytestmark = pytest.mark.browser


@pytest.fixture
def people(house: House) -> tuple[Staff, Staff, Staff]:
    """An editor, a head of supervision, and the handler of a unit that worked in the quarter."""
    with using(house.database), transaction() as session:
        county = a_county_at_work(session)
        return a_staff(session, Role.EDITOR), a_staff(session, Role.OFFICE_HEAD), county.handlers[1]


@pytest.fixture(autouse=True)
def _own_time() -> Iterator[None]:
    """Let the journey walk through a year, and give the house its time back."""
    before, zone = clock.now() - datetime.now(UTC), str(clock.zone())
    yield
    clock.use(offset=before, zone=zone)


def it_is(moment: datetime) -> None:
    clock.use(offset=moment - datetime.now(UTC), zone=str(clock.zone()))


def test_from_the_scheme_to_the_correction(
    page: Page, house: House, people: tuple[Staff, Staff, Staff]
) -> None:
    editor, head, handler = people
    it_is(BEFORE)
    sign_in(page, editor, house)
    page.goto("/appraisal/")
    assert_accessible(page)
    page.get_by_role("link", name="起草办法").click()
    page.get_by_label("名称").fill("承办单位考核办法")
    page.get_by_label("按时签收率").fill("20")
    page.get_by_label("响应率").fill("30")
    page.get_by_label("解决率下限").fill("40")
    page.get_by_label("最低件量").fill("5")
    page.get_by_label("起算日").fill(QUARTER.isoformat())
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_role("alert").first).to_contain_text("现在是 90")
    assert_accessible(page)
    page.get_by_label("解决率下限").fill("50")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("承办单位考核办法")
    picture(page, "appraisal-scheme")
    page.get_by_role("button", name="公布", exact=True).click()
    page.locator("dialog[open]").get_by_role("button", name="公布", exact=True).click()
    expect(page.locator("main")).to_contain_text("已公布")
    assert_accessible(page)

    it_is(AFTER)
    sign_in(page, editor, house)
    page.goto("/appraisal/")
    page.get_by_text("统计一轮", exact=True).click()
    page.get_by_label("包含这一天的一期").fill(QUARTER.isoformat())
    page.get_by_role("button", name="统计成草稿").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("统计考核：承办单位")
    with using(house.database):
        assert run_next()
    page.reload()
    page.get_by_role("link", name="看结果").click()
    page.wait_for_selector(".main-svg", timeout=60_000)
    expect(page.locator("main")).to_contain_text("1–2")
    page.get_by_role("button", name="公布", exact=True).click()
    page.locator("dialog[open]").get_by_role("button", name="公布", exact=True).click()
    expect(page.locator("main")).to_contain_text("申诉截止")
    page.wait_for_selector(".main-svg", timeout=60_000)
    assert_accessible(page)
    picture(page, "appraisal-round")
    page.get_by_role("link", name="解决率下限").click()
    expect(page.locator("main")).to_contain_text("联系不上的按未解决计")
    assert_accessible(page)

    it_is(AFTER + DAY)
    sign_in(page, handler, house)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto("/unit-appraisal/")
    no_sideways_scroll(page)
    page.get_by_role("link", name="2026 年第 4 季度").click()
    no_sideways_scroll(page)
    assert_accessible(page)
    page.get_by_label("哪一项").select_option(label="解决率下限")
    page.get_by_label("哪里不对、依据是什么").fill("有一位已说解决，录音可查")
    page.get_by_role("button", name="提出申诉").click()
    expect(page.locator("main")).to_contain_text("待裁定")
    picture(page, "appraisal-unit-phone")

    sign_in(page, editor, house)
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto("/appraisal/")
    page.locator("#appeals a").first.click()
    expect(page.locator("main")).to_contain_text("由制作、公布本轮考核以外的人裁定")
    sign_in(page, head, house, language="en")
    page.reload()
    page.get_by_label("What was found, and why it is decided so").fill("录音属实")
    page.get_by_label("The right part").fill("5")
    assert_accessible(page)
    picture(page, "appraisal-appeal-en")
    page.get_by_role("button", name="Uphold: correct to these counts").click()
    expect(page.get_by_role("heading", name="Corrections")).to_be_visible()
    page.wait_for_selector(".main-svg", timeout=60_000)
    expect(page.locator("main")).to_contain_text("edition 2")
    assert_accessible(page)
    picture(page, "appraisal-corrected-en")

    sign_in(page, handler, house)
    page.goto("/unit-appraisal/")
    page.get_by_role("link", name="2026 年第 4 季度").click()
    expect(page.locator("main")).to_contain_text("裁定： 录音属实")
    expect(page.locator("main")).not_to_contain_text("5.0 / 6.0")  # of six callers a unit reads nothing
    it_is(AFTER + 10 * DAY)
    sign_in(page, head, house, language="zh")
    page.goto("/appraisal/")
    page.get_by_role("link", name="2026 年第 4 季度").first.click()
    page.get_by_role("button", name="定案").click()
    expect(page.locator("main")).to_contain_text("已定案")
