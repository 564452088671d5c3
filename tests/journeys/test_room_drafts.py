"""Drafts beside a talk, in a browser: the last words are kept before a form goes, and nothing of it comes back after."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, Route, expect

from core.db import reading
from core.people import Staff
from hotline.contacts import ContactState
from hotline.lines import LineKind
from hotline.room_drafts import RoomDraft
from telephony.simulator.leg import Leg
from tests.journeys.test_hotline_operator import PLAN, accept, at_the_line, becomes, open_tab
from tests.journeys.test_hotline_operator import operator as an_operator
from tests.journeys.test_hotline_operator import rings as a_caller
from tests.journeys.test_softphone import WiredHouse
from tests.journeys.test_softphone import house as wired_house

pytestmark = pytest.mark.browser
house = wired_house
operator = an_operator
rings = a_caller


def drafts() -> list[dict[str, list[str]]]:
    """Return what the house keeps."""
    with reading() as session:
        return [dict(row.content) for row in session.scalars(sa.select(RoomDraft))]


def test_the_last_words_are_kept_before_the_form_goes_and_nothing_of_it_comes_back(
    page: Page, house: WiredHouse, operator: Staff, rings: Callable[..., Leg]
) -> None:
    at_the_line(page, operator, house)
    rings(LineKind.COUNSELLING)
    accept(page)
    becomes(ContactState.TALKING)
    open_tab(page, "安全计划")
    signs = page.locator("textarea[name=signs]")
    save = page.get_by_role("button", name="保存为新的一版")
    # The sending fails: what was typed a moment before is in the draft all the same.
    page.route(
        "**/safety-plan", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    signs.fill(PLAN)
    save.press("Enter")
    expect(page.locator(".panel-said")).to_contain_text("连接断开")
    assert [draft["signs"] for draft in drafts()] == [[PLAN]]
    page.unroute("**/safety-plan")
    # A keep that is slow on its way is waited for, so that it never lands after the form.
    held: list[Route] = []
    page.route("**/counselling/drafts", lambda route: held.append(route))
    with page.expect_request("**/counselling/drafts"):
        signs.fill(f"{PLAN}，不接电话")
    save.press("Enter")
    for route in held:
        route.continue_()
    page.unroute("**/counselling/drafts")
    expect(page.locator("#panel-body")).to_contain_text("第 1 版")
    assert drafts() == []
    open_tab(page, "移交")
    open_tab(page, "安全计划")
    expect(page.locator("#panel-body .draft-note")).to_have_count(0)
