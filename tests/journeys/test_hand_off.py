"""A counselling caller's street light reaches the matters desk with nothing but the sentence."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from core import clock
from core.db import reading, transaction
from core.people import Staff
from core.permissions import Role
from core.places import Level
from hotline import records
from hotline.callers import caller_from
from hotline.contacts import ContactState
from hotline.lines import LineKind
from matters.matter import Matter
from matters.reporters import Reporter
from tests.factories import a_place, a_staff
from tests.hotline.staffed import a_contact, a_lead, an_operator
from tests.journeys.conftest import House, assert_accessible, picture, sign_in

pytestmark = pytest.mark.browser
SECRET, NUMBER = "她说整夜睡不着，觉得没有希望", "+8614599012345"
SENTENCE = "李家桥小学门前的路灯不亮，请修"


def test_a_street_light_goes_over_and_nothing_else(house: House, page: Page) -> None:
    now = clock.now()
    with transaction() as session:
        county = a_place(session)
        town = a_place(session, level=Level.TOWNSHIP, parent=county, name="李家桥镇")
        operator, lead, clerk = an_operator(session), a_lead(session), a_staff(session, Role.CLERK)
        operator.name = "接线员小云"
        contact = a_contact(
            session, at=now - timedelta(minutes=12), owner=lead, taker=operator, state=ContactState.TALKING
        )
        contact.caller_id = caller_from(session, LineKind.COUNSELLING, NUMBER, at=now).id
        session.flush()
        records.save(session, contact, [("narrative", SECRET)], token="t1", seen=0, by=operator, at=now)
        token, town_id = contact.token, str(town.id)
    sign_in(page, operator, house)
    page.goto(f"/counselling/{token}/hand-off")
    assert_accessible(page)
    page.get_by_label("要办的事", exact=False).fill("她情绪不好，门前路灯不亮")
    page.get_by_label("求助", exact=True).check()
    page.locator("#f-topic").select_option(index=1)
    page.locator("#f-place").select_option(town_id)
    page.get_by_label("来电人同意移交", exact=False).check()
    page.get_by_role("button", name="移交", exact=True).click()
    expect(page.get_by_text("不能出这间屋子", exact=False)).to_be_visible()
    expect(page.locator("#f-words")).to_have_value("她情绪不好，门前路灯不亮")
    picture(page, "hand-off-kept-back")
    page.locator("#f-words").fill(SENTENCE)
    page.locator("#f-words").press("Control+Enter")
    if page.get_by_text("请念给来电人", exact=False).count() == 0:
        page.get_by_role("button", name="移交", exact=True).press("Enter")
    expect(page.get_by_text("请念给来电人", exact=False)).to_be_visible()
    assert_accessible(page)
    picture(page, "hand-off-done")
    with reading() as session:
        matter = session.scalars(sa.select(Matter)).one()
        assert matter.narrative == SENTENCE
        assert session.scalars(sa.select(Reporter)).one().number is None
        receipt = matter.receipt
    expect(page.get_by_text(str(receipt)).first).to_be_visible()
    _the_desk_sees_the_sentence_only(house, page, clerk, str(receipt), token)


def _the_desk_sees_the_sentence_only(
    house: House, page: Page, clerk: Staff, receipt: str, token: str
) -> None:
    page.context.clear_cookies()
    sign_in(page, clerk, house)
    page.goto(f"/matters/{receipt}")
    page.locator("input[name=purpose][value=handle]").check()
    page.get_by_role("button", name="打开内容", exact=False).click()
    expect(page.locator("main")).to_contain_text(SENTENCE)
    text = page.content()
    for hidden in (SECRET, NUMBER[3:], "接线员小云", "希望热线", token):
        assert hidden not in text, hidden
    picture(page, "hand-off-at-the-desk")
    assert page.goto(f"/counselling/{token}/hand-off").status in (403, 404)  # type: ignore[union-attr]
