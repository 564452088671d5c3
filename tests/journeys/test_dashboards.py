"""A leader on a phone: from the dashboard to an index, its table and its method, with nothing cut off on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from core import clock
from core.db import transaction, using
from core.people import Staff
from core.permissions import Role
from reports.definitions import FIRST
from reports.estimating import make
from survey.interviews import Interview
from survey.sampling import Replicate
from survey.weight_making import make_weight_set
from tests.factories import a_staff
from tests.journeys.conftest import (
    OFFICE,
    PHONE,
    House,
    assert_accessible,
    no_sideways_scroll,
    picture,
    sign_in,
)
from tests.survey.weighed import a_worked_wave

pytestmark = pytest.mark.browser


@pytest.fixture
def leader(house: House) -> Staff:
    """A leader of a city whose last four weeks are weighed and estimated."""
    with using(house.database), transaction() as session:
        now = clock.now()
        field = a_worked_wave(session, each=60, interviews=200)
        today = clock.today(now)
        end = today - timedelta(days=today.isoweekday())  # the Sunday before, whatever day it is
        noon = clock.midnight(end) + timedelta(hours=12)
        session.execute(sa.update(Replicate).values(released_at=noon - timedelta(hours=1)))
        session.execute(sa.update(Interview).values(ended_at=noon))
        made = make_weight_set(
            session, field.wave, starts_on=end - timedelta(days=27), ends_on=end, as_of=now, by=None, at=now
        )
        make(session, made, FIRST, at=now)
        return a_staff(session, Role.LEADER)


def test_from_the_dashboard_to_the_method(page: Page, house: House, leader: Staff) -> None:
    sign_in(page, leader, house)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto("/doors")
    page.locator("main").get_by_role("link", name="领导看板").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("全市看板")
    index = page.locator("#trend-safety")
    expect(index).to_contain_text("95 % 区间")
    no_sideways_scroll(page)
    assert_accessible(page)
    picture(page, "dashboard-phone")
    index.get_by_role("link", name="安全感指数").click()
    expect(page.get_by_role("link", name="下载 CSV")).to_be_visible()
    expect(page.get_by_role("heading", name="怎么算的")).to_be_visible()
    expect(page.locator("main")).to_contain_text("有效样本量")
    expect(page.locator("main")).to_contain_text("指数定义第 1 版")
    no_sideways_scroll(page)
    assert_accessible(page)
    page.get_by_role("link", name="领导看板").last.click()
    page.get_by_role("navigation", name="看板").get_by_role("link", name="县（区）并列").click()
    expect(page.get_by_role("columnheader", name="安全感").first).to_be_visible()
    assert_accessible(page)
    page.set_viewport_size(OFFICE)  # type: ignore[arg-type]
    page.get_by_role("link", name="安全感", exact=True).click()
    expect(page.get_by_role("columnheader", name="安全感").first).to_have_attribute("aria-sort", "ascending")
    no_sideways_scroll(page)
    picture(page, "dashboard-city")
