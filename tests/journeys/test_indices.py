"""The indices in a real browser: read in one minute, opened to their formula, on a PC, a phone and in the dark."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from core.db import transaction, using
from core.people import Staff
from core.permissions import Role
from survey.weight_making import make_weight_set
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
    """A leader, and one period weighed."""
    with using(house.database), transaction() as session:
        field = a_worked_wave(session, each=60, interviews=200)
        at = NOON + timedelta(days=1)
        day = NOON.date()
        make_weight_set(session, field.wave, starts_on=day, ends_on=day, as_of=at, by=None, at=at)
        return a_staff(session, Role.LEADER)


def test_a_leader_reads_both_figures_and_how_they_are_made(page: Page, house: House, leader: Staff) -> None:
    sign_in(page, leader, house)
    page.goto("/indices/")
    expect(page.get_by_role("heading", name="安全感与执法满意度")).to_be_visible()
    cards = page.locator(".headline")
    expect(cards).to_have_count(2)
    expect(cards.first).to_contain_text("95 % 区间")
    top, other = (cards.nth(i).bounding_box() for i in (0, 1))
    assert top is not None
    assert other is not None
    assert top["y"] == other["y"]
    cards.first.get_by_text("怎么算的").click()
    expect(page.get_by_text("p̂ = Σ wᵢ yᵢ / Σ wᵢ")).to_be_visible()
    expect(page.locator(".chart .main-svg").first).to_be_visible()
    expect(page.locator(".chart").first).to_contain_text("第 1")
    page.get_by_text("看数字").first.click()
    expect(page.get_by_role("columnheader", name="位次").first).to_be_visible()
    assert_accessible(page)
    no_sideways_scroll(page)
    picture(page, "indices")
    with page.expect_download() as told:
        page.get_by_role("link", name="下载 CSV").click()
    assert told.value.suggested_filename.startswith("indices-")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_english_on_a_phone_light_and_dark(page: Page, house: House, leader: Staff, scheme: str) -> None:
    sign_in(page, leader, house, language="en")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto("/indices/")
    expect(page.get_by_role("heading", name="Where the weights come from")).to_be_visible()
    expect(page.locator(".chart .main-svg").first).to_be_visible()
    assert_accessible(page)
    no_sideways_scroll(page)
    picture(page, f"indices-phone-{scheme}")
