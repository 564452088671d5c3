"""An interviewer's hour in a real browser, by the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from core import clock
from core.db import reading, transaction
from core.people import Staff, StaffRole
from core.permissions import Role
from core.phone import NumberKind
from core.settings import Settings
from matters.matter import Matter
from survey.attempts import Appointment, Attempt
from survey.cases import Case, CaseState
from survey.interviews import Answer, Interview, InterviewState
from tests.journeys.conftest import (
    House,
    assert_accessible,
    house_settings,
    no_sideways_scroll,
    picture,
    sign_in,
)
from tests.survey.field import a_field

pytestmark = pytest.mark.browser
MORNING = datetime(2026, 11, 18, 2, 30, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A house on the manual line whose clock stands at half past ten on a Wednesday."""
    yield house_settings(tmp_path, line="manual", is_demo=False, clock_offset=MORNING - datetime.now(UTC))
    clock.use(offset=timedelta(0), zone="Asia/Shanghai")


@pytest.fixture
def anna(house: House) -> Staff:
    """An interviewer with a field to work in."""
    with transaction() as session:
        field = a_field(session, each=8, target=20)
        names = {"清河县": "Qinghe", "平湖县": "Pinghu"}
        counties = sorted({t.parent_id or 0 for t in field.towns})
        from core.places import Place

        for county_id, (zh, en) in zip(counties, names.items(), strict=True):
            county = session.get_one(Place, county_id)
            county.name, county.name_en = zh, en
        for n, town in enumerate(field.towns):
            town.name, town.name_en = f"{'柳桥石梅'[n]}镇", f"Town {n + 1}"
        staff = Staff(
            username="anna",
            name="访员 07",
            password_hash="!",
            created_at=clock.now(),
            role_rows=[StaffRole(role=Role.INTERVIEWER)],
        )
        session.add(staff)
        session.flush()
        return staff


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def phase(page: Page, name: str) -> None:
    expect(page.locator("#console")).to_have_attribute("data-phase", name)


def connect(page: Page) -> None:
    """Next case, dial, the resident answers."""
    press(page, "Space")
    phase(page, "preview")
    press(page, "d")
    phase(page, "calling")
    expect(page.locator("#desk-number")).to_contain_text("+86")
    press(page, "1")
    phase(page, "talking")
    expect(page.locator("#wording")).to_be_visible()


def walk_on(page: Page, *, until: str = "", most: int = 60) -> int:
    """Answer with the first option or a plausible number until the wording says `until`, or to the end."""
    for n in range(most):
        page.wait_for_timeout(30)
        if page.locator("#wording").count() == 0:
            return n
        words = page.locator("#wording").inner_text()
        if until and until in words:
            return n
        if page.locator("#answer").count():
            page.keyboard.type("34" if "周岁" in words or "How old" in words else "1")
        elif page.locator("[role=radio]").count():
            press(page, "1")
        press(page, "Enter")
    raise AssertionError("the questionnaire has no end")


def test_an_hour_by_the_keyboard_alone(page: Page, house: House, anna: Staff) -> None:
    sign_in(page, anna, house)
    page.goto("/interviewer/")
    phase(page, "idle")
    assert_accessible(page)
    picture(page, "interviewer-idle-zh", whole=False)

    press(page, "Space")
    phase(page, "preview")
    expect(page.locator("#why")).to_contain_text("还差 40 份")
    assert_accessible(page)
    picture(page, "interviewer-preview-zh", whole=False)
    press(page, "d")
    phase(page, "calling")
    assert_accessible(page)
    picture(page, "interviewer-calling-zh", whole=False)
    press(page, "3")  # busy
    phase(page, "outcome")
    expect(page.locator(".outcome[aria-pressed=true]")).to_contain_text("占线")
    assert_accessible(page)
    picture(page, "interviewer-outcome-zh", whole=False)
    press(page, "Enter")
    phase(page, "idle")
    expect(page.locator("#stage")).to_contain_text("已记“占线”")

    connect(page)  # a refusal: group 2, outcome 3
    press(page, "Escape")
    phase(page, "outcome")
    press(page, "2", "3")
    expect(page.locator(".outcome[aria-pressed=true]")).to_contain_text("本人拒访")
    press(page, "Enter")
    phase(page, "idle")
    press(page, "Control+z")  # a slip: it was the household
    phase(page, "outcome")
    press(page, "2", "2", "Enter")
    phase(page, "idle")

    connect(page)  # an appointment tonight
    press(page, "F4")
    expect(page.locator("#when")).to_be_visible()
    assert_accessible(page)
    picture(page, "interviewer-appointment-zh", whole=False)
    press(page, "2", "Enter")
    phase(page, "idle")

    connect(page)  # an interview, with a matter on the way
    walk_on(page, until="需要解决的问题")
    press(page, "1", "Enter")
    expect(page.locator("#wording")).to_contain_text("登记下来")
    press(page, "F2")
    page.keyboard.type("村口到小学那段路，路灯坏了两个多月，孩子晚上补课回来看不见。")
    press(page, "Tab")
    page.locator("#m-topic").select_option("livelihood.lighting")
    assert_accessible(page)
    press(page, "Control+Enter")
    expect(page.locator("#matter-notice")).to_contain_text("告知语")
    page.locator("#m-consent").focus()
    press(page, "Space")
    picture(page, "interviewer-matter-zh", whole=False)
    press(page, "Control+Enter")
    expect(page.locator("#read-aloud")).to_contain_text("2611-0001-")
    picture(page, "interviewer-registered-zh", whole=False)
    press(page, "1", "Enter")
    walk_on(page)
    expect(page.locator("#stage")).to_contain_text("全部答完了")
    press(page, "Enter")
    phase(page, "outcome")
    expect(page.locator(".outcome[aria-pressed=true]")).to_contain_text("完成访问")
    press(page, "Enter")
    phase(page, "idle")
    expect(page.locator("#today-line")).to_contain_text("1 完成 · 4 拨打 · 1 拒访")

    with reading() as session:
        codes = session.scalars(sa.select(Attempt.disposition).order_by(Attempt.id)).all()
        assert codes == ["3.12", "2.111", "3.21", "1.1"]
        assert session.scalars(sa.select(Interview.state).where(Interview.state == "complete")).one()
        assert session.scalars(sa.select(Appointment)).one().staff_id == anna.id
        matter = session.scalars(sa.select(Matter)).one()
        assert matter.narrative.startswith("村口")
        shown = session.scalars(sa.select(Answer.shown_ms).where(Answer.shown_ms.is_not(None))).all()
        assert len(shown) > 25

    for name in ("appointments", "today"):
        page.goto(f"/interviewer/{name}")
        assert_accessible(page)
        no_sideways_scroll(page)
        picture(page, f"interviewer-{name}-zh", whole=False)


def test_a_killed_tab_resumes_with_every_answer(page: Page, house: House, anna: Staff) -> None:
    sign_in(page, anna, house)
    page.goto("/interviewer/")
    connect(page)
    walk_on(page, until="交警的工作")
    press(page, "2")
    expect(page.locator("#saved")).to_contain_text("即已保存")
    with reading() as session:
        before = {a.question: a.value for a in session.scalars(sa.select(Answer).where(Answer.is_current))}
    page.close(run_before_unload=False)
    again = page.context.new_page()
    started = clock.monotonic()
    again.goto("/interviewer/")
    expect(again.locator("#wording")).to_be_visible()
    assert clock.monotonic() - started < 3
    press(again, "ArrowLeft")
    walk_on(again, until="交警的工作")
    expect(again.get_by_role("radio", name="2")).to_have_attribute("aria-checked", "true")
    with reading() as session:
        after = {a.question: a.value for a in session.scalars(sa.select(Answer).where(Answer.is_current))}
        assert before.items() <= after.items()
        assert len(before) > 10


def test_an_urgency_chosen_over_the_alarm_outlives_a_reload(page: Page, house: House, anna: Staff) -> None:
    sign_in(page, anna, house)
    page.goto("/interviewer/")
    connect(page)
    page.locator("#m-narrative").fill("去年楼下着火了，消防通道还堵着")
    expect(page.locator("#m-alarm")).to_be_visible()
    expect(page.locator("#m-urgency")).to_have_value("u1")
    page.locator("#m-urgency").select_option("u3")
    page.reload()
    expect(page.locator("#m-narrative")).to_have_value("去年楼下着火了，消防通道还堵着")
    expect(page.locator("#m-alarm")).to_be_visible()
    expect(page.locator("#m-urgency")).to_have_value("u3")


def test_answers_wait_for_a_lost_connection(page: Page, house: House, anna: Staff) -> None:
    sign_in(page, anna, house)
    page.goto("/interviewer/")
    connect(page)
    page.context.set_offline(True)
    walk_on(page, until="18 周岁")
    expect(page.locator("#saved")).to_contain_text("连接断开")
    picture(page, "interviewer-lost-zh", whole=False)
    page.context.set_offline(False)
    expect(page.locator("#saved")).to_contain_text("即已保存")
    with reading() as session:
        kept = session.scalars(sa.select(Answer.question).order_by(Answer.id)).all()
        assert kept == ["intro", "consent", "residence"]


def test_special_answers_correction_and_break_off(page: Page, house: House, anna: Staff) -> None:
    sign_in(page, anna, house, language="en")
    page.goto("/interviewer/")
    connect(page)
    walk_on(page, until="Walking alone")
    press(page, "8")
    expect(page.locator("#wording")).to_contain_text("Compared with a year ago")
    press(page, "9")
    press(page, "ArrowLeft", "ArrowLeft")
    expect(page.locator("#stage .chip")).to_contain_text("don't know")
    press(page, "4")
    expect(page.locator("#saved")).to_contain_text("saved at once")
    expect(page.locator("#stage .chip")).to_have_count(0)
    assert_accessible(page)
    no_sideways_scroll(page)
    picture(page, "interviewer-question-en", whole=False)
    press(page, "?")
    expect(page.locator("#keylist")).to_be_visible()
    picture(page, "interviewer-keys-en", whole=False)
    press(page, "Escape")
    press(page, "F8")
    phase(page, "outcome")
    expect(page.locator(".outcome[aria-pressed=true]")).to_contain_text("Break-off")
    picture(page, "interviewer-outcome-en", whole=False)
    press(page, "Enter")
    phase(page, "idle")
    with reading() as session:
        rows = session.scalars(
            sa.select(Answer).where(Answer.question == "s2_night").order_by(Answer.turn)
        ).all()
        assert rows[0].value == "DONT_KNOW"
        assert (len(rows), rows[1].is_current) == (2, True)
        assert session.scalars(sa.select(Interview)).one().state == InterviewState.BROKEN_OFF


def test_when_there_is_nothing_the_page_says_why_and_when(page: Page, house: House, anna: Staff) -> None:
    with transaction() as session:
        for case in session.scalars(sa.select(Case).where(Case.state == CaseState.WAITING)):
            case.due_at = clock.now() + timedelta(minutes=45)
    sign_in(page, anna, house)
    page.goto("/interviewer/")
    phase(page, "idle")
    press(page, "Space")
    expect(page.locator("#stage")).to_contain_text("没有到时间的个案")
    expect(page.locator("#stage")).to_contain_text("11 月 18 日 11:1")
    assert_accessible(page)
    picture(page, "interviewer-nothing-zh", whole=False)


def at_home(page: Page) -> str:
    """Answer a landline: read the introduction, say that three adults live there; return the case's birthday rule."""
    with transaction() as session:
        session.execute(sa.update(Case).values(kind=NumberKind.LANDLINE))
    connect(page)
    press(page, "Enter")
    expect(page.locator("#wording")).to_contain_text("满 18 周岁的人一共有几位")
    press(page, "Enter")  # nothing typed: it is asked for
    expect(page.locator("#notice")).to_contain_text("必须作答")
    page.keyboard.type("0")
    press(page, "Enter")
    expect(page.locator("#notice")).to_contain_text("1 到 20")
    press(page, "Backspace")
    page.keyboard.type("3")
    assert_accessible(page)
    picture(page, "interviewer-household-zh", whole=False)
    press(page, "Enter")
    expect(page.locator("#wording")).to_contain_text("我想访问您家里成年人中")
    with reading() as session:
        return str(session.scalars(sa.select(Interview)).one().splits["household"])


def test_the_adult_with_the_birthday_is_waited_for_by_the_keyboard(
    page: Page, house: House, anna: Staff
) -> None:
    sign_in(page, anna, house)
    page.goto("/interviewer/")
    arm = at_home(page)
    rule = {"last": "最近一位过了生日", "next": "下一位要过生日"}[arm]
    expect(page.locator("#wording")).to_contain_text(rule)
    assert_accessible(page)
    picture(page, "interviewer-birthday-zh", whole=False)
    press(page, "3")
    expect(page.locator("#saved")).to_contain_text("即已保存")
    page.close(run_before_unload=False)  # the tab is killed: what the household said stays

    page = page.context.new_page()
    page.goto("/interviewer/")
    expect(page.locator("#wording")).to_be_visible()
    press(page, "ArrowLeft")
    expect(page.locator("#wording")).to_contain_text(rule)
    expect(page.get_by_role("radio", name="3")).to_have_attribute("aria-checked", "true")
    press(page, "Enter")
    expect(page.locator("#stage")).to_contain_text("他/她什么时候在家")
    assert_accessible(page)
    picture(page, "interviewer-absent-zh", whole=False)
    press(page, "1", "Enter")
    phase(page, "idle")

    with transaction() as session:
        promised = session.scalars(sa.select(Appointment)).one()
        assert promised.staff_id == anna.id
        case = session.get_one(Case, promised.case_id)
        assert case.state == CaseState.APPOINTED
        promised.at = case.due_at = clock.now()
    press(page, "Space")
    phase(page, "preview")
    expect(page.locator("#stage")).to_contain_text(f"请找：家里{rule}的成年人（共 3 位）")
    assert_accessible(page)
    picture(page, "interviewer-whom-zh", whole=False)
    press(page, "d")
    phase(page, "calling")
    press(page, "1")
    phase(page, "talking")
    expect(page.locator("#wording")).to_contain_text(rule)
    press(page, "2", "Enter")
    expect(page.locator("#wording")).to_contain_text("自愿")
    walk_on(page)
    expect(page.locator("#stage")).to_contain_text("全部答完了")
    press(page, "Enter")
    phase(page, "outcome")
    press(page, "Enter")
    phase(page, "idle")
    with reading() as session:
        interview = session.scalars(sa.select(Interview)).one()
        assert interview.state == InterviewState.COMPLETE
        current = {a.question: a.value for a in session.scalars(sa.select(Answer).where(Answer.is_current))}
        assert (current["household_adults"], current[f"household_{arm}"]) == ("3", "2")


def test_a_household_that_refuses_is_coded_so_in_english(page: Page, house: House, anna: Staff) -> None:
    with transaction() as session:
        session.execute(sa.update(Case).values(kind=NumberKind.LANDLINE))
    sign_in(page, anna, house, language="en")
    page.goto("/interviewer/")
    connect(page)
    press(page, "Enter")
    expect(page.locator("#wording")).to_contain_text("how many people aged 18 or over")
    page.keyboard.type("2")
    press(page, "Enter")
    expect(page.locator("#wording")).to_contain_text("birthday")
    no_sideways_scroll(page)
    picture(page, "interviewer-birthday-en", whole=False)
    press(page, "4", "Enter")
    phase(page, "outcome")
    expect(page.locator(".outcome[aria-pressed=true]")).to_contain_text("Refusal by household")
    press(page, "Enter")
    phase(page, "idle")
    with reading() as session:
        assert session.scalars(sa.select(Attempt.disposition)).all() == ["2.111"]
