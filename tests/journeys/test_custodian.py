"""The vault in a browser: asked, allowed by two, looked at, reviewed and told, on pages that anyone can read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.db import transaction, using
from core.people import Staff
from core.permissions import Role
from tests.factories import a_staff
from tests.journeys.conftest import House, assert_accessible, no_sideways_scroll, picture, sign_in
from tests.matters.raising import NAME, a_desk, a_matter

pytestmark = pytest.mark.browser
AGREE, LOOK = {"zh": "核准", "en": "Agree"}, {"zh": "查看身份", "en": "Look"}


def look(page: Page, name: str) -> None:
    """Hold that a page is accessible and fits the office's screen."""
    assert_accessible(page)
    no_sideways_scroll(page)
    picture(page, name)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_identity_is_opened_by_two(page: Page, house: House, language: str) -> None:
    with using(house.database), transaction() as session:
        desk = a_desk(session)
        told = a_matter(session, desk, at=clock.now() - timedelta(hours=1))
        administrator = a_staff(session, Role.ADMINISTRATOR)

    def as_person(staff: Staff) -> None:
        sign_in(page, staff, house, language=language)

    as_person(desk.office)
    page.goto(f"/vault/ask/{told.matter.receipt}")
    look(page, f"vault-ask-{language}")
    page.locator("input[name=purpose][value=handle]").check()
    page.locator("#f-reason").fill("承办单位报告有人身威胁，须联系本人")
    page.locator("form .button-primary").click()
    page.wait_for_url("**/vault/*")
    where = page.url
    for person in (desk.custodian, desk.second):
        as_person(person)
        page.goto(where)
        look(page, f"vault-request-{language}")
        page.get_by_role("button", name=AGREE[language], exact=True).click()
        page.wait_for_load_state()
    as_person(desk.office)
    page.goto(where)
    page.get_by_role("button", name=LOOK[language]).click()
    expect(page.locator("#identity")).to_contain_text(NAME)
    look(page, f"vault-open-{language}")
    as_person(desk.custodian)
    for address in ("/vault/", "/vault/review", "/vault/told", "/vault/merges"):
        page.goto(address)
        assert NAME not in page.content()
        look(page, f"{address.strip('/').replace('/', '-')}-{language}")
    as_person(administrator)
    page.goto("/partners/")
    page.locator("#f-title").fill("12345")
    page.locator("input[name=scope][value=both]").check()
    page.locator("form .button-primary").click()
    expect(page.locator("#token")).to_contain_text("tm_")
    look(page, f"partners-{language}")
    as_person(desk.clerk)
    for address in ("/imports/", "/caller-notes/"):
        page.goto(address)
        look(page, f"{address.strip('/')}-{language}")
