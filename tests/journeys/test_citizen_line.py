"""The citizen line's form over the simulated line: nobody writes over anybody's words, and the last note is there."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, Route, expect

from core import clock
from core.db import reading, transaction
from core.people import Staff
from core.permissions import Role
from hotline import citizen_forms, citizen_records
from hotline.citizen_records import CitizenRecord, CitizenResult
from hotline.contacts import Contact, ContactState
from hotline.lines import LineKind
from matters.matter import Matter
from telephony.simulator.leg import Leg
from tests.factories import a_staff, a_unit
from tests.journeys.conftest import assert_accessible, picture
from tests.journeys.test_hotline_operator import accept, at_the_line, becomes, saved
from tests.journeys.test_hotline_operator import operator as an_operator
from tests.journeys.test_hotline_operator import rings as a_caller
from tests.journeys.test_softphone import WiredHouse
from tests.journeys.test_softphone import house as wired_house

pytestmark = pytest.mark.browser
house = wired_house
operator = an_operator
rings = a_caller


@pytest.fixture
def talk(page: Page, house: WiredHouse, operator: Staff, rings: Callable[..., Leg]) -> Page:
    """A citizen's call in hand."""
    with transaction() as session:
        a_unit(session)
        citizen = a_staff(session, Role.CITIZEN_OPERATOR)
    at_the_line(page, citizen, house)
    rings(LineKind.CITIZEN)
    accept(page)
    becomes(ContactState.TALKING)
    return page


def comes_late(words: str) -> None:
    """Let what a colleague typed, who had the call before, reach the house only now."""
    with transaction() as session:
        found = session.scalars(sa.select(Contact)).one()
        colleague = a_staff(session, Role.CITIZEN_OPERATOR)
        found.written_by = colleague.id
        record = citizen_records.record_of(session, found)
        citizen_forms.save(
            session, found, {"narrative": words}, was=citizen_forms.values_of(record), seen=0, by=colleague,
            at=clock.now(),
        )  # fmt: skip


def stands() -> dict[str, str]:
    """Return what the house holds."""
    with reading() as session:
        return citizen_forms.values_of(session.scalars(sa.select(CitizenRecord)).one())


def test_a_colleagues_late_words_join_the_form_and_are_seen_before_anything_is_registered(talk: Page) -> None:
    page = talk
    page.keyboard.press("F2")
    page.keyboard.type("路灯坏了，")
    saved(page)
    comes_late("路灯坏了，在学校门口")
    page.locator("#m-spot").focus()
    page.keyboard.type("村口")
    expect(page.locator("#m-narrative")).to_have_value("路灯坏了，在学校门口")
    expect(page.locator("#matter-notice")).to_contain_text("已合到表里")
    saved(page)
    # Both write in one field: both stand. Nothing that was not seen is registered.
    comes_late("路灯坏了，在学校门口，孩子害怕")
    page.keyboard.press("F2")
    page.keyboard.press("Control+End")
    page.keyboard.type("两个月了")
    expect(page.locator("#m-narrative")).to_have_value(
        "路灯坏了，在学校门口，孩子害怕\n路灯坏了，在学校门口两个月了"
    )
    saved(page)
    assert stands()["spot"] == "村口"
    comes_late("完全另一件事")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#matter-notice")).to_contain_text("还没有登记：请看一下，再按一次")
    expect(page.locator("#m-narrative")).to_have_value("完全另一件事")
    assert_accessible(page)
    with reading() as session:
        assert session.scalars(sa.select(Matter)).all() == []


def test_what_was_typed_before_is_not_written_over_while_the_house_does_not_answer(talk: Page) -> None:
    page = talk
    page.keyboard.press("F2")
    page.keyboard.type("村口的路灯坏了")
    page.locator("#m-spot").fill("村口")
    saved(page)
    page.route("**/matter/draft", lambda route: route.abort())
    page.reload()
    expect(page.locator("#call-state")).to_have_text("通话中", timeout=15_000)
    page.locator("#m-narrative").fill("还有井盖")
    expect(page.locator("#saved .dot")).to_have_class("dot dot-red", timeout=8_000)
    page.unroute("**/matter/draft")
    expect(page.locator("#m-narrative")).to_have_value("村口的路灯坏了\n还有井盖", timeout=8_000)
    expect(page.locator("#m-spot")).to_have_value("村口")
    saved(page)
    assert stands()["narrative"] == "村口的路灯坏了\n还有井盖"


def test_a_note_typed_last_is_there_when_the_call_is_finished_by_the_keyboard(talk: Page) -> None:
    page = talk
    failed: list[int] = []
    page.on("response", lambda answer: failed.append(answer.status) if answer.status >= 400 else None)
    page.keyboard.press("F8")
    page.keyboard.press("F8")
    expect(page.locator("#operator")).to_have_attribute("data-phase", "wrapping", timeout=15_000)
    lost = iter([True])

    def once(route: Route) -> None:
        if next(lost, False):
            route.abort()
        else:
            route.continue_()

    page.route("**/matter/draft", once)
    page.locator("#c-result").select_option("incomplete")
    page.locator("#c-note").focus()
    page.keyboard.type("说到一半断了，是停水的事")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#operator")).to_have_attribute("data-phase", "idle", timeout=15_000)
    becomes(ContactState.DONE)
    with reading() as session:
        record = session.scalars(sa.select(CitizenRecord)).one()
        assert (record.result, record.note) == (CitizenResult.INCOMPLETE, "说到一半断了，是停水的事")
        assert session.scalars(sa.select(Matter.narrative)).all() == ["说到一半断了，是停水的事"]
    assert failed == []


def test_registering_is_in_sight_on_an_office_screen_and_its_key_is_named(talk: Page) -> None:
    page = talk
    page.set_viewport_size({"width": 1366, "height": 768})
    page.keyboard.press("F2")
    expect(page.locator("#keybar")).to_contain_text("Ctrl+Enter 登记")
    line = "模拟来电人：" + "我们村口到小学的路灯坏了两个多月，孩子晚上看不见。" * 3
    page.locator("#bubble").evaluate("(box, line) => { box.hidden = false; box.textContent = line; }", line)
    expect(page.get_by_role("button", name=re.compile("登记"))).to_be_in_viewport(ratio=1)
    picture(page, "operator-citizen-form-zh", whole=False)
