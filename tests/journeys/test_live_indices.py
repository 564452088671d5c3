"""The indices as they come in, in a real browser: a new interview is on the page without a reload, nothing jumps."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from core import clock
from core.db import transaction, using
from core.people import Staff
from core.permissions import Role
from survey.cases import Case
from survey.cube_recount import recount
from survey.cube_store import enter, leave
from survey.interviews import Interview, InterviewState
from survey.sampling import Replicate
from survey.weight_making import make_weight_set
from survey.weight_publishing import publish_weight_set
from tests.factories import a_staff
from tests.journeys.conftest import (
    PHONE,
    House,
    assert_accessible,
    no_sideways_scroll,
    picture,
    sign_in,
)
from tests.survey.field import NOON
from tests.survey.weighed import a_worked_wave

pytestmark = pytest.mark.browser


@pytest.fixture
def leader(house: House) -> Staff:
    """A leader, a wave at work whose numbers were released today, and one period published."""
    with using(house.database), transaction() as session:
        now = clock.now()
        field = a_worked_wave(session, each=60, interviews=200, at=now - timedelta(hours=1))
        session.execute(sa.update(Replicate).values(released_at=now - timedelta(minutes=1)))
        recount(session, field.wave)
        day = clock.today(now)
        made = make_weight_set(
            session, field.wave, starts_on=day - timedelta(days=27), ends_on=day, as_of=now, by=None, at=NOON
        )
        publish_weight_set(session, made, by=a_staff(session, Role.DESIGNER), at=NOON)
        return a_staff(session, Role.LEADER)


def take_out(house: House, *, back: bool) -> None:
    """Let a review take the first interview out, or a new call bring one in."""
    with using(house.database), transaction() as session:
        one = session.scalars(sa.select(Interview).order_by(Interview.id)).first()
        assert one is not None
        now = clock.now()
        if back:
            one.state, one.ended_at = InterviewState.COMPLETE, now
            session.flush()
            enter(session, session.get_one(Case, one.case_id), at=now)
        else:
            one.state = InterviewState.REPLACED
            session.flush()
            leave(session, one)


def test_an_interview_appears_without_a_reload_and_nothing_jumps(
    page: Page, house: House, leader: Staff
) -> None:
    sign_in(page, leader, house)
    page.goto("/indices/")
    strip = page.locator("#live")
    expect(strip).to_contain_text("正在进行，暂定")
    expect(strip).to_contain_text("n = 200")
    expect(page.locator("main")).to_contain_text("已公布")
    page.get_by_role("link", name="看各县（区）").click()
    expect(page.get_by_role("heading", level=1, name="正在进行的指数")).to_be_visible()
    part = page.locator("#live-figures")
    expect(part).to_contain_text("n = 200")
    assert_accessible(page)
    no_sideways_scroll(page)
    picture(page, "live-indices")
    page.evaluate("window.stays = 1")
    tables = part.locator("table")
    before = [tables.nth(n).bounding_box() for n in range(2)]
    take_out(house, back=False)
    expect(part).to_contain_text("n = 199", timeout=25_000)
    take_out(house, back=True)
    expect(part).to_contain_text("n = 200", timeout=25_000)
    assert [tables.nth(n).bounding_box() for n in range(2)] == before
    assert page.evaluate("window.stays") == 1
    page.get_by_text("暂定的数和冻结的数有什么不同").click()
    expect(page.get_by_text("公布以它为准")).to_be_visible()


def test_english_on_a_phone_keeps_its_place_in_the_table(page: Page, house: House, leader: Staff) -> None:
    sign_in(page, leader, house, language="en")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto("/indices/live/")
    part = page.locator("#live-figures")
    expect(part).to_contain_text("In progress, provisional")
    assert_accessible(page)
    no_sideways_scroll(page)
    wrap = part.locator(".table-wrap").first
    wrap.evaluate("w => { w.scrollLeft = 200 }")
    slid = wrap.evaluate("w => w.scrollLeft")
    assert slid > 100
    take_out(house, back=False)
    expect(part).to_contain_text("n = 199", timeout=25_000)
    assert part.locator(".table-wrap").first.evaluate("w => w.scrollLeft") == slid
    picture(page, "live-indices-phone")
