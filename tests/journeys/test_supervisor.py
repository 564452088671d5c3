"""The supervisor's day in a real browser: the wall lives, a replicate goes out, rates explain themselves, a review."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from core import clock
from core.db import transaction, using
from core.people import Staff
from core.permissions import Role
from survey.cases import Case, CaseState
from survey.interviewers import at_work
from survey.interviews import Interview, InterviewState
from survey.outcomes import Outcome, record_outcome
from survey.sampling import Replicate, ReplicateState
from survey.waves import Wave
from telephony.manual import Outcome as Heard
from tests.factories import a_staff
from tests.journeys.conftest import (
    PHONE,
    House,
    assert_accessible,
    no_sideways_scroll,
    picture,
    sign_in,
)
from tests.survey.field import Field, dialled
from tests.survey.weighed import a_worked_wave

pytestmark = pytest.mark.browser
ALWAYS = {"hours": [["00:00", "23:59:59.999999"]]}


@pytest.fixture
def fielded(house: House) -> tuple[Field, Staff]:
    """A worked wave today: Anna has referred a case and talks to the next, a replicate is held."""
    with using(house.database), transaction() as session:
        at = clock.now()
        field = a_worked_wave(session, each=20, interviews=40, at=at - timedelta(minutes=1))
        field.wave.rules = ALWAYS
        for case in session.scalars(sa.select(Case).where(Case.disposition == "3.13").limit(4)):
            case.state, case.closed_at, case.disposition = CaseState.WAITING, None, None
            case.attempt_count = 0
        session.flush()
        tried = dialled(session, field.anna, at, Heard.ANSWERED)
        record_outcome(session, tried, Outcome("2.112", note="请督导看", refer=True), by=field.anna, at=at)
        dialled(session, field.anna, at, Heard.ANSWERED)
        one = session.scalars(sa.select(Replicate)).one()
        session.add(Replicate(sample_id=one.sample_id, number=2, size=0, state=ReplicateState.HELD))
        return field, a_staff(session, Role.SUPERVISOR)


def test_the_wall_lives_and_a_replicate_goes_out(
    page: Page, house: House, fielded: tuple[Field, Staff]
) -> None:
    field, boss = fielded
    sign_in(page, boss, house)
    page.goto("/field/")
    row = page.get_by_role("row", name=field.anna.name)
    expect(row).to_contain_text("通话中")
    expect(page.locator("#wall-age")).to_contain_text("秒前更新")
    with using(house.database), transaction() as session:
        at_work(session, session.get_one(Staff, field.ben.id)).seen_at = clock.now()
    expect(page.get_by_role("row", name=field.ben.name)).to_contain_text("空闲", timeout=6000)
    assert_accessible(page)
    no_sideways_scroll(page)
    picture(page, "supervisor-wall")

    page.get_by_role("button", name="投放").first.click()
    page.get_by_role("dialog").get_by_role("button", name="投放").click()
    expect(page.locator("#flashes")).to_contain_text("已投放")
    page.locator("#decisions").get_by_role("button", name="退回再拨").click()
    expect(page.locator("#flashes")).to_contain_text("退回队列")
    expect(page.locator("#decisions")).to_contain_text("没有等您决定的个案")


def test_the_wall_says_when_the_connection_is_lost(
    page: Page, house: House, fielded: tuple[Field, Staff]
) -> None:
    sign_in(page, fielded[1], house)
    page.goto("/field/")
    page.route("**/field/now*", lambda route: route.abort())
    expect(page.locator("#wall-age")).to_contain_text("连接断开", timeout=8000)


def test_rates_explain_themselves_and_keep_their_filters(
    page: Page, house: House, fielded: tuple[Field, Staff]
) -> None:
    sign_in(page, fielded[1], house)
    page.goto("/field/rates/")
    page.get_by_text("RR3", exact=True).first.click()
    expect(page.get_by_text("RR3 = I / De")).to_be_visible()
    page.get_by_label("分组").select_option("interviewer")
    page.get_by_label("加权").select_option("base")
    page.get_by_role("button", name="筛选").click()
    expect(page).to_have_url(re.compile(r"by=interviewer.*weights=base"))
    expect(page.get_by_role("heading", name="分访员")).to_be_visible()
    assert_accessible(page)
    no_sideways_scroll(page)
    picture(page, "supervisor-rates")


def test_a_review_from_the_list_to_the_verdict(
    page: Page, house: House, fielded: tuple[Field, Staff]
) -> None:
    field, boss = fielded
    sign_in(page, boss, house)
    page.goto("/field/review/")
    expect(page.get_by_text("共 40 份")).to_be_visible()
    assert_accessible(page)
    picture(page, "supervisor-reviews")
    page.get_by_role("button", name="打开").first.click()
    expect(page.get_by_text("已记入日志")).to_be_visible()
    assert_accessible(page)
    picture(page, "supervisor-review")
    page.get_by_role("radio", name="虚假，作废重访").check()
    page.get_by_role("button", name="保存结论").click()
    expect(page.get_by_text("请写明依据")).to_be_visible()
    page.get_by_label("依据").fill("回访时本人说从未接过")
    page.get_by_role("button", name="保存结论").click()
    expect(page.locator("#flashes")).to_contain_text("结论已保存")
    with using(house.database), transaction() as session:
        query = sa.select(sa.func.count()).where(Interview.state == InterviewState.REPLACED)
        assert session.scalar(query) == 1
        assert session.get_one(Wave, field.wave.id).rules == ALWAYS


def test_english_on_a_phone_does_not_scroll_sideways(
    page: Page, house: House, fielded: tuple[Field, Staff]
) -> None:
    sign_in(page, fielded[1], house, language="en")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for url in ("/field/", "/field/rates/", "/field/review/"):
        page.goto(url)
        no_sideways_scroll(page)
    expect(page.get_by_role("heading", name="Review of interviews")).to_be_visible()
