"""A crisis call from the ring to the follow-up plan: the supervisor knows within the minute, nothing is asked twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from core import clock
from core.db import reading, transaction
from core.people import Staff
from hotline.assessments import AssessmentSheet
from hotline.dangers import Danger
from hotline.escalations import Escalation, EscalationKind
from hotline.followups import FollowUp, FollowUpWish
from hotline.lines import LineKind, line_of
from hotline.risk import RiskLevel
from hotline.risk_levels import EpisodeLevel
from hotline.safety_plans import SafetyPlan
from hotline.screenings import ScreeningSheet
from telephony.simulator.leg import Leg
from tests.journeys.conftest import PHONE, assert_accessible, no_sideways_scroll, picture, sign_in
from tests.journeys.test_hotline_operator import accept, at_the_line
from tests.journeys.test_hotline_operator import house as house
from tests.journeys.test_hotline_operator import operator as operator
from tests.journeys.test_hotline_operator import rings as rings
from tests.journeys.test_softphone import WiredHouse

pytestmark = pytest.mark.browser


def tab(page: Page, words: str) -> None:
    """Open a room beside the talk, by keyboard."""
    page.get_by_role("tab", name=words, exact=True).press("Enter")
    expect(page.get_by_role("tab", name=words, exact=True)).to_have_attribute("aria-selected", "true")


def press(page: Page, words: str, nth: int = 0) -> None:
    """Press a button of the room by keyboard."""
    page.locator("#panel-body").get_by_role("button", name=words, exact=True).nth(nth).press("Enter")


def test_from_the_ring_to_the_follow_up_plan(
    house: WiredHouse, operator: Staff, rings: Callable[..., Leg], page: Page, browser: Browser
) -> None:
    with transaction() as session:
        line = line_of(session, LineKind.COUNSELLING)
        assert line is not None
        lead = session.get_one(Staff, line.owner_id)
    context = browser.new_context(base_url=house.url, locale="zh-CN")
    supervisor = context.new_page()
    sign_in(supervisor, lead, house)
    supervisor.goto("/counselling/alarms/")
    expect(supervisor.locator("#alarms")).to_contain_text("没有等待接手的警报")

    at_the_line(page, operator, house)
    rings(LineKind.COUNSELLING)
    accept(page)

    tab(page, "筛查")
    body = page.locator("#panel-body")
    for row, heard in enumerate(("是", "是", "是", "是", "不愿回答", "否"), start=1):
        button = body.locator(f"button[name=row_{row}]").get_by_text(heard, exact=False).first
        button.press("Enter")
        expect(body.locator(f"button[name=row_{row}][aria-pressed=true]")).to_have_count(1)
    expect(body).to_contain_text("分级：高")
    picture(page, "crisis-screening")

    tab(page, "等级")
    expect(body).to_contain_text("有些打算")
    body.get_by_label("72 小时内有计划").check()
    given_at = time.monotonic()
    press(page, "保存等级")
    expect(body).to_contain_text("督导已收到提醒")
    alarm = supervisor.locator("#alarms").get_by_text("重点来电")
    expect(alarm).to_be_visible(timeout=15_000)
    assert time.monotonic() - given_at < 60
    picture(supervisor, "crisis-alarm")
    supervisor.get_by_role("button", name="我来处理").click()
    expect(supervisor.locator("h1")).to_have_text("风险等级")
    expect(supervisor.locator("main")).to_contain_text("72 小时内有计划")

    tab(page, "危机")
    press(page, "有即刻危险：开始")
    expect(body.locator(".danger-steps > li")).to_have_count(9)
    for _ in range(3):
        before = body.locator(".step-done").count()
        press(page, "已做，盖时间")
        expect(body.locator(".step-done")).to_have_count(before + 1)
    police = body.locator("li", has_text="拨打 110")
    police.get_by_role("button", name="已做，盖时间").press("Enter")
    expect(body).to_contain_text("请写明为什么现在就需要这样做")
    body.locator("input[name=words_police]").fill("人在桥上，妹妹还没有到")
    body.locator("li", has_text="拨打 110").get_by_role("button", name="已做，盖时间").press("Enter")
    expect(body.locator(".step-done")).to_have_count(4)
    confirm = body.locator("li", has_text="确认援助已到达")
    confirm.get_by_role("button", name="已做，盖时间").press("Enter")
    expect(body).to_contain_text("上一次处置已于")
    picture(page, "crisis-danger")

    tab(page, "安全计划")
    body.locator("textarea[name=signs]").fill("整夜睡不着，不接电话")
    body.locator("textarea[name=people]").fill("妹妹")
    press(page, "保存为新的一版")
    expect(body).to_contain_text("第 1 版")

    tab(page, "随访")
    body.get_by_label("同意", exact=True).check(force=True)
    body.get_by_label("晚上（18–21 点）").check()
    body.get_by_label("暗语").fill("我是图书馆的小周")
    press(page, "保存意愿并安排")
    expect(body.locator("tbody tr")).to_have_count(5)
    picture(page, "crisis-follow-up")
    context.close()
    _holds(operator, lead)


def _holds(operator: Staff, lead: Staff) -> None:
    """Read what is left of it in the database."""
    with reading() as session:
        sheet = session.scalars(sa.select(ScreeningSheet)).one()
        assert sheet.answers == {"1": "yes", "2": "yes", "3": "yes", "4": "yes", "5": "declined", "6": "no"}
        level = session.scalars(sa.select(EpisodeLevel)).one()
        assert (level.level, level.given_by, level.seen_by) == (RiskLevel.KEY, operator.id, lead.id)
        raised = session.scalars(sa.select(Escalation).order_by(Escalation.id)).all()
        assert [e.kind for e in raised] == [EscalationKind.KEY, EscalationKind.DANGER]
        assert raised[0].answered_by == lead.id
        danger = session.scalars(sa.select(Danger)).one()
        assert danger.over_at is not None
        assert len(danger.stamps) == 5
        assert session.scalars(sa.select(SafetyPlan)).one().steps["people"] == "妹妹"
        wish = session.scalars(sa.select(FollowUpWish)).one()
        assert (wish.is_agreed, wish.safe_word, wish.hours) == (True, "我是图书馆的小周", ["evening"])
        calls = session.scalars(sa.select(FollowUp).order_by(FollowUp.due_at)).all()
        assert [c.rung.value for c in calls] == ["day", "week", "month", "quarter", "year"]
        assert calls[0].due_at - level.given_at < timedelta(hours=24, minutes=1)
        assert {clock.local(c.next_at).hour for c in calls[1:]} <= {18, 19, 20}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_resident_answers_on_a_phone_and_leaves(
    house: WiredHouse, operator: Staff, browser: Browser, language: str
) -> None:
    """The dangerous answer reaches somebody although the page is closed without a result."""
    context = browser.new_context(
        base_url=house.url,
        locale="en-GB" if language == "en" else "zh-CN",
        viewport=PHONE,  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.goto("/self-assess/")
    no_sideways_scroll(page)
    assert_accessible(page)
    page.locator("button[value=phq9]").click()
    offer = page.locator("[data-offer]")
    expect(offer).to_be_hidden()
    page.locator("[data-item='1'] .choice").nth(1).click()
    page.locator("[data-item='9'] .choice").nth(2).click()
    expect(offer).to_be_visible()
    expect(offer.locator("a").first).to_have_attribute("href", "tel:02160012356")
    no_sideways_scroll(page)
    assert_accessible(page)
    picture(page, f"self-assess-{language}")
    context.close()
    with reading() as session:
        sheet = session.scalars(sa.select(AssessmentSheet)).one()
        assert (sheet.given, sheet.finished_at, sheet.is_flagged) == ({1: 1, 9: 2}, None, True)
        alarm = session.scalars(sa.select(Escalation)).one()
        assert alarm.kind is EscalationKind.RED_FLAG
        assert len(alarm.turns) == 1
