"""Coming in, in a real browser: sign in, change the language, lose the session and nothing typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from core import clock
from core.db import transaction
from core.jobs import Job, JobState
from core.passwords import hashed
from core.people import Staff, StaffRole, Unit, UnitKind
from core.permissions import Role
from core.places import Level, Place
from core.signing_in import SignIn
from core.terms import Words
from tests.journeys.conftest import (
    OFFICE,
    PHONE,
    House,
    assert_accessible,
    no_sideways_scroll,
    picture,
    sign_in,
)

pytestmark = pytest.mark.browser
PASSWORD = "a lamp by the school road"


def somebody(*roles: Role, username: str = "admin", name: str = "管理员 01") -> Staff:
    """Take someone on whose password is known."""
    with transaction() as session:
        staff = Staff(
            username=username,
            name=name,
            password_hash=hashed(PASSWORD),
            created_at=clock.now(),
            role_rows=[StaffRole(role=role) for role in roles],
        )
        session.add(staff)
        session.flush()
        return staff


def an_office() -> None:
    """Fill the administrator's pages with a few rows each."""
    with transaction() as session:
        city = Place(level=Level.CITY, code="990000", name="清和市", name_en="Qinghe City")
        session.add(city)
        session.flush()
        for n, (zh, en) in enumerate([("清河县", "Qinghe"), ("平湖县", "Pinghu"), ("东岭县", "Dongling")]):
            session.add(Place(level=Level.COUNTY, code=f"9901{n:02}", name=zh, name_en=en, parent_id=city.id))
        centre = Unit(kind=UnitKind.CENTRE, name="清和市社情民意调查中心", name_en="Qinghe Opinion Centre")
        session.add(centre)
        session.flush()
        session.add(
            Unit(kind=UnitKind.HANDLING, name="市政照明所", name_en="Street Lighting", parent_id=centre.id)
        )
        for n, role in enumerate(Role):
            session.add(
                Staff(
                    username=f"{role.value}{n:02}",
                    name=f"{role.zh} {n:02}",
                    password_hash="!",
                    created_at=clock.now(),
                    unit_id=centre.id,
                    role_rows=[StaffRole(role=role)],
                )
            )
        title = Words("导入抽样框", "Import a frame").as_json()
        for state, done in ((JobState.RUNNING, 420_000), (JobState.DONE, 1_000_000), (JobState.FAILED, 3)):
            session.add(
                Job(
                    kind="frame.import",
                    title=title,
                    state=state,
                    done=done,
                    total=1_000_000,
                    step=Words("读取号码", "Reading numbers").as_json(),
                    error=Words(
                        "第 3 行缺少号码，没有导入", "Row 3 has no number; nothing was taken"
                    ).as_json(),
                    created_at=clock.now(),
                    started_at=clock.now(),
                    finished_at=None if state == JobState.RUNNING else clock.now(),
                )
            )


def test_signing_in_by_keyboard_changing_language_and_leaving(page: Page, house: House) -> None:
    somebody(Role.ADMINISTRATOR)
    page.goto("/staff/")
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    assert_accessible(page)
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("用户名或密码不对")
    assert_accessible(page)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{house.url}/staff/")
    page.get_by_text("管理员 01", exact=True).first.click()
    page.get_by_role("button", name="Switch to English").click()
    expect(page.get_by_role("heading", name="People")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "en"
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/staff/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_one_click_signs_in_with_a_demonstration_account(page: Page, house: House, tmp_path: Path) -> None:
    somebody(Role.ADMINISTRATOR)
    somebody(Role.LEADER, username="leader", name="领导 01")
    rows = [
        {
            "username": "admin",
            "password": PASSWORD,
            "role_zh": "管理员",
            "role_en": "Administrator",
            "name": "管理员 01",
        },
        {
            "username": "leader",
            "password": PASSWORD,
            "role_zh": "领导",
            "role_en": "Leader",
            "name": "领导 01",
        },
    ]
    (tmp_path / "demo_accounts.json").write_text(json.dumps({"rows": rows}), encoding="utf-8")
    page.goto("/sign-in")
    assert_accessible(page)
    picture(page, "sign-in-zh")
    page.get_by_role("button", name="管理员 管理员 01").click()
    expect(page).to_have_url(f"{house.url}/staff/")


def test_a_session_that_ends_while_typing_gives_the_form_back(page: Page, house: House) -> None:
    staff = somebody(Role.ADMINISTRATOR)
    sign_in(page, staff, house)
    page.goto("/units/")
    page.get_by_label("中文名").fill("柳湖镇")
    page.get_by_label("英文名").fill("Liuhu Town")
    page.get_by_label("类别").select_option("handling")
    with transaction() as session:
        session.execute(sa.update(SignIn).values(ended_at=clock.now()))
    page.get_by_role("button", name="新增").click()
    expect(page.get_by_text("您填写的内容还在")).to_be_visible()
    page.get_by_label("用户名").fill("admin")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="您填写的内容还在")).to_be_visible()
    assert_accessible(page)
    picture(page, "kept-form-zh")
    page.get_by_role("button", name="接着提交").click()
    expect(page.get_by_text("单位已新增")).to_be_visible()
    expect(page.get_by_role("link", name="柳湖镇")).to_be_visible()


def test_a_closed_tab_gives_the_typed_form_back(page: Page, house: House) -> None:
    staff = somebody(Role.ADMINISTRATOR)
    sign_in(page, staff, house)
    page.goto("/staff/new")
    page.get_by_label("姓名").fill("访员 07")
    page.close()
    again = page.context.new_page()
    again.goto("/staff/new")
    expect(again.get_by_label("姓名")).to_have_value("访员 07")
    again.get_by_role("button", name="丢弃草稿").click()
    expect(again.get_by_label("姓名")).to_have_value("")


@pytest.mark.parametrize(
    ("language", "scheme", "where"),
    [("zh", "light", "office"), ("zh", "dark", "phone"), ("en", "light", "phone"), ("en", "dark", "office")],
)
def test_every_page_of_the_administrator_is_accessible(
    browser: Browser, house: House, language: str, scheme: str, where: str
) -> None:
    """Every two of a language, a scheme and a size meet once."""
    an_office()
    staff = somebody(Role.ADMINISTRATOR)
    context = browser.new_context(
        base_url=house.url,
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport=PHONE if where == "phone" else OFFICE,  # type: ignore[arg-type]
    )
    page = context.new_page()
    sign_in(page, staff, house, language=language)
    for name in (
        "doors", "staff", "staff/new", "staff/1", "units", "units/1", "places", "places/1", "jobs", "jobs/1",
        "jobs/2", "jobs/3", "journal", "account", "code", "about", "nowhere",
    ):  # fmt: skip
        page.goto(
            f"/{name}/"
            if name in ("staff", "units", "places", "jobs", "journal", "account", "code")
            else f"/{name}"
        )
        assert_accessible(page)
        no_sideways_scroll(page)
        picture(page, f"{name.replace('/', '-')}-{language}-{scheme}-{where}")
    context.close()


def test_a_live_part_says_when_the_connection_is_lost(page: Page, house: House) -> None:
    an_office()
    sign_in(page, somebody(Role.ADMINISTRATOR), house)
    page.goto("/jobs/1")
    expect(page.locator(".live-age")).to_contain_text("秒前更新")
    page.context.set_offline(True)
    expect(page.locator(".live-age")).to_contain_text("连接断开")
    page.context.set_offline(False)
    with transaction() as session:
        job = session.get_one(Job, 1)
        job.state = JobState.DONE
        job.finished_at = clock.now()
    expect(page.locator(".live")).to_contain_text("已完成")
