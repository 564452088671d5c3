"""The supervisor's list of interviewers: languages are set there, and the queue goes by them."""

# ruff: noqa: F811  (fixtures are taken by name)
from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core import clock
from core.db import reading, transaction
from core.journal import Entry
from core.people import Staff
from core.permissions import Role
from survey.cases import Case
from survey.interviewers import Interviewer, Tongue, at_work
from survey.queue import next_case
from tests.survey.field import NOON, Field, a_field
from tests.web.conftest import SignedIn, app, as_role  # noqa: F401


@pytest.fixture
def field(app: object) -> Field:
    """A field whose cases all need the dialect."""
    with transaction() as session:
        made = a_field(session)
        session.execute(sa.update(Case).values(language=Tongue.DIALECT.value))
        session.get_one(Staff, made.anna.id).home_county_id = made.towns[0].parent_id
        at_work(session, made.anna).cooling_until = NOON - timedelta(minutes=1)
        return made


def test_languages_are_set_and_the_queue_goes_by_them(field: Field, as_role: SignedIn) -> None:
    boss = as_role(Role.SUPERVISOR)
    address = f"/field/interviewers/{field.anna.id}/languages"
    with clock.frozen(NOON):
        shown = boss.get("/field/interviewers/").text
        assert field.anna.name in shown
        assert field.towns[0].parent_id is not None
        with transaction() as session:
            assert next_case(session, by=field.anna, at=NOON) is None
        assert boss.post(address, data={"languages": ["mandarin", "dialect"]}).status_code == 303
        with transaction() as session:
            assert next_case(session, by=field.anna, at=NOON) is not None
            me = session.get_one(Interviewer, field.anna.id)
            assert me.languages == ["mandarin", "dialect"]
            noted = session.scalars(sa.select(Entry).where(Entry.action == "interviewer.languages")).one()
            assert noted.details == {"languages": ["mandarin", "dialect"]}


def test_no_language_at_all_is_refused_beside_its_field(field: Field, as_role: SignedIn) -> None:
    boss = as_role(Role.SUPERVISOR)
    answer = boss.post(f"/field/interviewers/{field.ben.id}/languages", data={"languages": ["klingon"]})
    assert answer.status_code == 422
    assert "至少选一种语言" in answer.text
    with reading() as session:
        assert session.get(Interviewer, field.ben.id) is None


def test_who_may_look_and_who_may_change(field: Field, as_role: SignedIn) -> None:
    address = f"/field/interviewers/{field.anna.id}/languages"
    designer = as_role(Role.DESIGNER)
    assert designer.get("/field/interviewers/").status_code == 200
    assert designer.post(address, data={"languages": "english"}).status_code == 403
    assert as_role(Role.LEADER).get("/field/interviewers/").status_code == 403
    boss = as_role(Role.SUPERVISOR)
    assert boss.post("/field/interviewers/99999/languages", data={"languages": "english"}).status_code == 404
    with reading() as session:
        other = session.scalars(sa.select(Staff.id).where(Staff.id.not_in([field.anna.id, field.ben.id])))
        nobody = other.first()
    answer = boss.post(f"/field/interviewers/{nobody}/languages", data={"languages": "english"})
    assert answer.status_code == 404


def test_a_rest_is_shown_while_it_lasts(field: Field, as_role: SignedIn) -> None:
    boss = as_role(Role.SUPERVISOR)
    with clock.frozen(NOON):
        assert "休息到" not in boss.get("/field/interviewers/").text
        with transaction() as session:
            at_work(session, field.anna).cooling_until = NOON + timedelta(minutes=10)
        assert "休息到" in boss.get("/field/interviewers/").text
