"""A clerk's morning by keyboard: a call is written down, read back, submitted; a draft completed; two calls joined."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from core import clock
from core.db import reading, transaction
from core.people import Staff
from core.permissions import Role
from matters.attributes import MatterKind, Origin, Urgency
from matters.matter import Matter
from matters.moving import standing_of
from matters.registration import Statement, register
from matters.reporters import Reporter
from matters.states import MatterState
from tests.journeys.conftest import House, assert_accessible, no_sideways_scroll, picture, sign_in
from tests.matters.makers import Town, a_town, someone

pytestmark = pytest.mark.browser
SAID = "村口的路灯坏了两个多月，孩子晚上看不见路"


def furnished(*roles: Role) -> tuple[Town, list[Staff]]:
    """Make a town and its people."""
    with transaction() as session:
        town = a_town(session)
        town.township.name_en, town.village.name_en = "Willow Lake", "East Gate"
        units = {Role.CLERK: "desk", Role.CUSTODIAN: "party_office"}
        people = [someone(session, town, role, unit=units[role]) for role in roles]
        session.flush()
        session.expunge_all()
        return town, people


def tab_to(page: Page, selector: str, *, most: int = 40) -> None:
    """Press Tab until something is focused, as somebody without a mouse does."""
    for _ in range(most):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} can't be reached by Tab")


def write_down(page: Page, town: Town, *, number: str, said: str = SAID) -> str:
    """Fill the form of a call by keyboard and register it; return the receipt."""
    page.keyboard.press("F2")
    expect(page.locator("#f-narrative")).to_be_focused()
    page.keyboard.type(said)
    tab_to(page, "#f-topic")
    page.locator("#f-topic:focus").press("ArrowDown")
    page.select_option("#f-topic:focus", "livelihood.lighting")
    expect(page.locator("#f-urgency")).to_have_value("u2")
    tab_to(page, "[name=kind]")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    tab_to(page, "#f-place")
    page.select_option("#f-place:focus", str(town.township.id))
    expect(page.locator("#f-village option")).to_have_count(2)
    tab_to(page, "#f-village")
    page.select_option("#f-village:focus", str(town.village.id))
    tab_to(page, "[name=identity]")
    page.keyboard.press("ArrowRight")
    tab_to(page, "#f-consent-1")
    page.keyboard.press("Space")
    tab_to(page, "#f-number")
    page.keyboard.type(number)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".desk-receipt")).to_be_visible()
    return page.locator(".desk-receipt dd").first.inner_text()


def matter_of(receipt: str) -> Matter:
    """Read a matter."""
    with reading() as session:
        return session.scalars(sa.select(Matter).where(Matter.receipt == receipt)).one()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_call_is_registered_read_out_and_submitted_by_keyboard(
    page: Page, house: House, language: str
) -> None:
    town, (clerk,) = furnished(Role.CLERK)
    sign_in(page, clerk, house, language=language)
    page.goto("/")
    expect(page).to_have_url(f"{house.url}/desk/")
    assert_accessible(page)
    page.keyboard.press("F2")
    expect(page.locator("#f-narrative")).to_be_focused()
    assert_accessible(page)
    no_sideways_scroll(page)
    page.goto("/desk/")
    receipt = write_down(page, town, number="13800138000")
    made = matter_of(receipt)
    assert (made.topic, made.place_id, made.identity.value, made.kind and made.kind.value) == (
        "livelihood.lighting", town.village.id, "open", "help",
    )  # fmt: skip
    assert made.narrative == SAID
    expect(page.locator(".desk-aloud")).to_contain_text(receipt)
    pin = page.locator(".desk-receipt dd").nth(1).inner_text()
    assert re.fullmatch(r"\d{6}", pin)
    assert pin not in page.url
    assert_accessible(page)
    picture(page, f"desk-registered-{language}")
    page.wait_for_load_state()
    page.keyboard.press("s")
    expect(page.get_by_role("heading", level=1)).to_contain_text(receipt)
    assert matter_of(receipt).state is MatterState.TO_ROUTE
    expect(page.locator("main")).not_to_contain_text(SAID[:8])
    expect(page.locator("main")).not_to_contain_text(pin)
    assert_accessible(page)
    no_sideways_scroll(page)
    picture(page, f"desk-submitted-{language}")


def test_words_of_danger_and_another_identity_change_the_form_at_once(page: Page, house: House) -> None:
    _, (clerk,) = furnished(Role.CLERK)
    sign_in(page, clerk, house)
    page.goto("/register/")
    page.keyboard.type("楼下着火了")
    expect(page.locator("[data-alarm=danger]")).to_be_visible()
    expect(page.locator("#f-urgency")).to_have_value("u1")
    page.locator("#f-narrative").fill("我不想活了")
    expect(page.locator("[data-alarm=crisis]")).to_be_visible()
    expect(page.locator("[data-alarm=danger]")).to_be_hidden()
    page.check("#f-consent-1")
    page.get_by_role("radio", name="匿名").check(force=True)
    expect(page.locator("#f-consent-1")).not_to_be_checked()
    expect(page.locator("#person")).to_be_hidden()
    expect(page.locator("[data-consent=anonymous]")).to_be_visible()
    page.get_by_role("radio", name="反映本中心").check(force=True)
    expect(page.locator("#about-centre")).to_be_visible()
    page.get_by_role("radio", name="反映单位").check(force=True)
    expect(page.locator("#about-unit")).to_be_visible()
    assert_accessible(page)
    picture(page, "desk-danger-zh")


def test_what_sounds_like_danger_and_nobody_heard_is_settled_first(page: Page, house: House) -> None:
    town, (clerk,) = furnished(Role.CLERK)
    with transaction() as session:
        statement = Statement(
            "二楼烧起来了", MatterKind.HELP, "livelihood.wages", town.township, consent_read=True
        )
        receipt = register(session, statement, origin=Origin.WEB, by=None, at=clock.now()).matter.receipt
    sign_in(page, clerk, house)
    page.goto("/desk/")
    alert = page.get_by_role("alert").filter(has_text="像是险情")
    assert_accessible(page)
    picture(page, "desk-to-settle-zh")
    alert.get_by_role("link", name=receipt).click()
    expect(page.get_by_role("button", name="提交督查室分派")).to_have_count(0)
    assert_accessible(page)
    no_sideways_scroll(page)
    picture(page, "matter-to-settle-zh")
    page.get_by_role("button", name="是险情：按 U1 办理").click()
    expect(page.locator("body")).to_contain_text("已核定紧急程度")
    page.get_by_role("button", name="提交督查室分派").click()
    expect(page.locator("body")).to_contain_text("已提交督查室分派")
    with reading() as session:
        matter = session.scalars(sa.select(Matter)).one()
        assert (matter.urgency, matter.state) == (Urgency.U1, MatterState.TO_ROUTE)


def test_what_lacks_is_marked_and_typed_words_come_back(page: Page, house: House) -> None:
    _, (clerk,) = furnished(Role.CLERK)
    sign_in(page, clerk, house)
    page.goto("/register/")
    page.keyboard.type(SAID)
    page.keyboard.press("Control+Enter")
    expect(page.locator("[role=alert]").first).to_be_visible()
    expect(page.locator("#f-narrative")).to_have_value(SAID)
    expect(page.locator("#f-topic")).to_be_focused()  # the first field that lacks
    assert_accessible(page)
    page.get_by_role("button", name="先存为待补登").click()
    expect(page).to_have_url(re.compile("queue=drafts"))
    page.locator("tbody").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("待补登")
    page.wait_for_load_state()
    page.keyboard.press("o")
    expect(page.locator("#f-narrative")).to_have_value(SAID)
    assert_accessible(page)


def test_two_calls_about_one_thing_become_one_matter(page: Page, house: House) -> None:
    town, (clerk,) = furnished(Role.CLERK)
    sign_in(page, clerk, house)
    page.goto("/desk/")
    first = write_down(page, town, number="13800138000")
    second = write_down(page, town, number="13800138001", said=SAID + "，请尽快修好")
    assert first != second
    expect(page.locator(".desk-alike")).to_contain_text(first)
    page.get_by_role("link", name="比较、并案").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(second)
    assert_accessible(page)
    picture(page, "desk-merge-zh")
    page.wait_for_load_state()
    page.keyboard.press("m")
    expect(page.locator("main")).to_contain_text("已并入")
    into = matter_of(first)
    assert len(standing_of(into).callers) == 2
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).where(Reporter.matter_id == into.id)) == 2
