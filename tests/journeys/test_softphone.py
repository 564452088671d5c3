"""The telephone in a real browser, over a real wire: connect, a resident joins, words arrive, hang up."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

from core import clock, secrets
from core.db import reading, transaction, using
from core.people import Staff
from core.permissions import Role
from core.settings import Settings
from core.signing_in import admit
from migrations.tables import every_table
from telephony import line
from telephony.calls import Call, Party
from telephony.commands import carrier_config
from telephony.dialling import place_call
from telephony.outbox import send_due
from telephony.rooms import Room, open_room_of
from telephony.simulator.personas import Pickup, PickupKind
from telephony.simulator.server import RunningCarrier, open_carrier
from tests.factories import a_staff
from tests.journeys.conftest import (
    House,
    assert_accessible,
    house_settings,
    no_sideways_scroll,
    picture,
    served,
    sign_in,
)
from tests.made_once import empty_sqlite
from web.app import create_app

pytestmark = pytest.mark.browser


class Willing:
    """Somebody who picks up after a second and stays."""

    def pickup(self, attempt: int, at: datetime) -> Pickup:
        """Pick up."""
        return Pickup(PickupKind.ANSWERED, 1.0, None)


@dataclass
class WiredHouse(House):
    """A house with its carrier beside it."""

    carrier: RunningCarrier


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture
def house(tmp_path: Path) -> Iterator[WiredHouse]:
    """A house on the simulated line, both served on this machine."""
    every_table()
    ring = secrets.keyring()
    here, there = free_port(), free_port()
    settings = replace(
        house_settings(tmp_path),
        public_base_url=f"http://127.0.0.1:{here}",
        line="simulator",
        caller_number="+862160000000",
        account="AC" + "1" * 32,
        auth_token="a-token-that-signs-webhooks-000000",
        api_key="SK" + "2" * 32,
        api_secret="a-secret-that-signs-grants-00000000",
        voice_app="AP" + "3" * 32,
        line_base_url=f"http://127.0.0.1:{there}",
    )
    database = empty_sqlite(settings.database_url)
    app = create_app(settings, database=database)
    server = served(app, port=here)
    thread = threading.Thread(target=server.serve_forever, name="house", daemon=True)
    thread.start()
    carrier = open_carrier(carrier_config(settings), port=there, speed=4.0, start=clock.now()).serve_beside()
    carrier.carrier.people = lambda number: Willing()  # type: ignore[assignment,return-value]
    try:
        with using(database):
            yield WiredHouse(settings.public_base_url, app, database, carrier)
    finally:
        carrier.stop()
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()
        database.close()
        secrets.use(ring)
        line.use(None)


@pytest.fixture
def interviewer(house: WiredHouse) -> Staff:
    """An interviewer of this house."""
    with transaction() as session:
        return a_staff(session, Role.INTERVIEWER)


def resident_leg() -> str | None:
    """Return the resident's leg once it is connected."""
    with reading() as session:
        query = sa.select(Call.provider_ref).where(Call.party == Party.RESIDENT, Call.in_room)
        return session.scalars(query).first()


def wait_for_resident() -> str:
    """Wait until the resident is in the room."""
    for _ in range(100):
        found = resident_leg()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("the resident never came")


def test_a_telephone_connects_hears_and_hangs_up(page: Page, house: WiredHouse, interviewer: Staff) -> None:
    sign_in(page, interviewer, house)
    page.goto("/line/softphone")
    assert_accessible(page)
    page.get_by_role("button", name="连接", exact=True).click()
    state = page.locator("[data-softphone-state]")
    expect(state).to_have_text("话机已接通")
    with transaction() as session:
        room = open_room_of(session, interviewer.id)
        assert room is not None
        place_call(session, room=room, number="+8613800006021", by=interviewer, at=clock.now())
    assert send_due() == 1
    leg = wait_for_resident()
    expect(page.locator("[data-softphone-peers] li")).to_have_count(2)
    expect(page.locator("[data-softphone-peers]")).to_contain_text("居民")
    carrier = house.carrier.carrier
    carrier.say(carrier.legs.all[leg], "你好，请讲。")
    expect(page.locator("[data-softphone-says] li")).to_have_text(["你好，请讲。"])
    page.get_by_role("button", name="静音").click()
    expect(page.get_by_role("button", name="取消静音")).to_be_enabled()
    assert_accessible(page)
    no_sideways_scroll(page)
    picture(page, "softphone-zh")
    page.get_by_role("button", name="断开").click()
    expect(state).to_have_text("话机已断开")
    for _ in range(100):
        with reading() as session:
            talking = session.scalars(sa.select(Call).where(Call.ended_at.is_(None))).first()
            if talking is None and session.scalars(sa.select(Room.closed_at)).one() is not None:
                break
        time.sleep(0.1)
    with reading() as session:
        assert all(call.is_ended for call in session.scalars(sa.select(Call)))
        assert all(not room.is_open for room in session.scalars(sa.select(Room)))


def test_a_lost_line_is_taken_up_again(page: Page, house: WiredHouse, interviewer: Staff) -> None:
    sign_in(page, interviewer, house, language="en")
    page.goto("/line/softphone")
    page.get_by_role("button", name="Connect", exact=True).click()
    state = page.locator("[data-softphone-state]")
    expect(state).to_have_text("Telephone connected")
    picture(page, "softphone-en")
    with reading() as session:
        first = session.scalars(sa.select(Call.provider_ref)).one()
    carrier = house.carrier.carrier
    carrier.hang_up(carrier.legs.all[str(first)])
    expect(state).to_have_text("Telephone lost; connecting again…")
    expect(state).to_have_text("Telephone connected", timeout=15_000)
    with reading() as session:
        assert len(session.scalars(sa.select(Call)).all()) == 2


def test_nobody_reaches_another_persons_leg(house: WiredHouse, interviewer: Staff) -> None:
    with transaction() as session:
        other = a_staff(session, Role.INTERVIEWER)
        editor = a_staff(session, Role.EDITOR)
        tokens = {s.id: admit(session, s, at=clock.now()) for s in (interviewer, other, editor)}
    house.app.config["WTF_CSRF_ENABLED"] = False

    def browser(staff: Staff) -> FlaskClient:
        client = house.app.test_client()
        client.set_cookie("tingmin", tokens[staff.id])
        return client

    mine = browser(interviewer)
    grant = mine.post("/line/grant", json={}).get_json()
    connected = mine.post(
        "/line/simulated/connect", json={"token": grant["token"], "params": {"room": grant["room"]}}
    )
    leg = connected.get_json()["leg"]
    for _ in range(50):
        if mine.get(f"/line/simulated/{leg}").status_code == 200:
            break
        time.sleep(0.1)
    assert mine.get(f"/line/simulated/{leg}").get_json()["leg"] == leg
    assert browser(other).get(f"/line/simulated/{leg}").status_code == 404
    assert browser(other).post(f"/line/simulated/{leg}/hangup", json={}).status_code == 404
    assert mine.post(f"/line/simulated/{leg}/explode", json={}).status_code == 404
    assert browser(editor).post("/line/grant", json={}).status_code == 403
    assert mine.post("/line/grant", json={"purpose": "party"}).status_code == 422
    assert (
        house.app.test_client().get("/line/peers", headers={"Accept": "application/json"}).status_code == 401
    )


def settings_of(house: WiredHouse) -> Settings:
    """Return the settings a house was made from."""
    found: Settings = house.app.config["SETTINGS"]
    return found


def test_the_doctor_is_content_with_a_running_house(house: WiredHouse) -> None:
    told = house.app.test_cli_runner().invoke(args=["telephony", "doctor"])
    assert told.exit_code == 0, told.output
    assert f"{settings_of(house).public_base_url}/line/hooks/browser" in told.output
    assert "takes signed webhooks" in told.output
    assert "account answers" in told.output
    settled = house.app.test_cli_runner().invoke(args=["telephony", "reconcile"])
    assert settled.exit_code == 0
    assert "sent 0" in settled.output
