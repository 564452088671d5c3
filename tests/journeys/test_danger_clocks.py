"""The clocks of a danger in a browser: they go on by themselves, turn to another word, and are told once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.db import transaction
from hotline import dangers
from hotline.danger_steps import WITHIN, DangerStep
from tests.hotline.risky import a_night, a_talk
from tests.journeys.conftest import House, assert_accessible, sign_in

pytestmark = pytest.mark.browser
COUNT = """() => {
  window.told = [];
  const says = document.querySelector("[data-overdue]");
  new MutationObserver(() => window.told.push(says.textContent)).observe(says, {childList: true});
}"""


def begun(page: Page, house: House, language: str = "zh") -> None:
    """Open the checklist of a danger seen just now, in a browser whose own clock is hours wrong."""
    with transaction() as session:
        at = clock.now()
        night = a_night(session, at)
        contact = a_talk(session, night.operator, at=at)
        dangers.begin(session, contact, is_acting=True, by=night.operator, at=at)
        operator, token = night.operator, contact.token
    sign_in(page, operator, house, language=language)
    page.clock.install(time=at + timedelta(hours=7))
    page.goto(f"/counselling/{token}/danger", timeout=30_000)


def test_a_step_runs_over_while_the_page_stands(house: House, page: Page) -> None:
    """Colour and word change when the minute is over; a screen reader hears each step once, not each second."""
    begun(page, house)
    first = page.locator("[data-step=supervisor]")
    expect(first).to_contain_text("还有 0:")
    expect(first).to_have_class("chip chip-yellow")
    page.evaluate(COUNT)
    before = first.text_content()
    page.clock.run_for(2_000)
    assert first.text_content() != before
    assert page.evaluate("told") == []
    page.clock.fast_forward(WITHIN[DangerStep.SUPERVISOR] // timedelta(milliseconds=1))
    page.clock.run_for(3_000)
    expect(first).to_contain_text("超时 0:")
    expect(first).to_have_class("chip chip-red")
    expect(page.locator("li.step-late")).to_have_count(1)
    assert page.evaluate("told") == ["已超时：告知督导，请其上线"]
    page.clock.fast_forward(180_000)
    page.clock.run_for(3_000)
    assert page.evaluate("told")[1:] == ["已超时：问清所在地点和身边有谁"]
    assert_accessible(page)
    animation = "() => getComputedStyle(document.querySelector('li.step-late')).animationName"
    assert page.evaluate(animation) == "just-late"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(animation) == "none"


def test_the_clocks_speak_english_too(house: House, page: Page) -> None:
    """The words that a script writes are the page's own."""
    begun(page, house, "en")
    page.clock.fast_forward(11 * 60_000)
    page.clock.run_for(2_000)
    expect(page.locator("[data-step=police]")).to_contain_text(" over")
    expect(page.locator("[data-step=confirm]")).to_contain_text(" left")
    expect(page.locator("[data-overdue]")).to_contain_text("Overdue: Tell the supervisor")
