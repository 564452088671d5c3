"""The interviewer's doors: one's own case only, refusals in words, a matter that never points to answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core import clock, secrets
from core.db import reading, transaction, using
from core.journal import Entry
from core.people import Staff, UnitKind
from core.permissions import Role
from core.signing_in import admit
from matters.attributes import Conflict
from matters.matter import Matter
from matters.reporters import Reporter
from matters.states import MatterState
from matters.turns import CallerTurn, Errand
from survey.attempts import Attempt
from survey.interviews import Answer
from tests.factories import a_staff, a_unit
from tests.survey.field import Field, a_field
from tests.web.conftest import a_house, some_settings

MORNING = datetime(2026, 11, 18, 2, 30, tzinfo=UTC)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """The house on a Wednesday morning, by hand."""
    ring = secrets.keyring()
    application, database = a_house(
        some_settings(tmp_path, is_demo=True, clock_offset=MORNING - datetime.now(UTC))
    )
    with using(database):
        yield application
    database.close()
    secrets.use(ring)
    clock.use(offset=timedelta(0), zone="Asia/Shanghai")


@pytest.fixture
def field(app: Flask) -> Field:
    """A field with two interviewers."""
    with transaction() as session:
        return a_field(session)


def as_one(app: Flask, staff: Staff) -> FlaskClient:
    """Return the browser of someone who has signed in."""
    with transaction() as session:
        token = admit(session, session.get_one(Staff, staff.id), at=clock.now(), browser="test")
    client = app.test_client()
    client.set_cookie("tingmin", token)
    return client


def talk(client: FlaskClient) -> tuple[int, int, int]:
    """Take a case, dial, be answered, begin: case, attempt, interview."""
    case = client.post("/interviewer/next", json={}).get_json()["case"]["id"]
    attempt = client.post("/interviewer/dial", json={"case": case}).get_json()["attempt"]["id"]
    client.post("/interviewer/heard", json={"attempt": attempt, "heard": "answered"})
    shown = client.post("/interviewer/start", json={"case": case}).get_json()
    assert shown["phase"] == "talking"
    return case, attempt, shown["interview"]["id"]


def test_nobody_touches_anothers_case(app: Flask, field: Field) -> None:
    """Another's attempt and interview are unknown, another's case is not in hand."""
    anna, ben = as_one(app, field.anna), as_one(app, field.ben)
    case, attempt, interview = talk(anna)
    told = {"interview": interview, "question": "intro", "value": "OK", "token": "t"}
    assert anna.post("/interviewer/answer", json=told).status_code == 200
    assert ben.post("/interviewer/answer", json={**told, "token": "u"}).status_code == 404
    for path in ("number", "heard", "hang-up", "outcome", "undo"):
        assert (
            ben.post(
                f"/interviewer/{path}", json={"attempt": attempt, "code": "3.13", "heard": "busy"}
            ).status_code
            == 404
        )
    for path in ("dial", "start", "give-back", "matter"):
        assert ben.post(f"/interviewer/{path}", json={"case": case}).status_code == 409
    with reading() as session:
        assert session.scalars(sa.select(Answer)).one().question == "intro"
        assert session.scalars(sa.select(Attempt)).one().disposition is None


def test_what_is_wrong_is_said_in_words(app: Flask, field: Field) -> None:
    """A body that is none, an impossible answer, a time at night: 422 with a sentence, and nothing written."""
    anna = as_one(app, field.anna)
    _, attempt, interview = talk(anna)
    assert anna.post("/interviewer/dial", data="x").status_code == 422
    wrong = {"interview": interview, "question": "residence", "value": "1", "token": "t"}
    answer = anna.post("/interviewer/answer", json=wrong)
    assert answer.status_code == 422
    assert "现在不问" in answer.get_json()["fields"]["residence"]
    night = {"attempt": attempt, "code": "3.21", "when": "2026-11-18T23:00"}
    answer = anna.post("/interviewer/outcome", json=night)
    assert answer.status_code == 422
    assert "11 月 19 日 09:00" in answer.get_json()["fields"]["when"]
    with reading() as session:
        assert session.scalars(sa.select(Attempt)).one().ended_at is None


def test_a_matter_knows_its_origin_and_nothing_of_the_interview(app: Flask, field: Field) -> None:
    """No column, no journal line and no answer of the page joins a matter with its case or interview."""
    anna = as_one(app, field.anna)
    case, _, _ = talk(anna)
    told = {"case": case, "narrative": "路灯坏了", "topic": "livelihood.lighting", "consent": True,
            "place": field.towns[0].id, "kind": "help", "identity": "protected"}  # fmt: skip
    made = anna.post("/interviewer/matter", json=told)
    assert made.status_code == 200
    assert made.get_json()["receipt"] in made.get_json()["read_aloud"]
    keys = {key.column.table.name for key in Matter.__table__.foreign_keys}
    assert keys == {"matter", "matter_policy", "place", "staff", "unit"}
    with reading() as session:
        matter = session.scalars(sa.select(Matter)).one()
        assert (matter.origin.value, matter.registered_by) == ("interview", field.anna.id)
        lines = session.scalars(sa.select(Entry).where(Entry.record == f"matter:{matter.id}")).all()
        assert lines
        assert not any({"case", "interview", "attempt"} & set(line.details) for line in lines)


def test_what_there_was_no_time_to_say_is_kept_to_be_rung_back(app: Flask, field: Field) -> None:
    """A few words are enough for a draft, and the desk rings the resident; without any words nothing is kept."""
    anna = as_one(app, field.anna)
    case, _, _ = talk(anna)
    assert anna.post("/interviewer/matter/later", json={"case": case, "narrative": " "}).status_code == 422
    kept = anna.post("/interviewer/matter/later", json={"case": case, "narrative": "路灯坏了"})
    assert kept.status_code == 200
    assert "回拨" in kept.get_json()["words"]
    with reading() as session:
        turn = session.scalars(sa.select(CallerTurn)).one()
        assert (turn.errand, turn.matter.state) == (Errand.CALL_BACK, MatterState.DRAFT)
        assert turn.reporter.number is not None


def test_a_draft_whose_answer_was_lost_is_kept_once(app: Flask, field: Field) -> None:
    """Sent again it is the same draft and one call back; with other words it is another."""
    anna = as_one(app, field.anna)
    case, _, _ = talk(anna)
    for said in ("路灯坏了", "路灯坏了", "路灯坏了两盏"):
        told = {"case": case, "narrative": said, "form_key": "k1"}
        assert anna.post("/interviewer/matter/later", json=told).status_code == 200
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Matter)) == 2


def test_a_form_whose_answer_was_lost_makes_one_matter(app: Flask, field: Field) -> None:
    """Sent again it gives the same receipt with a new PIN; the next form makes the next matter."""
    anna = as_one(app, field.anna)
    case, _, _ = talk(anna)
    told = {"case": case, "narrative": "路灯坏了", "topic": "livelihood.lighting", "consent": True,
            "place": field.towns[0].id, "kind": "help", "form_key": "k1"}  # fmt: skip
    first, again = (anna.post("/interviewer/matter", json=told).get_json() for _ in range(2))
    assert first["receipt"] == again["receipt"]
    assert first["pin"] != again["pin"]
    other = anna.post("/interviewer/matter", json={**told, "form_key": "k2"}).get_json()
    assert other["receipt"] != first["receipt"]
    nameless = anna.post("/interviewer/matter", json={**told, "identity": "anonymous"}).get_json()
    assert nameless["receipt"] not in (first["receipt"], other["receipt"])
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Matter)) == 3
        matter = session.scalars(sa.select(Matter).where(Matter.receipt == nameless["receipt"])).one()
        assert (
            session.scalars(sa.select(Reporter.number).where(Reporter.matter_id == matter.id)).one() is None
        )


def test_the_resident_may_complain_about_a_unit(app: Flask, field: Field) -> None:
    """Beside the questionnaire as at the desk: the unit is asked for, and kept away."""
    with transaction() as session:
        bureau = a_unit(session, kind=UnitKind.HANDLING)
    anna = as_one(app, field.anna)
    assert f'<option value="{bureau.id}">' in anna.get("/interviewer/").get_data(as_text=True)
    case, _, _ = talk(anna)
    told = {"case": case, "narrative": "所里的人收了钱", "topic": "livelihood.lighting", "consent": True,
            "place": field.towns[0].id, "conflict": "staff", "conflict_unit": ""}  # fmt: skip
    answer = anna.post("/interviewer/matter", json=told)
    assert answer.status_code == 422
    assert set(answer.get_json()["fields"]) == {"conflict_unit"}
    assert anna.post("/interviewer/matter", json={**told, "conflict_unit": str(bureau.id)}).status_code == 200
    with reading() as session:
        matter = session.scalars(sa.select(Matter)).one()
        assert (matter.conflict, matter.conflict_unit_id) == (Conflict.STAFF, bureau.id)


def test_other_roles_find_the_doors_shut(app: Flask, field: Field) -> None:
    """A handler, a clerk and a designer cannot open any of them."""
    rules = [r for r in app.url_map.iter_rules() if r.rule.startswith("/interviewer")]
    assert len(rules) > 12
    for role in (Role.HANDLER, Role.CLERK, Role.DESIGNER):
        with transaction() as session:
            someone = a_staff(session, role)
        browser = as_one(app, someone)
        for rule in rules:
            address = rule.rule.replace("<int:edition_id>", "1")
            method = browser.get if "GET" in (rule.methods or ()) else browser.post
            status = method(address, json={} if method == browser.post else None).status_code
            assert status == 403 or (
                rule.endpoint.endswith(("register_matter", "keep_matter")) and role == Role.CLERK
            )
