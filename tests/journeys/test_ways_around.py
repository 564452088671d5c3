"""The ways around every page, by keyboard: skip link, keys, menu, language, sign-out; and pages of problems."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.db import transaction
from core.permissions import Role, open_to_all
from core.places import Level
from core.problems import Refused
from core.terms import Words
from matters.attributes import MatterKind, Origin
from matters.promises import Registered
from matters.registration import Statement, register
from tests.factories import a_place, a_staff
from tests.journeys.conftest import (
    PHONE,
    House,
    assert_accessible,
    no_sideways_scroll,
    picture,
    sign_in,
)

pytestmark = pytest.mark.browser


def a_clerk(page: Page, house: House, *, language: str = "zh") -> None:
    """Let a clerk sign in."""
    with transaction() as session:
        staff = a_staff(session, Role.CLERK)
    sign_in(page, staff, house, language=language)


def a_matter() -> Registered:
    """Register a matter."""
    with transaction() as session:
        town = a_place(session, level=Level.TOWNSHIP, parent=a_place(session))
        return register(
            session,
            Statement(
                kind=MatterKind.HELP,
                topic="livelihood.lighting",
                narrative="村口的路灯坏了两个多月，孩子晚上补课回来看不见。",
                place=town,
                consent_read=True,
            ),
            origin=Origin.INTERVIEW,
            by=None,
            at=clock.now(),
        )


def test_the_first_tab_skips_to_the_page(page: Page, house: House) -> None:
    a_clerk(page, house)
    page.goto("/matters/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_clerk_finds_and_opens_a_matter_by_keyboard(page: Page, house: House) -> None:
    registered = a_matter()
    a_clerk(page, house)
    page.goto("/")
    expect(page).to_have_url(f"{house.url}/desk/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("到编号搜索框")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type(registered.matter.receipt.replace("-", ""))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(registered.matter.receipt)
    expect(page.locator("main")).not_to_contain_text("路灯坏了")
    page.wait_for_load_state()  # nobody's finger is quicker than the page
    page.keyboard.press("o")
    expect(page.locator("main")).to_contain_text("请选一个用途")
    assert_accessible(page)
    picture(page, "matter-purpose-zh")
    page.keyboard.press("1")
    expect(page.get_by_role("radio", name="办理这件事")).to_be_checked()
    page.keyboard.press("n")
    page.keyboard.type("核对地点")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("路灯坏了")
    assert_accessible(page)
    picture(page, "matter-opened-zh")


def test_menu_language_and_sign_out_by_keyboard(page: Page, house: House) -> None:
    a_clerk(page, house)
    page.goto("/matters/?urgency=u2")
    menu = page.locator("details.menu summary")
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Switch to English")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Switch to English")).to_be_hidden()
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Switch to English")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{house.url}/matters/?urgency=u2")
    expect(page.get_by_role("heading", level=1)).to_have_text("Matters registered")
    menu.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign out").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_language_can_be_changed_after_a_form_was_sent(page: Page, house: House) -> None:
    registered = a_matter()
    a_clerk(page, house)
    page.goto(f"/matters/{registered.matter.receipt}")
    page.keyboard.press("2")
    page.keyboard.press("o")
    expect(page.locator("main")).to_contain_text("路灯坏了")
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Switch to English").click()
    expect(page).to_have_url(f"{house.url}/matters/{registered.matter.receipt}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Matter")


def test_a_resident_asks_from_a_phone(page: Page, house: House) -> None:
    registered = a_matter()
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto("/sign-in")
    page.get_by_role("link", name="查询我反映的事").click()
    page.get_by_label("编号").fill(registered.matter.receipt)
    page.get_by_label("查询密码").fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("编号和密码对不上")
    assert_accessible(page)
    picture(page, "status-wrong-zh")
    page.get_by_label("查询密码").fill(registered.pin)
    page.keyboard.press("Enter")
    expect(page.locator("[aria-current=step]")).to_have_text("已登记")
    expect(page.locator("main")).not_to_contain_text("路灯")
    assert_accessible(page)
    no_sideways_scroll(page)
    picture(page, "status-told-zh")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ask about what I raised")


def _conflict() -> str:
    raise Refused(Words("这件事已经由别人处理", "Someone else has dealt with this"))


def _failure() -> str:
    raise RuntimeError("on purpose")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_of_problems_say_what_to_do(page: Page, house: House, language: str) -> None:
    house.app.add_url_rule("/trial/conflict", "trial.conflict", open_to_all(_conflict))
    house.app.add_url_rule("/trial/failure", "trial.failure", open_to_all(_failure))
    a_clerk(page, house, language=language)
    shown = {
        "/nowhere": (404, "没有找到", "Not found"),
        "/staff/": (403, "您的角色不能打开这一页", "Your role does not open this page"),
        "/sign-out": (405, "这一页不能这样打开", "This page can't be used that way"),
        "/trial/conflict": (409, "这件事已经由别人处理", "Someone else has dealt with this"),
        "/trial/failure": (500, "程序出错了", "The program failed"),
    }
    for where, (status, zh, en) in shown.items():
        answer = page.goto(where)
        assert answer is not None
        assert answer.status == status
        expect(page.get_by_role("heading", level=1)).to_have_text(zh if language == "zh" else en)
        expect(page.locator("main p").first).not_to_be_empty()
        assert "Traceback" not in page.content()
        assert_accessible(page)
        no_sideways_scroll(page)
        picture(page, f"problem-{status}-{language}")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_file_too_large_is_refused_with_a_page(page: Page, house: House, language: str) -> None:
    house.app.config["MAX_CONTENT_LENGTH"] = 20_000
    with transaction() as session:
        staff = a_staff(session, Role.ADMINISTRATOR)
    sign_in(page, staff, house, language=language)
    page.goto("/places/")
    page.locator("input[type=file]").set_input_files(
        {"name": "places.csv", "mimeType": "text/csv", "buffer": b"x" * 30_000}
    )
    page.locator("main form[enctype] button").click()
    told = "文件太大，没有收下" if language == "zh" else "The file is too large and was not taken"
    expect(page.get_by_role("heading", level=1)).to_have_text(told)
    assert_accessible(page)
    picture(page, f"problem-413-{language}")
