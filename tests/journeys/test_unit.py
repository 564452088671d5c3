"""A unit's handler at work in a real browser: signing, returning, reporting with a photo, being sent back, telephoning."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from core import clock
from core.db import reading, transaction
from matters.attachments import MatterAttachment, opened
from matters.attributes import IdentityClass
from matters.flow import MatterAction as A
from matters.states import MatterState
from telephony.calls import Call
from tests.journeys.conftest import (
    OFFICE,
    PHONE,
    House,
    assert_accessible,
    no_sideways_scroll,
    picture,
    sign_in,
)
from tests.journeys.test_softphone import WiredHouse
from tests.journeys.test_softphone import house as wired_house
from tests.matters.pictures import HIDDEN, a_jpeg, a_png
from tests.matters.scenes import NAME, Hall, a_hall, do, handed, the

pytestmark = pytest.mark.browser
house = wired_house
"""The house with the simulated line, for the telephone; everything else is as in any house."""
ANSWER = "11 月 20 日派人到建设路口更换灯泡两只，当晚亮灯；路面坑洞已用沥青填平。"


@pytest.fixture
def hall(house: House) -> Hall:
    """The city hall."""
    return a_hall()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A real PNG on the handler's disk."""
    path = tmp_path / "修好的路灯.png"
    path.write_bytes(a_png(width=64, hidden=HIDDEN))
    return path


def state(receipt: str) -> MatterState:
    with reading() as session:
        return the(session, receipt).state


def check(page: Page, name: str, language: str = "zh") -> None:
    """Hold that a page is accessible and fits its window; keep its picture."""
    assert_accessible(page)
    no_sideways_scroll(page)
    picture(page, f"unit-{name}-{language}")


def report(page: Page, text: str, photo: Path | None) -> None:
    page.keyboard.press("r") if not page.locator("#f-report-text").is_visible() else None
    page.locator("input[name=report-outcome][value=solved]").check()
    for box in page.locator("input[name=report-points]").all():
        box.check()
    page.locator("#f-report-text").fill(text)
    if photo is not None:
        page.locator("#f-report-files").set_input_files(photo)
    page.get_by_role("button", name="报送", exact=True).click()


def test_a_matter_goes_back_goes_elsewhere_is_answered_sent_back_and_answered_again(
    page: Page, house: House, hall: Hall, photo: Path
) -> None:
    at = clock.now() - timedelta(minutes=10)
    receipt = handed(
        hall, at=at, narrative=f"我叫{NAME}。建设路口的路灯坏了两个多月，晚上很黑。路面还有一个大坑，请修好。"
    )
    sign_in(page, hall.people["water"], house)
    page.goto("/")
    expect(page.get_by_text("现在没有在办的诉求")).to_be_visible()

    sign_in(page, hall.people["roads"], house)
    page.goto("/")
    check(page, "list")
    page.get_by_role("link", name=receipt).click()
    expect(page.get_by_text("路灯坏了两个多月")).to_have_count(1)
    expect(page.get_by_text(NAME)).to_have_count(0)
    check(page, "to-sign")
    page.keyboard.press("s")
    expect(page.get_by_text("已签收。")).to_be_visible()
    check(page, "in-hand")
    page.keyboard.press("b")
    page.locator("#f-return-text").fill("路灯由水务公司一并维护")
    page.get_by_role("button", name="申请退回").click()
    expect(page.locator("#f-return-basis-note")).to_contain_text("依据")
    expect(page.locator("#f-return-text")).to_have_value("路灯由水务公司一并维护")
    check(page, "return-refused")
    page.locator("#f-return-basis").fill("市政设施管理办法第八条")
    page.locator("#f-return-proposed").select_option(str(hall.id("water")))
    page.get_by_role("button", name="申请退回").click()
    expect(page.get_by_text("等督查室裁定")).to_be_visible()
    assert state(receipt) is MatterState.RETURN_ASKED
    do(
        receipt,
        A.ACCEPT_RETURN,
        hall.people["supervision"],
        facts={"lead": hall.id("water"), "redacted": True},
    )
    assert page.goto(f"/handling/{receipt}").status == 404  # type: ignore[union-attr]

    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    sign_in(page, hall.people["water"], house)
    page.goto("/handling/")
    check(page, "phone-list")
    page.get_by_role("link", name=receipt).click()
    check(page, "phone-to-sign")
    page.get_by_role("button", name="签收").click()
    report(page, ANSWER, None)
    expect(page.locator("#f-report-files-note")).to_contain_text("请附上依据")
    expect(page.locator("#f-report-text")).to_have_value(ANSWER)
    check(page, "phone-report-refused")
    page.locator("#f-report-files").set_input_files(photo)
    page.get_by_role("button", name="报送", exact=True).click()
    expect(page.get_by_text("结果已报送")).to_be_visible()
    assert state(receipt) is MatterState.RESULT_IN
    with page.expect_download() as arriving:
        page.get_by_role("link", name="附件 1").click()
    assert arriving.value.suggested_filename == f"{receipt}-1.png"
    assert Path(arriving.value.path()).read_bytes() == a_png(width=64)

    do(receipt, A.REJECT, hall.people["checker"], facts={"reason": "incomplete"},
       text=f"没有说路面的坑填在哪里，{NAME}说还在。")  # fmt: skip
    page.reload()
    expect(page.get_by_text("审核未通过，退回重办")).to_be_visible()
    expect(page.get_by_text("没有说路面的坑填在哪里")).to_be_visible()
    expect(page.get_by_text(NAME)).to_have_count(0)
    check(page, "phone-sent-back")
    page.set_viewport_size(OFFICE)  # type: ignore[arg-type]
    check(page, "sent-back")
    report(page, ANSWER + "坑在路口东侧。", photo)
    expect(page.get_by_text("结果已报送")).to_be_visible()
    with reading() as session:
        kept = session.scalars(sa.select(MatterAttachment).order_by(MatterAttachment.number)).all()
        assert [opened(each) for each in kept] == [a_png(width=64)] * 2
    page.goto(f"/handling/{receipt}/deadline")
    check(page, "deadline")

    sign_in(page, hall.people["water"], house, language="en")
    page.goto(f"/handling/{receipt}")
    expect(page.get_by_role("heading", name="What has happened")).to_be_visible()
    check(page, "reported", "en")
    for where, name in ((f"/handling/{receipt}/deadline", "deadline"), ("/handling/?shelf=all", "list")):
        page.goto(where)
        check(page, name, "en")


def test_a_unit_speaks_to_an_open_caller_without_seeing_the_number(
    page: Page, house: WiredHouse, hall: Hall
) -> None:
    at = clock.now() - timedelta(minutes=10)
    number = "+8614500001234"
    receipt = handed(hall, at=at, identity=IdentityClass.OPEN, number=number, topic="livelihood.lighting")
    do(receipt, A.SIGN, hall.people["roads"])
    with transaction() as session:
        the(session, receipt).urgency = the(session, receipt).urgency.U2  # a hazard knows no hours
    answers: list[str] = []
    page.on("response", lambda told: answers.append(told.text()) if "/handling/" in told.url else None)
    sign_in(page, hall.people["roads"], house)
    page.goto(f"/handling/{receipt}")
    page.keyboard.press("c")
    page.get_by_role("button", name="接通话机").click()
    expect(page.locator("[data-bridge-state]")).to_have_text("话机已接通")
    page.get_by_role("button", name="拨打诉求人").click()
    expect(page.locator("[data-bridge-state]")).to_have_text("通话中")
    check(page, "talking")
    page.get_by_role("button", name="挂断").click()
    expect(page.locator("[data-bridge-state]")).to_contain_text("已通话")
    page.locator("#f-contact-text").fill("约好明天上午到路口看")
    page.get_by_role("button", name="记录", exact=True).click()
    expect(page.get_by_text("联系了诉求人")).to_be_visible()
    with reading() as session:
        call = session.scalars(sa.select(Call).where(Call.number.is_not(None))).one()
        assert call.number == number
    assert answers
    assert not any(number[-8:] in told for told in answers)
    assert number[-4:] not in page.content()


def test_a_photo_of_a_camera_is_cleaned_on_its_way(
    page: Page, house: House, hall: Hall, tmp_path: Path
) -> None:
    receipt = handed(hall, at=clock.now() - timedelta(minutes=10))
    picture_file, program = tmp_path / "a.jpg", tmp_path / "b.docx"
    picture_file.write_bytes(a_jpeg())
    program.write_bytes(b"MZ\x90\0")
    sign_in(page, hall.people["roads"], house)
    page.goto(f"/handling/{receipt}")
    page.locator("#f-attach-files").set_input_files([picture_file, program])
    page.get_by_role("button", name="上传").click()
    expect(page.locator("#f-attach-files-note")).to_contain_text("第 2 个")
    expect(page.get_by_role("link", name="附件 1 · 照片")).to_be_visible()
    check(page, "file-refused")
    with reading() as session:
        kept = session.scalars(sa.select(MatterAttachment)).one()
        assert HIDDEN not in opened(kept)
    page.get_by_role("button", name="撤回").click()
    expect(page.get_by_text("附件已撤回")).to_be_visible()
