"""The house opens, answers whether it is well, and tells browsers how to behave."""

from __future__ import annotations

from flask import Flask

from core.permissions import Role
from tests.web.conftest import SignedIn


def test_healthz_answers_when_the_database_does(app: Flask) -> None:
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_headers_forbid_inline_scripts_and_frames(app: Flask) -> None:
    answer = app.test_client().get("/sign-in")
    policy = answer.headers["Content-Security-Policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe" not in scripts
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_stranger_is_sent_to_sign_in_and_back(app: Flask) -> None:
    answer = app.test_client().get("/doors?x=1")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/doors?x%3D1"


def test_someone_signed_in_sees_their_doors(as_role: SignedIn) -> None:
    page = as_role(Role.LEADER).get("/doors")
    assert page.status_code == 200
    assert "某人" in page.text


def test_an_address_cannot_be_asked_to_be_made_otherwise(as_role: SignedIn) -> None:
    odd = "?endpoint=x&_method=POST&_external=1&q=1"
    for role, where in (
        (Role.SUPERVISION, "/supervision/rates/"),
        (Role.SUPERVISOR, "/field/rates/"),
        (Role.HANDLER, "/handling/"),
        (Role.LEADER, "/dashboards/leader/red"),
    ):
        answer = as_role(role).get(where + odd)
        assert answer.status_code == 200, (where, answer.status_code)
        assert "q=1" in answer.text or "csv" not in answer.text.lower()
