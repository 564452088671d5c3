"""A morning over the wire: no number, name or note in any address, log line, journal, job, room or file."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask, request
from flask.testing import FlaskClient

from core import clock, secrets
from core.db import reading, transaction, using
from core.jobs import Job
from core.journal import Entry
from core.settings import Settings
from core.signing_in import admit
from core.sweeps import run_due
from matters.matter import Matter
from migrations.tables import every_table
from survey.attempts import Attempt
from survey.frame import FrameNumber
from survey.views import interviewer_call, interviewer_talk
from telephony import line, outbox, webhooks
from telephony.commands import carrier_config
from telephony.line import identity_of
from telephony.rooms import Purpose, Room, open_room
from telephony.simulator.carrier import Carrier
from telephony.simulator.in_process import InProcess, PostToClient
from telephony.simulator.personas import Pickup, PickupKind
from telephony.simulator.timeline import VirtualClock
from telephony.twilio.adapter import TwilioLine
from tests.conftest import NOON
from tests.made_once import empty_sqlite
from tests.survey.field import Field, a_field
from tests.telephony.conftest import Pickups, settings_for
from web.app import create_app

NOTE = "王建国说晚上再打"
NARRATIVE = "柳湖路十七号门前的路灯坏了三个月"


@dataclass
class Morning:
    """An interviewer at the simulated line, and every address that was asked for on either side."""

    settings: Settings
    app: Flask
    carrier: Carrier
    timeline: VirtualClock
    pickups: Pickups
    field: Field
    client: FlaskClient
    addresses: list[str]

    def post(self, path: str, **body: object) -> dict[str, object]:
        """Do one thing at the console."""
        with clock.frozen(self.timeline.now()):
            answer = self.client.post(f"/interviewer/{path}", json=body)
        assert answer.status_code == 200, (path, answer.text)
        found: dict[str, object] = answer.get_json()
        return found

    def wait(self, seconds: float) -> None:
        """Let time pass on the line, and let the worker do what falls due."""
        for moment in (0.0, seconds):
            self.timeline.run_for(moment)
            with clock.frozen(self.timeline.now()):
                outbox.send_due()
                run_due()

    def dial(self, kind: PickupKind) -> tuple[int, int]:
        """Take a case and dial it; the resident does as told."""
        self.pickups.next = Pickup(kind, 3.0, None)
        case = self.post("next")["case"]["id"]  # type: ignore[index]
        attempt = self.post("dial", case=case)["attempt"]["id"]  # type: ignore[index]
        self.wait(12 if kind == PickupKind.ANSWERED else 40)
        return case, attempt


@pytest.fixture
def morning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Morning]:
    """The whole house, its carrier in the same process, one interviewer whose telephone is connected."""
    every_table()
    ring = secrets.keyring()
    settings = settings_for(
        tmp_path, database_url=f"sqlite:///{tmp_path / 'house.db'}", secure_cookies=False, is_demo=True
    )
    database = empty_sqlite(settings.database_url)
    app = create_app(settings, database=database)
    app.testing = True
    app.config["WTF_CSRF_ENABLED"] = False
    addresses: list[str] = []
    app.before_request(lambda: addresses.append(request.full_path))
    for room in (webhooks, interviewer_call, interviewer_talk):
        monkeypatch.setattr(room, "kick", lambda: None)  # what is due is sent when the test says so
    pickups, timeline = Pickups(), VirtualClock(NOON)
    reports = PostToClient(app.test_client(), settings.public_base_url)

    def report(url: str, form: object, headers: object) -> tuple[int, str]:
        with clock.frozen(timeline.now()):
            return reports(url, form, headers)  # type: ignore[arg-type]

    carrier = Carrier(carrier_config(settings), timeline, report, people=lambda number: pickups)
    wire = InProcess(carrier)
    ask = wire.request
    monkeypatch.setattr(
        wire,
        "request",
        lambda method, uri, *rest, **more: (addresses.append(uri), ask(method, uri, *rest, **more))[1],
    )
    with using(database), clock.frozen(timeline.now()):
        line.use(TwilioLine(settings, wire))
        with transaction() as session:
            field = a_field(session, by_hand=False)
            token = admit(session, field.anna, at=clock.now())
            room = open_room(session, owner=field.anna, purpose=Purpose.SURVEY, at=clock.now()).name
        client = app.test_client()
        client.set_cookie("tingmin", token)
        grant = line.line().browser_grant(identity_of(field.anna.id))
    with using(database):
        here = Morning(settings, app, carrier, timeline, pickups, field, client, addresses)
        carrier.softphones.connect(grant.token, {"room": room})
        here.wait(2)
        yield here
    line.use(None)
    database.close()
    secrets.use(ring)


def work(morning: Morning) -> None:
    """Interview, register a problem, be refused, find it busy, get no answer, hear of a wrong number."""
    case, attempt = morning.dial(PickupKind.ANSWERED)
    started = morning.post("start", case=case)
    interview = started["interview"]["id"]  # type: ignore[index]
    morning.post("answer", interview=interview, question="intro", value="OK", token="t1")
    morning.post(
        "matter", case=case, narrative=NARRATIVE, topic="livelihood.lighting", consent=True,
        place=morning.field.towns[0].id, kind="help", identity="open",
    )  # fmt: skip
    morning.post("hang-up", attempt=attempt)
    morning.wait(3)
    morning.post("outcome", attempt=attempt, code="2.12", note=NOTE)
    case, attempt = morning.dial(PickupKind.ANSWERED)
    morning.post("hang-up", attempt=attempt)
    morning.wait(3)
    morning.post("outcome", attempt=attempt, code="2.112", hard=True, note=NOTE)
    for kind, code in (
        (PickupKind.BUSY, "3.12"),
        (PickupKind.NO_ANSWER, "3.13"),
        (PickupKind.NOT_IN_SERVICE, "4.31"),
    ):
        _, attempt = morning.dial(kind)
        morning.post("outcome", attempt=attempt, code=code, note=NOTE)


def numbers_of(field: Field) -> list[str]:
    """Return every number of the frame as it might appear: without the country's code."""
    with reading() as session:
        return [n.number.removeprefix("+86") for n in session.scalars(sa.select(FrameNumber))]


def test_nothing_of_a_resident_leaves_its_place(
    morning: Morning, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    numbers = numbers_of(morning.field)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("tingmin.probe").info("the ear is open")
        work(morning)
        with clock.frozen(morning.timeline.now()):
            for page in ("", "today", "appointments", "state"):
                assert morning.client.get(f"/interviewer/{page}").status_code == 200
    with reading() as session:
        dialled = session.scalars(sa.select(Attempt)).all()
        assert len(dialled) == 5
        assert all(a.disposition for a in dialled)
        assert session.scalars(sa.select(Matter)).one().narrative == NARRATIVE
        journal = [
            json.dumps([e.action, e.record, e.details], ensure_ascii=False)
            for e in session.scalars(sa.select(Entry))
        ]
        jobs = [
            json.dumps([j.params, j.title, j.result], ensure_ascii=False)
            for j in session.scalars(sa.select(Job))
        ]
        rooms = list(session.scalars(sa.select(Room.name)))
    heard = [f"{r.name} {r.getMessage()} {r.exc_text or ''}" for r in caplog.records]
    assert any("the ear is open" in said for said in heard)
    assert len(morning.addresses) > 30
    assert len(journal) > 5
    with morning.app.app_context():
        database = sa.create_engine(morning.settings.database_url)
        with database.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.dispose()
    places = {
        "addresses": morning.addresses,
        "log": heard,
        "journal": journal,
        "jobs": jobs,
        "rooms": rooms,
        "files at rest": [p.read_bytes().decode("latin-1") for p in tmp_path.rglob("*") if p.is_file()],
    }
    words = [NOTE, NOTE[:3], NARRATIVE]
    spelt = [w.encode().decode("latin-1") for w in words] + [json.dumps(w).strip('"') for w in words]
    secret = [*numbers, *words, *spelt]
    leaks = {
        where: [s for s in secret if any(s in text for text in texts)] for where, texts in places.items()
    }
    assert {where: found for where, found in leaks.items() if found} == {}


def test_the_ear_would_hear(caplog: pytest.LogCaptureFixture) -> None:
    """A number that is logged by anyone is found, so that the test above can fail."""
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("tingmin.any").debug("dialling %s", "+8614500000001")
    assert any("14500000001" in r.getMessage() for r in caplog.records)
