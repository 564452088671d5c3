"""Supervisor and interviewer on the simulated line: listen, whisper, join, leave; one telephone a person; a call back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.journal import Entry
from core.people import Staff
from core.permissions import Role
from survey.attempts import Attempt
from survey.interviewers import at_work
from survey.outcomes import Outcome, record_outcome
from telephony import line
from telephony.calls import Call, Party
from telephony.manual import Outcome as Heard
from telephony.rooms import Room
from tests.factories import a_staff
from tests.journeys.conftest import OFFICE, assert_accessible, no_sideways_scroll, picture, sign_in
from tests.journeys.test_interviewer import phase, press, walk_on
from tests.journeys.test_softphone import WiredHouse
from tests.journeys.test_softphone import house as wired_house
from tests.survey.field import a_field, dialled, manual_line

pytestmark = pytest.mark.browser
house = wired_house
SLOWLY = 30_000


@pytest.fixture
def anna(house: WiredHouse) -> Staff:
    """An interviewer with a field that may be called at any hour."""
    with transaction() as session:
        field = a_field(session, by_hand=False)
        field.wave.rules = {"hours": [["00:00", "23:59:59.999999"]]}
        return a_staff(session, Role.INTERVIEWER)


@pytest.fixture
def wall(browser: Browser, house: WiredHouse) -> Iterator[Page]:
    """A supervisor's wall in a browser of their own."""
    with transaction() as session:
        boss = a_staff(session, Role.SUPERVISOR)
    made = browser.new_context(base_url=house.url, viewport=OFFICE, locale="zh-CN")  # type: ignore[arg-type]
    page = made.new_page()
    page.set_default_timeout(SLOWLY)
    sign_in(page, boss, house)
    yield page
    made.close()


def connected(page: Page) -> None:
    expect(page.locator("#phone-state")).to_have_text("话机已接通", timeout=SLOWLY)


def resident(house: WiredHouse) -> str:
    with reading() as session:
        query = sa.select(Call.provider_ref).where(Call.party == Party.RESIDENT, Call.in_room)
        return str(session.scalars(query).one())


def test_a_supervisor_listens_whispers_joins_and_leaves(
    page: Page, wall: Page, house: WiredHouse, anna: Staff
) -> None:
    sign_in(page, anna, house)
    page.goto("/interviewer/")
    connected(page)
    wall.goto("/field/")
    expect(wall.locator("#listen-phone")).to_contain_text("待命", timeout=SLOWLY)
    press(page, "Space")
    phase(page, "preview")
    press(page, "d")
    expect(page.locator("#console")).to_have_attribute("data-phase", "talking", timeout=SLOWLY)
    expect(page.locator("#wording")).to_be_visible()
    row = wall.get_by_role("row", name=anna.name)
    expect(row).to_contain_text("通话中", timeout=SLOWLY)
    expect(row.get_by_role("button", name="旁听")).to_have_count(0)
    walk_on(page, until="住满一年")
    expect(page.locator(".step-line")).to_contain_text("第 2 题")
    expect(page.locator(".step-line")).not_to_contain_text("共")
    expect(page.locator(".step-line")).not_to_contain_text("RESIDENCE")
    walk_on(page, until="社会治安环境")
    expect(page.locator(".step-line")).to_contain_text("S1 · 第 4 题，共")

    row.get_by_role("button", name="旁听").click()
    expect(row).to_contain_text("旁听中", timeout=SLOWLY)
    expect(wall.locator("#listen-phone")).to_have_text("话机已接通")
    expect(page.locator("#listening")).to_have_text("督导正在旁听", timeout=SLOWLY)
    carrier = house.carrier.carrier
    carrier.say(carrier.legs.all[resident(house)], "我觉得挺安全的。")
    expect(wall.locator("#listen-says")).to_contain_text("我觉得挺安全的", timeout=SLOWLY)
    assert_accessible(wall)
    no_sideways_scroll(wall)
    picture(wall, "supervisor-listening-zh")
    picture(page, "interviewer-listened-zh", whole=False)

    row.get_by_role("button", name="对访员耳语").click()
    expect(row).to_contain_text("只对访员说话", timeout=SLOWLY)
    expect(page.locator("#listening")).to_contain_text("受访者听不到", timeout=SLOWLY)
    row.get_by_role("button", name="加入通话").click()
    expect(row).to_contain_text("已加入通话", timeout=SLOWLY)
    row.get_by_role("button", name="结束旁听").click()
    expect(wall.locator("#listen-phone")).to_contain_text("待命", timeout=SLOWLY)
    expect(page.locator("#listening")).to_be_hidden(timeout=SLOWLY)
    expect(page.locator("#console")).to_have_attribute("data-phase", "talking")

    row.get_by_role("button", name="旁听").click()
    expect(row).to_contain_text("旁听中", timeout=SLOWLY)
    carrier.hang_up(carrier.legs.all[resident(house)])
    expect(wall.locator("#listen-phone")).to_contain_text("待命", timeout=SLOWLY)
    connected(page)
    with reading() as session:
        told = session.scalars(
            sa.select(Entry.action).where(Entry.action.like("room.%")).order_by(Entry.id)
        ).all()
        assert told == ["room.listen", "room.whisper", "room.barge", "room.leave", "room.listen"]
        assert session.scalars(sa.select(Room.closed_at)).all() == [None]


def test_a_second_page_leaves_the_first_alone_or_takes_over(
    page: Page, house: WiredHouse, anna: Staff
) -> None:
    sign_in(page, anna, house)
    page.goto("/interviewer/")
    connected(page)
    page.reload()
    connected(page)
    second = page.context.new_page()
    second.goto("/interviewer/")
    expect(second.locator("#phone-state")).to_contain_text("另一个页面", timeout=SLOWLY)
    connected(page)
    second.close()
    connected(page)
    third = page.context.new_page()
    third.goto("/interviewer/")
    expect(third.locator("#phone-state")).to_contain_text("按 R", timeout=SLOWLY)
    press(third, "r")
    connected(third)
    expect(page.locator("#phone-state")).to_contain_text("另一个页面", timeout=SLOWLY)
    connected(third)
    with reading() as session:
        open_ones = session.scalars(sa.select(Room).where(Room.closed_at.is_(None))).all()
        assert len(open_ones) == 1


def test_a_resident_who_calls_back_is_there_on_the_console(
    page: Page, house: WiredHouse, anna: Staff
) -> None:
    with transaction() as session:
        other = a_staff(session, Role.INTERVIEWER)
        attempt = dialled_in_vain(session, other)
        number = attempt.case.frame_number.number
    sign_in(page, anna, house)
    page.goto("/interviewer/")
    connected(page)
    press(page, "F9")  # a pause makes one seen at work, and unready
    expect(page.locator("#console")).to_have_attribute("data-phase", "idle")
    with transaction() as session:
        me = at_work(session, session.get_one(Staff, anna.id))
        me.cooling_until, me.seen_at = None, clock.now()
    house.carrier.carrier.inbound(
        number, "+862160000000", presses=((6.0, "1"), (12.0, "1"), (20.0, "1")), talk_s=600.0
    )
    expect(page.locator("#console")).to_have_attribute("data-phase", "talking", timeout=SLOWLY)
    expect(page.locator("#why")).to_have_text("受访者刚回电")
    expect(page.locator("#wording")).to_be_visible()
    picture(page, "interviewer-called-back-zh", whole=False)


def dialled_in_vain(session: Session, staff: Staff) -> Attempt:
    """Let somebody have tried a number by hand, without an answer."""
    wired = line.in_use()
    manual_line()
    try:
        attempt = dialled(session, staff, clock.now(), Heard.NO_ANSWER)
        record_outcome(session, attempt, Outcome("3.13"), by=staff, at=clock.now())
    finally:
        line.use(wired)
    return attempt
