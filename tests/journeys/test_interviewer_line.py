"""The interviewer's console over the simulated line: the telephone in the browser, a call that really rings."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from core.db import reading, transaction
from core.people import Staff
from core.permissions import Role
from survey.attempts import Attempt
from survey.interviews import Interview
from telephony.calls import Call
from telephony.recordings import Recording
from tests.factories import a_staff
from tests.journeys.conftest import assert_accessible, picture, sign_in
from tests.journeys.test_interviewer import phase, press, walk_on
from tests.journeys.test_softphone import WiredHouse
from tests.journeys.test_softphone import house as wired_house
from tests.survey.field import a_field

pytestmark = pytest.mark.browser
house = wired_house


@pytest.fixture
def anna(house: WiredHouse) -> Staff:
    """An interviewer with a field that may be called at any hour."""
    with transaction() as session:
        field = a_field(session, by_hand=False)
        field.wave.rules = {"hours": [["00:00", "23:59:59.999999"]]}
        return a_staff(session, Role.INTERVIEWER)


def test_a_call_that_rings_is_recorded_after_consent_and_ends_when_they_hang_up(
    page: Page, house: WiredHouse, anna: Staff
) -> None:
    sign_in(page, anna, house)
    page.goto("/interviewer/")
    expect(page.locator("#phone-state")).to_have_text("话机已接通", timeout=15_000)
    press(page, "Space")
    phase(page, "preview")
    press(page, "d")
    expect(page.locator("#console")).to_have_attribute("data-phase", "talking", timeout=15_000)
    expect(page.locator("#wording")).to_be_visible()
    with reading() as session:
        assert session.scalars(sa.select(Recording)).all() == []
        leg = session.scalars(sa.select(Attempt)).one().call_id
    carrier = house.carrier.carrier
    with reading() as session:
        ref = session.get_one(Call, leg).provider_ref
    carrier.say(carrier.legs.all[str(ref)], "喂，您哪位？")
    expect(page.locator("#bubble")).to_have_text("模拟受访者：喂，您哪位？")
    walk_on(page, until="一个人在住处")
    with reading() as session:
        kept = session.scalars(sa.select(Recording)).one()
        consented = session.scalars(sa.select(Interview.recording_consented_at)).one()
        assert kept.consent_at == consented
    assert_accessible(page)
    picture(page, "interviewer-talking-zh", whole=False)
    carrier.hang_up(carrier.legs.all[str(ref)])
    expect(page.locator("#console")).to_have_attribute("data-phase", "outcome", timeout=15_000)
    expect(page.locator("#stage h2")).to_have_text("对方已挂断")
    expect(page.locator(".outcome[aria-pressed=true]")).to_contain_text("中途中断")
    press(page, "Enter")
    phase(page, "idle")
    expect(page.locator("#phone-state")).to_have_text("话机已接通")
    with reading() as session:
        attempt = session.scalars(sa.select(Attempt)).one()
        assert (attempt.disposition, attempt.is_recorded) == ("2.12", True)
