"""Doors are shut unless marked, problem pages speak, and forms without a token are refused."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from core.people import acting_or_none
from core.permissions import Permission, Role, open_to_all, require
from core.problems import Invalid
from core.terms import Words, language
from tests.web.conftest import SignedIn


def test_an_unmarked_view_is_shut_for_everyone(app: Flask, as_role: SignedIn) -> None:
    app.add_url_rule("/unmarked", "unmarked", lambda: "secret")
    assert app.test_client().get("/unmarked").status_code == 403
    assert as_role(*Role).get("/unmarked").status_code == 403


def test_a_door_opens_to_its_roles_only(as_role: SignedIn) -> None:
    assert as_role(Role.ADMINISTRATOR).get("/staff/").status_code == 200
    for role in set(Role) - {Role.ADMINISTRATOR}:
        assert as_role(role).get("/staff/").status_code == 403, role


def test_nobody_is_acting_after_a_request(app: Flask, as_role: SignedIn) -> None:
    seen = []

    def look() -> str:
        seen.append(acting_or_none())
        return "ok"

    app.add_url_rule("/who", "who", require(Permission.HOME)(look))
    as_role(Role.LEADER).get("/who")
    assert seen[0] is not None
    assert acting_or_none() is None
    assert language() == "zh"


def test_a_form_without_its_token_is_refused_and_comes_back(app: Flask, as_role: SignedIn) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer = as_role(Role.ADMINISTRATOR).post("/units/", data={"name": "柳湖镇"})
    assert answer.status_code == 400
    assert 'value="柳湖镇"' in answer.text
    assert "再试一次" in answer.text


def test_a_lost_database_keeps_what_was_typed(app: Flask) -> None:
    def fall() -> str:
        raise OperationalError("SELECT 1", {"name": "王"}, Exception("away"))

    app.add_url_rule("/fall", "fall", open_to_all(fall), methods=["GET", "POST"])
    page = app.test_client().post("/fall", data={"note": "路灯坏了", "password": "p"})
    assert page.status_code == 503
    assert 'value="路灯坏了"' in page.text
    assert 'name="password"' not in page.text
    assert "SELECT" not in page.text
    told = app.test_client().get("/fall", headers={"Accept": "application/json"})
    assert (told.status_code, told.mimetype) == (503, "application/problem+json")


def test_an_unexpected_failure_shows_no_trace(app: Flask) -> None:
    app.testing = False
    app.add_url_rule("/crash", "crash", open_to_all(lambda: str(1 / 0)))
    page = app.test_client().get("/crash")
    assert page.status_code == 500
    assert "ZeroDivision" not in page.text
    assert "程序出错了" in page.text


def test_field_problems_reach_scripts_by_name(app: Flask) -> None:
    def refuse() -> str:
        raise Invalid(fields={"age": Words("年龄不对", "The age is not right")})

    app.add_url_rule("/refuse", "refuse", open_to_all(refuse))
    headers = {"Accept": "application/json", "Accept-Language": "en"}
    body = app.test_client().get("/refuse", headers=headers).get_json()
    assert body["status"] == 422
    assert body["fields"] == {"age": "The age is not right"}


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/nowhere", "GET", 404), ("/healthz", "DELETE", 405)]
)
def test_the_browsers_own_mistakes_get_pages_in_both_languages(
    app: Flask, path: str, method: str, status: int
) -> None:
    for code, word in (("zh", "返回上一页"), ("en", "Go back")):
        page = app.test_client().open(path, method=method, headers={"Accept-Language": code})
        assert page.status_code == status
        assert word in page.text


def test_a_problem_page_keeps_the_way_out_unless_the_house_itself_fails(
    app: Flask, as_role: SignedIn
) -> None:
    app.testing = False
    app.add_url_rule("/crash", "crash", open_to_all(lambda: str(1 / 0)))
    client = as_role(Role.ADMINISTRATOR)
    assert 'class="topbar"' in client.get("/nowhere").text
    assert 'class="topbar"' not in client.get("/crash").text


def test_a_live_fragment_answers_not_modified(app: Flask) -> None:
    app.add_url_rule("/part", "part", open_to_all(lambda: "<p>2</p>"))
    client = app.test_client()
    first = client.get("/part", headers={"X-Live": "1"})
    again = client.get("/part", headers={"X-Live": "1", "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
