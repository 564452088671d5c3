"""Doors are shut unless marked: every route of the house says who may come in."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from core.permissions import Permission
from tests.web.conftest import a_house, some_settings

OPEN_ADDRESSES = {
    "static",
    "healthz",
    "signin.ask_page",
    "signin.sign_in",
    "signin.sign_in_code",
    "signin.sign_out",
    "signin.choose_language",
}
"""The house's own open doors; residents' pages and the line's webhooks name theirs below."""
OPEN_BLUEPRINTS = {"webhooks", "hooks", "residents", "public"}


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """The whole house, with every room that is there."""
    application, database = a_house(some_settings(tmp_path))
    database.close()
    return application


def test_every_view_is_marked(app: Flask) -> None:
    unmarked = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if not isinstance(getattr(app.view_functions[rule.endpoint], "permission", None), Permission)
        and not getattr(app.view_functions[rule.endpoint], "is_open", False)
    ]
    assert not unmarked, f"mark these views with require(...) or open_to_all: {unmarked}"


def test_only_known_views_are_open_to_all(app: Flask) -> None:
    opened = {
        endpoint
        for endpoint, view in app.view_functions.items()
        if getattr(view, "is_open", False)
        and endpoint not in OPEN_ADDRESSES
        and not set(endpoint.split(".")[0].split("_")) & OPEN_BLUEPRINTS
    }
    assert not opened, (
        f"these views are open to everyone on earth; if that is meant, name them here: {opened}"
    )


def test_no_address_takes_what_could_name_a_person(app: Flask) -> None:
    forbidden = {"phone", "number", "name", "e164", "caller", "username"}
    named = [rule.rule for rule in app.url_map.iter_rules() if rule.arguments & forbidden]
    assert not named, f"identity in addresses: {named}"


def test_every_door_of_the_top_bar_leads_somewhere_marked_the_same(app: Flask) -> None:
    for door in app.config["DOORS"]:
        view = app.view_functions[door.endpoint]
        if door.permission is None:
            assert getattr(view, "is_open", False), door.endpoint
        else:
            assert getattr(view, "permission", None) in (door.permission, Permission.HOME), door.endpoint
