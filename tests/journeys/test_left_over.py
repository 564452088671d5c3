"""What nobody works on, in a browser: a lead settles one caller, gives another away, and who gets it finds it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.db import reading, transaction
from hotline.callbacks import CallBackState
from hotline.callers import caller_from
from hotline.contacts import Contact, ContactState, WayOut
from hotline.lines import LineKind
from tests.hotline.conftest import CALLER
from tests.hotline.staffed import COUNSELLING, a_contact, a_lead, a_line, an_operator
from tests.hotline.test_owning import not_reached
from tests.journeys.conftest import House, assert_accessible, no_sideways_scroll, picture, sign_in

pytestmark = pytest.mark.browser
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_lead_settles_one_and_gives_another(house: House, page: Page, language: str) -> None:
    at = clock.now()
    with transaction() as session:
        lead, ann, gone = a_lead(session), an_operator(session), a_lead(session)
        for kind in LineKind:
            a_line(session, kind, owner=lead, at=at)
        given = not_reached(session, ann, at - HOUR)
        given.caller_id = caller_from(session, COUNSELLING, CALLER, at=at).id
        settled = not_reached(session, lead, at, state=CallBackState.IMPOSSIBLE, line=LineKind.CITIZEN)
        a_contact(session, at=at - 8 * HOUR, owner=lead, taker=ann, talked=900, state=ContactState.WRAPPING)
        a_contact(session, at=at - 9 * HOUR, owner=gone, state=ContactState.MISSED, way_out=WayOut.MESSAGE)
        gone.is_active = False
    sign_in(page, lead, house, language=language)
    page.goto("/hotline/left-over/")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(4)
    no_sideways_scroll(page)
    assert_accessible(page)
    picture(page, f"left-over-{language}", whole=False)
    page.locator(f"form[action$='{settled.token}/settle'] button").click()
    expect(rows).to_have_count(3)
    form = page.locator(f"form[action$='{given.token}/give']")
    form.locator("select").select_option(str(ann.id))
    form.locator("button").click()
    expect(page.locator("main")).to_contain_text(ann.name)
    with reading() as session:
        assert session.get_one(Contact, settled.id).state is ContactState.DONE
        assert session.get_one(Contact, given.id).owner_id == ann.id
