"""A problem's whole life in a real browser: raised in an interview, sent back, answered, told, unsolved, again, solved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import BrowserContext, Page, expect

from core import clock
from core.db import reading, transaction
from core.people import Staff, StaffRole
from core.permissions import Role
from core.places import Place
from core.settings import Settings
from matters.flow import MatterAction as A
from matters.log import entries, replayed
from matters.matter import Matter
from matters.moving import standing_of
from matters.reporters import reporters_of
from matters.states import MatterState
from tests.journeys.conftest import (
    House,
    assert_accessible,
    house_settings,
    no_sideways_scroll,
    picture,
    sign_in,
)
from tests.journeys.test_interviewer import connect, phase, press, walk_on
from tests.matters.pictures import HIDDEN, a_png
from tests.matters.scenes import Hall, a_hall, in_unit
from tests.survey.field import a_field

pytestmark = pytest.mark.browser
MORNING = datetime(2026, 11, 18, 2, 30, tzinfo=UTC)
"""Half past ten on a Wednesday; no holiday falls into the three weeks after it."""
SAID = "小学后门的垃圾堆了两个多月，没有人清运。我的电话是 14500009876，有事打给我。"
FIRST = "11 月 19 日派车到小学后门清运垃圾两车，当日清完。"
SECOND = "11 月 27 日再次清运，并在小学后门设四个垃圾桶，每天早晚各收一次，已连看三天。"


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A house whose telephones are dialled by hand, on a Wednesday morning."""
    yield house_settings(tmp_path, line="manual", is_demo=False, clock_offset=MORNING - datetime.now(UTC))
    clock.use(offset=timedelta(0), zone="Asia/Shanghai")


@dataclass
class Town:
    """The offices, and those beside them whom the journey needs."""

    hall: Hall
    people: dict[str, Staff]


@pytest.fixture
def town(house: House) -> Town:
    """An open wave with an interviewer, and a city hall with a desk of four."""
    hall = a_hall()
    with transaction() as session:
        a_field(session, each=8, target=20)
        for n, place in enumerate(session.scalars(sa.select(Place))):
            place.name, place.name_en = f"柳河{n}", f"Willow {n}"
        for key, zh, en in (("roads", "市公路局", "Roads"), ("water", "市城管局", "City works")):
            unit = session.merge(hall.units[key])
            unit.name, unit.name_en = zh, en
        people = dict(hall.people)
        people["teller"] = in_unit(session, hall, "centre", Role.CLERK)
        people["asker"] = in_unit(session, hall, "centre", Role.CLERK)
        anna = Staff(
            username="anna",
            name="访员 07",
            password_hash="!",
            created_at=clock.now(),
            role_rows=[StaffRole(role=Role.INTERVIEWER)],
        )
        session.add(anna)
        session.flush()
        people["anna"] = anna
    return Town(hall, people)


@dataclass
class Journey:
    """One page in which people take turns, on a clock that is moved on between them."""

    page: Page
    house: House
    town: Town
    context: BrowserContext
    receipt: str = ""
    pin: str = ""
    taken: int = 0

    def be(self, who: str, where: str = "/", language: str = "zh") -> None:
        """Let someone sit down and open a page."""
        sign_in(self.page, self.town.people[who], self.house, language=language)
        self.page.goto(where.format(receipt=self.receipt))

    def at(self, day: int, hour: int, minute: int = 0) -> None:
        """Move the house's clock on to a moment of the journey's month and the one after it (day 31 is 1 December)."""
        local = datetime(2026, 11, 1, hour, minute, tzinfo=clock.zone()) + timedelta(days=day - 1)
        assert local > clock.now()
        clock.use(offset=local - datetime.now(UTC), zone="Asia/Shanghai")

    def look(self, name: str) -> None:
        """Hold that the page is accessible and fits its window; keep its picture."""
        assert_accessible(self.page)
        no_sideways_scroll(self.page)
        self.taken += 1
        picture(self.page, f"matter-{self.taken:02}-{name}")

    def stands(self, state: MatterState) -> None:
        """Hold where the matter stands, in its own columns and in its log."""
        with reading() as session:
            matter = session.scalars(sa.select(Matter)).one()
            assert matter.state is state
            assert replayed(session, matter) == standing_of(matter)

    def resident_reads(self, standing: str, *, result: str = "") -> None:
        """Ask on the public page, as the resident does at home: with receipt and PIN and nothing else."""
        page = self.context.browser.new_page(locale="zh-CN", base_url=self.house.url)  # type: ignore[union-attr]
        page.goto("/status/")
        page.locator("#f-receipt").fill(self.receipt)
        page.locator("#f-pin").fill(self.pin)
        page.get_by_role("button", name="查询").click()
        expect(page.locator("[aria-current=step]")).to_have_text(standing)
        expect(page.get_by_text(result)).to_be_visible() if result else None
        assert "垃圾堆了" not in page.content(), "the page says nothing of what was said"
        assert_accessible(page)
        self.taken += 1
        picture(page, f"matter-{self.taken:02}-status")
        page.close()


@pytest.fixture
def journey(page: Page, house: House, town: Town, context: BrowserContext) -> Journey:
    """The journey before its first step."""
    return Journey(page, house, town, context)


def raise_in_an_interview(j: Journey) -> None:
    """Let the interviewer write a problem down by hotkey, beside the questionnaire, and read out receipt and PIN."""
    page = j.page
    j.be("anna", "/interviewer/")
    phase(page, "idle")
    connect(page)
    walk_on(page, until="需要解决的问题")
    press(page, "1", "Enter", "F2")
    page.keyboard.type(SAID)
    press(page, "Tab")
    page.locator("#m-topic").select_option("building.sanitation")
    page.locator("#m-consent").focus()
    press(page, "Space")
    press(page, "Control+Enter")
    told = page.locator("#read-aloud")
    expect(told).to_contain_text("2611-0001-")
    j.look("raised")
    words = told.inner_text()
    j.receipt = re.findall(r"\d{4}-\d{4}-\d", words)[0]
    j.pin = re.findall(r"(?<![\d-])\d{6}(?![\d-])", words)[0]
    j.stands(MatterState.REGISTERED)


def submit(j: Journey) -> None:
    """Let the clerk find it in the desk's inbox and pass it on."""
    j.be("clerk", "/desk/")
    j.look("desk")
    j.page.get_by_role("link", name=j.receipt).click()
    j.look("desk-matter")
    j.page.keyboard.press("s")
    expect(j.page.get_by_text("已提交督查室分派")).to_be_visible()
    j.stands(MatterState.TO_ROUTE)


def find_on_the_board(j: Journey, queue: str) -> None:
    """Let the supervision office find what it must decide among its queues."""
    j.be("supervision", "/supervision/")
    j.page.get_by_role("link", name=queue).click()
    j.page.wait_for_url("**queue=*")
    j.look("board")
    j.page.get_by_role("link", name=j.receipt).click()


def assign(j: Journey, unit: str, *, queue: str = "待交办", approves: bool = True) -> None:
    """Let the supervision office name the lead and approve the copy that the unit will read."""
    page = j.page
    find_on_the_board(j, queue)
    page.locator("#f-assign-lead").select_option(str(j.town.hall.id(unit)))
    copy = page.locator("#f-assign-copy")
    assert "14500009876" not in copy.input_value()
    assert "垃圾堆了两个多月" in copy.input_value()
    form = page.locator("#step-assign form")
    if approves:
        form.locator("button").click()
        expect(form.get_by_text("请先核对并确认脱敏后的内容")).to_be_visible()
        expect(page.locator("#f-assign-lead")).to_have_value(str(j.town.hall.id(unit)))
        j.look("not-approved")
    page.locator("input[name=assign-redacted]").check()
    page.locator("#step-assign form button").click()
    expect(page.get_by_text("已交办，已通知承办单位")).to_be_visible()
    j.look("assigned")
    j.stands(MatterState.ASSIGNED)


def sign_for(j: Journey, unit: str) -> None:
    """Let the unit's handler read the copy and sign."""
    j.be(unit, "/")
    j.look(f"{unit}-list")
    j.page.get_by_role("link", name=j.receipt).click()
    expect(j.page.get_by_text("垃圾堆了两个多月").first).to_be_visible()
    assert "14500009876" not in j.page.content()
    j.page.keyboard.press("s")
    expect(j.page.get_by_text("已签收。")).to_be_visible()
    j.stands(MatterState.IN_HAND)


def ask_return(j: Journey) -> None:
    """Let the first unit say that it is another's, and on what grounds."""
    page = j.page
    page.keyboard.press("b")
    page.locator("#f-return-text").fill("学校周边的保洁由城管局负责")
    page.locator("#f-return-basis").fill("市容环境卫生管理办法第八条")
    page.locator("#f-return-proposed").select_option(str(j.town.hall.id("water")))
    page.get_by_role("button", name="申请退回").click()
    expect(page.get_by_text("等督查室裁定")).to_be_visible()
    j.look("return-asked")
    j.stands(MatterState.RETURN_ASKED)


def report(j: Journey, text: str, photo: Path) -> None:
    """Let the unit answer every point, with a picture of what was done."""
    page = j.page
    if not page.locator("#f-report-text").is_visible():
        page.keyboard.press("r")
    page.locator("input[name=report-outcome][value=solved]").check()
    for box in page.locator("input[name=report-points]").all():
        box.check()
    page.locator("#f-report-text").fill(text)
    page.locator("#f-report-files").set_input_files(photo)
    j.look("report")
    page.get_by_role("button", name="报送", exact=True).click()
    expect(page.get_by_text("结果已报送")).to_be_visible()
    j.stands(MatterState.RESULT_IN)


def approve(j: Journey, text: str) -> None:
    """Let another clerk than the one who submitted it read the answer and find the same."""
    page = j.page
    j.be("checker", "/matters/{receipt}")
    page.locator("form").filter(has=page.locator("input[name=purpose]")).locator("input[name=purpose]").nth(
        1
    ).check()
    page.get_by_role("button", name="打开").last.click()
    expect(page.get_by_text(text)).to_be_visible()
    page.locator("#step-accept input[name=outcome][value=solved]").check()
    j.look("check")
    page.locator("#step-accept button").click()
    expect(page.get_by_text("审核通过，请逐位反馈诉求人")).to_be_visible()
    j.stands(MatterState.FEEDBACK_DUE)


def ring(j: Journey, who: str, *answers: str, words: str = "", name: str) -> None:
    """Let someone take the next caller, dial by hand, be answered, and note what they say, by the keyboard."""
    page = j.page
    j.be(who, "/callers/")
    press(page, "Space")
    expect(page.locator(".caller")).to_have_attribute("data-phase", "ready")
    press(page, "d")
    expect(page.locator("#heard")).to_be_visible()
    page.locator("#heard").select_option("answered")
    expect(page.locator("#call-state")).to_have_text("通话中")
    page.locator("body").click(position={"x": 2, "y": 2})
    for key in ("1", *answers):
        press(page, key)
    if words:
        page.locator("#f-words").fill(words)
    j.look(name)
    press(page, "Control+Enter")
    expect(page.get_by_text("已记录。")).to_be_visible()


def close(j: Journey, button: str) -> None:
    """Let the desk do what the rules propose after everyone was asked."""
    page = j.page
    j.be("checker", "/callers/closings/")
    j.look("closings")
    page.get_by_role("link", name=j.receipt).click()
    expect(page.locator("form button[data-key=C]")).to_contain_text(button)
    j.look("closing")
    press(page, "c")
    expect(page.get_by_text(f"{j.receipt}:{button}")).to_be_visible()


def test_a_problem_raised_in_an_interview_goes_round_twice_and_is_solved(
    journey: Journey, tmp_path: Path
) -> None:
    j = journey
    photo = tmp_path / "清运.png"
    photo.write_bytes(a_png(width=64, hidden=HIDDEN))

    raise_in_an_interview(j)
    j.resident_reads("已登记")
    j.at(18, 11)
    submit(j)
    assign(j, "roads")
    sign_for(j, "roads")
    ask_return(j)
    j.resident_reads("办理中")

    j.at(19, 9, 10)
    assign(j, "water", queue="退回待裁定", approves=False)
    j.be("roads", "/handling/{receipt}")
    assert j.page.get_by_text("垃圾堆了").count() == 0, "the unit that gave it back sees it no more"
    sign_for(j, "water")
    j.at(19, 16)
    j.be("water", "/handling/{receipt}")
    report(j, FIRST, photo)

    j.at(20, 10)
    approve(j, FIRST)
    j.resident_reads("已答复", result=FIRST)
    ring(j, "teller", name="told")
    j.stands(MatterState.REVISIT_DUE)

    j.at(24, 10)
    j.be("asker", "/callers/")
    press(j.page, "Space")
    expect(j.page.get_by_text("现在没有轮到要联系的诉求人")).to_be_visible()
    j.at(25, 9, 30)
    j.be("teller", "/callers/")
    press(j.page, "Space")
    expect(j.page.get_by_text("现在没有轮到要联系的诉求人")).to_be_visible()
    ring(j, "asker", "1", "3", "2", words="清了一次，第二天又堆上了", name="unsolved")
    close(j, "再次交办")
    j.stands(MatterState.TO_ROUTE)
    j.resident_reads("已登记")

    j.at(26, 9)
    assign(j, "water", approves=False)
    j.at(27, 9)
    sign_for(j, "water")
    expect(j.page.get_by_text("第 2 轮").first).to_be_visible()
    report(j, SECOND, photo)
    j.at(27, 15)
    approve(j, SECOND)
    j.at(30, 10)
    ring(j, "teller", name="told-again")
    j.resident_reads("已答复", result=SECOND)
    j.at(33, 10)
    ring(j, "asker", "1", "1", "5", name="solved")
    close(j, "办结（已解决）")
    j.resident_reads("已办结", result=SECOND)
    the_log_says_it_all(j)
    in_english(j)


def the_log_says_it_all(j: Journey) -> None:
    """Hold that the log replays to the standing, and names every step that people took, in order."""
    j.stands(MatterState.CLOSED_SOLVED)
    with reading() as session:
        matter = session.scalars(sa.select(Matter)).one()
        done = [event.action for event in entries(session, matter)]
        steps = (A.REGISTER, A.SUBMIT, A.ASSIGN, A.SIGN, A.ASK_RETURN, A.ACCEPT_RETURN, A.SIGN, A.REPORT, A.ACCEPT,
                 A.TELL, A.ALL_TOLD, A.REVISIT, A.SEND_ROUND, A.ASSIGN, A.SIGN, A.REPORT, A.ACCEPT, A.TELL,
                 A.ALL_TOLD, A.REVISIT, A.CLOSE_SOLVED)  # fmt: skip
        people = [step for step in done if step not in (A.FAULT, A.REMIND)]
        assert people == [step.value for step in steps]
        standing = standing_of(matter)
        assert standing.round == 2
        number = reporters_of(session, matter)[0].number
        assert number is not None
        told_by = {who.id for name, who in j.town.people.items() if name == "teller"}
        asked_by = {who.id for name, who in j.town.people.items() if name == "asker"}
        caller = standing.callers[0]
        assert {t.by for t in caller.tells} == told_by
        assert {t.by for t in caller.revisits} == asked_by


def in_english(j: Journey) -> None:
    """Look at the main pages once more, in English."""
    for who, where, name in (
        ("clerk", "/desk/", "desk"),
        ("clerk", "/matters/{receipt}", "matter"),
        ("supervision", "/supervision/", "board"),
        ("supervision", "/supervision/matters/{receipt}", "supervised"),
        ("water", "/handling/{receipt}", "handled"),
        ("teller", "/callers/", "callers"),
        ("checker", "/callers/closings/", "closings"),
    ):
        j.be(who, where, "en")
        expect(j.page.locator("h1")).to_be_visible()
        j.look(f"{name}-en")
