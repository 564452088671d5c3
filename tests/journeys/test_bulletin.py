"""A bulletin in a real browser: drafted, commented, checked, approved, issued, read on a phone, instructed on, corrected."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from core.db import transaction, using
from core.jobs import run_next
from core.people import Staff
from core.permissions import Role
from tests.factories import a_staff, a_unit
from tests.journeys.conftest import PHONE, House, assert_accessible, no_sideways_scroll, picture, sign_in
from tests.reports.issues import WEEK, a_city_at_work

pytestmark = pytest.mark.browser


@pytest.fixture
def people(house: House) -> tuple[Staff, Staff]:
    """An editor and a leader of a city with a week of interviews and matters."""
    with using(house.database), transaction() as session:
        a_city_at_work(session)
        a_unit(session, name="路灯所")
        return a_staff(session, Role.EDITOR), a_staff(session, Role.LEADER)


def issue(page: Page, house: House, editor: Staff) -> None:
    """Send it for checking, have another editor approve and issue it, and look at it again."""
    page.get_by_role("button", name="送核").click()
    expect(page.locator("aside")).to_contain_text("由另一位编辑审定")
    expect(page.get_by_role("button", name="审定")).to_have_count(0)
    where = page.url
    with using(house.database), transaction() as session:
        another = a_staff(session, Role.EDITOR)
    sign_in(page, another, house)
    page.goto(where)
    for step in ("审定", "签发并分送"):
        page.get_by_role("button", name=step).click()
    expect(page.locator("aside")).to_contain_text("已签发")
    sign_in(page, editor, house)
    page.goto(where)


def test_from_the_draft_to_its_correction(page: Page, house: House, people: tuple[Staff, Staff]) -> None:
    editor, leader = people
    sign_in(page, editor, house)
    page.goto("/editing/")
    page.get_by_role("link", name="分送名单").click()
    page.get_by_label("外部人员姓名").fill("市委值班室")
    page.get_by_role("button", name="加入").click()
    expect(page.locator("main")).to_contain_text("手机和邮箱至少填一项")
    assert_accessible(page)
    page.get_by_label("邮箱").fill("duty@example.org")
    page.get_by_role("button", name="加入").click()
    expect(page.locator("tbody")).to_contain_text("d***@example.org")
    picture(page, "bulletin-recipients")

    page.goto("/editing/")
    page.get_by_label("包含这一天的一期").fill(WEEK.isoformat())
    page.get_by_role("button", name="汇编").click()
    with using(house.database):
        assert run_next()
    page.goto("/editing/")
    page.get_by_role("link", name="社情民意调查周报").first.click()
    page.wait_for_selector(".main-svg", timeout=60_000)
    assert_accessible(page)

    words = page.get_by_label("“要点”的说明")
    words.fill("安全感明显上升。")
    page.get_by_role("button", name="保存说明").first.click()
    expect(page.locator("main")).to_contain_text("不能写“上升”")
    page.go_back()
    page.get_by_label("“要点”的说明").fill("路灯问题集中，建议先修。")
    page.get_by_role("button", name="保存说明").first.click()
    expect(page.locator("blockquote")).to_have_text("路灯问题集中，建议先修。")

    page.get_by_text("加一条建议").click()
    page.get_by_label("建议", exact=True).fill("一周内逐盏检查路灯。")
    page.get_by_label("责任单位").select_option(label="路灯所")
    page.get_by_label("期限").fill("2099-01-31")
    page.get_by_label("预期效果").fill("夜间不再摸黑")
    page.get_by_role("button", name="加上").click()
    issue(page, house, editor)
    expect(page.locator("aside")).to_contain_text("已签发")
    expect(page.locator("#delivery")).to_contain_text("已读 0 人")
    expect(page.locator("#delivery")).to_contain_text("市委值班室")
    expect(page.locator("#delivery")).to_contain_text("没有设置邮件服务器，请打电话或当面告知")
    picture(page, "bulletin-editor")

    sign_in(page, leader, house)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("社情民意调查周报")
    expect(page.locator("main")).to_contain_text("路灯问题集中，建议先修。")
    no_sideways_scroll(page)
    assert_accessible(page)
    picture(page, "bulletin-phone")
    page.get_by_role("link", name="安全感指数").first.click()
    expect(page.get_by_role("heading", name="怎么算的")).to_be_visible()
    expect(page.locator("main")).to_contain_text("有效样本量")
    page.go_back()
    page.locator("#indices caption a").click()
    expect(page.get_by_role("link", name="下载 CSV")).to_be_visible()
    no_sideways_scroll(page)
    assert_accessible(page)
    page.go_back()
    page.get_by_text("写批示").click()
    page.get_by_label("批示内容").fill("请路灯所两周内报结果。")
    page.get_by_role("button", name="批示", exact=True).click()
    expect(page.locator("#instructions")).to_contain_text("请路灯所两周内报结果。")

    sign_in(page, editor, house)
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto("/editing/")
    page.get_by_role("link", name="社情民意调查周报").first.click()
    expect(page.locator("#delivery")).to_contain_text("已读 1 人")
    page.get_by_text("出更正版").click()
    page.get_by_label("为什么更正").fill("补入晚到的事项")
    page.get_by_role("button", name="起草更正版").click()
    issue(page, house, editor)

    sign_in(page, leader, house)
    page.goto("/bulletins/")
    expect(page.locator("tbody")).to_contain_text("已更正")
    page.goto("/bulletins/latest")
    expect(page.locator(".masthead")).to_contain_text("更正版")
    expect(page.locator("#instructions")).to_contain_text("请路灯所两周内报结果。")


def test_a_daily_sheet_and_a_special_report(page: Page, house: House, people: tuple[Staff, Staff]) -> None:
    editor, leader = people
    sign_in(page, editor, house)
    page.goto("/editing/")
    page.get_by_label("种类").select_option(label="每日快报")
    page.get_by_label("包含这一天的一期").fill(WEEK.isoformat())
    page.get_by_role("button", name="汇编").click()
    with using(house.database):
        assert run_next()
    page.goto("/editing/")
    page.get_by_role("link", name="每日快报").first.click()
    issue(page, house, editor)
    expect(page.locator("aside")).to_contain_text("已签发")

    page.goto("/editing/")
    page.get_by_role("link", name="起草专报").click()
    page.get_by_label("题目").fill("路灯专报")
    page.get_by_role("button", name="汇编").click()
    expect(page.locator("main")).to_contain_text("请至少选一个事项类别")
    assert_accessible(page)
    page.get_by_label("市政照明").check()
    page.get_by_label("从", exact=True).fill((WEEK - timedelta(days=13)).isoformat())
    page.get_by_label("到", exact=True).fill(WEEK.isoformat())
    page.get_by_role("button", name="汇编").click()
    with using(house.database):
        assert run_next()
    page.goto("/editing/")
    page.locator("tbody").get_by_role("link", name="专报").click()
    page.wait_for_selector(".main-svg", timeout=60_000)
    expect(page.locator("main")).to_contain_text("逐周走势")
    expect(page.locator("main")).not_to_contain_text("安全感指数")

    sign_in(page, leader, house)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto("/bulletins/?kind=daily")
    page.get_by_role("link", name="每日快报").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("每日快报")
    expect(page.locator("main")).to_contain_text("一天的访问太少，不报指数")
    no_sideways_scroll(page)
    assert_accessible(page)
    picture(page, "bulletin-daily-phone")
