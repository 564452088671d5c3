"""Whoever was given a password chooses an own one before anything else."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core import clock, personnel
from core.db import reading, transaction
from core.people import Staff
from core.permissions import Role
from demo.seeding import add_people, add_places
from demo.staff import ACCOUNTS
from tests.factories import a_staff
from tests.web.conftest import PASSWORD, SignedIn

OWN = "a lamp by the school road"


def newcomer(app: Flask, as_role: SignedIn, *roles: str) -> tuple[FlaskClient, str]:
    """Let the administrator take someone on, who then signs in with the first password."""
    form = {"username": "li.na", "name": "李娜", "roles": list(roles)}
    page = as_role(Role.ADMINISTRATOR).post("/staff/new", data=form)
    found = re.search(r'id="first-password">([^<]+)<', page.text)
    assert found is not None
    client = app.test_client()
    entered = client.post("/sign-in", data={"username": "li.na", "password": found[1], "next": "/doors"})
    assert entered.status_code == 303
    return client, found[1]


def test_a_newcomer_sees_the_password_page_and_nothing_else(app: Flask, as_role: SignedIn) -> None:
    client, first = newcomer(app, as_role, "leader")
    for path in ("/doors", "/", "/indices/", "/code/"):
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (303, "/account/"), path
    assert client.post("/account/sessions/end-others").location == "/account/"
    told = client.get("/doors", headers={"Accept": "application/json"})
    assert (told.status_code, told.mimetype) == (403, "application/problem+json")
    assert client.get("/doors", headers={"X-Live": "1"}).status_code == 403
    assert "只有您知道的密码" in client.get("/account/").text
    assert client.post("/language", data={"language": "en"}).status_code == 303
    assert "only you know" in client.get("/account/").text
    same = client.post("/account/password", data={"old": first, "new": first, "again": first})
    assert same.status_code == 422
    assert client.get("/doors").status_code == 303
    done = client.post("/account/password", data={"old": first, "new": OWN, "again": OWN})
    assert (done.status_code, done.location) == (303, "/")
    assert client.get("/doors").status_code == 200


def test_a_reset_password_is_a_first_password_again(app: Flask, as_role: SignedIn) -> None:
    with transaction() as session:
        staff = a_staff(session, Role.LEADER, username="chen")
        assert not staff.must_change_password
        personnel.reset_password(session, staff, by=None, at=clock.now())
        assert staff.must_change_password
    assert as_role(staff=staff).get("/doors").location == "/account/"


def test_the_first_administrator_changes_the_printed_one_too(app: Flask) -> None:
    app.test_cli_runner().invoke(args=["staff", "create-admin", "root.admin", "--password", PASSWORD])
    with reading() as session:
        assert session.scalars(sa.select(Staff)).one().must_change_password


@pytest.mark.parametrize("is_demo", [True, False])
def test_the_password_comes_before_the_authenticator(app: Flask, as_role: SignedIn, is_demo: bool) -> None:
    client, first = newcomer(app, as_role, "leader")
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], is_demo=is_demo)
    with transaction() as session:
        staff = session.scalars(sa.select(Staff).where(Staff.username == "li.na")).one()
        personnel.set_roles(session, staff, {Role.DESIGNER}, by=staff, at=clock.now())
    assert client.get("/doors").location == "/account/"
    client.post("/account/password", data={"old": first, "new": OWN, "again": OWN})
    assert client.get("/doors").location == (None if is_demo else "/code/")


def test_the_demonstrations_accounts_are_not_asked(app: Flask) -> None:
    with transaction() as session:
        people = add_people(session, add_places(session), at=clock.now())
        assert len(people) == len(ACCOUNTS)
        assert not any(person.must_change_password for person in people)
