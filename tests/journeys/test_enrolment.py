"""Where it is no demonstration, a privileged role enrols an authenticator before anything else."""

from __future__ import annotations

from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.permissions import Role
from core.settings import Settings
from tests.journeys.conftest import House, assert_accessible, house_settings
from tests.journeys.test_signin import PASSWORD, somebody

pytestmark = pytest.mark.browser


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Make a house that is no demonstration."""
    return house_settings(tmp_path, is_demo=False)


def test_an_administrator_enrols_and_then_needs_the_code(page: Page, house: House) -> None:
    somebody(Role.ADMINISTRATOR)
    page.goto("/")
    page.get_by_label("用户名").fill("admin")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="绑定验证器")).to_be_visible()
    page.goto("/staff/")
    expect(page.get_by_role("heading", name="绑定验证器")).to_be_visible()
    assert_accessible(page)
    totp = pyotp.TOTP(page.locator("code").inner_text())
    page.get_by_label("6 位验证码").fill(totp.at(int(clock.unix()) - 30))
    page.get_by_role("button", name="启用").click()
    expect(page).to_have_url(f"{house.url}/staff/")
    page.context.clear_cookies()
    page.goto("/")
    page.get_by_label("用户名").fill("admin")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="动态验证码")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("手机验证器上的 6 位数字").fill(totp.at(int(clock.unix()) - 30))
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("已经用过")
    page.get_by_label("手机验证器上的 6 位数字").fill(totp.at(int(clock.unix())))
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{house.url}/staff/")
