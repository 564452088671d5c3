"""Nobody comes in by guessing, nobody learns who exists, and nothing typed is lost."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask

from core import clock
from core.db import reading, transaction
from core.people import Staff
from core.permissions import Role
from core.signing_in import SignIn, lock_after, matching_step, needs_code
from core.throttle import Throttle
from tests.factories import a_staff
from tests.web.conftest import HASH, PASSWORD, SignedIn


def somebody(*roles: Role, username: str = "wang") -> int:
    """Take someone on who can sign in."""
    with transaction() as session:
        staff = a_staff(session, *roles, username=username)
        staff.password_hash = HASH
        return staff.id


def test_locks_grow_from_a_minute_to_an_hour() -> None:
    minutes = [lock_after(tries) / timedelta(minutes=1) for tries in (0, 4, 5, 6, 7, 8, 20, 10_000)]
    assert minutes == [0, 0, 1, 2, 4, 8, 60, 60]


def test_a_code_is_good_once_and_only_near_its_time() -> None:
    secret = pyotp.random_base32()
    totp = pyotp.TOTP(secret)
    at = 1_763_800_000
    step = at // 30
    code = totp.at(at)
    assert matching_step(secret, f"{code[:3]} {code[3:]}", unix=at, used_step=None) == step
    assert matching_step(secret, code, unix=at + 30, used_step=None) == step
    assert matching_step(secret, code, unix=at, used_step=step) is None
    assert matching_step(secret, code, unix=at + 90, used_step=None) is None
    assert matching_step(secret, "", unix=at, used_step=None) is None
    assert matching_step(secret, "１２３４５６", unix=at, used_step=None) is None


def test_privileged_roles_need_a_code_except_in_the_demonstration() -> None:
    assert needs_code({Role.CUSTODIAN}, is_demo=False)
    assert not needs_code({Role.CUSTODIAN}, is_demo=True)
    assert not needs_code({Role.INTERVIEWER, Role.LEADER}, is_demo=False)


def test_the_right_password_opens_and_the_cookie_is_closed_to_scripts(app: Flask) -> None:
    somebody(Role.LEADER)
    answer = app.test_client().post(
        "/sign-in", data={"username": " WANG ", "password": PASSWORD, "next": "/doors"}
    )
    assert (answer.status_code, answer.location) == (303, "/doors")
    cookie = answer.headers.get_all("Set-Cookie")
    assert any(
        "HttpOnly" in line and "SameSite=Lax" in line for line in cookie if line.startswith("tingmin=")
    )


def test_a_wrong_name_a_wrong_password_and_a_lock_read_the_same(app: Flask) -> None:
    staff_id = somebody(Role.LEADER)
    client = app.test_client()

    def told(username: str, password: str) -> tuple[int, str]:
        answer = client.post("/sign-in", data={"username": username, "password": password})
        return answer.status_code, re.sub(r'content="[^"]+"|value="[^"]+"', "", answer.text)

    nobody = told("nobody", "x")
    assert nobody[0] == 403
    assert told("wang", "x") == nobody
    for _ in range(4):
        told("wang", "x")
    with reading() as session:
        staff = session.get_one(Staff, staff_id)
        assert staff.locked_until is not None
        assert staff.locked_until > clock.now()
    assert told("wang", PASSWORD) == nobody


def test_guessing_is_throttled_for_names_that_do_not_exist_too(app: Flask) -> None:
    client = app.test_client()
    statuses = [
        client.post("/sign-in", data={"username": "ghost", "password": "x"}).status_code for _ in range(21)
    ]
    assert statuses == [403] * 20 + [429]


def test_an_office_behind_one_address_signs_in_together(app: Flask) -> None:
    somebody(Role.LEADER)
    with reading() as session:
        assert session.scalars(sa.select(Throttle)).first() is None
    form = {"username": "wang", "password": PASSWORD}
    for _ in range(3):
        assert app.test_client().post("/sign-in", data=form).status_code == 303
    with reading() as session:
        assert sorted(row.tries for row in session.scalars(sa.select(Throttle))) == [0]


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "/sign-out", "javascript:1"]
)
def test_signing_in_never_leads_out_of_the_house(app: Flask, target: str) -> None:
    somebody(Role.LEADER)
    answer = app.test_client().post(
        "/sign-in", data={"username": "wang", "password": PASSWORD, "next": target}
    )
    assert answer.location == "/"


def test_an_idle_session_ends_and_a_poll_does_not_keep_it(as_role: SignedIn) -> None:
    client = as_role(Role.ADMINISTRATOR)
    with clock.frozen(clock.now() + timedelta(minutes=50)):
        assert client.get("/doors", headers={"X-Live": "1"}).status_code == 200
    with clock.frozen(clock.now() + timedelta(minutes=61)):
        assert client.get("/doors").status_code == 303


def test_a_used_session_stays_until_the_day_is_over(as_role: SignedIn) -> None:
    client = as_role(Role.ADMINISTRATOR)
    start = clock.now()
    for minutes in (50, 100, 150):
        with clock.frozen(start + timedelta(minutes=minutes)):
            assert client.get("/doors").status_code == 200
    with clock.frozen(start + timedelta(hours=15)):
        assert client.get("/doors").status_code == 303


def test_signing_out_ends_the_session_on_the_server(as_role: SignedIn) -> None:
    client = as_role(Role.LEADER)
    cookie = client.get_cookie("tingmin")
    assert cookie is not None
    assert client.post("/sign-out").status_code == 303
    client.set_cookie("tingmin", cookie.value)
    assert client.get("/doors").status_code == 303


def test_a_typed_form_comes_back_to_its_owner_only(as_role: SignedIn, app: Flask) -> None:
    staff_id = somebody(Role.ADMINISTRATOR, username="owner")
    somebody(Role.ADMINISTRATOR, username="other")
    with reading() as session:
        owner = session.get_one(Staff, staff_id)
    client = as_role(staff=owner)
    with transaction() as session:
        session.execute(sa.update(SignIn).values(ended_at=clock.now()))
    typed = {"name": "柳湖镇", "name_en": "Liuhu", "kind": "handling"}
    asked = client.post("/units/", data=typed)
    assert asked.status_code == 401
    kept = asked.text.split('name="kept" value="')[1].split('"')[0]

    def sign_in(username: str) -> str:
        form = {"username": username, "password": PASSWORD, "kept": kept}
        return app.test_client().post("/sign-in", data=form).text

    assert "柳湖镇" in sign_in("owner")
    assert "柳湖镇" not in sign_in("other")


def test_another_sites_form_is_not_kept(app: Flask) -> None:
    asked = app.test_client().post("/units/", data={"name": "x"}, headers={"Origin": "https://evil.example"})
    assert asked.status_code == 401
    assert 'name="kept"' not in asked.text


def test_a_script_without_a_session_gets_problem_json(app: Flask) -> None:
    answer = app.test_client().post("/units/", json={"name": "x"})
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
